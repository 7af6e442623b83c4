"""What a search found, shown in a pane, where everything can be done with it."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from acd_tui.ui.actions import BY_ID
from acd_tui.ui.app import AcdApp
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import HOSTILE_NAMES, FakeSession, lines, place, text, until
from tests.ui.screen_fakes import FORBIDDEN


def rows(app: AcdApp) -> list[str]:
    return [str(row.path) for row in app.browser.right.files.rows()]


async def show_found(pilot: Pilot[None], app: AcdApp, query: str) -> None:
    """Search in the right pane, and have all that was found shown there."""
    await until(pilot, lambda: len(app.browser.right.files))
    await pilot.press("tab", "s")
    await until(pilot, lambda: "after:2019" in text(app))
    await pilot.press(*query)
    await until(pilot, lambda: " into the list" in text(app))
    await pilot.press("ctrl+o")
    await until(pilot, lambda: app.browser.right.has_found)
    await until(pilot, lambda: app.browser.right.is_complete)


@pytest.fixture
def drive(session: FakeSession) -> FakeSession:
    session.photos.put("/2019/deep/img3.jpg", b"deep", modified_ns=9)
    session.photos.put("/2020/img10.jpg", b"a" * 10, modified_ns=5)
    session.photos.put_folder("/imgs")
    session.photos.put("/imgs/other.txt", b"")
    return session


ALL = [
    "/imgs",
    "/2019/img1.jpg",
    "/2019/IMG2.JPG",
    "/2019/deep/img3.jpg",
    "/2020/img10.jpg",
]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_all_is_listed_with_its_folder(
    app: AcdApp, drive: FakeSession, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size) as pilot:
        await show_found(pilot, app, "img")
        assert rows(app) == ALL
        await until(pilot, lambda: "search “img”" in text(app))
        await until(pilot, lambda: "found: 5 items" in text(app))
        line = next(line for line in lines(app) if "img3.jpg" in line)
        assert "/2019/deep" in line
        await pilot.press("less_than_sign")
        assert rows(app) == ALL[:1] + ALL[:0:-1]


async def test_it_sorts_and_filters_as_a_folder_does(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await show_found(pilot, app, "img")
        await pilot.press("f", *"img1", "enter")
        assert rows(app) == ["/2019/img1.jpg", "/2020/img10.jpg"]
        await pilot.press("escape")
        app.do("sort_size")
        assert rows(app)[1] == "/2019/img1.jpg"
        app.do("sort_modified")
        assert rows(app)[1] == "/2019/deep/img3.jpg"


async def test_back_and_forth_with_the_cursor_where_it_was(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await show_found(pilot, app, "img")
        await pilot.press("enter")  # into the folder that was found
        await until(pilot, lambda: app.browser.right.place == place("photos:/imgs"))
        await pilot.press("alt+left")
        await until(pilot, lambda: app.browser.right.has_found)
        await until(pilot, lambda: rows(app) == ALL)
        await pilot.press("backspace")
        await until(pilot, lambda: app.browser.right.place == place("photos:/2019"))
        await pilot.press("alt+right")
        await until(pilot, lambda: rows(app) == ALL)


async def test_what_is_done_there_is_done_to_the_files_where_they_are(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await show_found(pilot, app, "img")
        await pilot.press("end", "space", "up", "space", "f8")
        await until(pilot, lambda: "2 files" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: rows(app) == ALL[:3])
        found = {item.entry.name for item in await drive.photos.list_trash()}
        assert found == {"img3.jpg", "img10.jpg"}
        await pilot.press("u")
        await until(pilot, lambda: rows(app) == ALL)
        await pilot.press("end", "f5")
        await until(pilot, lambda: "To folder" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: drive.local.data("/home/img10.jpg") is not None)


async def test_what_comes_later_is_found_as_well(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        await show_found(pilot, app, "img")
        await drive.photos.trash(VPath.parse("/imgs"))
        drive.photos.put("/2020/img11.jpg", b"")
        await pilot.press("ctrl+r")
        await until(pilot, lambda: rows(app) == [*ALL[1:], "/2020/img11.jpg"])


async def test_found_things_cannot_be_compared_as_a_folder(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await show_found(pilot, app, "img")
        app.do("compare")
        await until(pilot, lambda: "what was found, not a folder" in text(app))


@pytest.mark.parametrize("action", ["copy", "move", "copy_command"])
async def test_nothing_goes_to_what_was_found_as_if_it_were_a_folder(
    app: AcdApp, drive: FakeSession, action: str
) -> None:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await show_found(pilot, app, "img")
        await pilot.press("tab", "end")
        app.do(action)
        await pilot.pause()
        assert app.screen is app.browser  # no question is asked
        assert "shows what was found" in str(BY_ID[action].enabled(app))


async def test_found_things_take_no_paste_and_no_bookmark(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await show_found(pilot, app, "img")
        for keys in (("m", "x"), ("y", "y", "p"), ("equals_sign", "b")):
            app.clear_notifications()
            await pilot.press(*keys)
            await until(pilot, lambda: "what was found, not a folder" in text(app))
        assert app.browser.arrangement.pair is None


async def test_panes_that_go_together_stay_where_they_are_while_one_searches(
    app: AcdApp, drive: FakeSession
) -> None:
    async with app.run_test(size=(120, 36)) as pilot:
        browser = app.browser
        await until(pilot, lambda: len(browser.right.files))
        left = browser.left.place
        await pilot.press("equals_sign", "b")
        pair = browser.arrangement.pair
        assert pair is not None
        await show_found(pilot, app, "img")
        assert browser.left.target == left
        assert browser.arrangement.pair == pair


async def test_hostile_names_and_words_are_shown_harmlessly(
    app: AcdApp, drive: FakeSession
) -> None:
    for name in HOSTILE_NAMES:
        drive.photos.put(f"/2020/{name}/{name}", b"1")
    async with app.run_test(size=(120, 40)) as pilot:
        await show_found(pilot, app, "in:/2020")
        await until(pilot, lambda: "[red]x[bold" in text(app))
        assert not FORBIDDEN & set(text(app))
