"""What the Transfers screen costs with 100,000 transfers, beside the same with 100.

Run by hand: `python -m tests.benchmarks.bench_transfers_screen [transfers]`. Milliseconds
of processor time, of all threads; what counts is the ratio of the two.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import cast

from acd_tui.transfers.model import CopyRequest
from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.ui.screens.transfers import TransfersScreen
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import FakeSession, fake_session, place

SIZE = (120, 40)
REPEATS = 15
STATES = ("done", "skipped", "failed", "paused", "queued", "queued", "queued", "queued")
LISTS = {
    "all": "transfers_all",
    "waiting": "transfers_waiting",
    "done": "transfers_done",
    "jobs": "transfers_jobs",
}


async def fill(session: FakeSession, number: int) -> None:
    """Queue transfers of a hundred jobs, in all states; none of them starts."""
    queue = session.transfers
    for job in range(100):
        request = CopyRequest(
            source="local",
            paths=(VPath(("home", str(job))),),
            target="photos",
            folder=VPath(("new",)),
        )
        await queue.enqueue(request)

    def write(connection: sqlite3.Connection) -> None:
        connection.execute("UPDATE jobs SET planning = 0")
        connection.execute("DELETE FROM folders")
        connection.executemany(
            "INSERT INTO transfers (job, source_fs, source, target_fs, target, policy,"
            " size, state, changed, finished, shift)"
            " VALUES (?, 'local', ?, 'photos', ?, 'ask', ?, ?, 0, ?, ? * 1099511627776)",
            [
                (
                    n % 100 + 1,
                    json.dumps(["home", str(n % 100), f"IMG_{n:06}.jpg"]),
                    json.dumps(["new", str(n % 100), f"IMG_{n:06}.jpg"]),
                    n,
                    (state := STATES[n % len(STATES)]),
                    n if state in {"done", "skipped", "failed"} else None,
                    n % 100 + 1,
                )
                for n in range(number)
            ],
        )

    await queue._store.write(write)


async def cost(step: Callable[[], Awaitable[object]]) -> float:
    """Milliseconds of processor time of a step, the median of several."""
    times = []
    for _ in range(REPEATS):
        await asyncio.sleep(0.3)
        started = time.process_time()
        await step()
        times.append((time.process_time() - started) * 1000)
    return statistics.median(times)


async def painted(app: AcdApp) -> None:
    done = asyncio.Event()
    app.screen.call_after_refresh(done.set)
    await done.wait()


async def measure(number: int) -> dict[str, float]:
    results = {}
    with tempfile.TemporaryDirectory() as folder:
        async with fake_session(Path(folder), start=False) as session:
            await fill(session, number)
            app = AcdApp(
                InlineEngine(session), left=place("photos:"), right=place("photos:")
            )
            async with app.run_test(size=SIZE) as pilot:
                await pilot.pause()
                app.do("transfers")
                await pilot.pause(1)
                screen = cast("TransfersScreen", app.front)
                flip = False

                def rows() -> object:
                    jobs = screen.shows_jobs
                    return (screen.jobs.rows if jobs else screen.table.rows).chunks

                async def refresh() -> None:
                    """The queue changed: look at it, fetch what is in sight, draw it."""
                    nonlocal flip
                    flip = not flip
                    queue = session.transfers
                    await (queue.hold() if flip else queue.release())
                    before = rows()
                    await app.look_at_queue()
                    while rows() is before:
                        await asyncio.sleep(0.01)
                    await painted(app)

                async def down() -> None:
                    screen.list_in_use.do_down()
                    await painted(app)

                for name, action in LISTS.items():
                    app.do(action)
                    await pilot.pause(1)
                    results[f"refresh of {name}"] = await cost(refresh)
                    screen.list_in_use.do_bottom()
                    await pilot.pause(1)
                    results[f"the same at its end ({name})"] = await cost(refresh)
                    screen.list_in_use.do_top()
                    await pilot.pause(1)
                    results[f"cursor down ({name})"] = await cost(down)
                app.do("transfers_all")
                screen._narrow("img_00009")
                await pilot.pause(1)
                results["refresh of what was found"] = await cost(refresh)
    return results


async def main(number: int) -> None:
    few, many = await measure(100), await measure(number)
    print(f"{number:,} transfers beside 100, {SIZE[0]}x{SIZE[1]}, median of {REPEATS}")
    print(f"load {os.getloadavg()[0]:.1f}")
    for name, value in many.items():
        ratio = value / few[name]
        print(f"{name:<34}{few[name]:8.1f} ms {value:8.1f} ms {ratio:6.1f} x")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
