"""Tabs, and what concerns both panes at once."""

from __future__ import annotations

import asyncio

from textual.pilot import Pilot

from acd_tui.transfers.model import Place
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.browser_panes import Pair
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, place, text, until


async def listed(pilot: Pilot[None], app: AcdApp) -> None:
    await until(pilot, lambda: app.browser.left.is_complete)
    await until(pilot, lambda: app.browser.right.is_complete)


async def test_a_tab_remembers_how_it_was_shown(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await listed(pilot, app)
        await pilot.press("comma", "s", "/", *"img1.", "enter", "space")
        await pilot.press("t", "n")
        assert pane.tabs.bar.display
        assert app.browser.right.tabs.bar.display  # so that the rows stay level
        await until(pilot, lambda: not pane.marks.count)  # each has its own
        await pilot.press("home", "enter")
        await until(pilot, lambda: pane.place == place("local:/home/docs"))
        await until(pilot, lambda: "1 home" in text(app) and "2 docs" in text(app))
        await pilot.press("1")
        assert pane.place == place("local:/home")
        assert pane.marks.count == 1
        assert "Size ▼" in text(app)
        cursor = pane.current
        await pilot.press("right_square_bracket")
        assert pane.place == place("local:/home/docs")
        assert pane.back == [place("local:/home")]
        await pilot.press("left_square_bracket")
        assert pane.current == cursor
        assert pane.back == []


async def test_tabs_close_and_can_be_clicked(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        pane = app.browser.left
        await listed(pilot, app)
        await pilot.press("t", "c")
        await until(pilot, lambda: "It is the only tab" in text(app))
        await pilot.press("t", "n", "backspace", "t", "n")
        assert pane.tabs.count == 3
        await pilot.click(pane.tabs.bar, offset=(3, 0))
        await until(pilot, lambda: pane.place == place("local:/home"))
        await pilot.press("t", "c", "t", "c")
        assert pane.tabs.count == 1
        assert not pane.tabs.bar.display
        assert not app.browser.right.tabs.bar.display
        await pilot.press("5")
        await until(pilot, lambda: "There is no tab 5" in text(app))


async def test_a_tab_shows_what_changed_meanwhile(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await listed(pilot, app)
        await pilot.press("t", "n", "home", "enter")
        await until(pilot, lambda: pane.place == place("local:/home/docs"))
        session.local.put("/home/new.txt", b"")
        await pilot.press("1")
        await until(pilot, lambda: "new.txt" in text(app))


async def test_a_tab_on_its_way_arrives_when_it_is_shown_again(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        pane = app.browser.left
        await listed(pilot, app)
        await pilot.press("t", "n")
        pane.go(place("photos:/2020"))
        await asyncio.sleep(0)  # it has set out
        pane.tabs.go_to(0)
        assert pane.place == place("local:/home")
        await pilot.pause()
        assert pane.place == place("local:/home")
        pane.tabs.go_to(1)
        await until(pilot, lambda: pane.place == place("photos:/2020"))


async def test_panes_change_places_with_all_their_tabs(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        left, right = app.browser.left, app.browser.right
        await listed(pilot, app)
        await pilot.press("t", "n", "ctrl+w", "x")
        assert right.place == place("local:/home")
        assert left.place == place("photos:/2019")
        assert (left.tabs.count, right.tabs.count) == (1, 2)
        assert app.browser.active is right
        assert right.table.has_focus


async def test_one_pane_or_two_beside_or_above(app: AcdApp) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        left, right = app.browser.left, app.browser.right
        await listed(pilot, app)
        await pilot.press("ctrl+w", "s")
        await until(pilot, lambda: right.region.y > left.region.y)
        assert left.region.width == 120
        await pilot.press("ctrl+w", "o")
        await until(pilot, lambda: not right.display)
        await pilot.press("tab")
        await until(pilot, lambda: right.display and not left.display)
        await pilot.press("ctrl+w", "o", "ctrl+w", "v")
        await until(pilot, lambda: left.region.y == right.region.y)


async def test_both_panes_go_together(app: AcdApp, session: FakeSession) -> None:
    session.photos.put_folder("/2019/docs")
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        left, right = app.browser.left, app.browser.right
        await listed(pilot, app)
        await pilot.press("equals_sign", "b", "home", "enter")
        await until(pilot, lambda: right.place == place("photos:/2019/docs"))
        assert "both panes together" in text(app)
        await pilot.press("home", "enter")  # only the left one has such a folder
        await until(pilot, lambda: "There is no photos:2019/docs/old" in text(app))
        assert right.place == place("photos:/2019/docs")
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: right.place == place("photos:/2019"))
        await pilot.press("tab", "backspace")
        await until(pilot, lambda: left.place == place("local:/"))
        await until(pilot, lambda: right.place == place("photos:/"))
        left.go(place("photos:/2020"))  # nothing on the other side goes with that
        await until(pilot, lambda: "do not go together any more" in text(app))


def test_what_follows_what() -> None:
    def at(filesystem: str, path: str) -> Place:
        return Place(filesystem, VPath.parse(path))

    pair = Pair(at("local", "/a/b"), at("photos", "/x"))
    assert pair.followed(at("local", "/a/b/c/d")) == (pair, at("photos", "/x/c/d"))
    above = Pair(at("local", "/a"), at("photos", "/"))
    assert pair.followed(at("local", "/a")) == (above, at("photos", "/"))
    assert pair.followed(at("local", "/")) is None  # the other has no more above
    assert pair.followed(at("local", "/q")) is None
    assert pair.followed(at("photos", "/x")) is None
    assert pair.flipped().followed(at("photos", "/x/y")) == (
        pair.flipped(),
        at("local", "/a/b/y"),
    )
