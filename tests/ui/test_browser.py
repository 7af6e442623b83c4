"""The two panes, from the keyboard and the mouse."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from concurrent.futures import Future
from typing import cast

import msgspec
import pytest
from textual import events
from textual.pilot import Pilot
from textual.strip import Strip

from acd_tui.errors import Denied, SignInNeeded, Transient
from acd_tui.session.events import Hindered
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, Place
from acd_tui.ui import type_ahead
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.widgets import pane
from acd_tui.ui.widgets.listing import SortKey
from acd_tui.ui.widgets.path_bar import PathInput
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry, Kind, MirrorStatus
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import (
    HOSTILE_NAMES,
    FakeSession,
    lines,
    place,
    text,
    until,
)
from tests.ui.screen_fakes import FakeServices

SIZES = [(80, 24), (120, 36)]


def names(app: AcdApp) -> list[str]:
    return [row.entry.name for row in app.browser.active.files.rows()]


def at(app: AcdApp) -> str:
    row = app.browser.active.current
    return row.entry.name if row is not None else ""


def shown(app: AcdApp) -> bool:
    return bool(len(app.browser.left.files) and len(app.browser.right.files))


async def press(pilot: Pilot[None], app: AcdApp, *keys: str) -> None:
    """Press keys once both panes are listed."""
    await until(pilot, lambda: shown(app), "both panes listed")
    await pilot.press(*keys)


@pytest.mark.parametrize("size", SIZES)
async def test_both_places_are_listed(app: AcdApp, size: tuple[int, int]) -> None:
    async with app.run_test(size=size) as pilot:
        await press(pilot, app)
        await pilot.pause()
        screen = text(app)
    assert "/home" in screen
    assert "photos:2019" in screen
    assert "F5 Copy" in screen
    assert ("6 items" if size[0] < 100 else "1 folder, 5 files (1.3 KiB)") in screen
    assert all(len(line) == size[0] for line in screen.splitlines())


async def test_the_room_of_the_account_is_said_whole_or_not_at_all(
    app: AcdApp, session: FakeSession
) -> None:
    session.photos.capacity = 1 << 30
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "photos 114 B of 1.0 GiB" in lines(app)[0])
        await pilot.press("equals_sign", "b")
        await pilot.resize_terminal(60, 20)
        await until(pilot, lambda: len(lines(app)[0]) == 60)
        await until(pilot, lambda: "both panes together" in lines(app)[0])
        assert lines(app)[0].startswith(" acd-tui  photos ")
        assert "114" not in lines(app)[0]


async def test_the_gutter_tells_what_is_the_same(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, app)
        await pilot.pause()
        left = {line[4:30].split()[0]: line[0] for line in lines(app)[3:9]}
    assert left == {
        "docs": "+",
        ".hidden": "+",
        "img1.jpg": "≠",
        "img2.jpg": "≠",  # IMG2.JPG over there, where case does not count
        "img10.jpg": "+",
        "same.txt": "=",
    }


async def test_the_gutter_tells_of_whole_folders(
    app: AcdApp, session: FakeSession
) -> None:
    def sign_of(name: str) -> str:
        table = app.browser.left.table
        rows = {row.entry.name: row for row in app.browser.left.files.rows()}
        return table.state_of(rows[name]) if name in rows else ""

    session.photos.put_folder("/2019/docs/old")
    session.photos.put("/2019/docs/letter.txt", b"Dear Amazon")
    session.local.put("/home/more/x/y", b"1")
    session.photos.put("/2019/more/x/y", b"2")
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, app)
        await until(pilot, lambda: (sign_of("docs"), sign_of("more")) == ("=", "≠"))
        session.photos.put("/2019/docs/old/new", b"")
        session.photos.put("/2019/more/x/y", b"1")
        folders = frozenset(map(VPath.parse, ("/2019/docs/old", "/2019/more/x")))
        session.bus.publish(FoldersChanged("photos", folders))
        await until(pilot, lambda: (sign_of("docs"), sign_of("more")) == ("≠", "="))
        strips = {s.text[0] for s in _strips(app) if "docs" in s.text}
        assert strips == {"≠"}


async def test_entering_and_leaving_folders(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "enter")
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])
        await pilot.press("down", "backspace")
        await until(pilot, lambda: at(app) == "docs", "back on the folder left")
        await pilot.press("l")
        await until(pilot, lambda: at(app) == "letter.txt", "the cursor is remembered")
        await pilot.press("h", "h")
        await until(pilot, lambda: names(app) == ["home"])
        await pilot.press("backspace", "alt+left")
        await until(pilot, lambda: "docs" in names(app))
        await pilot.press("alt+right")
        await until(pilot, lambda: names(app) == ["home"])


async def test_folders_open_in_place(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "right")
        await until(pilot, lambda: names(app)[:3] == ["docs", "old", "letter.txt"])
        await pilot.press("right", "down", "left")
        assert at(app) == "docs"
        await pilot.press("left")
        assert names(app)[:2] == ["docs", ".hidden"]
        await pilot.press("down", "right")
        await until(pilot, lambda: app.browser.active is app.browser.right)
        await pilot.press("left")
        assert app.browser.active is app.browser.left


async def test_notifications_leave_the_lines_of_state_in_sight(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        await until(pilot, lambda: "6 items" in lines(app)[-2])
        before = lines(app)[-2:]
        app.tell("something " * 7)
        await until(pilot, lambda: "something" in text(app))
        assert lines(app)[-2:] == before
        assert "something" in "".join(lines(app)[-5:-2])


async def test_what_lies_in_several_folders_is_said_to(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "right")
        await until(pilot, lambda: names(app)[:3] == ["docs", "old", "letter.txt"])
        await pilot.press("down", "down", "space", "space", "f5")
        wanted = "2 files, 14 B from 2 different folders in /home"
        await until(pilot, lambda: wanted in text(app))


async def test_tab_goes_to_the_other_pane_and_back(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "tab")
        assert app.browser.active is app.browser.right
        await pilot.press("tab")
        assert app.browser.active is app.browser.left


@pytest.mark.parametrize("width", [60, 120])
async def test_who_names_a_remote_sees_it_where_there_is_room_for_one_pane(
    session: FakeSession, width: int
) -> None:
    left, right = place("local:/home"), place("photos:/2019")
    app = AcdApp(InlineEngine(session), left=left, right=right, named=True)
    async with app.run_test(size=(width, 24)) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        is_narrow = width == 60
        meant = app.browser.right if is_narrow else app.browser.left
        assert app.browser.active is meant
        assert app.focused is meant.table
        assert "photos:2019" in text(app)
        assert ("/home" in text(app)) != is_narrow


async def test_a_narrow_terminal_shows_one_pane(app: AcdApp) -> None:
    async with app.run_test(size=(60, 20)) as pilot:
        await press(pilot, app)
        await pilot.pause()
        assert "photos:2019" not in text(app)
        await pilot.press("tab")
        await until(pilot, lambda: "photos:2019" in text(app))
        assert "/home" not in text(app)
        await pilot.resize_terminal(100, 20)
        await until(pilot, lambda: "/home" in text(app) and "photos:2019" in text(app))


async def test_leaving_the_first_set_up_says_how_to_come_back(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session, "remote_names", list)
    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=FakeServices())
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: "Welcome to acd-tui" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: "A opens the set-up again" in text(app))


async def test_a_narrow_terminal_shows_what_was_just_set_up(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def start(_: str) -> str:
        return "photos"

    services = FakeServices()
    monkeypatch.setattr(services, "start_built_in", start)
    monkeypatch.setattr(session, "remote_names", list)
    app = AcdApp(InlineEngine(session), left=place("local:/home"), setup=services)
    async with app.run_test(size=(60, 20)) as pilot:
        await until(pilot, lambda: "Welcome to acd-tui" in text(app))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: "photos is ready" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: names(app) == ["2019", "2020"])


async def test_the_conflict_table_is_not_covered_by_its_own_news(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await press(pilot, app)
        app.tell("2 conflicts to decide")
        await until(pilot, lambda: "2 conflicts to decide" in text(app))
        app.browser.do_conflicts()
        await until(pilot, lambda: "No conflicts" in text(app))
        await until(pilot, lambda: "2 conflicts to decide" not in text(app))


async def test_marks_survive_sorting_refreshing_and_moving_about(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, app, "down", "down", "space", "insert")
        pane = app.browser.left
        assert at(app) == "img10.jpg"
        assert {row.entry.name for row in pane.choice()} == {"img1.jpg", "img2.jpg"}
        await pilot.press("comma", "comma", "less_than_sign", "ctrl+r", "home", "enter")
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])
        assert "2 marked, 300 B (2 elsewhere)" in text(app)
        await pilot.press("backspace")
        await until(pilot, lambda: "docs" in names(app))
        assert pane.marks.count == 2
        await pilot.press("escape")
        assert pane.marks.count == 0


async def test_marking_many_at_once(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "ctrl+a")
        marks = app.browser.left.marks
        assert marks.count == 6
        await pilot.press("minus")
        await pilot.press(*".jpg", "enter")
        await until(pilot, lambda: marks.count == 3)
        await pilot.press("asterisk")
        assert {row.entry.name for row in marks.rows()} == {
            "img1.jpg",
            "img2.jpg",
            "img10.jpg",
        }
        await pilot.press("escape", "plus")
        await pilot.press(*"same*", "enter")  # in place of the `*` that stood there
        await until(pilot, lambda: marks.count == 1)
        await pilot.press("escape", "plus", *"*.jpg", "enter")
        await until(pilot, lambda: marks.count == 3)
        await pilot.press("escape", "shift+down", "shift+down")
        assert marks.count == 2
        await pilot.press("shift+up")
        assert at(app) == "img1.jpg" or marks.count == 3


async def test_what_disappears_is_unmarked(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "end", "space")
        await session.local.trash(VPath(("home", "same.txt")))
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "same.txt" not in names(app))
        assert app.browser.left.marks.count == 0


async def test_sorting_by_keys_and_by_the_header(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, app, "comma", "comma")
        assert names(app)[1:3] == ["img10.jpg", "img2.jpg"]
        await pilot.press("less_than_sign")
        assert names(app)[1:3] == [".hidden", "same.txt"]
        header = lines(app)[2]
        await pilot.click("#left FileTable", offset=(header.index("Modified"), 0))
        order = app.browser.left.files.order
        assert order.by is SortKey.MODIFIED
        await pilot.click("#left FileTable", offset=(6, 0))
        assert names(app)[1:4] == [".hidden", "img1.jpg", "img2.jpg"]


async def test_the_cursor_stays_on_its_file_when_the_order_changes(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "end", "comma", "comma")
        assert at(app) == "same.txt"
        await pilot.press("full_stop")
        assert at(app) == "same.txt"
        assert ".hidden" not in names(app)


async def test_filter_and_find(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "f")
        await pilot.press(*"jpg")
        await until(pilot, lambda: len(names(app)) == 3)
        await pilot.press("enter")
        assert "filter: jpg" in text(app)
        await pilot.press("slash")
        await pilot.press(*"g10", "enter")
        await until(pilot, lambda: at(app) == "img10.jpg")
        await pilot.press("escape")
        await until(pilot, lambda: len(names(app)) == 6)
        await pilot.press("slash")
        await pilot.press(*"img", "enter")
        await pilot.press("n")
        await until(pilot, lambda: at(app) == "img1.jpg")
        await pilot.press("N")
        await until(pilot, lambda: at(app) == "img10.jpg")


async def test_the_next_name_is_asked_for_before_any_was(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.browser.active.files))
        await pilot.press("n", "down", "N")
        assert app.browser.active.table.cursor == 1


async def test_finding_nothing_says_so(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "slash")
        await pilot.press(*"img")
        await pilot.press(*"zzz")
        await until(pilot, lambda: "no such name" in text(app))
        await pilot.press("backspace", "backspace", "backspace")
        await until(pilot, lambda: "no such name" not in text(app))
        await pilot.press("z", "escape", "slash")
        await until(pilot, lambda: "Find:" in text(app))
        assert "no such name" not in text(app)


async def test_a_link_is_entered_or_viewed_as_what_it_leads_to(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = session.local.list

    async def linked(path: VPath) -> list[Entry]:
        found = await inner(path)
        links = {"docs", "same.txt"}
        return [
            msgspec.structs.replace(entry, kind=Kind.LINK)
            if entry.name in links
            else entry
            for entry in found
        ]

    monkeypatch.setattr(session.local, "list", linked)
    async with app.run_test() as pilot:
        await press(pilot, app, "slash")
        await pilot.press(*"docs", "enter", "enter")
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])
        await pilot.press("backspace", "slash")
        await until(pilot, lambda: "docs" in names(app))
        await pilot.press(*"same", "enter", "enter")
        await until(pilot, lambda: "UTF-8 · h shows" in text(app))


class OnlyTrash:
    """What a filesystem is whose trash gives nothing back."""

    def __init__(self, whole: MemoryFileSystem) -> None:
        self.name, self.features = whole.name, whole.features
        self.list, self.trash = whole.list, whole.trash


async def test_what_lies_in_the_desktops_trash_is_not_said_to_come_back(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await press(pilot, app)
        app.browser.left.filesystem = cast("FileSystem", OnlyTrash(session.local))
        await pilot.press("end", "f8")
        await until(pilot, lambda: "to the trash?" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: "it is in the desktop's trash" in text(app))


async def test_what_is_kept_beside_a_filter_is_not_marked_with_the_rest(
    app: AcdApp,
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, app, "right")
        await until(pilot, lambda: "letter.txt" in names(app))
        await pilot.press("f", *"letter", "enter", "ctrl+a")
        assert names(app) == ["docs", "letter.txt"]
        marked = [row.entry.name for row in app.browser.left.marks.rows()]
        assert marked == ["letter.txt"]
        await pilot.press("plus", "enter")  # names like *
        assert app.browser.left.marks.count == 1


async def test_a_filter_that_fits_nothing_says_so(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "f")
        await pilot.press(*"zzz")
        await until(pilot, lambda: "No name fits “zzz”" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(names(app)) == 6)


async def test_typing_a_path_with_completion(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "ctrl+l")
        await pilot.press("d", "o")
        await pilot.pause(0.1)
        await pilot.press("tab", "enter")
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])
        await pilot.press("ctrl+l", *"photos:2020", "enter")
        await until(pilot, lambda: app.browser.left.place == place("photos:/2020"))
        await until(pilot, lambda: "This folder is empty" in text(app))


async def test_tab_right_after_typing_a_path_completes_it(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = session.local.list

    async def slow(path: VPath) -> Sequence[Entry]:
        await asyncio.sleep(0.1)
        return await inner(path)

    async with app.run_test() as pilot:
        await press(pilot, app)
        monkeypatch.setattr(session.local, "list", slow)
        await pilot.press("ctrl+l", "d", "tab", "enter")
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])


async def test_tab_goes_through_all_that_fits_and_remotes_are_places_too(
    app: AcdApp, session: FakeSession
) -> None:
    for name in ("photo album", "phones"):
        session.local.put(f"/home/{name}/x", b"")
    async with app.run_test() as pilot:
        await press(pilot, app)
        await pilot.press("ctrl+l", "p", "h")
        field = app.focused
        assert isinstance(field, PathInput)
        seen = []
        for _ in range(4):
            await pilot.press("tab")
            seen.append(field.value)
        assert seen == ["phones/", "photo album/", "photos:", "phones/"]
        await pilot.press("shift+tab")
        assert field.value == "photos:"
        await pilot.press("2", "tab", "enter")
        await until(pilot, lambda: app.browser.left.place == place("photos:/2019"))


async def test_tab_goes_through_a_folder_of_which_nothing_was_typed(
    app: AcdApp, session: FakeSession
) -> None:
    for name in (".hidden", "new", "old"):
        session.local.put(f"/home/docs/{name}/x", b"")
    async with app.run_test() as pilot:
        await press(pilot, app)
        await pilot.press("ctrl+l", *"docs/")
        field = app.focused
        assert isinstance(field, PathInput)
        await pilot.pause()
        assert field._suggestion == ""  # nothing is foretold where anything may follow
        seen = []
        for _ in range(3):
            await pilot.press("tab")
            seen.append(field.value)
        assert seen == ["docs/new/", "docs/old/", "docs/new/"]
        await pilot.press("ctrl+u", *"docs/.", "tab")
        assert field.value == "docs/.hidden/"
        await pilot.press("ctrl+u", *"photos:", "tab")
        assert field.value == "photos:2019/"


async def test_a_path_that_is_not_there(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await press(pilot, app, "ctrl+l")
        await pilot.press(*"nowhere", "enter")
        await until(pilot, lambda: "not listed" in text(app))
        await pilot.press("f", "x", "enter", "comma", "comma")
        assert "This folder is empty" not in text(app)
        assert "Ctrl-R tries again" in text(app)
        await pilot.press("backspace")
        await until(pilot, lambda: "docs" in names(app))


async def test_choosing_another_filesystem(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "R")
        await until(pilot, lambda: "What is it to show?" in text(app))
        await pilot.press("1")
        await until(pilot, lambda: app.browser.left.place == place("photos:/2019"))


async def test_to_view_a_folder_is_to_enter_it(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "f3")
        await until(pilot, lambda: app.browser.left.place == place("local:/home/docs"))
        assert len(app.screen_stack) == 2


async def test_copying_asks_and_queues(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app, "space", "end", "space", "f5")
        await until(pilot, lambda: "To folder" in text(app))
        assert "1 folder and 1 file (8 B) from /home" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: session.transfers.requests)
        assert session.transfers.requests == [
            CopyRequest(
                source="local",
                paths=(VPath(("home", "docs")), VPath(("home", "same.txt"))),
                target="photos",
                folder=VPath(("2019",)),
                policy=ConflictPolicy.ASK,
            )
        ]
        await until(
            pilot,
            lambda: "docs" in [r.entry.name for r in app.browser.right.files.rows()],
            "the copied folder appears by itself",
        )
        copied = VPath.parse("/2019/docs/letter.txt")  # a moment after its folder
        await until(pilot, lambda: session.photos._find(copied))
        assert session.photos.data("/2019/docs/letter.txt") == b"Dear Amazon"
        assert app.browser.left.marks.count == 0
        assert app.browser.parts.queue_panel.display


async def test_leaving_the_question_copies_nothing(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "f5")
        await until(pilot, lambda: "To folder" in text(app))
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        assert not session.transfers.requests


async def test_new_folder_rename_trash_undo(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app, "f7")
        await until(pilot, lambda: "New folder" in text(app))
        await pilot.press(*"docs", "enter")
        await until(pilot, lambda: "That name is taken" in text(app))
        await pilot.press("2", "enter")
        await until(pilot, lambda: at(app) == "docs2", "the cursor is on what was made")
        await pilot.press("r")
        await until(pilot, lambda: "New name" in text(app))
        await pilot.press(*"papers", "enter")
        await until(pilot, lambda: at(app) == "papers")
        await pilot.press("f8")
        await until(pilot, lambda: "to the trash?" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: "papers" not in names(app))
        await pilot.press("end", "u")
        await until(pilot, lambda: at(app) == "papers", "what is back has the cursor")
        await pilot.press("u")
        await until(pilot, lambda: at(app) == "docs2")
        await pilot.press("end", "U")
        await until(pilot, lambda: at(app) == "papers")
        await pilot.press("U")
        await until(pilot, lambda: "papers" not in names(app))


async def test_moving_within_one_filesystem(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app, "alt+i")
        right = app.browser.right
        await until(pilot, lambda: right.place == place("local:/home"))
        right.go(place("local:/home/docs"))
        await until(pilot, lambda: len(right.files) == 2)
        await pilot.press("end", "f6")
        await until(pilot, lambda: "to the folder" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: len(right.files) == 3)
        assert "same.txt" not in names(app)
        assert session.local.data("/home/docs/same.txt") == b"the same"


async def test_moving_to_a_folder_that_is_not_there_yet(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app, "alt+i", "end", "f6")
        await until(pilot, lambda: "to the folder; it is made" in text(app))
        await pilot.press(*"/new", "enter")
        await until(pilot, lambda: "new" in names(app))
        assert session.local.data("/home/new/same.txt") == b"the same"


async def test_a_move_to_another_drive_trashes_what_has_arrived(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app, "end", "f6")
        await until(pilot, lambda: "If something else is there" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: session.transfers.requests)
        (request,) = session.transfers.requests
        assert request.options.move
        assert (request.source, request.target) == ("local", "photos")
        assert [str(path) for path in request.paths] == ["/home/same.txt"]


async def test_a_move_onto_a_taken_name_says_so_and_moves_nothing(
    app: AcdApp, session: FakeSession
) -> None:
    session.local.put("/home/docs/same.txt", b"another")
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, app)
        app.browser.right.go(place("local:/home/docs"))
        await until(pilot, lambda: len(app.browser.right.files) == 3)
        await pilot.press("end", "f6")
        await until(pilot, lambda: "to the folder" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: app._notifications)
        assert session.local.data("/home/same.txt") == b"the same"
        assert session.local.data("/home/docs/same.txt") == b"another"


async def test_changes_by_others_appear_and_the_cursor_stays(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "end")
        session.local.put("/home/aaa.txt")
        session.bus.publish(FoldersChanged("local", frozenset({VPath(("home",))})))
        await until(pilot, lambda: "aaa.txt" in names(app))
        assert at(app) == "same.txt"


async def test_a_folder_that_vanishes_leads_to_its_parent(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test() as pilot:
        await press(pilot, app, "enter")
        await until(pilot, lambda: "letter.txt" in names(app))
        await session.local.trash(VPath(("home", "docs")))
        session.bus.publish(FoldersChanged("local", None))
        await until(pilot, lambda: app.browser.left.place == place("local:/home"))
        await until(pilot, lambda: "same.txt" in names(app))


async def test_a_listing_that_fails_shows_why_and_can_be_tried_again(
    app: AcdApp, session: FakeSession
) -> None:
    async def fail(operation: str, path: VPath) -> None:
        if operation == "list" and path.parts:
            raise Transient("the service [/red] does not answer", hint="wait a little")

    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app)
        session.photos.hook = fail
        app.browser.right.go(place("photos:/2020"))
        await until(pilot, lambda: "The service [/red] does not" in text(app))
        assert "Wait a little" in text(app)
        session.photos.hook = None
        await pilot.press("tab", "ctrl+r")
        await until(pilot, lambda: "This folder is empty" in text(app))


async def test_a_refresh_that_fails_keeps_what_is_shown(
    app: AcdApp, session: FakeSession
) -> None:
    async def fail(operation: str, path: VPath) -> None:
        raise SignInNeeded("sign in again", hint="press A")

    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, app, "tab")
        session.photos.hook = fail
        await pilot.press("ctrl+r")
        await until(pilot, lambda: "Sign in again" in text(app))
        assert "same.txt" in names(app)


async def test_a_slow_listing_says_that_it_loads(
    app: AcdApp, session: FakeSession
) -> None:
    gate = asyncio.Event()

    async def wait(operation: str, path: VPath) -> None:
        if operation == "list":
            await gate.wait()

    async with app.run_test() as pilot:
        await press(pilot, app)
        session.photos.hook = wait
        app.browser.right.go(place("photos:/2020"))
        await until(pilot, lambda: "Loading…" in text(app))
        await pilot.press("down")
        assert at(app) == ".hidden", "the other pane goes on meanwhile"
        gate.set()
        await until(pilot, lambda: "This folder is empty" in text(app))


async def test_a_key_after_one_that_enters_a_folder_is_for_what_is_in_there(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = asyncio.Event()

    async def wait(operation: str, path: VPath) -> None:
        if operation == "list":
            await gate.wait()

    async with app.run_test() as pilot:
        await press(pilot, app)
        monkeypatch.setattr(pane, "_PATIENCE_SECONDS", 60)
        assert at(app) == "docs"
        session.local.hook = wait
        await pilot.press("enter", "f5")
        assert "To folder" not in text(app)
        gate.set()
        await until(pilot, lambda: "To folder" in text(app))
        assert "from /home/docs" in text(app)


async def test_an_unexpected_error_does_not_end_the_program(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def explode(places: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(session.operations, "trash", explode)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await press(pilot, app, "end", "d")
        await until(pilot, lambda: "to the trash?" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: "ZeroDivisionError" in text(app))
        assert app.is_running
        assert "same.txt" in names(app)


@pytest.mark.parametrize("size", SIZES)
async def test_hostile_names_do_no_harm(
    app: AcdApp, session: FakeSession, size: tuple[int, int]
) -> None:
    for fs in (session.local, session.photos):
        for name in HOSTILE_NAMES:
            fs.put(f"/evil/{name}", b"x")
        fs.put_folder("/evil/[bold]\x1b[31mfolder")
    async with app.run_test(size=size, notifications=True) as pilot:
        await press(pilot, app)
        for pane in (app.browser.left, app.browser.right):
            pane.go(Place(pane.place.filesystem, VPath(("evil",))))
        count = len(HOSTILE_NAMES) + 1
        await until(pilot, lambda: len(app.browser.left.files) == count)
        await pilot.press("right", "down", "home", "enter")
        await until(pilot, lambda: "This folder is empty" in text(app))
        await pilot.press("backspace")
        await until(pilot, lambda: len(app.browser.left.files) == count)
        await pilot.press("ctrl+a", "f8")
        await until(pilot, lambda: "to the trash?" in text(app))
        await pilot.press("escape")
        await pilot.press("escape", "f", *"esc", "enter", "f5")
        await until(pilot, lambda: "To folder" in text(app))
        await pilot.press("escape", "escape")
        screen = text(app)
        assert "[red]x[bold" in screen
        assert all(character.isprintable() for character in screen.replace("\n", ""))
        screen.encode()  # no surrogates
        assert all(line.cell_length == size[0] for line in _strips(app))
        app.export_screenshot()


def _strips(app: AcdApp) -> list[Strip]:
    return list(app.screen._compositor.render_strips())


async def test_mouse(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app)
        await pilot.click("#left FileTable", offset=(8, 3))
        assert at(app) == "img1.jpg"
        await pilot.click("#left FileTable", offset=(2, 1))
        await until(pilot, lambda: names(app)[1] == "old", "the sign opens in place")
        await pilot.double_click("#left FileTable", offset=(8, 1))
        await until(pilot, lambda: names(app) == ["old", "letter.txt"])
        await pilot.click("#right FileTable", offset=(8, 2))
        assert app.browser.active is app.browser.right


class Huge:
    """A folder of very many files, listed at once."""

    def __init__(self, count: int) -> None:
        self.entries = [
            Entry(name=f"file{n}.dat", kind=Kind.FILE, size=n % 977, modified_ns=n)
            for n in range(count, 0, -1)
        ]


async def test_a_hundred_thousand_rows(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    huge = Huge(100_000)

    async def listing(path: VPath) -> list[Entry]:
        return huge.entries

    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app)
        monkeypatch.setattr(session.photos, "list", listing)
        pane = app.browser.right
        pane.go(place("photos:/huge"))
        await until(pilot, lambda: len(pane.files) == 100_000 and pane.is_complete)
        await pilot.press("tab", "end")
        assert at(app) == "file100000.dat"
        assert "file100000.dat" in text(app)
        await pilot.press("comma", "comma")
        await until(pilot, lambda: pane.files.order.by is SortKey.SIZE)
        assert at(app) == "file100000.dat", "the cursor stays where it was"
        await pilot.press("home")
        assert pane.current is not None
        assert pane.current.entry.size == 976
        await pilot.press("f", *"99999", "enter")
        await until(pilot, lambda: len(pane.files) == 1)


async def test_the_session_that_does_not_open_ends_the_program(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch, app: AcdApp
) -> None:
    async def refuse() -> None:
        raise Denied("the state folder cannot be written", hint="set ACD_TUI_HOME")

    monkeypatch.setattr(app.engine, "ready", refuse)
    async with app.run_test() as pilot:
        await until(pilot, lambda: app.return_code is not None)
    assert app.return_code == 1


@pytest.mark.parametrize("variable", ["NO_COLOR"])
async def test_without_colour_the_cursor_can_still_be_seen(
    session: FakeSession, variable: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from acd_tui.ui.engine import InlineEngine

    monkeypatch.setenv(variable, "1")
    app = AcdApp(
        InlineEngine(session), left=place("local:/home"), right=place("photos:")
    )
    async with app.run_test() as pilot:
        await press(pilot, app)
        table = app.browser.left.table
        strip = table.draw_row(table.cursor, table.size.width - 1)
        assert all(segment.style and segment.style.reverse for segment in strip)


async def test_keys_pressed_before_the_session_is_open_do_no_harm(
    session: FakeSession,
) -> None:
    from acd_tui.ui.actions import ACTIONS
    from acd_tui.ui.engine import Engine

    app = AcdApp(
        Engine(lambda: contextlib.nullcontext(session)),
        left=place("local:/home"),
        right=place("photos:"),
    )
    app.engine.ready = asyncio.Event().wait  # type: ignore[method-assign, assignment]
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.pause()
        for action in ACTIONS:
            if action.id != "quit":
                app.do(action.id)
                await pilot.pause()
            while len(app.screen_stack) > 2:
                await app.pop_screen()
        assert app.is_running
        await pilot.press("ctrl+q")


async def test_keys_typed_ahead_go_where_they_belong(
    app: AcdApp, session: FakeSession
) -> None:
    """Keys that arrive together, as from a fast hand or a slow line."""
    async with app.run_test(size=(100, 30)) as pilot:
        await press(pilot, app)
        _send(app, "ctrl+l", *"docs/old/..", "enter")
        await until(pilot, lambda: app.browser.left.place == place("local:/home/docs"))
        assert len(app.screen_stack) == 2
        _send(app, "tab", "down", "space", "W", "tab", "down", "f", *"delayed")
        right = app.browser.right
        await until(pilot, lambda: right.files.pattern == "delayed")
        assert [row.entry.name for row in right.marks.rows()] == ["IMG2.JPG"]
        assert len(app.screen_stack) == 2


def _send(app: AcdApp, *keys: str) -> None:
    for key in keys:
        character = {"enter": "\r", "tab": "\t", "space": " "}.get(key)
        name = "slash" if key == "/" else key
        app.post_message(
            events.Key(name, character or (key if len(key) == 1 else None))
        )


async def test_dialogs_say_what_does_the_same_as_a_command(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("tab", "end", "r")
        await until(
            pilot, lambda: "acd-tui rename photos:2019/same.txt same.txt" in text(app)
        )
        await pilot.press("x")
        await until(pilot, lambda: "photos:2019/same.txt x.txt" in text(app))
        await pilot.press("ctrl+y")
        assert app.clipboard == "acd-tui rename photos:2019/same.txt x.txt\n"
        await pilot.press("escape", "f8")
        await until(pilot, lambda: "acd-tui trash photos:2019/same.txt" in text(app))
        await pilot.press("ctrl+y")
        assert app.clipboard == "acd-tui trash photos:2019/same.txt\n"
        await pilot.press("escape", "f7", *"new/deep")
        await until(pilot, lambda: "acd-tui mkdir photos:2019/new/deep" in text(app))
        await pilot.press("enter")
        await until(
            pilot,
            lambda: (
                app.browser.right.files.index_of(VPath(("2019", "new"))) is not None
            ),
        )
        assert await session.photos.list(VPath.parse("/2019/new/deep")) == []
        await pilot.press("u")
        await until(
            pilot,
            lambda: app.browser.right.files.index_of(VPath(("2019", "new"))) is None,
        )


async def test_only_a_mirror_that_becomes_whole_has_a_pane_listed_again(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = session.photos
    status = MirrorStatus(complete=False, nodes=1, filling=True, checked=None)
    whole = msgspec.structs.replace(status, complete=True)

    async def mirror_status() -> MirrorStatus:
        return status

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(photos, "mirror_status", mirror_status, raising=False)
    for name in ("refresh", "rebuild", "confirm"):
        monkeypatch.setattr(photos, name, nothing, raising=False)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, app)
        pane = app.browser.right
        for now, changed in (
            (msgspec.structs.replace(status, filling=False), False),
            (whole, True),
            (msgspec.structs.replace(whole, filling=False), False),
            (whole, False),
            (msgspec.structs.replace(whole, filling=False), False),
        ):
            status = now
            await pane.facts.look_at_mirror()
            assert pane.facts.mirror == status
            assert bool(pane.news.waiting) is changed
            pane.news.waiting.clear()


async def test_keys_wait_where_rows_are_known_but_the_drive_is_not_open(
    session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened, inner = asyncio.Event(), session.filesystem

    async def filesystem(name: str) -> FileSystem:
        if name == "photos":
            await opened.wait()
        return await inner(name)

    monkeypatch.setattr(session, "filesystem", filesystem)
    monkeypatch.setattr(type_ahead, "_LONGEST_WAY", 60)
    known: Future[Sequence[Entry]] = Future()
    known.set_result([Entry(name="known", kind=Kind.FILE)])
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        known=known,
    )
    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: "known" in text(app))
        keys = asyncio.create_task(pilot.press("tab", "s"))
        await until(pilot, lambda: app.browser.active is app.browser.right)
        opened.set()
        await keys
        await until(pilot, lambda: "Search photos" in text(app))


async def test_that_the_copy_of_a_drive_was_damaged_is_said_once(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    status = MirrorStatus(
        complete=False,
        nodes=7,
        filling=True,
        checked=None,
        damage="it was damaged",
        damages=1,
    )

    async def mirror_status() -> MirrorStatus:
        return status

    async def nothing(*_: object) -> None:
        return None

    monkeypatch.setattr(session.photos, "mirror_status", mirror_status, raising=False)
    for name in ("refresh", "rebuild", "confirm"):
        monkeypatch.setattr(session.photos, name, nothing, raising=False)
    async with app.run_test(size=(140, 36), notifications=True) as pilot:
        said = "photos: the local copy of the drive was damaged and is made anew"
        await until(pilot, lambda: said in text(app))
        assert "copy damaged, made anew, 7 so far" in text(app)
        app.clear_notifications()
        await app.browser.right.facts.look_at_mirror()
        await pilot.pause()
        assert said not in text(app)
        # Again, and it was whole before anybody looked.
        status = MirrorStatus(
            complete=True, nodes=7, filling=False, checked=1.0, damages=2
        )
        await app.browser.right.facts.look_at_mirror()
        await until(pilot, lambda: said in text(app))


async def test_news_that_come_on_the_way_out_do_no_harm(app: AcdApp) -> None:
    async with app.run_test() as pilot:
        await until(pilot, lambda: len(app.browser.right.files))
    app.on_woken()


async def test_a_new_folder_may_be_named_by_its_whole_path(
    app: AcdApp, session: FakeSession
) -> None:
    """A name that begins with / was taken for one below the folder that is shown."""
    async with app.run_test(size=(140, 36), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.right.files))
        await pilot.press("tab", "f7", *"/Other/deep")
        await until(pilot, lambda: "acd-tui mkdir photos:Other/deep" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "Made photos:Other/deep" in text(app))
        assert await session.photos.list(VPath.parse("/Other/deep")) == []
        await pilot.press("f7", *"a/../b")
        await pilot.press("enter")
        await until(pilot, lambda: "cannot be the name" in text(app))


async def test_the_room_is_told_anew_when_it_fills_where_nothing_is_listed(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("acd_tui.ui.screens.browser._MIRROR_SECONDS", 0.05)
    monkeypatch.setattr("acd_tui.ui.widgets.pane_facts._SPACE_SECONDS", 0.05)
    session.photos.put_folder("/2019/deep")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: "photos 114 B used" in text(app))
        session.photos.put("/2019/deep/er", b"x" * 1000)
        app.browser.right.news.arrived(VPath.parse("/2019/deep/er"))
        await until(pilot, lambda: "photos 1.1 KiB used" in text(app))


@pytest.mark.parametrize("size", SIZES)
async def test_a_drive_that_is_asked_again_and_again_says_so(
    session: FakeSession, size: tuple[int, int]
) -> None:
    app = AcdApp(
        InlineEngine(session), left=place("local:/home"), right=place("photos:/")
    )
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "same.txt" in text(app))
        session.bus.publish(Hindered("photos", "the service is in trouble (503)"))
        await until(pilot, lambda: "busy, asked again" in text(app))
        await until(pilot, lambda: "in trouble (503)" in text(app))
        session.bus.publish(Hindered("photos", None))
        await until(pilot, lambda: "busy, asked again" not in text(app))
