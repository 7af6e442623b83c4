"""The screen of files of one content."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence

import pytest

from acd_tui.errors import Denied, Unreachable
from acd_tui.transfers.model import Place
from acd_tui.ui.messages import FoldersSeen
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.duplicate_scopes import scopes
from acd_tui.ui.screens.duplicates import DuplicatesScreen
from acd_tui.vfs.entry import Entry, Found, MirrorStatus
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.ui.screen_fakes import (
    FORBIDDEN,
    HOSTILE,
    NOW,
    FakeOperations,
    Here,
    results,
    seen,
    showing,
    until,
)

ROOT = VPath()


class Drive(MemoryFileSystem):
    """A drive that knows the contents of its files."""

    def __init__(self) -> None:
        super().__init__("photos")
        self.reachable = True
        self.changed: set[str] = set()

    async def _below(self, folder: VPath) -> list[Found]:
        found = []
        for entry in await self.list(folder):
            if entry.is_folder:
                found += await self._below(folder / entry.name)
            elif entry.size:
                found.append(Found(entry=entry, folder=folder))
        return found

    async def contents(self, folder: VPath) -> Collection[str]:
        return {str(found.entry.md5) for found in await self._below(folder)}

    async def copies(
        self, folder: VPath, of: Collection[str] | None = None
    ) -> Sequence[Found]:
        everywhere = [found.entry.md5 for found in await self._below(ROOT)]
        wanted = (
            {m for m in everywhere if everywhere.count(m) > 1} if of is None else of
        )
        return [f for f in await self._below(folder) if f.entry.md5 in wanted]

    async def refresh(self) -> None:
        pass

    async def confirm(self, path: VPath) -> Entry | None:
        if not self.reachable:
            raise Unreachable("nobody answers")
        return None if path.name in self.changed else await self.stat(path)

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(complete=True, nodes=9, filling=False, checked=NOW)


@pytest.fixture
def drive() -> Drive:
    drive = Drive()
    drive.put("/a/old", b"x" * 3000, modified_ns=10**18)
    drive.put("/b/new with a longer path", b"x" * 3000, modified_ns=2 * 10**18)
    drive.put("/c/third", b"x" * 3000, modified_ns=15 * 10**17)
    drive.put("/a/small", b"y" * 10)
    drive.put("/b/small", b"y" * 10)
    drive.put("/alone", b"alone" * 1000)
    return drive


@pytest.fixture
def disk() -> MemoryFileSystem:
    disk = MemoryFileSystem("local")
    disk.put("/home/alone.jpg", b"alone" * 1000)
    disk.put("/home/only here", b"z" * 50)
    return disk


def screen_of(
    *filesystems: MemoryFileSystem, operations: FakeOperations | None = None
) -> DuplicatesScreen:
    return DuplicatesScreen(
        Here(),
        [(fs, ROOT) for fs in filesystems],
        operations or FakeOperations(*filesystems),
        clock=FakeClock(NOW),
    )


def decided(text: str) -> dict[str, str]:
    """What is to become of each file of the list, by its path."""
    found = {}
    for line in text.splitlines():
        words = line.strip("│╭╰ ").split()
        for number, word in enumerate(words):
            if word.startswith(("photos:", "/home")) and number < 2:
                name = word.removeprefix("photos:")
                found[name] = words[0] if number else ""
    return found


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_groups_with_what_they_waste(drive: Drive, size: tuple[int, int]) -> None:
    async with showing(screen_of(drive), size) as pilot:
        await until(pilot, lambda: "2 groups, 5.9 KiB wasted" in seen(pilot))
        text = seen(pilot)
        assert "3 × 2.9 KiB · 5.9 KiB wasted" in text
        assert text.index("5.9 KiB wasted") < text.index("2 × 10 B · 10 B wasted")
        assert "alone" not in text


@pytest.mark.parametrize(
    ("key", "kept"), [("e", "a/old"), ("n", "b/new"), ("s", "a/old"), ("p", "a/old")]
)
async def test_a_rule_marks_all_but_one(drive: Drive, key: str, kept: str) -> None:
    async with showing(screen_of(drive), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press(key)
        assert "3 to be trashed, 5.9 KiB" in seen(pilot)
        found = decided(seen(pilot))
        assert {name for name, word in found.items() if word == "keep"} == {
            kept,
            "a/small",
        }
        assert found["c/third"] == "trash"
        await pilot.press("c")
        assert set(decided(seen(pilot)).values()) == {""}


async def test_a_rule_can_be_clicked(drive: Drive) -> None:
    async with showing(screen_of(drive), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        lines = seen(pilot).splitlines()
        y = next(n for n, line in enumerate(lines) if "n newest" in line)
        await pilot.click(offset=(lines[y].index("newest"), y))
        await until(pilot, lambda: "3 to be trashed" in seen(pilot))


async def test_single_marks_leave_one_of_each(drive: Drive) -> None:
    async with showing(screen_of(drive), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("space", "space", "space")
        assert "One of them has to stay" in seen(pilot)
        assert decided(seen(pilot))["c/third"] == "keep"
        await pilot.press("up", "space")
        assert decided(seen(pilot))["b/new"] == "keep"
        assert decided(seen(pilot))["a/old"] == "trash"
        await pilot.press("ctrl+a")
        assert "1 to be trashed" in seen(pilot)


async def test_what_is_marked_goes_and_comes_back(drive: Drive) -> None:
    operations = FakeOperations(drive)
    async with showing(screen_of(drive, operations=operations), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("d")
        assert "Nothing is marked" in seen(pilot)
        await pilot.press("n", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "3 files, 5.9 KiB" in seen(pilot)
        assert operations.trashed == []
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard == "acd-tui dupes photos: --keep newest --trash\n"
        await pilot.press("y")
        await until(pilot, lambda: "3 files trashed · u takes it back" in seen(pilot))
        assert {str(path) for path in operations.trashed} == {
            "/a/old",
            "/c/third",
            "/b/small",
        }
        await until(pilot, lambda: "small" not in seen(pilot))
        await pilot.press("u")
        await until(pilot, lambda: "2 groups" in seen(pilot))


async def test_a_group_whose_kept_file_is_gone_is_left_alone(drive: Drive) -> None:
    operations = FakeOperations(drive)
    drive.changed = {"old"}
    async with showing(screen_of(drive, operations=operations), (110, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("e", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "/a/old is not what it was" in seen(pilot))
        assert [path.name for path in operations.trashed] == ["small"]


async def test_nothing_goes_while_the_service_cannot_be_asked(drive: Drive) -> None:
    operations = FakeOperations(drive)
    drive.reachable = False
    async with showing(screen_of(drive, operations=operations), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("e", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "Nobody answers" in seen(pilot))
        assert operations.trashed == []


async def test_both_panes_and_what_is_safe_to_free(
    drive: Drive, disk: MemoryFileSystem
) -> None:
    operations = FakeOperations(drive, disk)
    screen = screen_of(disk, drive, operations=operations)
    async with showing(screen, (120, 36)) as pilot:
        # A drive answers at once; the disk would have to be read, so it is asked for.
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("3")
        await until(pilot, lambda: "3 groups" in seen(pilot))
        assert "/home/alone.jpg" in seen(pilot)
        await pilot.press("4")
        await until(pilot, lambda: "1 file, 4.9 KiB to free" in seen(pilot))
        assert "photos:alone" in seen(pilot)
        assert "only here" not in seen(pilot)
        await pilot.press("ctrl+a", "d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "1 file trashed" in seen(pilot))
        assert operations.trashed == [VPath.parse("/home/alone.jpg")]
        await until(pilot, lambda: "alone.jpg" not in seen(pilot))


async def test_reading_shows_how_far_it_is_and_can_be_stopped(
    drive: Drive, disk: MemoryFileSystem
) -> None:
    held = asyncio.Event()

    async def hook(operation: str, path: VPath) -> None:
        if path.name == "later":
            await held.wait()

    disk.put("/later/file", b"x")
    disk.put("/first", b"x")
    disk.hook = hook
    async with showing(screen_of(disk, drive), (100, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: "local files" in seen(pilot))
        assert "x stops" in seen(pilot)
        await pilot.press("x")
        await until(pilot, lambda: "Stopped" in seen(pilot))
        await pilot.press("1")
        await until(pilot, lambda: "2 groups" in seen(pilot))


async def test_news_are_looked_at_where_nothing_has_to_be_read(
    drive: Drive, disk: MemoryFileSystem
) -> None:
    async with showing(screen_of(disk, drive), (120, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        drive.put("/b/alone", b"alone" * 1000)
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: "3 groups" in seen(pilot))
        await pilot.press("2")
        await until(pilot, lambda: "No file is there twice" in seen(pilot))
        disk.put("/again", b"z" * 50)
        pilot.app.screen.post_message(FoldersSeen("local"))
        await until(pilot, lambda: "something has changed" in seen(pilot))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1 group" in seen(pilot))
        assert "something has changed" not in seen(pilot)


async def test_enter_shows_the_file_in_a_pane(drive: Drive) -> None:
    async with showing(screen_of(drive), (100, 30)) as pilot:
        await until(pilot, lambda: "2 groups" in seen(pilot))
        await pilot.press("down", "down", "down", "enter")
        assert results(pilot) == [Place("photos", VPath.parse("/a/small"))]


async def test_nothing_twice_and_nobody_to_ask(drive: Drive) -> None:
    async with showing(screen_of(Drive())) as pilot:
        await until(pilot, lambda: "No file is there twice" in seen(pilot))
        await pilot.press("enter", "space", "d", "n", "o", "escape")
        assert results(pilot) == [None]

    async def hook(operation: str, path: VPath) -> None:
        raise Denied("no [/answer]", hint="start the server")

    drive.hook = hook
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "No [/answer]" in seen(pilot))
        assert "Start the server" in seen(pilot)
        drive.hook = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "2 groups" in seen(pilot))


async def test_hostile_names_are_shown_harmlessly() -> None:
    drive = Drive()
    for hostile in HOSTILE:
        name = hostile.replace("\0", "").replace("/", "")
        drive.put(f"/{name}", b"same")
        drive.put(f"/{name}2", b"same")
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "1 group" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        assert "[red]x[" in seen(pilot)


def test_where_one_can_look(drive: Drive, disk: MemoryFileSystem) -> None:
    def labels(*places: tuple[MemoryFileSystem, str]) -> list[str]:
        given = [(fs, VPath.parse(path)) for fs, path in places]
        return [scope.label for scope in scopes(given)]

    assert labels((disk, "/home"), (drive, "/")) == [
        "photos:",
        "/home",
        "both",
        "safe to free",
    ]
    assert labels((drive, "/a"), (drive, "/a")) == ["photos:a"]
    assert labels((drive, "/a"), (drive, "/b")) == ["photos:a", "photos:b", "both"]
    assert labels((disk, "/a")) == ["/a"]
