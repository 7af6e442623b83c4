"""What memory the panes take on a drive of 1,000,000 nodes, screen after screen.

Run by hand: `python -m tests.benchmarks.bench_memory [nodes]`. It is the real program in
a pseudo-terminal; a command has read the drive before. Told is what is resident, what of
that is not merely a file's, and the most that was resident so far.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

from tests.benchmarks.bench_drive import Drive, resident, served
from tests.benchmarks.bench_library import LARGE
from tests.program.terminal import Terminal, terminal

_MOST_SECONDS = 120
_SETTLE_SECONDS = 5  # for what goes on behind the screen, as the index of the names
_KINDS = ("VmRSS", "RssAnon", "VmHWM")


def show(what: str, screen: Terminal) -> None:
    time.sleep(_SETTLE_SECONDS)
    figures = [resident(screen.process.pid, kind) for kind in _KINDS]
    told = " ".join(f"{figure:7.0f}" for figure in figures)
    print(f"{what:<44}{told}", flush=True)


def look(drive: Drive, largest: int) -> None:
    # What is looked at, the keys for it, and what is to be seen then.
    steps = [
        (f"a folder of {largest:,}", ("/", f"large {largest}", "enter", "enter"), ""),
        ("its end", ("end",), f"{largest:,} files"),
        ("search", ("s", "beach"), "The first 500 matches"),
        ("search, its names indexed", (" 12",), "matches"),
        ("search for letters in order", ("u",), "alike"),
        ("space", ("escape", "backspace", "gd"), " files and "),
        ("duplicates", ("escape", "gu"), "No file is there twice"),
        ("changes", ("escape", "gc"), "Nothing has changed"),
    ]
    command = [sys.executable, "-m", "acd_tui", "x:"]
    with terminal(command, cwd=drive.folder, env=drive.environment) as screen:
        screen.wait_for("large 100", seconds=_MOST_SECONDS)
        show("first rows", screen)
        screen.press("tab")
        for what, keys, seen in steps:
            screen.press(*keys)
            screen.wait_for(seen, seconds=_MOST_SECONDS)
            show(what, screen)


def main(count: int) -> None:
    with (
        tempfile.TemporaryDirectory() as name,
        served(Path(name) / "drive", count) as drive,
    ):
        drive.ours("mirror", "refresh", "x:")
        print(f"{'MiB':<44}{' '.join(f'{kind:>7}' for kind in _KINDS)}")
        look(drive, max(size for size in LARGE if size <= count // 4))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
