"""Paths that are pasted into a pane, and files dropped on it."""

from __future__ import annotations

from collections.abc import Collection

import pytest
from textual.events import Paste
from textual.pilot import Pilot

from acd_tui.transfers.model import ConflictPolicy, Place
from acd_tui.ui import dropped
from acd_tui.ui.app import AcdApp
from acd_tui.ui.dropped import pasted_paths
from acd_tui.ui.screens.confirm import Choose
from acd_tui.ui.screens.copy import ConfirmCopy
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, text, until
from tests.ui.test_editing import told

SPACED, QUOTE, PLAIN = "/home/my files", "/home/it's", "/home/a"


@pytest.mark.parametrize(
    ("pasted", "there", "found"),
    [
        ("/home/a", [PLAIN], [PLAIN]),
        ("  /home/a \n", [PLAIN], [PLAIN]),
        ("/home/my files", [SPACED], [SPACED]),
        ("/home/my files\r\n/home/a\r\n", [SPACED, PLAIN], [SPACED, PLAIN]),
        ("'/home/my files' /home/a ", [SPACED, PLAIN], [SPACED, PLAIN]),
        ("/home/my\\ files /home/a", [SPACED, PLAIN], [SPACED, PLAIN]),
        ('"/home/it\'s"', [QUOTE], [QUOTE]),
        ("/home/it's", [QUOTE], [QUOTE]),
        ("'/home/it'\\''s'", [QUOTE], [QUOTE]),
        ("file:///home/my%20files", [SPACED], [SPACED]),
        ("# list\r\nfile://localhost/home/a\r\n", [PLAIN], [PLAIN]),
        ("file:///home/%FF", ["/home/\udcff"], ["/home/\udcff"]),
        ("/home/../home/a/", [PLAIN], [PLAIN]),
        ("/home/a /home/a", [PLAIN], [PLAIN]),
        ("/home/a /home/gone", [PLAIN], []),
        ("file://elsewhere/home/a", [PLAIN], []),
        ("file://[", [PLAIN], []),
        ("a", ["a"], []),
        ("'", [], []),
        ("\n", [], []),
    ],
)
def test_what_a_pasted_text_stands_for(
    pasted: str, there: Collection[str], found: list[str]
) -> None:
    assert pasted_paths(pasted, there.__contains__) == found


@pytest.fixture
def app(app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> AcdApp:
    there = {"/home/docs", "/home/img1.jpg", "/home/docs/letter.txt"}
    monkeypatch.setattr(
        "acd_tui.ui.screens.browser_dropped.pasted_paths",
        lambda text: dropped.pasted_paths(text, there.__contains__),
    )
    return app


async def paste(pilot: Pilot[None], app: AcdApp, pasted: str) -> None:
    await until(pilot, lambda: app.browser.right.is_complete)
    app.post_message(Paste(pasted))
    await pilot.pause()


async def test_dropped_files_are_copied_here(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("tab")
        await paste(pilot, app, "/home/img1.jpg /home/docs")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        assert "1 folder and 1 file" in text(app)
        await pilot.press("c")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        assert "acd-tui copy /home/img1.jpg photos:2019" in text(app)
        await pilot.press("enter")
        await until(pilot, lambda: session.transfers.requests)
    (request,) = session.transfers.requests
    assert (request.source, request.target) == ("local", "photos")
    assert [str(path) for path in request.paths] == ["/home/img1.jpg", "/home/docs"]
    assert request.folder == VPath.parse("/2019")


async def test_a_pasted_path_is_gone_to(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        right = app.browser.right
        await until(pilot, lambda: right.is_complete)
        await pilot.press("tab")
        await paste(pilot, app, "file:///home/docs/letter.txt")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("enter")
        await until(
            pilot, lambda: right.place == Place("local", VPath(("home", "docs")))
        )
        await until(pilot, lambda: right.current is not None)
        assert right.current is not None
        assert right.current.entry.name == "letter.txt"
        await paste(pilot, app, "/home/docs")
        await until(pilot, lambda: isinstance(app.screen, Choose))
        await pilot.press("escape")
        await pilot.press("left", "left")
        await paste(pilot, app, "no path at all")
        await until(pilot, lambda: "What was pasted is no path" in told(app))


async def test_what_was_chosen_about_conflicts_is_offered_again(app: AcdApp) -> None:
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await until(pilot, lambda: app.browser.right.is_complete)
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        await pilot.pause()
        await pilot.press("tab", "enter", "down", "enter")
        await until(pilot, lambda: "--conflict skip" in text(app))
        await pilot.press("shift+tab", "enter")
        await until(pilot, lambda: app.screen is app.browser)
        await pilot.press("down", "f6")
        await until(pilot, lambda: isinstance(app.screen, ConfirmCopy))
        await until(pilot, lambda: f"--conflict {ConflictPolicy.SKIP}" in text(app))
