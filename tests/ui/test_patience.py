"""What is said to those who wait, and is not said of what is there."""

from __future__ import annotations

import asyncio

from textual.app import App

from acd_tui.ui.patience import Patience

_SECONDS = 0.01


async def test_nothing_is_said_once_it_has_ended_however_busy_the_screen_is() -> None:
    told = list[str]()
    done = asyncio.Event()

    async def busy() -> None:
        """Keep the app from its messages until the timer's is among them."""
        patience = Patience(app, _SECONDS, lambda: told.append("Loading…"))
        while not any(timer._task and timer._task.done() for timer in app._timers):
            await asyncio.sleep(_SECONDS)
        patience.end()
        done.set()

    app = App[None]()
    async with app.run_test() as pilot:
        app.call_later(busy)
        await done.wait()
        await pilot.pause()
    assert told == []


async def test_it_is_said_once_to_those_who_wait() -> None:
    told = list[str]()
    app = App[None]()
    async with app.run_test():
        Patience(app, _SECONDS, lambda: told.append("Loading…"))
        while not told:
            await asyncio.sleep(_SECONDS)
        await asyncio.sleep(10 * _SECONDS)
    assert told == ["Loading…"]
