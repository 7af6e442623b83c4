"""What it costs to start: beside an interpreter that does nothing, and Textual's import.

Run by hand: `python -m tests.benchmarks.bench_startup [runs]`. Runs of all commands take
turns, so that a machine that is busy meanwhile is busy for all; the cheapest run of each
counts, and its processor time, which others disturb less than the wall's. Goals (product.md): `--version` and `--help` at most 1.5 times bare Python; the panes, from the
start to the first rows of a drive that is known, at most 1.6 times the import of Textual.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import chain
from pathlib import Path

from tests.benchmarks import bench_mirror
from tests.benchmarks.bench_drive import fill
from tests.benchmarks.bench_keys import World
from tests.benchmarks.measure import Cost, cost
from tests.benchmarks.pty import in_pty
from tests.server_process import ServerProcess, running_server

DATE = b"2023-11-14"
"""Of all files on the drive, and of none here."""

_RUNS = 20
_ROWS = 1000
_HERE = Path(sys.executable).parent


def panes(world: World) -> Cost:
    """Start the panes; what that took until rows of the drive were written."""
    with in_pty(world.panes(), world.environment, Path.cwd()) as terminal:
        shown, _ = terminal.shown(DATE, end=b"")
        return Cost(shown - terminal.started, terminal.processor)


@contextmanager
def known_drive(folder: Path) -> Iterator[World]:
    """A drive that is served, with its mirror filled."""
    nodes = chain.from_iterable(bench_mirror.nodes(_ROWS))
    fill(ServerProcess(folder / "drive").directory, nodes)
    with running_server(folder) as server:
        yield World(folder, _ROWS, server)


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else _RUNS
    program = _HERE / "acd-tui"
    textual = "python -c 'import textual.app'"
    with (
        tempfile.TemporaryDirectory() as folder,
        tempfile.TemporaryDirectory() as drive,
        known_drive(Path(drive)) as world,
    ):
        environment = {**os.environ, "ACD_TUI_HOME": folder}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        commands: dict[str, list[str | Path]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "acd-tui --version": [program, "--version"],
            "acd-tui --help": [program, "--help"],
            "python -m acd_tui --help": [sys.executable, "-m", "acd_tui", "--help"],
            "acd-tui __complete -- ls ph": [program, "__complete", "--", "ls", "ph"],
            "acd-tui ls --help": [program, "ls", "--help"],
            "acd-tui ls FOLDER": [program, "ls", folder],
            textual: [sys.executable, "-c", "import textual.app"],
        }
        starts: dict[str, Callable[[], Cost]] = {
            name: partial(cost, command, environment)
            for name, command in commands.items()
        }
        starts["acd-tui x:many, to the first rows"] = partial(panes, world)
        best: dict[str, Cost] = {}
        for _ in range(runs):
            for name, start in starts.items():
                took = start()
                best[name] = min(
                    best.get(name, took), took, key=lambda each: each.processor
                )
    print(f"load {os.getloadavg()[0]:.1f}")
    bare, imported = best["python -c pass"].processor, best[textual].processor
    for name, took in best.items():
        print(
            f"{name:34} {took.wall * 1000:5.0f} ms, processor "
            f"{took.processor * 1000:5.0f} ms, {took.processor / bare:5.2f} × bare"
            f" Python, {took.processor / imported:5.2f} × Textual"
        )


if __name__ == "__main__":
    main()
