"""The trash screen."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from acd_tui.errors import Denied
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.ui.screens.rows import Cell, Rows
from acd_tui.ui.screens.trash import TrashScreen
from acd_tui.ui.screens.wording import days_left
from acd_tui.vfs.entry import Entry, MirrorStatus, TrashItem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.ui.screen_fakes import (
    DAY_NS,
    FORBIDDEN,
    HOSTILE,
    NOW,
    FakeTrash,
    Here,
    results,
    seen,
    showing,
    trash_item,
    until,
)

A_AND_B = (trash_item(0, "a.txt"), trash_item(1, "b.txt"))


def screen_of(trash: FakeTrash) -> TrashScreen:
    return TrashScreen(Here(), trash, trash, clock=FakeClock(NOW))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_it_shows_what_from_where_when_and_how_long_still(
    size: tuple[int, int],
) -> None:
    async with showing(screen_of(FakeTrash(A_AND_B)), size) as pilot:
        await until(pilot, lambda: "2 items" in seen(pilot))
        line = next(line for line in seen(pilot).splitlines() if "b.txt" in line)
        assert "/Photos/2019" in line
        assert "2023-11-1" in line
        assert "27 d" in line
        assert "6.8 KiB" in line


class OldTrash(FakeTrash):
    """What it has is from a copy of the drive, which cannot be reached."""

    async def refresh(self) -> None:
        raise AssertionError

    async def confirm(self, path: VPath) -> Entry | None:
        raise AssertionError

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(
            complete=True, nodes=3, filling=False, checked=0, problem="it is away"
        )


@pytest.mark.parametrize("items", [A_AND_B, ()], ids=["some", "none"])
async def test_offline_it_says_so(items: Sequence[TrashItem]) -> None:
    async with showing(screen_of(OldTrash(items)), (80, 24)) as pilot:
        await until(pilot, lambda: "· offline, " in seen(pilot))


async def test_enter_restores_what_is_under_the_cursor() -> None:
    trash = FakeTrash(A_AND_B)
    async with showing(screen_of(trash)) as pilot:
        await pilot.press("down", "enter")
        await until(pilot, lambda: "1 item restored" in seen(pilot))
        assert [path.name for path in trash.restored] == ["b.txt"]
        assert "b.txt" not in seen(pilot)
        await pilot.press("escape")
        assert results(pilot) == [1]


async def test_r_restores_what_is_marked_and_space_only_marks() -> None:
    trash = FakeTrash([trash_item(n, f"{n}.txt") for n in range(5)])
    async with showing(screen_of(trash)) as pilot:
        await pilot.press("space", "down", "space")
        assert "2 marked" in seen(pilot)
        assert trash.restored == []
        await pilot.press("r")
        await until(pilot, lambda: "2 items restored" in seen(pilot))
        assert [path.name for path in trash.restored] == ["0.txt", "2.txt"]


async def test_what_restores_the_same_is_copied() -> None:
    async with showing(screen_of(FakeTrash(A_AND_B))) as pilot:
        await until(pilot, lambda: "2 items" in seen(pilot))
        await pilot.press("ctrl+a", "ctrl+y")
        ids = " ".join(item.id for item in A_AND_B)
        assert pilot.app.clipboard == f"acd-tui restore photos: {ids}\n"


async def test_a_double_click_restores() -> None:
    trash = FakeTrash(A_AND_B)
    async with showing(screen_of(trash)) as pilot:
        await pilot.double_click(Rows, offset=(5, 2))
        await until(pilot, lambda: "restored" in seen(pilot))
        assert [path.name for path in trash.restored] == ["b.txt"]


async def test_a_taken_name_asks_for_another() -> None:
    trash = FakeTrash(A_AND_B)
    folder = VPath.parse("/Photos/2019")
    trash.taken = {folder / "a.txt", folder / "x.txt"}
    async with showing(screen_of(trash)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        assert "a.txt is in /Photos/2019 again" in seen(pilot)
        await pilot.press("enter")
        assert "That name is taken" in seen(pilot)
        await pilot.press("x", "enter")
        # That one is taken as well, which only the filesystem knows: it asks again.
        await until(pilot, lambda: "x.txt is in" in seen(pilot))
        await pilot.press("y", "enter")
        await until(pilot, lambda: "restored" in seen(pilot))
        assert trash.restored == [folder / "y.txt"]


async def test_a_name_that_cannot_be_is_refused_in_the_prompt() -> None:
    trash = FakeTrash(A_AND_B)
    trash.taken = {VPath.parse("/Photos/2019/a.txt")}
    async with showing(screen_of(trash)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        await pilot.press("ctrl+a", *"../x", "enter")
        assert "cannot be the name of a file" in seen(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, TrashScreen))
        assert trash.restored == []
        assert "2 items" in seen(pilot)


@pytest.mark.parametrize(("key", "where"), [("y", [VPath(("a.txt",))]), ("n", [])])
async def test_a_folder_that_is_gone_offers_the_root(
    key: str, where: list[VPath]
) -> None:
    trash = FakeTrash(A_AND_B)
    trash.gone = {VPath.parse("/Photos/2019")}
    async with showing(screen_of(trash)) as pilot:
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "/Photos/2019" in seen(pilot)
        await pilot.press(key)
        await until(pilot, lambda: isinstance(pilot.app.screen, TrashScreen))
        await until(pilot, lambda: trash.restored == where)


async def test_one_failure_does_not_keep_the_rest_from_being_restored() -> None:
    trash = FakeTrash([trash_item(n, f"{n}.txt") for n in range(3)])
    async with showing(screen_of(trash)) as pilot:
        await until(pilot, lambda: "3 items" in seen(pilot))
        del trash.items["id1"]
        await pilot.press("ctrl+a", "r")
        await until(pilot, lambda: "It is not in the trash" in seen(pilot))
        assert [path.name for path in trash.restored] == ["0.txt", "2.txt"]
        await pilot.press("q")
        assert results(pilot) == [2]


async def test_an_empty_trash_says_so() -> None:
    async with showing(screen_of(FakeTrash([]))) as pilot:
        await until(pilot, lambda: "The trash is empty" in seen(pilot))
        await pilot.press("enter", "space", "r", "down")


async def test_an_error_is_shown_with_its_hint_and_can_be_retried() -> None:
    trash = FakeTrash(A_AND_B)
    trash.problem = Denied("no [/answer]", hint="start the server")
    async with showing(screen_of(trash)) as pilot:
        await until(pilot, lambda: "No [/answer]" in seen(pilot))
        assert "Start the server" in seen(pilot)
        trash.problem = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "b.txt" in seen(pilot))
        assert "No [/answer]" not in seen(pilot)


async def test_what_nobody_expected_is_shown_and_does_not_end_the_program() -> None:
    class Broken(FakeTrash):
        async def list_trash(self) -> list[object]:  # type: ignore[override]
            raise RuntimeError("secret detail")

    async with showing(screen_of(Broken([]))) as pilot:
        await until(
            pilot, lambda: "unexpected went wrong (RuntimeError)" in seen(pilot)
        )
        assert "secret" not in seen(pilot)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (40, 12)])
async def test_hostile_names_are_shown_harmlessly(size: tuple[int, int]) -> None:
    items = [
        trash_item(n, name, origin=f"/{name}".replace("\0", ""))
        for n, name in enumerate(HOSTILE)
    ]
    async with showing(screen_of(FakeTrash(items)), size) as pilot:
        await until(pilot, lambda: "9 items" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        assert "[/red]x[" in seen(pilot)


async def test_thousands_of_items_are_asked_for_only_as_far_as_they_are_seen() -> None:
    trash = FakeTrash([trash_item(n, f"{n:05}.txt") for n in range(20_000)])
    asked = set()

    class Watched(TrashScreen):
        def _cells(self, index: int) -> Sequence[Cell]:
            asked.add(index)
            return super()._cells(index)

    screen = Watched(Here(), trash, trash, clock=FakeClock(NOW))
    async with showing(screen) as pilot:
        await until(pilot, lambda: "20,000 items" in seen(pilot))
        await pilot.press("end")
        assert "19999.txt" in seen(pilot)
        assert len(asked) < 200


@pytest.mark.parametrize(
    ("purged", "shown"),
    [(None, ""), (-1, "due"), (0.5, "today"), (1.5, "2 d"), (29.9, "30 d")],
)
def test_days_left(purged: float | None, shown: str) -> None:
    when = None if purged is None else int(NOW * 1e9 + purged * DAY_NS)
    assert days_left(when, NOW) == shown


async def test_its_menu_says_what_each_key_does() -> None:
    async with showing(screen_of(FakeTrash(A_AND_B))) as pilot:
        await until(pilot, lambda: "items" in seen(pilot))
        await pilot.press("f2")
        await until(pilot, lambda: "Copy as command" in seen(pilot))
        assert "Choose" not in seen(pilot)
