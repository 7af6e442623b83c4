"""What is drawn anew must look like what Textual itself would draw there."""

from __future__ import annotations

from typing import cast

import pytest
from rich.segment import Segment
from textual._compositor import Compositor, LayoutUpdate
from textual.geometry import Region
from textual.strip import Strip

from acd_tui.ui.app import AcdApp
from acd_tui.ui.compositor import LeanCompositor
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, until

SIZE = (100, 24)
CROPS = [
    Region(0, 0, *SIZE),
    Region(0, 4, 50, 2),  # rows of one pane
    Region(45, 5, 10, 3),  # of both
    Region(10, 15, 1, 9),  # a popup, what lies behind it, and the key bar
    Region(0, 23, 100, 1),
]


def drawn(compositor: Compositor, crop: Region) -> dict[tuple[int, int], list[Segment]]:
    """What a compositor would write into a part of the screen, by line and column."""
    chops = cast(
        "list[dict[int, Strip | None]]",  # nothing where nothing was to be drawn
        compositor._render_chops(crop, set(crop.line_range).__contains__),
    )
    columns = range(crop.x, crop.right)
    return {
        (y, x): list(Segment.simplify(strip))
        for y in crop.line_range
        for x, strip in chops[y].items()
        if strip is not None and (x in columns or x + strip.cell_length - 1 in columns)
    }


@pytest.mark.parametrize("with_popup", [False, True])
async def test_it_draws_as_textual_does(
    app: AcdApp, monkeypatch: pytest.MonkeyPatch, with_popup: bool
) -> None:
    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.browser.left.files) > 0, "the left pane")
        await until(pilot, lambda: len(app.browser.right.files) > 0, "the right pane")
        if with_popup:
            await pilot.press("g")
        compositor = app.browser._compositor
        assert isinstance(compositor, LeanCompositor)
        lean = [drawn(compositor, crop) for crop in CROPS]
        monkeypatch.setattr(LeanCompositor, "_get_renders", Compositor._get_renders)
        assert lean == [drawn(compositor, crop) for crop in CROPS]


async def test_news_of_folders_that_nobody_shows_draw_nothing_anew(
    app: AcdApp, session: FakeSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    frames = []
    draw = Compositor.render_full_update

    def noted(compositor: Compositor, simplify: bool = False) -> LayoutUpdate:
        frames.append(compositor)
        return draw(compositor, simplify)

    async with app.run_test(size=SIZE) as pilot:
        await until(pilot, lambda: len(app.browser.right.files) > 0, "the right pane")
        await pilot.pause()
        monkeypatch.setattr(Compositor, "render_full_update", noted)
        news = FoldersChanged("photos", frozenset({VPath(("elsewhere",))}))
        session.bus.publish(news)
        await pilot.pause()
        assert not frames
