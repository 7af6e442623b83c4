"""What the plan of two trees of 100,000 files costs, as the panes make it.

Run by hand: `python -m tests.benchmarks.bench_compare [files]`. One tree is on the disk,
with every MD5 known, the other one in a mirror; one file in ten differs, one is only here
and one only there. The yardstick is the smallest that could be done: `os.scandir` and
`stat` of the tree on the disk. Nothing is read, and nothing asked of a network.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import cast

from acd_tui.api.client import DriveClient
from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.clock import SystemClock
from acd_tui.drive.feed import Feed
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.drive.mirror import Mirror
from acd_tui.events import EventBus
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters, Place
from acd_tui.transfers.two_sides import Mode, TwoSides
from acd_tui.vfs.path import VPath
from tests.benchmarks.bench_library import memory

ROOT = "r" * 22
IN_FOLDER = 100
DATE = "2021-05-01T09:30:00.000Z"


class Service:
    """Tells of all nodes once."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.changes = self.nodes = self
        self._nodes = nodes

    async def seal(self, *words: str) -> bytes:
        return repr(words).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        return self._nodes[0]

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        for start in range(0, len(self._nodes), 1000):
            some = list(self._nodes[start : start + 1000])
            yield ChangeSet(checkpoint=f"C{start}", nodes=some)


async def drive_of(mirror: Mirror, nodes: Sequence[Node]) -> DriveFileSystem:
    """A drive whose mirror is whole, so that it asks nobody."""
    client = cast("DriveClient", Service(nodes))
    clock = SystemClock()
    feed = Feed(client, mirror, clock=clock, changed=lambda _folders: None)
    await feed.refresh()
    return DriveFileSystem("drive", client, mirror, bus=EventBus(), clock=clock)


def data(number: int) -> bytes:
    return b"%d" % number


def grow(root: Path, count: int) -> list[Node]:
    """Make the tree on the disk; return the nodes of the one that is like it."""
    nodes = [Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True)]
    for start in range(0, count, IN_FOLDER):
        folder = f"{start // IN_FOLDER:05}"
        (root / folder).mkdir()
        nodes.append(node(folder, ROOT, None))
        for number in range(start, min(count, start + IN_FOLDER)):
            kind = number % 20
            name = f"file {number:06}.txt"
            if kind:  # one in twenty is only there
                (root / folder / name).write_bytes(data(number))
            if kind != 1:  # and one only here
                differs = kind in {2, 3}
                nodes.append(node(name, folder, data(-number if differs else number)))
    return nodes


def node(name: str, parent: str, content: bytes | None) -> Node:
    kind = "FOLDER" if content is None else "FILE"
    properties = None
    if content is not None:
        md5 = hashlib.md5(content, usedforsecurity=False).hexdigest()
        properties = ContentProperties(size=len(content), md5=md5)
    return Node(
        id=name if content is None else f"{parent}{name}",
        name=name,
        kind=kind,
        status="AVAILABLE",
        parents=[parent],
        version=1,
        modified_date=DATE,
        content_properties=properties,
    )


@contextlib.contextmanager
def timed(what: str) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    print(f"{what:<36}{wall * 1000:10.1f} ms {cpu * 1000:10.1f} ms cpu")


def walk(root: Path) -> None:
    for entry in os.scandir(root):
        entry.stat(follow_symlinks=False)
        if entry.is_dir():
            walk(Path(entry.path))


async def run(folder: Path, count: int) -> None:
    root = folder / "tree"
    root.mkdir()
    nodes = grow(root, count)
    mirror = await asyncio.to_thread(Mirror.open, folder / "mirror.sqlite")
    drive = await drive_of(mirror, nodes)
    local = LocalFileSystem(hashes=HashCache.open(folder / "hashes.sqlite"))
    here = VPath.parse(str(root))
    with timed("scandir and stat"):
        walk(root)
    paths = [here / path.parent.name / path.name for path in root.glob("*/*")]
    with timed("MD5s, the first time (not counted)"):
        await local.md5s(paths, at_a_time=4)
    print("memory:", memory())
    sides = TwoSides(Place("local", here), Place("drive", VPath()), Mode.MIRROR)
    comparison = Comparison(
        local,
        drive,
        filters=Filter(Filters()),
        read=False,
        policy=ConflictPolicy.OVERWRITE,
    )
    with timed(f"plan of two trees of {count:,}"):
        await sides.gather(comparison.run(here, VPath()))
    with timed("its sum"):
        totals = sides.totals()
    with timed("its jobs and removals"):
        sides.copyings()
        sides.removals()
    print(f"{len(sides.rows):,} rows, {sides.same:,} same, {totals.unread} unread")
    print("memory:", memory())
    await mirror.close()


def main(count: int) -> None:
    with tempfile.TemporaryDirectory(dir="/dev/shm") as name:
        asyncio.run(run(Path(name), count))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
