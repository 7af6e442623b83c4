"""Order, pace and end of the queue by keys."""

from __future__ import annotations

import asyncio
from pathlib import Path

from acd_tui.transfers.model import CopyRequest, State
from acd_tui.ui.app import AcdApp
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, lines, text, until

NAMES = ("img1.jpg", "img2.jpg", "img10.jpg")


def request() -> CopyRequest:
    return CopyRequest(
        source="local",
        paths=tuple(VPath(("home", name)) for name in NAMES),
        target="photos",
        folder=VPath(("new",)),
    )


async def queued(session: FakeSession) -> None:
    """Queue three files of which none starts."""
    await session.transfers.drain()
    await session.transfers.enqueue(request())
    while session.transfers.snapshot().counts.get(State.QUEUED) != len(NAMES):
        await asyncio.sleep(0.005)


def shown(app: AcdApp) -> list[str]:
    """The names in the queue panel, from the top."""
    found = [line.split() for line in lines(app)[10:] if "queued" in line]
    return [words[1] for words in found]


async def test_order_by_keys(app: AcdApp, session: FakeSession) -> None:
    await queued(session)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("W")
        await until(pilot, lambda: shown(app) == list(NAMES))
        await pilot.press("end", "plus")
        await until(pilot, lambda: "queued · high priority" in text(app))
        await until(pilot, lambda: shown(app)[0] == "img10.jpg")
        await pilot.press("minus")
        await until(pilot, lambda: shown(app) == list(NAMES))
        await pilot.press("home", "B")
        await until(pilot, lambda: shown(app)[-1] == "img1.jpg")
        await pilot.press("home", "end", "T")
        await until(pilot, lambda: shown(app)[0] == "img1.jpg")


async def test_finishing_these_and_going_on(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("W", "D")
        await until(pilot, lambda: app.queue.draining)
        await session.transfers.enqueue(request())
        await until(pilot, lambda: "starts nothing new" in lines(app)[0])
        await pilot.press("D")
        await until(pilot, lambda: app.queue.counts.get(State.DONE) == 3)


async def test_cancelling_all_asks_first(app: AcdApp, session: FakeSession) -> None:
    await queued(session)
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("W")
        await until(pilot, lambda: shown(app))
        for key in ("X", "J"):
            await pilot.press(key)
            await until(pilot, lambda: "is given up" in text(app))
            await pilot.press("enter")
            await until(pilot, lambda: "is given up" not in text(app))
        assert app.queue.counts == {State.QUEUED: 3}
        await pilot.press("X")
        await until(pilot, lambda: "3 transfers" in text(app))
        await pilot.press("y")
        await until(pilot, lambda: app.queue.counts == {State.CANCELLED: 3})


async def test_limits_by_keys(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("W", "L")
        await until(pilot, lambda: "bytes a second: no limit" in text(app))
        await pilot.press("b")
        await until(pilot, lambda: "or off" in text(app))
        await pilot.press(*"x", "enter")
        await until(pilot, lambda: "is not a size" in text(app))
        await pilot.press("backspace", *"2M", "enter")
        await until(pilot, lambda: app.queue.bandwidth == 2 * 1024**2)
        await pilot.press("L")
        await until(pilot, lambda: "bytes a second: 2.0 MiB/s" in text(app))
        await pilot.press("t")
        await until(pilot, lambda: "1 to 64" in text(app))
        await pilot.press("9", "enter")
        await until(pilot, lambda: app.queue.slots == 9)
        await pilot.press("L", "b")
        await until(pilot, lambda: " 2M " in text(app))


async def test_a_command_runs_when_the_queue_is_empty(
    app: AcdApp, session: FakeSession, tmp_path: Path
) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await pilot.press("W", "E")
        await until(pilot, lambda: "Now: nothing" in text(app))
        await pilot.press("r")
        await until(pilot, lambda: "without a shell" in text(app))
        await pilot.press(*"tuoch it", "enter")  # not found out when nobody looks
        await until(pilot, lambda: "There is no program tuoch" in text(app))
        await pilot.press("ctrl+u", *f"touch {tmp_path}/done", "enter")
        await until(pilot, lambda: app.browser.parts.queue_end.when_empty.command)
        await session.transfers.enqueue(request())
        await until(pilot, (tmp_path / "done").exists)
        await until(pilot, lambda: "the command was run" in text(app))


async def test_it_says_so_or_quits_when_the_queue_is_empty(
    app: AcdApp, session: FakeSession
) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await pilot.press("W", "E")
        await until(pilot, lambda: "Now: nothing" in text(app))
        await pilot.press("s")
        await session.transfers.enqueue(request())
        await until(pilot, lambda: "The queue is empty" in text(app))
        await pilot.press("E")
        await until(pilot, lambda: "Now: notify" in text(app))
        await pilot.press("q")
        await session.transfers.clear_finished()
        await session.transfers.enqueue(request())
        await until(pilot, lambda: not app.is_running)


async def test_what_was_not_copied_is_said(app: AcdApp, session: FakeSession) -> None:
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: len(app.browser.left.files))
        await session.transfers.enqueue(
            CopyRequest(
                source="local",
                paths=tuple(VPath(("home", f"gone{n}")) for n in range(5)),
                target="photos",
                folder=VPath(("new",)),
            )
        )
        await until(pilot, lambda: "/home/gone0 is not copied" in text(app))
        assert "and 2 more" in text(app)
