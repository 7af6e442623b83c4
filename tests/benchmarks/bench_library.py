"""What a drive of 1,000,000 nodes costs: to learn, to open, to search, to sum up.

Run by hand: `python -m tests.benchmarks.bench_library [nodes] [file]`. The nodes are in
folders of about twelve, some levels deep, beside three large folders. With the name of a
file the mirror is kept there, and the next run asks it instead of filling a new one.
Times are of this process; beside the wall stands the processor, where others run, too.
"""

from __future__ import annotations

import asyncio
import random
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import cast

import msgspec

from acd_tui.api import models
from acd_tui.api.client import DriveClient
from acd_tui.api.models import ChangeSet, ContentProperties, Node
from acd_tui.clock import SystemClock
from acd_tui.drive.feed import Feed
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.path import VPath
from acd_tui.vfs.query import parse_query
from acd_tui.vfs.usage import Asked, By

ENCODER = Encoder("Slash,InvalidUtf8,Dot")
ROOT = "r" * 22
LARGE = (100, 10_000, 100_000)
LINE = 1000  # nodes a line of the stream, as the feed asks for
LIMIT = 501  # as the search screen asks for
ALIKE = 100  # the same, of names that are alike
WORDS = [
    "beach",
    "summer",
    "holiday",
    "mountain",
    "report",
    "invoice",
    "scan",
    "draft",
    "final",
    "photo",
    "video",
    "music",
    "album",
    "track",
    "cover",
    "letter",
    "notes",
    "budget",
    "family",
    "party",
    "birthday",
    "wedding",
    "snow",
    "lake",
    "river",
    "forest",
    "city",
    "train",
    "plane",
    "garden",
    "dinner",
    "recipe",
    "backup",
    "archive",
    "export",
    "import",
]
TYPED = (
    "beach",
    "invoice 2",
    "wedding snow",
    "12345",
    "qqqq",
    "garden.pdf",
    "lake -jpg",
)
FUZZY = ("fuzzy:wdsnw", "fuzzy:bchjpg", "fuzzy:inv", "fuzzy:gdnpdf", "fuzzy:qqqq")
WORDED = ("beach size:>9m", "ext:pdf after:2021 in:/", "md5:00ff", "kind:folder lake")


def nodes(count: int) -> Iterator[Node]:
    chance = random.Random(1)
    yield Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True)
    folders = [ROOT]
    left = count
    for size in LARGE:
        if size > left // 2:
            break
        left -= size
        large = folder(chance, f"large {size}", ROOT)
        yield large
        for _ in range(size):
            yield file(chance, large.id)
    for n in range(left):
        if n % 12 == 0:
            older = len(folders) // 2
            place = n % len(folders)
            if n % 7:
                place = older + chance.randrange(len(folders) - older)
            parent = folders[place]
            name = f"{chance.choice(WORDS)} {chance.choice(WORDS)} {n}"
            inner = folder(chance, name, parent)
            folders.append(inner.id)
            yield inner
        else:
            yield file(chance, folders[-1])


def folder(chance: random.Random, name: str, parent: str) -> Node:
    return Node(
        id=f"{chance.getrandbits(88):022x}",
        name=name,
        kind="FOLDER",
        status="AVAILABLE",
        parents=[parent],
        version=1,
        modified_date=date(chance),
    )


def date(chance: random.Random) -> str:
    day, second = chance.randrange(1, 29), chance.randrange(60)
    return f"20{chance.randrange(10, 26)}-05-{day:02}T09:30:{second:02}.000Z"


def file(chance: random.Random, parent: str) -> Node:
    first, second = chance.choice(WORDS), chance.choice(WORDS)
    ending = chance.choice(("jpg", "mp4", "pdf", "txt"))
    size = chance.randrange(10**7)
    return Node(
        id=f"{chance.getrandbits(88):022x}",
        name=f"{first}_{second}-{chance.randrange(10**6):06}.{ending}",
        kind="FILE",
        status="AVAILABLE",
        parents=[parent],
        version=1,
        modified_date=date(chance),
        content_properties=ContentProperties(
            size=size, md5=f"{chance.getrandbits(128):032x}"
        ),
    )


def stream(count: int) -> Iterator[bytes]:
    """The lines of the change stream that tell of all nodes."""
    some: list[Node] = []
    number = 0
    for node in nodes(count):
        some.append(node)
        if len(some) == LINE:
            yield msgspec.json.encode(ChangeSet(checkpoint=f"C{number}", nodes=some))
            number += 1
            some = []
    yield msgspec.json.encode(ChangeSet(checkpoint=f"C{number}", nodes=some))


class Report:
    """Measures and prints."""

    async def timed(
        self, what: str, work: Callable[[], Awaitable[object]], times: int = 1
    ) -> None:
        best = (float("inf"), 0.0)
        for _ in range(times):
            wall, cpu = time.perf_counter(), time.process_time()
            await work()
            taken = (time.perf_counter() - wall, time.process_time() - cpu)
            best = min(best, taken)
        print(f"{what:<36}{best[0] * 1000:10.2f} ms {best[1] * 1000:10.2f} ms cpu")

    async def paths(self, paths: list[tuple[str, ...]], mirror: Mirror) -> None:
        """Look up paths, none of them twice."""
        taken: list[float] = []
        for path in paths:
            started = time.perf_counter()
            await mirror.walk(path, ENCODER)
            taken.append((time.perf_counter() - started) * 1000)
        least, most = min(map(len, paths)), max(map(len, paths))
        what = f"{len(paths)} others, of depth {least} to {most}"
        print(
            f"{what:<36}{part(taken, 0.5):10.2f} ms p50 {part(taken, 0.95):7.2f} ms p95"
        )

    async def keystrokes(
        self, what: str, texts: tuple[str, ...], mirror: Mirror
    ) -> None:
        """Search for each beginning of the texts, as while one types."""
        taken: list[float] = []
        used: list[float] = []
        for text in texts:
            for end in range(1, len(text) + 1) if what == "typed" else (len(text),):
                query = parse_query(text[:end])
                wall, cpu = time.perf_counter(), time.process_time()
                limit = ALIKE if what == "fuzzy" else LIMIT
                await mirror.search(query, limit, ENCODER)
                taken.append((time.perf_counter() - wall) * 1000)
                used.append((time.process_time() - cpu) * 1000)
        print(
            f"search, {what:<28}{part(taken, 0.5):10.2f} ms p50"
            f" {part(taken, 0.95):7.2f} ms p95; cpu"
            f" {part(used, 0.5):.2f} ms p50 {part(used, 0.95):.2f} ms p95"
        )


def part(values: list[float], share: float) -> float:
    return sorted(values)[int(len(values) * share)]


class Service:
    """Tells of all nodes once; what it takes to make them up is counted apart."""

    def __init__(self, count: int) -> None:
        self.changes = self.nodes = self
        self.made = (0.0, 0.0)
        self._lines = stream(count)

    async def seal(self, *words: str) -> bytes:
        return repr(words).encode()

    async def look_again(self) -> None:
        pass

    async def root(self) -> Node:
        return Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True)

    async def stream(self, checkpoint: str | None) -> AsyncIterator[ChangeSet]:
        while True:
            started = time.perf_counter(), time.process_time()
            line = next(self._lines, None)
            self.made = (
                self.made[0] + time.perf_counter() - started[0],
                self.made[1] + time.process_time() - started[1],
            )
            if line is None:
                break
            yield models.decode(ChangeSet, line)


async def fill(mirror: Mirror, count: int) -> None:
    service = Service(count)
    feed = Feed(
        cast("DriveClient", service),
        mirror,
        clock=SystemClock(),
        changed=lambda _folders: None,
    )
    started = time.perf_counter(), time.process_time()
    await feed.refresh()
    wall = time.perf_counter() - started[0] - service.made[0]
    cpu = time.process_time() - started[1] - service.made[1]
    known = await mirror.count()
    print(f"learned {known:,} nodes in {wall:.1f} s ({cpu:.1f} s cpu)")
    print(f"nodes a second{known / wall:32,.0f}")


async def ask(mirror: Mirror, count: int) -> None:
    report = Report()
    for size in LARGE:
        if size <= count // 4:
            parts = (f"large {size}",)
            await report.timed(
                f"open a folder of {size:,}",
                lambda parts=parts: mirror.listing(parts, ENCODER),  # type: ignore[misc]
                3,
            )
            await report.timed(
                f"its first 300, of {size:,}",
                lambda parts=parts: mirror.glance(parts, ENCODER, 300),  # type: ignore[misc]
                3,
            )
    most = Asked(most=10_000)  # as the screen asks for
    for what in ("du of the root", "du of the root, again"):
        await report.timed(what, lambda: mirror.usage(VPath(), ENCODER, most))
    large = VPath((f"large {max(size for size in LARGE if size <= count // 4)}",))
    await report.timed(
        "du of the largest folder", lambda: mirror.usage(large, ENCODER, most)
    )
    deep = await deepest(mirror)
    await report.timed(
        f"path of depth {len(deep)}, first time", lambda: mirror.walk(deep, ENCODER)
    )
    for paths in await deep_paths(mirror):
        await report.paths(paths, mirror)
    await report.timed("duplicates", lambda: mirror.copies(VPath(), None, ENCODER))
    nothing = parse_query("qqqq")
    await report.timed(
        "search, once (SQL)", lambda: mirror.search(nothing, LIMIT, ENCODER)
    )
    await mirror.search(nothing, LIMIT, ENCODER)  # has the names indexed

    async def indexed() -> None:
        while mirror._searcher.indexing is not None:
            await mirror._searcher.indexing

    await report.timed("index of the names", indexed)
    await report.keystrokes("typed", TYPED, mirror)
    await report.keystrokes("with query words", WORDED, mirror)
    await report.keystrokes("fuzzy", FUZZY, mirror)


async def deepest(mirror: Mirror) -> tuple[str, ...]:
    """The path of a folder eight levels down, or as deep as there are."""
    parts: tuple[str, ...] = ()
    while len(parts) < 8:
        asked = Asked(by=By.NAME, files=False)
        inside = (await mirror.usage(VPath(parts), ENCODER, asked)).first
        deepest = max(inside, key=lambda each: each.folders)
        if not deepest.folders:
            break
        parts = (*parts, deepest.entry.name)
    return parts


async def deep_paths(mirror: Mirror) -> list[list[tuple[str, ...]]]:
    """Those of a thousand folders eight levels down, and of the thousand deepest."""

    def work(connection: sqlite3.Connection) -> list[list[tuple[str, ...]]]:
        sql = "SELECT id, parent, name FROM node WHERE kind = 0"
        known = {id_: (parent, name) for id_, parent, name in connection.execute(sql)}

        def path(id_: str) -> tuple[str, ...]:
            parent, name = known[id_]
            return (*path(parent), name) if parent in known else ()

        paths = list(map(path, known))
        random.Random(1).shuffle(paths)
        paths.sort(key=lambda each: abs(len(each) - 8))
        near = paths[:1000]
        paths.sort(key=len)
        deep = random.Random(1).sample(paths[-1000:], len(paths[-1000:]))
        return [near, deep]

    return await mirror.file.db.read(work)


def memory() -> str:
    """Peak, and what is not merely a file's."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    own = next(
        int(line.split()[1]) // 1024
        for line in Path("/proc/self/status").read_text().splitlines()
        if line.startswith("RssAnon")
    )
    return f"{own} MiB of its own, {peak} MiB at most"


async def run(count: int, path: Path) -> None:
    new = not path.exists()
    print("memory at first:", memory())
    mirror = await asyncio.to_thread(Mirror.open, path)
    try:
        if new:
            await fill(mirror, count)
            print("memory:", memory())
        known = await mirror.count()
        print(f"bytes a node {path.stat().st_size / known:33.1f}")
        await ask(mirror, known)
        print("memory:", memory())
    finally:
        await mirror.close()


def main(count: int, path: str | None) -> None:
    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(count, Path(path or f"{name}/mirror.sqlite")))


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000,
        sys.argv[2] if len(sys.argv) > 2 else None,
    )
