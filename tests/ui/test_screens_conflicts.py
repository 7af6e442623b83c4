"""The table of conflicts."""

from __future__ import annotations

import hashlib

import pytest
from msgspec import structs

from acd_tui.errors import NotFound, Transient, UsageError
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.ui.screens.conflicts import PAGE, Conflicts
from acd_tui.ui.screens.menu import Menu
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    FakeQueue,
    Here,
    conflict,
    results,
    seen,
    showing,
    until,
)

SIZES = [(80, 24), (120, 36)]


async def nowhere(name: str) -> FileSystem:
    raise UsageError(f"there is no remote {name}")


def queue_of(count: int) -> FakeQueue:
    return FakeQueue(
        [conflict(n, f"{n}.jpg", same=n == 2) for n in range(1, count + 1)]
    )


async def test_sizes_that_look_alike_are_told_apart() -> None:
    waiting = conflict(1, "1.jpg")
    assert waiting.conflict is not None
    new = structs.replace(waiting.conflict.source, size=3_000_000)
    old = structs.replace(waiting.conflict.target, size=3_000_001)
    sides = structs.replace(waiting.conflict, source=new, target=old)
    queue = FakeQueue([structs.replace(waiting, conflict=sides)])
    async with showing(Conflicts(Here(), queue, nowhere), (80, 24)) as pilot:
        await until(pilot, lambda: "3,000,000 B · " in seen(pilot))
        assert "3,000,001 B · " in seen(pilot)


@pytest.mark.parametrize("size", SIZES)
async def test_it_shows_both_sides_and_whether_they_are_the_same(
    size: tuple[int, int],
) -> None:
    async with showing(Conflicts(Here(), queue_of(3), nowhere), size) as pilot:
        await until(pilot, lambda: "3 conflicts" in seen(pilot))
        first, second = (
            next(line for line in seen(pilot).splitlines() if f"– {' ' * 8}{n}" in line)
            for n in ("1.jpg", "2.jpg")
        )
        assert "2.0 KiB" in first
        assert "1.0 KiB" in first
        assert "differs" in first
        assert "same" in second
        assert "from /home/u/pictures/1.jpg" in seen(pilot)
        assert "why  another file of that name is there" in seen(pilot)
        # All of both sides, also where the table has no room for it.
        assert f"2.0 KiB · 2023-11-14 22:13 · MD5 {1:032x}" in seen(pilot)
        assert f"1.0 KiB · 2023-11-15 22:13 · MD5 {'f' * 32}" in seen(pilot)
        if size[0] > 100:
            assert "2023-11-14" in first


async def test_md5s_are_whole_and_what_applies_is_readable_on_a_narrow_screen() -> None:
    async with showing(Conflicts(Here(), queue_of(3), nowhere), (60, 24)) as pilot:
        await until(pilot, lambda: f"{1:032x}" in seen(pilot))
        assert "f" * 32 in seen(pilot)
        assert "Apply (Enter)" in seen(pilot)


async def test_an_md5_that_is_not_known_is_found_out_for_the_row_in_use() -> None:
    class Disk(MemoryFileSystem):
        async def md5(self, path: VPath) -> str:
            if path.name == "gone.jpg":
                raise NotFound("it is gone")
            return hashlib.md5(self.data(str(path)), usedforsecurity=False).hexdigest()

        async def md5s(self, *_: object, **__: object) -> list[str]:
            raise AssertionError

        learn_md5 = forget_md5 = md5

    disk = Disk("local")
    transfers = []
    for number, name in enumerate(("gone.jpg", "a.jpg", "b.jpg"), 1):
        transfer = conflict(number, name)
        assert transfer.conflict is not None
        unknown = structs.replace(transfer.conflict.source, md5=None)
        disk.put(f"/home/u/pictures/{name}", name.encode())
        change = structs.replace(transfer.conflict, source=unknown)
        transfers.append(structs.replace(transfer, conflict=change))

    async def find(name: str) -> FileSystem:
        return disk

    screen = Conflicts(Here(), FakeQueue(transfers), find)
    async with showing(screen, (140, 36)) as pilot:
        await until(pilot, lambda: "MD5 ?" in seen(pilot))
        await pilot.press("down")
        digest = hashlib.md5(b"a.jpg", usedforsecurity=False).hexdigest()
        await until(pilot, lambda: f"MD5 {digest}" in seen(pilot))
        rows = [line for line in seen(pilot).splitlines() if ".jpg  " in line]
        assert [digest[:8] in line for line in rows[:3]] == [False, True, False]


async def test_single_rows_are_decided_and_carried_out_by_enter() -> None:
    queue = queue_of(5)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await pilot.press("o", "s", "r", "n")
        assert queue.decisions == {}
        assert "one by one: 4" in seen(pilot)
        await pilot.press("enter")
        await until(pilot, lambda: "4 conflicts decided" in seen(pilot))
        assert queue.decisions == {
            1: ConflictPolicy.OVERWRITE,
            2: ConflictPolicy.SKIP,
            3: ConflictPolicy.RENAME,
            4: ConflictPolicy.NEWER,
        }
        assert "1 conflict" in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [4]


async def test_a_rule_for_all_with_exceptions_reaches_those_not_shown() -> None:
    queue = queue_of(2 * PAGE + 7)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: f"{PAGE}+ conflicts" in seen(pilot))
        await pilot.press("O", "s", "u", "enter")
        await until(pilot, lambda: "decided" in seen(pilot))
        assert queue.decisions.pop(1) is ConflictPolicy.SKIP
        assert set(queue.decisions.values()) == {ConflictPolicy.OVERWRITE}
        assert list(queue.waiting) == [2]
        assert max(queue.limits) <= PAGE


async def test_marked_rows_are_decided_together_and_undecided_again() -> None:
    queue = queue_of(4)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await pilot.press("space", "space")
        await until(pilot, lambda: "4 conflicts · 2 marked" in seen(pilot))
        await pilot.press("s")
        assert "one by one: 2" in seen(pilot)
        await pilot.press("u")
        assert "one by one" not in seen(pilot)
        await pilot.press("enter")
        assert "Nothing decided yet" in seen(pilot)
        assert queue.decisions == {}


async def test_what_decides_the_same_is_copied() -> None:
    async with showing(Conflicts(Here(), queue_of(4), nowhere)) as pilot:
        await until(pilot, lambda: "4 conflicts · Space marks" in seen(pilot))
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard == ""
        assert "Nothing decided yet" in seen(pilot)
        await pilot.press("o", "s", "o")
        assert "Ctrl-Y copies the command" in seen(pilot)
        await pilot.press("ctrl+y")
        lines = ["acd-tui queue decide overwrite 1 3", "acd-tui queue decide skip 2"]
        assert pilot.app.clipboard.splitlines() == lines
        await pilot.press("N", "ctrl+y")
        assert pilot.app.clipboard == "acd-tui queue decide newer --all\n"
        await pilot.press("home", "r", "u", "ctrl+y")  # the second stays as it is
        lines = ["acd-tui queue decide rename 1", "acd-tui queue decide newer 3 4"]
        assert pilot.app.clipboard.splitlines() == lines


async def test_a_rule_with_exceptions_is_no_command_for_what_is_not_fetched() -> None:
    async with showing(Conflicts(Here(), queue_of(PAGE + 1), nowhere)) as pilot:
        await until(pilot, lambda: f"{PAGE}+ conflicts" in seen(pilot))
        await pilot.press("O", "s", "ctrl+y")
        assert pilot.app.clipboard == ""
        assert "end of the list first" in seen(pilot)
        await pilot.press("O", "ctrl+y")
        assert pilot.app.clipboard == "acd-tui queue decide overwrite --all\n"


async def test_escape_closes_the_menu_and_not_the_table_with_it() -> None:
    async with showing(Conflicts(Here(), queue_of(2), nowhere)) as pilot:
        await until(pilot, lambda: "2 conflicts" in seen(pilot))
        await pilot.press("O", "f2")
        await until(pilot, lambda: isinstance(pilot.app.screen, Menu))
        assert "overwrite: all" in seen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, Conflicts))
        assert "all: overwrite" in seen(pilot)
        assert results(pilot) == []


async def test_escape_leaves_everything_undecided() -> None:
    queue = queue_of(2)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await pilot.press("O", "escape")
        assert results(pilot) == [0]
        assert queue.decisions == {}


async def test_more_conflicts_are_fetched_as_the_cursor_goes_down() -> None:
    queue = queue_of(PAGE + 3)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: f"{PAGE}+" in seen(pilot))
        await pilot.press("space", "end")
        await until(pilot, lambda: f"{PAGE + 3} conflicts" in seen(pilot))
        await pilot.press("end")
        assert f"{PAGE + 3}.jpg" in seen(pilot)
        await pilot.press("s", "enter")
        await until(pilot, lambda: "1 conflict decided" in seen(pilot))
        assert list(queue.decisions) == [1]


async def test_everything_by_mouse() -> None:
    queue = queue_of(3)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: "3 conflicts" in seen(pilot))
        await pilot.click("#all-skip")
        await pilot.click("#close")
        assert results(pilot) == [0]
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: "3 conflicts" in seen(pilot))
        await pilot.click("#all-skip")
        await pilot.click("#apply")
        await until(pilot, lambda: results(pilot) == [3])
        assert len(queue.decisions) == 3


async def test_the_table_closes_when_the_last_conflict_is_decided() -> None:
    queue = queue_of(2)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: "2 conflicts" in seen(pilot))
        await pilot.press("s", "enter")
        await until(pilot, lambda: "1 conflict decided" in seen(pilot))
        assert results(pilot) == []
        await pilot.press("s", "enter")
        await until(pilot, lambda: results(pilot) == [2])


async def test_no_conflicts_and_no_answer() -> None:
    queue = queue_of(0)
    async with showing(Conflicts(Here(), queue, nowhere)) as pilot:
        await until(pilot, lambda: "No conflicts" in seen(pilot))
        await pilot.press("o", "enter", "space")
        queue.problem = Transient("the queue is [/busy]", hint="wait")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "The queue is [/busy]" in seen(pilot))
        queue.problem = None
        queue.waiting[1] = conflict(1, "x")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1 conflict" in seen(pilot))


@pytest.mark.parametrize("size", [*SIZES, (40, 12)])
async def test_hostile_names_are_shown_harmlessly(size: tuple[int, int]) -> None:
    names = [name.replace("/", "").replace("\0", "") for name in HOSTILE]
    queue = FakeQueue([conflict(n, name) for n, name in enumerate(names)])
    async with showing(Conflicts(Here(), queue, nowhere), size) as pilot:
        await until(pilot, lambda: "9 conflicts" in seen(pilot))
        for _ in names:
            assert not FORBIDDEN & set(seen(pilot))
            await pilot.press("down")
