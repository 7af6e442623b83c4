"""How long the mirror takes with a folder of 100,000 children, beside bare SQLite.

Run by hand: `python -m tests.benchmarks.bench_mirror [children]`. The yardstick is the
same number of rows of three columns, written and read by SQLite alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder

ROOT = "r" * 22
FOLDER = "f" * 22
CHUNK = 2000  # nodes a line of the changes stream


def nodes(children: int) -> Iterator[list[Node]]:
    """A drive with one folder, as the changes stream brings it."""
    date = "2021-05-01T09:30:00.000Z"
    root = Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True)
    folder = Node(
        id=FOLDER, name="many", kind="FOLDER", status="AVAILABLE", parents=[ROOT]
    )
    yield [root, folder]
    for start in range(0, children, CHUNK):
        yield [
            Node(
                id=f"{n:022}",
                name=f"IMG_{n}.jpg",
                kind="FILE",
                status="AVAILABLE",
                parents=[FOLDER],
                version=1,
                modified_date=date,
                created_date=date,
                content_properties=ContentProperties(size=n, md5=f"{n:032x}"),
            )
            for n in range(start, min(start + CHUNK, children))
        ]


def bare(children: int, folder: Path) -> dict[str, float]:
    with contextlib.closing(sqlite3.connect(folder / "bare.sqlite")) as db:
        db.execute("CREATE TABLE t (id TEXT, name TEXT, size INTEGER)")
        started = time.perf_counter()
        for chunk in nodes(children):
            with db:
                db.executemany(
                    "INSERT INTO t VALUES (?, ?, ?)",
                    [(node.id, node.name, node.version) for node in chunk],
                )
        filled = time.perf_counter()
        db.execute("SELECT * FROM t ORDER BY name").fetchall()
        return {
            "fill": (filled - started) * 1000,
            "list": (time.perf_counter() - filled) * 1000,
        }


async def mirror(children: int, folder: Path) -> dict[str, float]:
    encoder = Encoder("Slash,InvalidUtf8,Dot")
    mirror = await asyncio.to_thread(Mirror.open, folder / "mirror.sqlite")
    try:
        started = time.perf_counter()
        for number, chunk in enumerate(nodes(children)):
            line = ChangeSet(checkpoint=f"C{number}", nodes=chunk)
            after = f"C{number - 1}" if number else None
            await mirror.follow(line, after=after, afresh=number == 0)
        await mirror.settle(0.0, after=(await mirror.position()).checkpoint)
        filled = time.perf_counter()
        window = await mirror.glance(("many",), encoder, 300)
        assert len(window) == 300
        glanced = time.perf_counter()
        listing = await mirror.listing(("many",), encoder)
        listed = time.perf_counter()
        assert listing.entries is not None
        assert len(listing.entries) == children
        for _ in range(100):
            await mirror.walk(("many", f"IMG_{children // 2}.jpg"), encoder)
        found = time.perf_counter()
    finally:
        await mirror.close()
    return {
        "fill": (filled - started) * 1000,
        "first 300": (glanced - filled) * 1000,
        "list": (listed - glanced) * 1000,
        "path to node": (found - listed) * 10,
        "bytes a node": (folder / "mirror.sqlite").stat().st_size / children,
    }


def main(children: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        yardstick = bare(children, Path(name))
        measured = asyncio.run(mirror(children, Path(name)))
    print(f"{children:,} children, milliseconds")
    for name, value in measured.items():
        beside = yardstick.get(name)
        ratio = f"  {value / beside:4.1f} x bare SQLite" if beside else ""
        print(f"{name:<14}{value:10.2f}{ratio}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
