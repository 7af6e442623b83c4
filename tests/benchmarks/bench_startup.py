"""What it costs to start: beside an interpreter that does nothing.

Run by hand: `python -m tests.benchmarks.bench_startup [runs]`. Runs of all commands take
turns, so that a machine that is busy meanwhile is busy for all; the cheapest run of each
counts, and its processor time, which others disturb less than the wall's. Goals (product.md): `--version` and `--help` at most 1.5 times bare Python.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.measure import Cost, cost

_RUNS = 20
_HERE = Path(sys.executable).parent


def main() -> None:
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else _RUNS
    program = _HERE / "acd-tui"
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "ACD_TUI_HOME": folder}
        commands: dict[str, list[str | Path]] = {
            "python -c pass": [sys.executable, "-c", "pass"],
            "acd-tui --version": [program, "--version"],
            "acd-tui --help": [program, "--help"],
            "python -m acd_tui --help": [sys.executable, "-m", "acd_tui", "--help"],
            "acd-tui __complete -- ls ph": [program, "__complete", "--", "ls", "ph"],
            "acd-tui ls --help": [program, "ls", "--help"],
            "acd-tui ls FOLDER": [program, "ls", folder],
            "python -c 'import textual.app'": [
                sys.executable,
                "-c",
                "import textual.app",
            ],
        }
        best: dict[str, Cost] = {}
        for _ in range(runs):
            for name, command in commands.items():
                took = cost(command, environment)
                best[name] = min(
                    best.get(name, took), took, key=lambda each: each.processor
                )
    bare = best["python -c pass"]
    for name, took in best.items():
        ratio = took.processor / bare.processor
        print(
            f"{name:32} {took.wall * 1000:5.0f} ms, processor "
            f"{took.processor * 1000:5.0f} ms, {ratio:5.2f} × bare Python"
        )


if __name__ == "__main__":
    main()
