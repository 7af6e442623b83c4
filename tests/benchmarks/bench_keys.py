"""How long a key takes to be seen, in a real terminal, with 100,000 rows a pane.

Run by hand: `python -m tests.benchmarks.bench_keys [--rows 100000] [--keys 300]`.
The time is from the writing of the key's bytes to the end of the frame that shows the row
the cursor is on then, and (at rest) to the last byte of all that the key has repainted.
Beside it, key by key in turn: the barest list that Textual can draw, and a loop in Python
without Textual, in terminals of their own. Then the same while the panes send files to a
server on this machine, as fast as they go, eight at a time: large ones, then small ones.
Aims: a cursor key ≤ 8 ms, p95 ≤ 20 ms; a page ≤ 20 ms; p95 < 50 ms while files are sent.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import termios
import tty
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import chain, product
from pathlib import Path
from statistics import median, quantiles

from rich.segment import Segment
from rich.style import Style
from textual.app import App, ComposeResult
from textual.events import Key
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.units import show_size
from tests.benchmarks import bench_mirror
from tests.benchmarks.bench_drive import fill
from tests.benchmarks.measure import MIB, client_environment
from tests.benchmarks.pty import SYNC_END, Pty, in_pty
from tests.server_process import ServerProcess, running_server

UP, DOWN, PAGE, PAGE_UP = b"\x1b[A", b"\x1b[B", b"\x1b[6~", b"\x1b[5~"
_QUIET = 0.04  # seconds without a byte after which a key has had all its effect
_LARGE, _SMALL = 1024 * MIB, 4096


class BareList(Widget, can_focus=True):
    """A list with a cursor, and nothing else."""

    cursor = top = 0

    def on_key(self, event: Key) -> None:
        before, page = self.cursor, self.size.height
        step = {"pagedown": page, "pageup": -page, "down": 1}.get(event.key, -1)
        self.cursor += step
        if abs(step) == page or self.cursor >= self.top + page:
            self.top += step
            self.refresh()
        else:
            for row in (before, self.cursor):
                self.refresh(Region(0, row - self.top, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        row = y + self.top
        style = Style(reverse=row == self.cursor)
        return Strip([Segment(f"IMG_{row}.jpg".ljust(self.size.width), style)])


class BareApp(App[None]):
    def compose(self) -> ComposeResult:
        yield BareList()


def bare_loop() -> None:
    """The same with nothing between the terminal and a loop."""
    descriptor = sys.stdin.fileno()
    tty.setraw(descriptor, termios.TCSANOW)
    cursor, page = 0, 36
    pressed = b""
    while True:
        cursor += {PAGE: page, PAGE_UP: -page, DOWN: 1, UP: -1}.get(pressed, 0)
        rows = range(cursor, cursor + (page if pressed == PAGE else 1))
        text = "".join(f"\x1b[{r % page + 1};1HIMG_{r}.jpg".ljust(120) for r in rows)
        sys.stdout.write(text + SYNC_END.decode())
        sys.stdout.flush()
        pressed = os.read(descriptor, 64)


class Program:
    """A list in a terminal, whose cursor is moved; what its keys take, milliseconds.

    Attributes:
        page: by how many rows Page Down goes on.
        shown: to the frame with the row that the cursor went to.
        settled: to the last byte.
        processor: of the program, until it is at rest.
    """

    def __init__(self, name: str, terminal: Pty) -> None:
        self.name = name
        self.page = 0
        self._terminal = terminal
        self._cursor = 0
        self.shown: list[float] = []
        self.settled: list[float] = []
        self.processor: list[float] = []

    def wait(self, *ready: bytes) -> None:
        """Wait for all these texts, in any order."""
        self._terminal.shown(*ready)

    def learn_page(self) -> None:
        """See what a page is, while nothing else is drawn."""
        terminal = self._terminal
        terminal.settle(0.5)
        terminal.press(PAGE)
        _, seen = terminal.shown(b"IMG_")
        rows = [int(number) for number in re.findall(rb"IMG_(\d+)\.jpg", seen)]
        self.page = max(rows) - min(rows) + 1
        terminal.press(PAGE_UP)
        terminal.settle(0.5)

    def press(self, key: bytes, *, at_rest: bool) -> None:
        terminal = self._terminal
        self._cursor += {PAGE: self.page, DOWN: 1, UP: -1}[key]
        before = terminal.processor
        pressed = terminal.press(key)
        shown, _ = terminal.shown(b"IMG_%d.jpg" % self._cursor)
        last = terminal.settle(_QUIET if at_rest else 0.0)
        self.shown.append((shown - pressed) * 1000)
        self.settled.append(((last or shown) - pressed) * 1000)
        self.processor.append((terminal.processor - before) * 1000)

    def tell(self, what: str, *, at_rest: bool) -> None:
        """Print what the keys took, and forget it."""
        text = f"{what:<28}{self.name:<12}{_told(self.shown)}"
        if at_rest:
            used = sum(self.processor) / len(self.processor)
            text += f"   {_told(self.settled)}   {used:6.1f}"
        print(text, flush=True)
        self.forget()

    def to_last_row(self) -> None:
        """Put the cursor where the next step scrolls, if it is on the first row."""
        for _ in range(1, self.page):
            self.press(DOWN, at_rest=False)
        self.forget()

    def forget(self) -> None:
        for times in (self.shown, self.settled, self.processor):
            times.clear()


def _told(times: Sequence[float]) -> str:
    return f"{median(times):7.1f}{quantiles(times, n=20)[-1]:7.1f}{max(times):7.1f}"


def measure(programs: Sequence[Program], count: int, *, at_rest: bool) -> None:
    """Press keys in one program after the other, and print what they took."""
    kinds = {
        "cursor": [DOWN, UP] * (count // 2),
        "cursor, the list scrolls": [DOWN] * count,
        "page": [PAGE] * (count // 2),
    }
    title = f"{'shown':>9} {'p95':>8} {'max':>6}"
    if at_rest:
        title += f"{'at rest':>10} {'p95':>7} {'max':>6}   cpu"
    print(f"{'milliseconds':<38}{title}")
    for what, keys in kinds.items():
        for program in programs if "scrolls" in what else ():
            program.to_last_row()
        for key, program in product(keys, programs):
            program.press(key, at_rest=at_rest)
        for program in programs:
            program.tell(what, at_rest=at_rest)


class World:
    """A drive with a large folder, a folder as large on this machine, files to send."""

    def __init__(self, folder: Path, rows: int, server: ServerProcess) -> None:
        self.rows = rows
        self.here = folder / "many"
        self.here.mkdir()
        for number in range(rows):
            (self.here / f"IMG_{number}.jpg").touch()
        self.environment = client_environment(server, folder)
        self._folder = folder
        self.run("mirror", "refresh", "x:")

    def run(self, *arguments: str | Path) -> None:
        command = [sys.executable, "-m", "acd_tui", *arguments]
        quiet = subprocess.DEVNULL
        subprocess.run(
            command, env=self.environment, check=True, stdout=quiet, stderr=quiet
        )

    def queue(self, name: str, count: int, size: int) -> None:
        """Have files sent as soon as somebody runs the queue."""
        source = self._folder / name
        source.mkdir()
        for number in range(count):
            with (source / f"{number}.bin").open("wb") as file:
                file.write(number.to_bytes(8))
                file.truncate(size)
        self.run("queue", "add", source, f"x:{name}")

    def panes(self) -> list[str | Path]:
        return [sys.executable, "-m", "acd_tui", "x:many", "--local", self.here]


@contextmanager
def running(world: World, pages: dict[str, int]) -> Iterator[list[Program]]:
    """Run the panes and both yardsticks, each in a terminal of its own.

    Args:
        world: what the panes show.
        pages: what a page is, by program; is filled if it is empty.
    """
    bench = [sys.executable, "-m", "tests.benchmarks.bench_keys"]
    there = show_size(sum(range(world.rows)))
    all_listed = [f"{world.rows:,} files, {size}".encode() for size in ("0 B", there)]
    commands: dict[str, tuple[list[str | Path], list[bytes]]] = {
        "panes": (world.panes(), all_listed),
        "bare list": ([*bench, "list"], [b"IMG_0.jpg"]),
        "bare loop": ([*bench, "loop"], [b"IMG_0.jpg"]),
    }
    programs = []
    with ExitStack() as stack:
        for name, (command, ready) in commands.items():
            terminal = in_pty(command, world.environment, Path.cwd())
            program = Program(name, stack.enter_context(terminal))
            program.wait(*ready)
            if name not in pages:
                program.learn_page()
                pages[name] = program.page
            program.page = pages[name]
            programs.append(program)
        yield programs


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, default=100_000)
    options.add_argument("--keys", type=int, default=300)
    options.add_argument("--files", type=int, default=20_000, help="small ones")
    options.add_argument("--large", type=int, default=8, help="files of 1 GiB")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        folder = Path(name)
        drive = ServerProcess(folder / "drive").directory
        fill(drive, chain.from_iterable(bench_mirror.nodes(given.rows)))
        with running_server(folder) as server:
            world = World(folder, given.rows, server)
            said = f"{given.rows:,} rows a pane, 120x36"
            print(f"{said}; load {os.getloadavg()[0]:.1f}")
            pages: dict[str, int] = {}
            with running(world, pages) as programs:
                measure(programs, given.keys, at_rest=True)
            for what, count, size in (
                ("large", given.large, _LARGE),
                ("small", given.files, _SMALL),
            ):
                if not count:
                    continue
                world.queue(what, count, size)
                print(
                    f"\nsending {count:,} {what} files; load {os.getloadavg()[0]:.1f}"
                )
                with running(world, pages) as programs:
                    measure(programs, given.keys, at_rest=False)


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["list"]:
            BareApp().run()
        case ["loop"]:
            bare_loop()
        case _:
            main()
