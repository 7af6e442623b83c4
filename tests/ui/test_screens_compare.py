"""The plan of two folders: seen, changed row by row, and carried out."""

from __future__ import annotations

import asyncio
import contextlib
import os
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from acd_tui.errors import AcdError, Denied, Transient, Unreachable
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.compared import Verdict
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import Filters, Place
from acd_tui.transfers.two_sides import Deed, Mode, TwoSides
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens import compare
from acd_tui.ui.screens.compare import CompareScreen
from acd_tui.ui.screens.rows import Rows
from acd_tui.ui.syncing import SessionComparer, trash, trashed
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.disks import fold_names
from tests.ui import fake_session
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, text
from tests.ui.screen_fakes import FORBIDDEN, Here, results, seen, showing, until

DAY = 86_400 * 10**9
NEW, OLD = 20_000 * DAY, 10_000 * DAY


class TwoDrives:
    """As much of a session as comparing takes."""

    def __init__(self) -> None:
        self.here = MemoryFileSystem("here")
        self.there = MemoryFileSystem("there")

    async def filesystem(self, name: str) -> MemoryFileSystem:
        return self.here if name == "here" else self.there


@pytest.fixture
def drives() -> TwoDrives:
    drives = TwoDrives()
    drives.here.put("/d/new.txt", b"x" * 2048, modified_ns=NEW)
    drives.here.put("/d/both.txt", b"here", modified_ns=NEW)
    drives.here.put("/d/old.txt", b"here", modified_ns=OLD)
    drives.here.put("/d/clash.txt", b"1", modified_ns=OLD)
    drives.here.put("/d/same.txt", b"same")
    drives.there.put("/e/both.txt", b"there", modified_ns=OLD)
    drives.there.put("/e/old.txt", b"there", modified_ns=NEW)
    drives.there.put("/e/clash.txt", b"2", modified_ns=OLD)
    drives.there.put("/e/same.txt", b"same")
    drives.there.put("/e/sub/gone.txt", b"yz")
    return drives


def screen_of(drives: TwoDrives, mode: Mode = Mode.UPDATE) -> CompareScreen:
    sides = TwoSides(
        Place("here", VPath.parse("/d")), Place("there", VPath.parse("/e")), mode
    )
    return CompareScreen(Here(), SessionComparer(drives), sides)  # type: ignore[arg-type]


def deeds(pilot: Pilot[None]) -> dict[str, str]:
    """The sign in front of each name that is shown."""
    found = {}
    for line in seen(pilot).splitlines():
        words = line.strip(" │").split()
        if len(words) > 2 and words[0] in {"→", "←", "✕", "·"}:
            found[words[1]] = words[0]
    return found


def planned(pilot: Pilot[None]) -> dict[str, Deed]:
    (sides,) = results(pilot)
    return {row.compared.names[-1]: row.deed for row in sides.rows}


async def test_empty_folders_are_counted_as_well(drives: TwoDrives) -> None:
    drives.there.put_folder("/e/void")
    drives.here.put_folder("/d/bare")
    async with showing(screen_of(drives, Mode.MIRROR), (120, 36)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert "5 to copy, 2.0 KiB · 2 to trash, 2 B · " in seen(pilot)
        await pilot.press("enter")
        said = "1 file (2 B) and 1 empty folder of there:e go"
        await until(pilot, lambda: said in seen(pilot))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_it_shows_what_is_different_and_the_sum(
    drives: TwoDrives, size: tuple[int, int]
) -> None:
    async with showing(screen_of(drives), size) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert deeds(pilot) == {
            "new.txt": "→",
            "both.txt": "→",
            "old.txt": "·",
            "clash.txt": "·",
            "gone.txt": "·",
        }
        assert "2 to copy, 2.0 KiB · 1 overwritten · 1 conflict" in seen(pilot)
        assert "same.txt" not in seen(pilot)
        assert "v read" in seen(pilot)  # the last of the keys
        await pilot.press("escape")
        assert results(pilot) == [None]


async def test_modes_and_single_rows(drives: TwoDrives) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        await pilot.press("m")
        assert set(deeds(pilot).values()) == {"→", "✕"}
        await pilot.press("m")
        assert deeds(pilot)["gone.txt"] == "←"
        assert deeds(pilot)["clash.txt"] == "·"
        # Rows in the order of their names: both, clash, new, old, then sub/gone.
        await pilot.press("space", "left", "right")
        assert [deeds(pilot)[f"{n}.txt"] for n in ("both", "clash", "new")] == [*"·←→"]
        await pilot.press("home", "down", "down", "left")
        assert "nothing there to be copied back" in seen(pilot)
        await pilot.press("end", "d")
        assert deeds(pilot)["gone.txt"] == "✕"
        await pilot.press("enter")
        await until(pilot, lambda: "1 file (2 B)" in seen(pilot))
        await pilot.press("y")
        await until(pilot, lambda: bool(results(pilot)))
        assert planned(pilot) == {
            "both.txt": Deed.NOTHING,
            "clash.txt": Deed.BACK,
            "new.txt": Deed.COPY,
            "old.txt": Deed.BACK,
            "gone.txt": Deed.TRASH,
        }


async def test_an_older_file_over_a_newer_one_is_said_to_be(drives: TwoDrives) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        await pilot.press("left", "up")
        assert "The older one takes the place" in seen(pilot)
        await pilot.press("right", "up")
        assert "Is copied there" in seen(pilot)


async def test_rows_are_found_and_left_out_together(drives: TwoDrives) -> None:
    for number in range(30):
        drives.here.put(f"/d/raw/{number}.raw", b"1")
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert "32 to copy" in seen(pilot)
        await pilot.press("slash", *"raw/", "enter", "asterisk")
        assert "2 to copy" in seen(pilot)
        await pilot.press("escape", "f")
        assert deeds(pilot) == {"new.txt": "→", "both.txt": "→"}
        await pilot.press("f", "f")
        assert "showing: conflicts" in seen(pilot)
        assert deeds(pilot) == {"clash.txt": "·"}


async def test_taking_all_in_again_overwrites_nothing_that_was_left_alone(
    drives: TwoDrives,
) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        before = deeds(pilot)
        await pilot.press("asterisk")
        assert set(deeds(pilot).values()) == {"·"}
        await pilot.press("asterisk")
        assert deeds(pilot) == before


async def test_a_row_clicked_twice_is_left_out_and_starts_nothing(
    drives: TwoDrives,
) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        await pilot.click(Rows, offset=(8, 1), times=2)
        assert deeds(pilot)["both.txt"] == "·"
        assert not results(pilot)
        await pilot.press("ctrl+y")
        assert "Without what you chose row by row" in seen(pilot)
        await pilot.click(Rows, offset=(8, 1), times=2)
        assert deeds(pilot)["both.txt"] == "→"
        await pilot.press("ctrl+y")
        assert "✓ copied: acd-tui copy" in seen(pilot)


async def test_what_a_search_hides_is_not_started_unasked(drives: TwoDrives) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        await pilot.press("slash", *"new", "enter", "enter")
        await until(
            pilot, lambda: "what is not shown now is done: 1 row" in seen(pilot)
        )
        assert not results(pilot)
        await pilot.press("y")
        await until(pilot, lambda: bool(results(pilot)))


async def test_sides_change_places(drives: TwoDrives) -> None:
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        await pilot.click("#swap")
        await until(pilot, lambda: deeds(pilot).get("gone.txt") == "→")
        assert "here there:e" in seen(pilot)
        assert deeds(pilot)["new.txt"] == "·"


async def test_nothing_to_do_and_nothing_there_to_compare(drives: TwoDrives) -> None:
    drives.here.put_folder("/x")
    drives.there.put_folder("/y")
    sides = TwoSides(
        Place("here", VPath.parse("/x")), Place("there", VPath.parse("/y"))
    )
    screen = CompareScreen(Here(), SessionComparer(drives), sides)  # type: ignore[arg-type]
    async with showing(screen) as pilot:
        await until(pilot, lambda: "Both hold the same" in seen(pilot))
        await pilot.click("#start")
        assert "Nothing is to be done" in seen(pilot)
        assert not results(pilot)


async def test_a_hollow_source_trashes_nothing_by_itself(drives: TwoDrives) -> None:
    drives.here.put_folder("/hollow")
    sides = TwoSides(
        Place("here", VPath.parse("/hollow")),
        Place("there", VPath.parse("/e")),
        Mode.MIRROR,
    )
    screen = CompareScreen(Here(), SessionComparer(drives), sides)  # type: ignore[arg-type]
    async with showing(screen, (100, 30)) as pilot:
        await until(pilot, lambda: "is a disk not mounted" in seen(pilot))
        assert set(deeds(pilot).values()) == {"·"}
        await pilot.press("asterisk")
        assert set(deeds(pilot).values()) == {"·"}


async def test_one_folder_in_the_other_is_refused(drives: TwoDrives) -> None:
    sides = TwoSides(Place("there", VPath()), Place("there", VPath.parse("/e")))
    screen = CompareScreen(Here(), SessionComparer(drives), sides)  # type: ignore[arg-type]
    async with showing(screen) as pilot:
        await until(pilot, lambda: "folder in the other's" in seen(pilot))


async def test_an_error_says_so_and_can_be_tried_again(drives: TwoDrives) -> None:
    problem: AcdError | None = Transient("the service is \x1btired")

    async def hook(operation: str, path: VPath) -> None:
        if problem is not None and operation == "list":
            raise problem

    drives.there.hook = hook
    async with showing(screen_of(drives)) as pilot:
        await until(pilot, lambda: "✗" in seen(pilot))
        assert not FORBIDDEN & set(seen(pilot))
        problem = None
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert "✗" not in seen(pilot)


async def test_offline_it_compares_what_is_known_and_says_so(
    drives: TwoDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(filesystem: MemoryFileSystem) -> None:
        if filesystem is drives.there:
            raise Unreachable("there cannot be reached")

    monkeypatch.setattr("acd_tui.ui.syncing.bring_up_to_date", away)
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert "Compared with what is known: there cannot be reached" in seen(pilot)
        assert deeds(pilot)["new.txt"] == "→"


async def test_a_drive_that_does_not_answer_is_compared_as_it_is_known(
    drives: TwoDrives, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def slow(filesystem: MemoryFileSystem) -> None:
        if filesystem is drives.there:
            await asyncio.Event().wait()

    monkeypatch.setattr("acd_tui.ui.syncing.bring_up_to_date", slow)
    monkeypatch.setattr("acd_tui.ui.syncing._PATIENCE", 0.01)
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        assert "what is known: there has not answered yet" in seen(pilot)
        assert deeds(pilot)["new.txt"] == "→"


async def test_rows_show_while_it_goes_on(drives: TwoDrives) -> None:
    go_on = asyncio.Event()

    async def hook(operation: str, path: VPath) -> None:
        if operation == "list" and path.name == "sub":
            await go_on.wait()

    drives.there.hook = hook
    async with showing(screen_of(drives), (100, 30)) as pilot:
        await until(pilot, lambda: deeds(pilot).get("new.txt") == "→")
        await pilot.press("enter")
        assert "Not everything is compared yet" in seen(pilot)
        go_on.set()
        await until(pilot, lambda: "gone.txt" in seen(pilot))


async def test_neither_a_reason_nor_the_sum_is_cut_off(drives: TwoDrives) -> None:
    drives.here.put(f"/d/{'long/' * 30}name.txt", b"x")

    def said() -> str:
        """What is shown, without where its lines end."""
        return " ".join(seen(pilot).replace("│", " ").split())

    async with showing(screen_of(drives, Mode.BOTH), (80, 24)) as pilot:
        await until(pilot, lambda: "1 same" in said())
        screen = pilot.app.screen
        assert isinstance(screen, CompareScreen)
        names = [row.compared.names[-1] for row in screen._sides.rows]
        row = screen._sides.rows[names.index("name.txt")]
        row.compared = replace(
            row.compared,
            verdict=Verdict.UNKNOWN,
            why=None,
            reason=f"it cannot be compared: {'because of this ' * 6}at last",
        )
        screen._sides.left_out = ["a device is never copied"] * 1234
        screen.query_one(Rows).cursor = names.index("name.txt")
        screen._show()
        await until(pilot, lambda: "1,234 never copied · 1 same" in said())
        await until(pilot, lambda: "because of this at last" in said())
        assert "Start (Enter)" in said()


async def test_what_turns_out_to_be_the_same_while_others_are_read(
    drives: TwoDrives, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare, "_LOOK_SECONDS", 3600)  # it has not looked since
    (tmp_path / "same.txt").write_bytes(b"same")
    read, go_on = asyncio.Event(), asyncio.Event()

    class Pausing(SessionComparer):
        async def read(self, sides: TwoSides) -> None:
            async for _ in sides.read_unread():
                read.set()
                await go_on.wait()

    with contextlib.closing(HashCache.open(tmp_path / "hashes.sqlite")) as hashes:
        drives.here = LocalFileSystem("here", hashes=hashes)  # type: ignore[assignment]
        sides = TwoSides(
            Place("here", VPath.parse(str(tmp_path))), Place("there", VPath.parse("/e"))
        )
        screen = CompareScreen(Here(), Pausing(drives), sides)  # type: ignore[arg-type]
        async with showing(screen, (100, 30)) as pilot:
            await until(pilot, read.is_set)
            row = next(r for r in screen._visible if r.compared.names == ("same.txt",))
            screen.query_one(Rows).cursor = screen._visible.index(row)
            screen.query_one(Rows).refresh()
            await until(pilot, lambda: "they are the same" in seen(pilot))
            go_on.set()
            await until(pilot, lambda: "1 same" in seen(pilot))
            assert "same.txt" not in seen(pilot)


async def test_hostile_names_are_shown_harmlessly(drives: TwoDrives) -> None:
    for name in HOSTILE_NAMES:
        drives.here.put(f"/d/{name}", b"1")
    async with showing(screen_of(drives), (120, 40)) as pilot:
        await until(pilot, lambda: "1 same" in seen(pilot))
        for _ in HOSTILE_NAMES:
            await pilot.press("down")
            assert not FORBIDDEN & set(seen(pilot))
        assert "[red]x[bold" in seen(pilot)


async def plan_a_mirror(pilot: Pilot[None], app: AcdApp) -> None:
    """Compare the panes, have them made alike, and come to the last question."""
    await fake_session.until(pilot, lambda: "same.txt" in text(app))
    await pilot.press("equals_sign", "equals_sign")
    await fake_session.until(pilot, lambda: " same" in text(app))
    await pilot.press("m", "enter")
    await fake_session.until(pilot, lambda: " to the trash." in text(app))
    await pilot.press("ctrl+y")
    assert app.clipboard == "acd-tui sync /home photos:2019\n"


async def test_the_panes_are_made_alike_and_what_is_too_much_goes_then(
    app: AcdApp, session: FakeSession
) -> None:
    session.photos.put("/2019/only.txt", b"there")
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await plan_a_mirror(pilot, app)
        await pilot.press("y")
        await fake_session.until(pilot, lambda: "trashed, as planned" in text(app))
        listed = await session.photos.list(VPath.parse("/2019"))
        ours = await session.local.list(VPath.parse("/home"))
        assert {e.name.lower() for e in listed} == {e.name.lower() for e in ours}
        await pilot.press("u")
        await fake_session.until(pilot, lambda: "Undone" in text(app))


async def test_what_is_too_much_is_trashed_once_even_if_the_copying_was_quick(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    session.photos.put("/2019/only.txt", b"there")
    trashed: list[object] = []
    really = session.operations.trash

    async def note(places: object, **more: object) -> object:
        trashed.append(places)
        return await really(places, **more)  # type: ignore[arg-type]

    async def quick(request: object, **more: object) -> int:
        job = await enqueue(request, **more)  # type: ignore[arg-type]
        await session.transfers.wait(job)
        return job

    enqueue = session.transfers.enqueue
    monkeypatch.setattr(session.operations, "trash", note)
    monkeypatch.setattr(session.transfers, "enqueue", quick)
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await plan_a_mirror(pilot, app)
        await pilot.press("y")
        await fake_session.until(pilot, lambda: "trashed, as planned" in text(app))
        await fake_session.until(
            pilot, lambda: not app.browser.parts.syncing.is_pending
        )
        await pilot.pause()
        assert len(trashed) == 1
        assert "is not removed" not in text(app)


async def test_what_changes_while_others_are_trashed_stays(
    app: AcdApp, session: FakeSession
) -> None:
    too_much = {"one", "two", "three"}
    for name in too_much:
        session.photos.put(f"/2019/{name}", b"there")
    trashed: list[str] = []

    async def hook(operation: str, path: VPath) -> None:
        if operation == "trash":
            trashed.append(path.name)
            for name in too_much.difference(trashed):
                session.photos.put(f"/2019/{name}", b"an hour of work")

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await plan_a_mirror(pilot, app)
        session.photos.hook = hook
        await pilot.press("y")
        await fake_session.until(
            pilot, lambda: "1 file trashed, as planned" in text(app)
        )
        await fake_session.until(pilot, lambda: "changed since the plan" in text(app))
        assert len(trashed) == 1
        for name in too_much.difference(trashed):
            assert session.photos.data(f"/2019/{name}") == b"an hour of work"
        await pilot.press("u")
        await fake_session.until(pilot, lambda: "Undone" in text(app))
        assert session.photos.data(f"/2019/{trashed[0]}") == b"there"


async def test_a_drive_that_goes_away_amid_the_trashing_is_told_of_once(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two", "three"):
        session.photos.put(f"/too-much/{name}", b"there")
    session.local.put_folder("/nothing")
    source = Place("local", VPath.parse("/nothing"))
    target = Place("photos", VPath.parse("/too-much"))
    sides = TwoSides(source, target, Mode.MIRROR)
    comparison = Comparison(session.local, session.photos, filters=Filter(Filters()))
    await sides.gather(comparison.run(source.path, target.path))
    calls: list[str] = []

    async def hook(operation: str, path: VPath) -> None:
        if "trash" in calls:
            raise Unreachable("photos cannot be reached")
        calls.append(operation)

    session.photos.hook = hook
    monkeypatch.setattr(session.photos, "is_held_still", lambda _: True, raising=False)
    gone, held, kept = await trash(session, [], sides)
    assert trashed(gone, held) == (
        "1 file trashed, as planned"
        " · it only left its folder, another one holds it still"
    )
    assert [error.message for error in kept] == ["photos cannot be reached"]
    calls.append("trash")
    with pytest.raises(Unreachable):
        await trash(session, [], sides)


async def test_what_the_disk_takes_for_a_file_of_the_source_is_not_trashed(
    session: FakeSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    for name, content in (("photo.jpg", b"1"), ("old", b"2")):
        (disk / name).write_bytes(content)
    session.local.put("/home/Photo.JPG", b"1")
    monkeypatch.setattr("send2trash.send2trash", os.unlink)
    fold_names(monkeypatch, disk)
    with contextlib.closing(HashCache.open(tmp_path / "hashes.sqlite")) as hashes:
        there = LocalFileSystem("photos", hashes=hashes)
        monkeypatch.setattr(session, "photos", there)
        source = Place("local", VPath.parse("/home"))
        target = Place("photos", VPath.parse(str(disk)))
        sides = TwoSides(source, target, Mode.MIRROR)
        comparison = Comparison(session.local, there, filters=Filter(Filters()))
        await sides.gather(comparison.run(source.path, target.path))
        gone, _, kept = await trash(session, [], sides)
    assert [removal.names for removal in gone] == [("old",)]
    (error,) = kept
    assert "photo.jpg is not removed: the disk takes it for Photo.JPG" in error.message
    assert [file.name for file in disk.iterdir()] == ["photo.jpg"]


async def test_what_the_source_has_by_now_is_not_trashed(session: FakeSession) -> None:
    for name in ("back", "old", "d/deep"):
        session.photos.put(f"/there/{name}", b"there")
    session.local.put("/here/same", b"same")
    source = Place("local", VPath.parse("/here"))
    target = Place("photos", VPath.parse("/there"))
    sides = TwoSides(source, target, Mode.MIRROR)
    comparison = Comparison(session.local, session.photos, filters=Filter(Filters()))
    await sides.gather(comparison.run(source.path, target.path))
    session.local.put("/here/back", b"there")
    session.local.put("/here/d/deep", b"there")
    gone, _, kept = await trash(session, [], sides)
    assert [removal.names for removal in gone] == [("old",)]
    assert {error.message for error in kept} == {
        f"{name} is not removed: the source has it by now" for name in ("back", "d")
    }


async def test_nothing_is_trashed_where_something_could_not_be_copied(
    app: AcdApp, session: FakeSession
) -> None:
    session.photos.put("/2019/only.txt", b"there")

    async def hook(operation: str, path: VPath) -> None:
        if operation == "write":
            raise Denied("the drive takes nothing more")

    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await plan_a_mirror(pilot, app)
        session.photos.hook = hook
        await pilot.press("y")
        await fake_session.until(pilot, lambda: "Nothing was removed" in text(app))
        assert session.photos.data("/2019/only.txt") == b"there"
        assert not app.browser.parts.syncing.is_pending


async def test_a_link_does_not_hide_that_one_folder_lies_in_the_other(
    tmp_path: Path,
) -> None:
    (tmp_path / "real" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "real" / "inner")
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    drives = TwoDrives()
    drives.here = LocalFileSystem("here", hashes=hashes)  # type: ignore[assignment]
    sides = TwoSides(
        Place("here", VPath.parse(str(tmp_path / "real"))),
        Place("here", VPath.parse(str(tmp_path / "link"))),
    )
    screen = CompareScreen(Here(), SessionComparer(drives), sides)  # type: ignore[arg-type]
    async with showing(screen) as pilot:
        await until(pilot, lambda: "folder in the other's" in seen(pilot))
    hashes.close()


async def test_names_come_before_times(drives: TwoDrives) -> None:
    """At 120 columns a name of 24 cells is whole; the times are said of one row."""
    name = "laptop-of-the-2022-03.img"
    drives.here.put(f"/d/{name}", b"x", modified_ns=NEW)
    async with showing(screen_of(drives), (120, 36)) as pilot:
        await until(pilot, lambda: name in seen(pilot))
        assert "Here from" not in seen(pilot)
        await until(
            pilot,
            lambda: "both sides · " in seen(pilot) or "· here from " in seen(pilot),
        )
        await pilot.resize_terminal(200, 60)
        await until(pilot, lambda: "Here from" in seen(pilot))
        await pilot.press("down")
        await until(pilot, lambda: "· here from " not in seen(pilot))
