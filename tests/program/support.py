"""What the tests of the whole program share."""

from __future__ import annotations

import hashlib
import os
import random
import sys
from pathlib import Path

DEMO = [sys.executable, "-m", "acd_tui", "demo"]


def digests(folder: Path) -> dict[str, str]:
    """The MD5 of every file below `folder`, by its path in it."""
    return {
        str(path.relative_to(folder)): hashlib.md5(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def make_tree(folder: Path, files: int, size: int) -> dict[str, str]:
    """Fill `folder` with files that all differ; return their digests."""
    dice = random.Random(files)
    for number in range(files):
        path = folder / f"part {number % 7}" / f"file-{number:04}.bin"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(dice.randbytes(size + number))
    return digests(folder)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == pid:
                found.append(int(entry.name))
    return found


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in (Path("/proc") / str(pid) / "stat").read_text().rpartition(")")[2]
