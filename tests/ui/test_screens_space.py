"""The screen of what takes the room."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.errors import Denied
from acd_tui.transfers.model import Place
from acd_tui.ui.messages import FoldersSeen
from acd_tui.ui.screens import space
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.rows import Rows
from acd_tui.ui.screens.space import SpaceScreen
from acd_tui.vfs.entry import MirrorStatus
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked, Usage, Usages, usages_of
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
    """A drive that knows what its folders hold."""

    def __init__(self) -> None:
        super().__init__("photos")
        self.status = MirrorStatus(complete=True, nodes=9, filling=False, checked=NOW)
        self.news: list[str] = []

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        children = [
            Usage(entry=entry, size=size, files=files, folders=folders)
            for entry in await self.list(path)
            for size, files, folders in [await self._sum(path / entry.name)]
        ]
        return usages_of(children, asked)

    async def _sum(self, path: VPath) -> tuple[int, int, int]:
        entry = await self.stat(path)
        if not entry.is_folder:
            return entry.size or 0, 1, 0
        total = (0, 0, 0)
        for child in await self.list(path):
            size, files, folders = await self._sum(path / child.name)
            folders += child.is_folder
            total = (total[0] + size, total[1] + files, total[2] + folders)
        return total

    async def refresh(self) -> None:
        for path in self.news:
            self.put(path, b"n" * 7000)

    async def confirm(self, path: VPath) -> None:
        raise AssertionError

    async def mirror_status(self) -> MirrorStatus:
        return self.status


def filled(fs: MemoryFileSystem) -> None:
    fs.put("/big/deep/film", b"x" * 3000)
    fs.put("/big/note", b"x" * 1000)
    fs.put("/many/1", b"x")
    fs.put("/many/2", b"x")
    fs.put("/many/3", b"x")
    fs.put("/paper", b"x" * 1000)


@pytest.fixture
def drive() -> Drive:
    drive = Drive()
    filled(drive)
    return drive


def screen_of(
    fs: MemoryFileSystem, operations: FakeOperations | None = None, path: VPath = ROOT
) -> SpaceScreen:
    operations = operations or FakeOperations(fs)
    return SpaceScreen(Here(), fs, path, operations, clock=FakeClock(NOW))


def names(text: str) -> list[str]:
    """The names of the rows, from the top down."""
    known = {"big/", "many/", "paper", "deep/", "note", "film"}
    return [w for line in text.splitlines() for w in line.split() if w in known]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60), (40, 12)])
async def test_the_largest_first_with_its_share(
    drive: Drive, size: tuple[int, int]
) -> None:
    async with showing(screen_of(drive), size) as pilot:
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper", "many/"])
        big = next(line for line in seen(pilot).splitlines() if "big/" in line)
        assert "3.9 KiB" in big
        assert "80.0%" in big
        assert "photos:   4.9 KiB in 6 files" in seen(pilot) or size[0] < 80


async def test_into_a_folder_and_out_again(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("s", "home", "enter")  # the smallest first
        await until(pilot, lambda: "photos:many" in seen(pilot))
        assert pilot.app.screen.query_one(Rows).cursor == 0
        await pilot.press("backspace")
        await until(pilot, lambda: names(seen(pilot)) == ["many/", "paper", "big/"])
        await pilot.press("end", "l")
        await until(pilot, lambda: names(seen(pilot)) == ["note", "deep/"])
        await pilot.press("left")
        await until(pilot, lambda: names(seen(pilot)) == ["many/", "paper", "big/"])
        assert pilot.app.screen.query_one(Rows).cursor == 2
        await pilot.press("backspace")  # there is nothing above the root
        assert "many/" in seen(pilot)


async def test_a_key_pressed_while_rows_are_put_in_order_counts(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, ready = asyncio.Event(), asyncio.Event()
    put_in_order = drive.usage

    async def slowly(path: VPath, order: Asked) -> Usages:
        asked.set()
        await ready.wait()
        return await put_in_order(path, order)

    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("end")
        rows = pilot.app.screen.query_one(Rows)
        monkeypatch.setattr(drive, "usage", slowly)
        await pilot.press("n")
        await until(pilot, asked.is_set)
        await pilot.press("home", "space", "home")
        ready.set()
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "many/", "paper"])
        assert (rows.cursor, rows.marks) == (0, {0})


async def test_of_very_many_children_those_that_come_first_are_shown(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "_MOST", 2)
    async with showing(screen_of(drive), (120, 30)) as pilot:
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper"])
        assert "4.9 KiB in 6 files and 3 folders" in seen(pilot)
        assert "The first 2 of 3 items; the others take 3 B" in seen(pilot)
        await pilot.press("c")
        await until(pilot, lambda: names(seen(pilot)) == ["many/", "big/"])
        await pilot.press("n", "n")
        await until(pilot, lambda: names(seen(pilot)) == ["paper", "many/"])


async def test_orders_by_key_and_by_a_click_on_a_title(drive: Drive) -> None:
    async with showing(screen_of(drive), (100, 30)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("c")
        await until(pilot, lambda: names(seen(pilot)) == ["many/", "big/", "paper"])
        await pilot.press("n")
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "many/", "paper"])
        header = next(line for line in seen(pilot).splitlines() if "Share" in line)
        x = header.index("Size") - pilot.app.screen.query_one(Rows).region.x
        await pilot.click(Rows, offset=(x, 0))
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper", "many/"])
        await pilot.click(Rows, offset=(x, 0))
        await until(pilot, lambda: names(seen(pilot)) == ["many/", "paper", "big/"])


async def test_a_file_is_shown_in_the_pane_by_enter_a_folder_by_o(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("down", "enter")
        assert results(pilot) == [Place("photos", VPath(("paper",)))]
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.click("#show")
        assert results(pilot) == [Place("photos", VPath(("big",)))]


async def test_marked_ones_go_to_the_trash_and_come_back(drive: Drive) -> None:
    operations = FakeOperations(drive)
    async with showing(screen_of(drive, operations)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("space", "space")
        assert "2 marked, 4.9 KiB" in seen(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        assert "2 items, 4.9 KiB" in seen(pilot)
        await pilot.press("ctrl+y")
        assert pilot.app.clipboard == "acd-tui trash photos:big photos:paper\n"
        await pilot.press("y")
        await until(pilot, lambda: "2 items trashed" in seen(pilot))
        await until(pilot, lambda: names(seen(pilot)) == ["many/"])
        await pilot.press("u")
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper", "many/"])


async def test_marks_outlast_an_order_that_does_not_show_them(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "_MOST", 2)
    operations = FakeOperations(drive)
    async with showing(screen_of(drive, operations), (120, 30)) as pilot:
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper"])
        await pilot.press("space", "space")
        await pilot.press("n")
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "many/"])
        assert "2 marked, 4.9 KiB (1 not shown in this order)" in seen(pilot)
        await pilot.press("home", "space")
        assert "1 marked, 1000 B (1 not shown in this order)" in seen(pilot)
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: "paper trashed" in seen(pilot))
        assert operations.trashed == [VPath(("paper",))]
        assert "marked" not in seen(pilot)


async def test_what_is_marked_and_goes_away_is_not_marked(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("space", "space")
        await drive.trash(VPath(("paper",)))
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: "1 marked, 3.9 KiB ·" in seen(pilot))


async def test_what_is_marked_but_not_shown_and_goes_away_is_not_marked(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(space, "_MOST", 2)
    async with showing(screen_of(drive), (120, 30)) as pilot:
        await until(pilot, lambda: names(seen(pilot)) == ["big/", "paper"])
        await pilot.press("space", "space", "n")
        await until(pilot, lambda: "(1 not shown in this order)" in seen(pilot))
        await drive.trash(VPath(("paper",)))
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: "1 marked, 3.9 KiB ·" in seen(pilot))


async def test_nothing_is_trashed_without_a_yes(drive: Drive) -> None:
    operations = FakeOperations(drive)
    async with showing(screen_of(drive, operations)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("f8")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SpaceScreen))
        assert operations.trashed == []


async def test_what_the_feed_brings_changes_the_numbers(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        await pilot.press("down", "down")
        drive.put("/many/new", b"x" * 9000)
        pilot.app.screen.post_message(FoldersSeen("elsewhere"))
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: names(seen(pilot))[0] == "many/")
        assert pilot.app.screen.query_one(Rows).cursor == 0  # it is on what it was on
        drive.news = ["/big/asked for"]
        await pilot.press("ctrl+r")
        await until(pilot, lambda: names(seen(pilot))[0] == "big/")


async def test_the_folder_that_is_shown_goes_away(drive: Drive) -> None:
    path = VPath.parse("/big/deep")
    async with showing(screen_of(drive, path=path)) as pilot:
        await until(pilot, lambda: "film" in seen(pilot))
        await drive.trash(path)
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: "note" in seen(pilot))


@pytest.mark.parametrize(
    ("status", "says"),
    [
        (MirrorStatus(complete=True, nodes=9, filling=False, checked=NOW - 600,
                      problem="no network"), "offline, 10m 00s old"),
        (MirrorStatus(complete=False, nodes=1234, filling=True, checked=None),
         "reading the drive, 1,234 so far"),
    ],
)  # fmt: skip
async def test_how_old_and_how_whole_it_is(
    drive: Drive, status: MirrorStatus, says: str
) -> None:
    drive.status = status
    async with showing(screen_of(drive), (120, 36)) as pilot:
        await until(pilot, lambda: says in seen(pilot))


async def test_an_empty_drive_and_one_that_cannot_be_asked(drive: Drive) -> None:
    async with showing(screen_of(Drive())) as pilot:
        await until(pilot, lambda: "Nothing lies in this folder" in seen(pilot))
        await pilot.press("enter", "d", "o", "space", "s", "backspace")
    problem: Denied | None = Denied("no [/answer]", hint="start the server")

    async def hook(operation: str, path: VPath) -> None:
        if problem is not None:
            raise problem

    drive.hook = hook
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "No [/answer]" in seen(pilot))
        assert "Start the server" in seen(pilot)
        problem = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "many/" in seen(pilot))


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_hostile_names_are_shown_harmlessly(size: tuple[int, int]) -> None:
    drive = Drive()
    for number, hostile in enumerate(HOSTILE):
        name = hostile.replace("\0", "").replace("/", "")
        drive.put(f"/{name}/{name}", b"x" * (100 - number))
    async with showing(screen_of(drive), size) as pilot:
        await until(pilot, lambda: "[red]x[" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "1 item ·" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))


async def test_a_local_folder_is_looked_through_and_can_be_stopped() -> None:
    disk, held = MemoryFileSystem("local"), asyncio.Event()
    filled(disk)
    waiting = True

    async def hook(operation: str, path: VPath) -> None:
        if path.name == "deep" and waiting:
            await held.wait()

    disk.hook = hook
    async with showing(screen_of(disk)) as pilot:
        await until(pilot, lambda: "Looking into" in seen(pilot))
        await until(pilot, lambda: "2.0 KiB so far" in seen(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "Stopped" in seen(pilot))
        assert "many/" in seen(pilot)
        waiting = False
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "4.9 KiB in 6 files" in seen(pilot))
        assert "Looking into" not in seen(pilot)
        await pilot.press("backspace")
        assert "Only what lies in / was looked through" in seen(pilot)


async def test_its_keys_are_named_before_the_mirror_has_said_how_old_it_is(
    drive: Drive, monkeypatch: pytest.MonkeyPatch
) -> None:
    screen = screen_of(drive)
    monkeypatch.setattr(screen, "look_at_mirrors", lambda: None)
    async with showing(screen) as pilot:
        await until(pilot, lambda: "Enter goes in" in seen(pilot))


async def test_what_was_trashed_of_a_local_folder_counts_no_more() -> None:
    disk = MemoryFileSystem("local")
    filled(disk)
    async with showing(screen_of(disk)) as pilot:
        await until(pilot, lambda: "4.9 KiB in 6 files" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: names(seen(pilot)) == ["deep/", "note"])
        await pilot.press("d")
        await until(pilot, lambda: isinstance(pilot.app.screen, Confirm))
        await pilot.press("y")
        await until(pilot, lambda: names(seen(pilot)) == ["note"])
        await pilot.press("backspace")
        await until(pilot, lambda: "2.0 KiB in 5 files" in seen(pilot))


async def test_going_in_is_not_undone_by_a_look_for_news(drive: Drive) -> None:
    screen = screen_of(drive)
    async with showing(screen) as pilot:
        await until(pilot, lambda: "many/" in seen(pilot))
        screen.action_enter()
        screen.reload()
        await until(pilot, lambda: names(seen(pilot)) == ["deep/", "note"])
