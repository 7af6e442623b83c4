"""What screens say while they load, where nothing is there, and after an error."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.errors import Unreachable
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.dialog import Dialog
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, text, until

BUSY = {
    "compare": "Comparing…",
    "space": "Looking into photos:2019",
    "duplicates": "Looking for files of one content…",
    "trash_screen": "Looking into the trash…",
}
"""Action → what its screen says while it looks."""

THERE = {
    "compare": "only here",
    "space": "img1.jpg",
    "duplicates": "wasted",
    "trash_screen": "gone.txt",
}
"""Action → what its screen shows in the end."""


@pytest.mark.parametrize("size", [(80, 24), (40, 20)])
@pytest.mark.parametrize("action", BUSY)
async def test_an_error_has_a_retry(
    app: AcdApp, session: FakeSession, action: str, size: tuple[int, int]
) -> None:
    session.photos.put("/2019/again.jpg", b"y" * 100)
    session.photos.put("/2019/gone.txt", b"z")
    await session.photos.trash(VPath.parse("/2019/gone.txt"))
    answer = asyncio.Event()

    async def hook(_operation: str, _path: VPath) -> None:
        await answer.wait()
        raise Unreachable("the service cannot be reached", hint="look at the network")

    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        app.browser.go_to(app.browser.right)
        session.photos.hook = hook
        app.do(action)
        await until(pilot, lambda: BUSY[action][:12] in text(app))
        assert " 0 " not in text(app).split("│")[-1]  # nothing is counted yet
        answer.set()
        await until(pilot, lambda: "Ctrl-R tries again" in text(app))
        assert "Look at the network" in text(app)
        session.photos.hook = None
        y, line = next(
            (y, line) for y, line in enumerate(lines(app)) if "Ctrl-R tries" in line
        )
        await pilot.click(offset=(line.index("Ctrl-R"), y))
        await until(pilot, lambda: THERE[action] in text(app))
        assert "tries again" not in text(app)


@pytest.mark.parametrize("action", [*BUSY, "search", "help"])
async def test_a_screen_takes_the_size_of_the_terminal(
    app: AcdApp, action: str
) -> None:
    def is_in_the_middle() -> bool:
        box, whole = app.screen.query_one(".box").region, app.size
        sides = (box.x, box.y, whole.width - box.right, whole.height - box.bottom)
        return abs(sides[0] - sides[2]) <= 1 and abs(sides[1] - sides[3]) <= 1

    async with app.run_test(size=(120, 36)) as pilot:
        await until(pilot, lambda: app.browser.right.is_complete)
        app.browser.go_to(app.browser.right)
        app.do(action)
        await until(pilot, lambda: isinstance(app.screen, Dialog))
        for size in [(200, 60), (80, 24), (120, 36)]:
            await pilot.resize_terminal(*size)
            await until(pilot, is_in_the_middle)
            assert "Esc Close" in text(app)
