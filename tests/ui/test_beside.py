"""Copying things to where they lie: the question offers a second one of each."""

from __future__ import annotations

import pytest
from textual.widgets import Select

from acd_tui.transfers.model import ConflictPolicy, State
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.copy import ConfirmCopy
from acd_tui.vfs.path import VPath
from tests.ui.dialogue import Talking
from tests.ui.fake_session import FakeSession, place, text, until

HOME = VPath.parse("/home")


@pytest.fixture
def app(session: FakeSession) -> AcdApp:
    """Both panes on one folder."""
    home = place("local:/home")
    return AcdApp(InlineEngine(session), left=home, right=home)


def policy(app: AcdApp) -> object:
    return app.screen.query_one(Select).value


async def home_of(session: FakeSession) -> set[str]:
    return {entry.name for entry in await session.local.list(HOME)}


async def test_both_are_kept_unless_another_folder_is_named(
    app: AcdApp, session: FakeSession
) -> None:
    session.local.put_folder("/home/docs (2)")
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "space", "/", *"same", "enter", "space", "f5")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        await until(pilot, lambda: "a second one is put beside" in text(app))
        assert policy(app) is ConflictPolicy.RENAME
        await pilot.press("ctrl+y")
        assert app.clipboard.splitlines() == [
            "acd-tui copy /home/docs '/home/docs (3)'",
            "acd-tui copy /home/same.txt /home --conflict rename",
        ]
        await pilot.press(*"/d")
        await until(pilot, lambda: "a second one is put" not in text(app))
        assert policy(app) is ConflictPolicy.ASK
        await pilot.press("backspace", "backspace")
        await until(pilot, lambda: "a second one is put beside" in text(app))
        assert policy(app) is ConflictPolicy.RENAME
        await pilot.press("enter")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 2)
        assert {"same (2).txt", "docs (3)"} <= await home_of(session)
        # Elsewhere one is asked as before.
        app.browser.right.go(place("local:/home/docs"))
        await until(pilot, lambda: app.browser.right.place == place("local:/home/docs"))
        await pilot.press("/", *"same", "enter", "f5")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        assert policy(app) is ConflictPolicy.ASK


async def test_nothing_else_can_be_chosen_there(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("/", *"same", "enter", "f5")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        await pilot.pause()
        app.screen.query_one(Select).value = ConflictPolicy.OVERWRITE
        await pilot.press("enter")
        await until(pilot, lambda: "choose “keep both” for a second one" in text(app))
        assert app.focused is app.screen.query_one(Select)
        assert session.transfers.requests == []


async def test_what_is_pasted_where_it_lies_gets_a_second_one(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("/", *"same", "enter", "y", "p")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 1)
        await pilot.press("p")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 2)
        assert {"same (2).txt", "same (3).txt"} <= await home_of(session)
        await pilot.press("/", *"docs", "enter", "c", "x")
        await until(pilot, lambda: bool(app.clipboard))
        assert app.clipboard == "acd-tui copy /home/docs '/home/docs (2)'"


async def test_nothing_is_said_to_be_moved_that_stays(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("/", *"same", "enter", "f6")
        await until(pilot, lambda: "to the folder" in text(app))
        await pilot.press("enter")
        await until(pilot, lambda: "/home/same.txt is already there" in text(app))
        assert "Moved" not in text(app)


async def test_in_words(session: FakeSession, said: Talking) -> None:
    lines = await said("other", "path /home", "mark same*", "copy", "yes", "WAIT")
    assert any(
        line.startswith("Copy same.txt") and "beside itself, with a number" in line
        for line in lines
    ), "\n".join(lines)
    assert "same (2).txt" in await home_of(session)
