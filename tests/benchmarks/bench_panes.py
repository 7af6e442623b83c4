"""How long a pane of 100,000 rows takes, beside the barest list Textual can draw.

Run by hand: `python -m tests.benchmarks.bench_panes [rows]`. Absolute times depend on
the machine and on what else it does; the ratios to the bare list do not, much. Beside
what takes a while stands the longest that a key would have waited meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Size
from textual.pilot import Pilot
from textual.scroll_view import ScrollView
from textual.strip import Strip

from acd_tui.ui.app import AcdApp
from acd_tui.ui.engine import InlineEngine
from acd_tui.vfs.entries import gathered
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


def entry(n: int) -> Entry:
    """In the order of a mirror, which is not the one of a pane."""
    return Entry(
        name=f"{'beach' if n % 9 else 'snow'} {n * 7919 % 100003} {n:07}.jpg",
        kind=Kind.FILE,
        size=n * 31 % 977,
        modified_ns=n * 7919 % 1009 * 10**15,
        md5=f"{n:032x}",
        id=f"{n:022x}",
    )


@contextmanager
def waiting() -> Iterator[Callable[[], float]]:
    """Tell how long the interface was busy without a break at the most, milliseconds."""
    longest = 0.0

    async def look() -> None:
        nonlocal longest
        while True:
            started = time.perf_counter()
            await asyncio.sleep(0)
            longest = max(longest, time.perf_counter() - started)
            await asyncio.sleep(0.001)

    looking = asyncio.create_task(look())
    try:
        yield lambda: longest * 1000
    finally:
        looking.cancel()


async def panes(rows: int) -> tuple[dict[str, float], dict[str, float]]:
    pages = (range(rows)[at : at + 10_000] for at in range(0, rows, 10_000))
    entries = gathered([entry(n) for n in page] for page in pages)

    async def listing(path: VPath) -> Sequence[Entry]:
        return entries

    async def glance(path: VPath, count: int) -> Sequence[Entry]:
        return entries[:count]

    with tempfile.TemporaryDirectory() as folder:
        async with fake_session(Path(folder), start=False) as session:
            session.local.list = listing  # type: ignore[method-assign]
            session.local.glance = glance  # type: ignore[attr-defined]
            app = AcdApp(
                InlineEngine(session), left=place("photos:"), right=place("photos:")
            )
            async with app.run_test(size=SIZE) as pilot:
                return await measure(app, pilot, rows)


async def measure(
    app: AcdApp, pilot: Pilot[None], rows: int
) -> tuple[dict[str, float], dict[str, float]]:
    await pilot.pause()
    pane = app.browser.left
    started = time.perf_counter()

    def since() -> float:
        return (time.perf_counter() - started) * 1000

    results, waits = {}, {}
    with waiting() as longest:
        pane.go(place("local:/"))
        await until(lambda: len(pane.files))
        await painted(app, lambda: None)
        results["first window painted"] = since()
        await until(lambda: len(pane.files) == rows)
        await painted(app, lambda: None)
        results["all in order"] = since()
        waits["all in order"] = longest()
    await pilot.pause()
    table = pane.table
    actions = app.browser.parts.of_pane[pane.id]
    steps: dict[str, Callable[[], object]] = {
        "Down": table.do_down,
        "PgDn": table.do_page_down,
        "End or Home": lambda: table.move_to(0 if table.cursor else rows - 1),
        "mark all": actions.do_mark_all,
        "invert the marks": actions.do_invert,
    }
    for name, step in steps.items():
        results[name] = await median(app, step)
    for name in ("sort_size", "sort_modified", "sort_name"):
        with waiting() as longest:
            started = time.perf_counter()
            before = pane.files
            app.do(name)
            await until(lambda: pane.files is not before)  # noqa: B023 - awaited at once
            await painted(app, lambda: None)
            results[name], waits[name] = since(), longest()
    for name in ("find beach", "find snow", "find 99999 ", "find nothing"):
        with waiting() as longest:
            started = time.perf_counter()
            table.move_to(rows // 2)
            actions.typed("find", name[5:])
            await table.arrived()
            await painted(app, lambda: None)
            results[name], waits[name] = since(), longest()
    for name in ("filter snow", "filter "):
        with waiting() as longest:
            started = time.perf_counter()
            before = pane.files
            actions.typed("filter", name[7:])
            await until(lambda: pane.files is not before)  # noqa: B023 - awaited at once
            await painted(app, lambda: None)
            results[name], waits[name] = since(), longest()
    return results, waits


async def main(rows: int) -> None:
    yardsticks = await bare(rows)
    results, waits = await panes(rows)
    print(f"{rows:,} rows, {SIZE[0]}x{SIZE[1]}, median of {REPEATS}, milliseconds")
    for name, value in results.items():
        told = f"{name:<22}{value:8.1f}"
        if yardstick := yardsticks.get(name):
            told += f"  {value / yardstick:4.1f} x the bare list"
        if name in waits:
            told += f"  a key waits {waits[name]:.1f} at most"
        print(told)


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
