"""Yank, cut and paste, and what goes to the desktop's clipboard."""

from __future__ import annotations

import pytest

from acd_tui.config.settings import KeySettings, Settings
from acd_tui.transfers.model import State
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, place, text, until


async def test_what_was_yanked_is_copied_to_where_one_goes(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("/", *"same", "enter", "y", "tab")
        await pilot.press("backspace")
        await until(pilot, lambda: app.browser.right.place == place("photos:/"))
        await pilot.press("p")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 1)
        listed = await session.photos.list(VPath())
        assert "same.txt" in {entry.name for entry in listed}
        assert "same.txt" in {e.name for e in await session.local.list(HOME)}
        await pilot.press("p")  # as often as one likes
        await until(pilot, lambda: len(session.transfers.requests) == 2)


HOME = VPath.parse("/home")


async def test_what_was_cut_is_moved_once(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("/", *"same", "enter", "x", "p")
        await until(pilot, lambda: "It lies here already" in text(app))
        await pilot.press("home", "enter")
        await until(pilot, lambda: pane.place == place("local:/home/docs"))
        await pilot.press("home", "p")
        await until(pilot, lambda: "Moved same.txt" in text(app))
        docs = await session.local.list(HOME / "docs")
        assert "same.txt" in {entry.name for entry in docs}
        app.clear_notifications()
        await pilot.press("p")
        await until(pilot, lambda: "nothing was taken along; y does" in text(app))


@pytest.mark.parametrize(
    ("keys", "copied"),
    [
        ("cc", "/home/same.txt"),
        ("cd", "/home"),
        ("cf", "same.txt"),
        ("cx", "acd-tui copy /home/same.txt photos:2019 --conflict ask"),
    ],
)
async def test_what_goes_to_the_clipboard(app: AcdApp, keys: str, copied: str) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("/", *"same", "enter", *keys)
        assert app.clipboard == copied


async def test_names_that_are_no_text(app: AcdApp, session: FakeSession) -> None:
    session.local.put("/home/z\udcff", b"")
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("end", "c", "f")
        await until(pilot, lambda: "As bytes it can: c x" in text(app))
        await pilot.press("c", "x")
        assert "$'/home/z\\377'" in app.clipboard


async def test_the_keys_of_desktops(session: FakeSession) -> None:
    app = AcdApp(
        InlineEngine(session),
        left=place("local:/home"),
        right=place("photos:/2020"),
        settings=Settings(keys=KeySettings("explorer")),
    )
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("ctrl+a", "ctrl+c", "tab", "ctrl+v")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 6)
        assert not app.browser.left.marks.count
