"""Marking from one row to another."""

from __future__ import annotations

from acd_tui.config.settings import KeySettings, Settings
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from tests.ui.fake_session import FakeSession, place, text, until


def marked(app: AcdApp) -> list[str]:
    return sorted(row.entry.name for row in app.browser.left.marks.rows())


async def test_what_lies_between_is_marked_and_unmarked_on_the_way_back(
    app: AcdApp,
) -> None:
    """The rows: docs, .hidden, img1.jpg, img2.jpg, img10.jpg, same.txt."""
    async with app.run_test(size=(100, 30)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("end", "space")  # marked before: same.txt
        pane.table.move_to(3)
        await pilot.press("v")
        await until(pilot, lambda: marked(app) == ["img2.jpg", "same.txt"])
        assert "range · 2 marked" in text(app)
        await pilot.press("end")
        await until(pilot, lambda: len(marked(app)) == 3)
        await pilot.press("home")
        await until(pilot, lambda: len(marked(app)) == 5)
        assert "img10.jpg" not in marked(app)
        await pilot.press("j", "j", "escape", "end")
        await until(pilot, lambda: "range ·" not in text(app))
        assert marked(app) == ["img1.jpg", "img2.jpg", "same.txt"]
        await pilot.press("V", "k", "k", "v")  # again ends it as well
        await until(pilot, lambda: marked(app) == ["img1.jpg"])
        await pilot.press("home")
        assert marked(app) == ["img1.jpg"]


async def test_it_ends_when_the_rows_are_others(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        pane = app.browser.left
        await until(pilot, lambda: pane.is_complete)
        await pilot.press("home", "v", "down")
        await until(pilot, lambda: len(marked(app)) == 2)
        await pilot.press("comma", "s", "end")
        await until(pilot, lambda: not pane.range_marks.is_on)
        assert len(marked(app)) == 2


async def test_whether_it_marks_or_unmarks_is_said(app: AcdApp) -> None:
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "V")
        await until(pilot, lambda: "unmarking a range ·" in text(app))
        await pilot.press("V", "v")
        await until(pilot, lambda: " range · 1 marked" in text(app))
        assert "unmarking" not in text(app)


async def test_with_the_keys_of_vim_both_cases_of_v_mark(session: FakeSession) -> None:
    settings = Settings(keys=KeySettings(preset="vim"))
    left, right = place("local:/home"), place("photos:")
    app = AcdApp(InlineEngine(session), left=left, right=right, settings=settings)
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("g", "g", "V", "j")
        await until(pilot, lambda: len(marked(app)) == 2)
