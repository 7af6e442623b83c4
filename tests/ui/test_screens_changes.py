"""The screen of what changed in a drive."""

from __future__ import annotations

import msgspec
import pytest

from acd_tui.errors import Denied
from acd_tui.transfers.model import Place
from acd_tui.ui.messages import FoldersSeen
from acd_tui.ui.screens.changes import ChangesScreen, lines_of
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.vfs.entry import Entry, Kind, MirrorStatus
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.timeline import Change, ChangeKind, Timeline
from tests.fakes import FakeClock
from tests.ui.screen_fakes import (
    DAY_NS,
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

NOW_NS = int(NOW * 1e9)


class Drive(MemoryFileSystem):
    """A drive that remembers what changed in it."""

    def __init__(self, *changes: Change) -> None:
        super().__init__("photos")
        self.changes = list(changes)
        self.seen = 0
        self.seen_at: float | None = None
        self.whole = True
        self.marked: list[int] = []

    async def timeline(self, limit: int) -> Timeline:
        if self.hook is not None:
            await self.hook("timeline", VPath())
        latest = sorted(self.changes, key=lambda c: -c.at_ns)[:limit]
        return Timeline(changes=latest, seen=self.seen, seen_at=self.seen_at)

    async def mark_seen(self, number: int) -> None:
        self.marked.append(number)

    async def whereabouts(self, entry: Entry) -> VPath | None:
        path = VPath.parse(entry.id or "")
        return path if self._find(path) else None

    async def refresh(self) -> None:
        pass

    async def confirm(self, path: VPath) -> None:
        raise AssertionError

    async def mirror_status(self) -> MirrorStatus:
        return MirrorStatus(complete=self.whole, nodes=9, filling=False, checked=NOW)


def change(
    number: int,
    kind: ChangeKind,
    path: str,
    *,
    days: float = 0,
    folder: bool = False,
    **more: object,
) -> Change:
    """Something that became of what is, or was, at a path."""
    place = VPath.parse(path)
    entry = Entry(
        name=place.name,
        kind=Kind.FOLDER if folder else Kind.FILE,
        size=None if folder else 2048,
        id=path,
    )
    made = Change(
        number=number,
        kind=kind,
        at_ns=NOW_NS - round(days * DAY_NS),
        entry=entry,
        folder=place.parent,
    )
    return msgspec.structs.replace(made, **more)


@pytest.fixture
def drive() -> Drive:
    drive = Drive(
        change(6, ChangeKind.TRASHED, "/b/gone.txt"),
        change(5, ChangeKind.APPEARED, "/a/new.txt"),
        change(4, ChangeKind.MOVED, "/b/here", before=VPath.parse("/a/here")),
        change(3, ChangeKind.MOVED, "/b/name", before=VPath.parse("/b/Name"), own=True),
        change(2, ChangeKind.CHANGED, "/a/edited", days=1),
        change(1, ChangeKind.VANISHED, "/a/lost", days=40),
    )
    drive.put("/a/new.txt", b"new")
    drive.put_folder("/b")
    return drive


def screen_of(drive: Drive) -> ChangesScreen:
    return ChangesScreen(Here(), drive, FakeOperations(drive), clock=FakeClock(NOW))


def line_with(text: str, word: str) -> str:
    return next(line for line in text.splitlines() if word in line)


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_what_became_of_what_by_day(drive: Drive, size: tuple[int, int]) -> None:
    async with showing(screen_of(drive), size) as pilot:
        await until(pilot, lambda: "6 changes" in seen(pilot))
        text = seen(pilot)
        places = [text.index(w) for w in ("Today", "Yesterday", "2023-10-05", "lost")]
        assert places == sorted(places)
        assert "trashed" in line_with(text, "gone.txt")
        assert "/b ← /a" in line_with(text, " moved ")
        assert "/b ← Name" in line_with(text, " renamed ")
        assert "2.0 KiB" in line_with(text, "new.txt")
        assert "New since" not in text  # there was no look before
        if size[0] > 100:
            assert "here" in line_with(text, " renamed ")
            assert "elsewhere" in line_with(text, "new.txt")


async def test_what_is_new_since_the_last_look(drive: Drive) -> None:
    drive.seen, drive.seen_at = 4, NOW - 3600
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "New since" in seen(pilot))
        text = seen(pilot)
        assert "2 changes" in line_with(text, "New since your last look, 2023-11-14")
        assert text.index("new.txt") < text.index("Before that") < text.index("name")
        await pilot.press("escape")
        await until(pilot, lambda: results(pilot) == [None])
        assert drive.marked == [6]


async def test_what_is_new_stays_new_while_one_looks(drive: Drive) -> None:
    drive.seen, drive.seen_at = 5, NOW - 3600
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "1 change" in line_with(seen(pilot), "New since"))
        drive.seen = 6  # another window was closed meanwhile
        drive.changes.append(change(7, ChangeKind.APPEARED, "/b/just now"))
        pilot.app.screen.post_message(FoldersSeen("photos"))
        await until(pilot, lambda: "just now" in seen(pilot))
        assert "2 changes" in line_with(seen(pilot), "New since")


async def test_only_what_others_did(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "6 changes" in seen(pilot))
        await pilot.press("x")
        await until(pilot, lambda: "5 changes" in seen(pilot))
        assert "renamed" not in seen(pilot)
        lines = seen(pilot).splitlines()
        y = next(n for n, line in enumerate(lines) if "by others only" in line)
        await pilot.click(offset=(lines[y].index("others"), y))
        await until(pilot, lambda: "6 changes" in seen(pilot))


async def test_enter_goes_to_where_it_is_now(drive: Drive) -> None:
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "6 changes" in seen(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "r restores it" in seen(pilot))
        await pilot.press("down", "down", "enter")
        await until(pilot, lambda: "not there any more" in seen(pilot))
        await pilot.press("up", "enter")
        await until(pilot, lambda: bool(results(pilot)))
        assert results(pilot) == [Place("photos", VPath.parse("/a/new.txt"))]
        assert drive.marked == [6]


async def test_what_was_trashed_is_restored(drive: Drive) -> None:
    drive.put("/b/gone.txt", b"gone")
    item = await drive.trash(VPath.parse("/b/gone.txt"))
    trashed = drive.changes[0]
    entry = msgspec.structs.replace(trashed.entry, id=item)
    drive.changes[0] = msgspec.structs.replace(trashed, entry=entry)
    drive.put("/b/gone.txt", b"another")
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "6 changes" in seen(pilot))
        await pilot.press("down", "r")
        assert "Only what was trashed" in seen(pilot)
        await pilot.press("ctrl+a", "r")
        await until(pilot, lambda: isinstance(pilot.app.screen, Prompt))
        await pilot.press("x", "enter")
        await until(pilot, lambda: "1 item restored" in seen(pilot))
    assert drive.data("/b/x.txt") == b"gone"


async def test_no_changes_an_unread_drive_and_nobody_to_ask(drive: Drive) -> None:
    async with showing(screen_of(Drive())) as pilot:
        await until(pilot, lambda: "Nothing has changed" in seen(pilot))
        await pilot.press("enter", "r", "space", "x", "o", "down")
    unread = Drive()
    unread.whole = False
    async with showing(screen_of(unread)) as pilot:
        await until(pilot, lambda: "once the whole drive has been read" in seen(pilot))

    async def hook(operation: str, path: VPath) -> None:
        raise Denied("no [/answer]", hint="start the server")

    drive.hook = hook
    async with showing(screen_of(drive)) as pilot:
        await until(pilot, lambda: "No [/answer]" in seen(pilot))
        drive.hook = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "6 changes" in seen(pilot))


@pytest.mark.parametrize("size", [(80, 24), (40, 12)])
async def test_hostile_names_are_shown_harmlessly(size: tuple[int, int]) -> None:
    names = [name.replace("\0", "").replace("/", "") for name in HOSTILE]
    drive = Drive(
        *(
            change(n, ChangeKind.MOVED, f"/{name}/{name}", before=VPath((name, "x")))
            for n, name in enumerate(names, start=1)
        )
    )
    async with showing(screen_of(drive), size) as pilot:
        await until(pilot, lambda: "9 changes" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        assert "[red]" in seen(pilot)


def test_what_is_in_a_new_folder_is_counted_with_it() -> None:
    changes = [
        change(3, ChangeKind.APPEARED, "/trip", folder=True, parent="/"),
        change(2, ChangeKind.APPEARED, "/trip/2", parent="/trip"),
        change(1, ChangeKind.APPEARED, "/trip/1", parent="/trip"),
    ]
    (day, trip) = lines_of(changes, (0, None), NOW, others_only=False)
    assert day == ("Today", "dim")
    assert isinstance(trip, Change)
    assert trip.inside == 2
    # What came later into a folder that was new at an earlier look stands alone.
    lines = lines_of(changes, (2, NOW), NOW, others_only=False)
    assert [line.inside for line in lines if isinstance(line, Change)] == [0, 0, 0]
