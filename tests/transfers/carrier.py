"""A process that works on a queue between folders of the disk, until it is killed.

Says on its standard output what happens: a line for each transfer that ends and for
each piece that is read, so that a test can kill it at a point of its choice.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path

from acd_tui.clock import SystemClock
from acd_tui.db import Database
from acd_tui.events import EventBus
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, TransferFinished
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.path import VPath


def say(text: str) -> None:
    print(text, flush=True)


class Telling:
    """Content that says when a piece of it is read."""

    def __init__(self, content: Content) -> None:
        self._content = content
        self.size = content.size
        self.modified_ns = content.modified_ns
        self.md5 = content.md5

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async with self._content.open(offset) as pieces:
            yield self._pieces(pieces)

    async def _pieces(self, pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in pieces:
            say("piece")
            yield piece


class TellingFileSystem(LocalFileSystem):
    async def read(self, path: VPath) -> Content:
        return Telling(await super().read(path))


def request(folder: Path, how: str) -> CopyRequest:
    """What is copied: a folder, or all that it holds to where it lies."""
    source = VPath.parse(str(folder / "from"))
    if how == "beside":
        return CopyRequest(
            source="local",
            paths=tuple(source / path.name for path in (folder / "from").iterdir()),
            target="local",
            folder=source,
            policy=ConflictPolicy.RENAME,
        )
    return CopyRequest(
        source="local",
        paths=(source,),
        target="local",
        folder=VPath.parse(str(folder / "to")),
        policy=ConflictPolicy.RENAME if how == "both" else ConflictPolicy.ASK,
    )


async def main(folder: Path, how: str) -> None:
    hashes = Database(folder / "hashes.sqlite", files("acd_tui.local") / "schema")
    hashes.open()
    queue = Database(
        folder / "queue.sqlite",
        files("acd_tui.transfers") / "schema",
        synchronous="FULL",
    )
    queue.open()
    local = TellingFileSystem("local", hashes=HashCache(hashes))

    async def find(name: str) -> FileSystem:
        return local

    bus = EventBus()
    manager = TransferManager(
        queue, find, bus, SystemClock(), lock_file=folder / "queue.lock"
    )
    with bus.subscribed(TransferFinished, lambda event: say(event.transfer.state)):
        await manager.start()
        jobs = await manager.jobs()
        if not jobs:
            await manager.enqueue(request(folder, how))
            jobs = await manager.jobs()
        job = await manager.wait(jobs[0].id)
        say(f"over {dict(job.counts)} {job.problems}")
        await manager.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), "".join(sys.argv[2:])))
