"""Marking from one row to another."""

from __future__ import annotations

from acd_tui.ui.app import AcdApp
from tests.ui.fake_session import text, until


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
