"""How long a pane of 100,000 rows takes, beside the barest list Textual can draw.

Run by hand: `python -m tests.benchmarks.bench_panes [rows]`. Absolute times depend on
the machine and on what else it does; the ratios to the bare list do not, much.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip

from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath
from tests.ui.fake_session import fake_session, place

SIZE = (120, 40)
REPEATS = 15


class Bare(ScrollView, can_focus=True):
    """As little as a list of rows can be: their numbers."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.virtual_size = Size(80, rows)

    def render_line(self, y: int) -> Strip:
        return Strip(
            [Segment(f"row {y + self.scroll_offset.y}".ljust(self.size.width))]
        )


class BareApp(App[None]):
    def __init__(self, rows: int) -> None:
        super().__init__()
        self.animation_level = "none"
        self.list = Bare(rows)

    def compose(self) -> ComposeResult:
        yield self.list


async def painted(app: App[None], change: Callable[[], object]) -> float:
    """Milliseconds from a change to the frame that shows it."""
    done = asyncio.Event()
    started = time.perf_counter()
    change()
    app.screen.call_after_refresh(done.set)
    await done.wait()
    return (time.perf_counter() - started) * 1000


async def median(app: App[None], change: Callable[[], object]) -> float:
    times = [await painted(app, change) for _ in range(REPEATS)]
    return statistics.median(times)


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.001)


async def bare(rows: int) -> dict[str, float]:
    app = BareApp(rows)
    async with app.run_test(size=SIZE) as pilot:
        await pilot.pause()
        view = app.list

        def scroll(lines: int) -> None:
            view.scroll_to(y=view.scroll_y + lines, animate=False)

        return {
            "Down": await median(app, lambda: scroll(1)),
            "PgDn": await median(app, lambda: scroll(38)),
        }


async def panes(rows: int) -> dict[str, float]:
    entries = [
        Entry(name=f"IMG_{n}.jpg", kind=Kind.FILE, size=n % 977, modified_ns=n * 10**12)
        for n in range(rows, 0, -1)
    ]

    async def listing(path: VPath) -> Sequence[Entry]:
        return entries

    with tempfile.TemporaryDirectory() as folder:
        async with fake_session(Path(folder), start=False) as session:
            session.local.list = listing  # type: ignore[method-assign]
            app = AcdApp(
                InlineEngine(session), left=place("photos:"), right=place("photos:")
            )
            async with app.run_test(size=SIZE) as pilot:
                return await measure(app, pilot, rows)


async def measure(app: AcdApp, pilot: Pilot[None], rows: int) -> dict[str, float]:
    await pilot.pause()
    pane = app.browser.left
    started = time.perf_counter()

    def since() -> float:
        return (time.perf_counter() - started) * 1000

    pane.go(place("local:/"))
    await until(lambda: len(pane.files))
    await painted(app, lambda: None)
    results = {"first window painted": since()}
    await until(lambda: len(pane.files) == rows)
    await painted(app, lambda: None)
    results["all in order"] = since()
    await pilot.pause()
    table = pane.table
    steps: dict[str, Callable[[], object]] = {
        "Down": table.do_down,
        "PgDn": table.do_page_down,
        "End or Home": lambda: table.move_to(0 if table.cursor else rows - 1),
        "mark all": app.browser._pane_actions[pane].do_mark_all,
    }
    for name, step in steps.items():
        results[name] = await median(app, step)
    for name in ("sort_size", "sort_modified", "sort_name"):
        started = time.perf_counter()
        before = pane.files
        app.do(name)
        await until(lambda: pane.files is not before)  # noqa: B023 - awaited at once
        await painted(app, lambda: None)
        results[name] = since()
    return results


async def main(rows: int) -> None:
    measured: Callable[[int], Awaitable[dict[str, float]]]
    tables = {}
    for name, measured in (("bare", bare), ("pane", panes)):
        tables[name] = await measured(rows)
    print(f"{rows:,} rows, {SIZE[0]}x{SIZE[1]}, median of {REPEATS}, milliseconds")
    for name, value in tables["pane"].items():
        yardstick = tables["bare"].get(name)
        ratio = f"  {value / yardstick:4.1f} x the bare list" if yardstick else ""
        print(f"{name:<22}{value:8.1f}{ratio}")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
