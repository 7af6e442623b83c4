"""How much lies in folders that are marked or asked about, as soon as it is known."""

from __future__ import annotations

import asyncio

import pytest

from acd_tui.ui.app import AcdApp
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked, Usage, Usages, usages_of
from tests.ui.fake_session import FakeSession, text, until


@pytest.fixture
def known(session: FakeSession, monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set it, and the local filesystem knows that each folder holds 2,000 bytes."""
    known = asyncio.Event()

    async def usage(path: VPath, asked: Asked) -> Usages:
        await known.wait()
        entry = await session.local.stat(path)
        return usages_of([Usage(entry=entry, size=2000, files=3, folders=1)], asked)

    monkeypatch.setattr(session.local, "usage", usage, raising=False)
    return known


async def test_the_status_line_says_how_much_is_marked(
    app: AcdApp, known: asyncio.Event, session: FakeSession
) -> None:
    session.local.put_folder("/home/more")
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "space")
        await until(pilot, lambda: " 1 marked " in text(app))
        known.set()
        await until(pilot, lambda: "1 marked, 2.0 KiB" in text(app))
        await pilot.press("space")
        await until(pilot, lambda: "2 marked, 3.9 KiB" in text(app))
        await pilot.press("end", "space")  # same.txt, of eight bytes
        await until(pilot, lambda: "3 marked, 3.9 KiB" in text(app))


@pytest.mark.parametrize(
    ("key", "before", "after"),
    [
        ("f5", "docs/ from /home", "docs/, 2.0 KiB from /home"),
        ("f8", "docs/ from /home to", "docs/, 2.0 KiB from /home to"),
    ],
)
async def test_a_question_is_asked_before_its_size_is_known(
    app: AcdApp, known: asyncio.Event, key: str, before: str, after: str
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", key)
        await until(pilot, lambda: before in text(app))
        known.set()
        await until(pilot, lambda: after in text(app))


async def test_a_size_that_comes_too_late_does_no_harm(
    app: AcdApp, known: asyncio.Event
) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: app.browser.left.is_complete)
        await pilot.press("home", "f5")
        await until(pilot, lambda: len(app.screen_stack) == 3)
        await pilot.press("escape")
        await until(pilot, lambda: len(app.screen_stack) == 2)
        known.set()
        await pilot.press("f8")
        await until(pilot, lambda: "docs/, 2.0 KiB" in text(app))
