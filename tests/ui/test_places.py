"""Bookmarks, and going back to where one was before."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.config.places import PlacesFile
from acd_tui.ui.app import AcdApp, OwnFiles
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.places import PlacesScreen
from tests.ui.fake_session import FakeSession, place, text, until


@pytest.fixture
def file(tmp_path: Path) -> PlacesFile:
    return PlacesFile(tmp_path / "places.json")


def app_with(session: FakeSession, file: PlacesFile) -> AcdApp:
    return AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2019"),
        files=OwnFiles(places=file),
    )


async def test_a_bookmark_is_there_after_a_restart(
    session: FakeSession, file: PlacesFile
) -> None:
    app = app_with(session, file)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("tab", "m")
        await until(pilot, lambda: "Set a bookmark" in text(app))
        await pilot.press("p")
        await until(pilot, lambda: file.load().bookmarks == {"p": "photos:2019"})
        await until(pilot, lambda: "' p goes there" in text(app))

    again = app_with(session, file)
    async with again.run_test(size=(100, 30), notifications=True) as pilot:
        pane = again.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("'")
        await until(pilot, lambda: "photos:2019" in text(again))
        await pilot.press("p")
        await until(pilot, lambda: pane.place == place("photos:/2019"))
        await pilot.press("'", "x")
        await until(pilot, lambda: "No bookmark has the letter x" in text(again))


async def test_the_list_of_bookmarks_goes_to_one_and_forgets_one(
    session: FakeSession, file: PlacesFile
) -> None:
    file.bookmark("a", "/home/docs")
    file.bookmark("b", "photos:2020")
    app = app_with(session, file)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("ctrl+backslash")
        await until(pilot, lambda: isinstance(app.screen, PlacesScreen))
        await pilot.press(*"docs", "enter")
        await until(pilot, lambda: pane.place == place("local:/home/docs"))
        await pilot.press("b", "down", "ctrl+d", "escape")
        await until(pilot, lambda: file.load().bookmarks == {"a": "/home/docs"})


async def test_folders_visited_are_found_by_a_part_of_their_path(
    session: FakeSession, file: PlacesFile
) -> None:
    file.visited(["/home/docs/old", "photos:"], 5.0)
    app = app_with(session, file)
    async with app.run_test(size=(100, 30)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("z", *"do ol", "enter")
        await until(pilot, lambda: pane.place == place("local:/home/docs/old"))
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("Z")
        await until(pilot, lambda: "photos:2019" in text(app))
        await until(pilot, lambda: file.load().visits["/home/docs/old"].times == 2)
    assert file.load().visits["photos:2019"].times == 1


async def test_bookmarks_that_cannot_be_read_are_said_to_be(
    session: FakeSession, file: PlacesFile
) -> None:
    file.path.write_text("{")
    app = app_with(session, file)
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: "cannot be read" in text(app))
        await pilot.press("m", "a")
        await pilot.pause()
    assert file.path.read_text() == "{"
