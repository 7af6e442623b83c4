"""What screens say while they load, where nothing is there, and after an error."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.errors import AcdError, Unreachable
from acd_tui.ui.app import AcdApp
from acd_tui.ui.screens.dialog import Dialog
from acd_tui.ui.widgets import pane
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, place, text, until

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


class Silent:
    """A drive of which nothing was ever listed, and that does not answer."""

    def __init__(self, session: FakeSession) -> None:
        self.answers = asyncio.Event()
        self.error: AcdError | None = None
        self._session, self._filesystem = session, session.filesystem

    async def filesystem(self, name: str) -> FileSystem:
        if name != "local":
            await self.answers.wait()
            if self.error is not None:
                raise self.error
        return await self._filesystem(name)


@pytest.fixture
def silent(session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> Silent:
    silent = Silent(session)
    monkeypatch.setattr(session, "filesystem", silent.filesystem)
    monkeypatch.setattr(pane, "_SLOW_SECONDS", 0.3)
    return silent


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_drive_that_does_not_answer_is_not_only_loading(
    app: AcdApp, silent: Silent, size: tuple[int, int]
) -> None:
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: "Loading…" in text(app))
        await until(pilot, lambda: "photos has not answered yet" in text(app))
        words = " ".join(line.partition("│")[2].strip() for line in lines(app))
        assert "R shows something else here, g l shows the log" in words
        # What is here cannot be told to be there or not: no sign is not a sign.
        await until(pilot, lambda: any(line[0] == "·" for line in lines(app)))
        app.browser.go_to(app.browser.right)
        for action in ("search", "account", "changes", "trash_screen", "space"):
            app.clear_notifications()
            app.do(action)
            await until(
                pilot, lambda: text(app).count("photos has not answered yet") == 2
            )
        silent.answers.set()
        await until(pilot, lambda: app.browser.right.is_complete)
        await until(pilot, lambda: not any(line[0] == "·" for line in lines(app)))
        assert "Loading" not in text(app)


@pytest.mark.parametrize(
    ("where", "words"),
    [("/", "R shows something else here"), ("/2019", "Bksp goes up")],
)
async def test_what_is_said_of_an_error_can_be_done(
    app: AcdApp, silent: Silent, where: str, words: str
) -> None:
    silent.error = Unreachable("nobody answers")
    silent.answers.set()
    async with app.run_test(size=(120, 36)) as pilot:
        app.browser.right.go(place(f"photos:{where}"))
        await until(pilot, lambda: "Ctrl-R tries again" in text(app))
        assert f"Ctrl-R tries again, {words}" in text(app)
