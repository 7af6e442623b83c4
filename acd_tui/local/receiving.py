"""The bytes of a large file, hashed and written while the next ones come."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Self

from acd_tui.local.disk import ended, errors_named
from acd_tui.local.partial import Partial
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath

_BATCH = 1024 * 1024  # bytes handed on at a time
_WAITING = 1  # things to do, besides the one that is done


async def receive(part: Partial, path: VPath, content: Content) -> None:
    """Write what is missing: one thread hashes, one writes, the next bytes come.

    Raises:
        AcdError: it cannot be written, or is more than it should be.
        Exception: whatever the content's source raised.
    """
    if 0 < content.size <= part.size:
        return

    def write(batch: list[bytes]) -> None:
        with errors_named(path):
            part.write(batch)

    async with (
        Behind() as hashing,
        Behind() as writing,
        content.open(part.size) as pieces,
    ):

        async def hand_on(batch: list[bytes]) -> None:
            await hashing.run(lambda: part.hash(batch))
            await writing.run(lambda: write(batch))

        batch: list[bytes] = []
        waiting = 0
        while True:
            try:
                piece = await anext(pieces)
            except StopAsyncIteration:
                break
            except Exception:
                # Else a line that breaks all the time would bring it no further.
                await hand_on(batch)
                raise
            batch.append(piece)
            waiting += len(piece)
            if waiting >= _BATCH:
                await hand_on(batch)
                batch, waiting = [], 0
        await hand_on(batch)


class Behind:
    """A thread that does one thing after the other while its owner prepares more.

    One more waits already when one is done: to wake the owner, and be woken by it, takes
    a good part of what there is to do. After something went wrong no more is done.
    Leaving the block waits for all of it, also where its owner is cancelled, and raises
    what went wrong.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1)
        self._under_way: deque[asyncio.Future[None]] = deque()
        self._failed = False

    async def run(self, work: Callable[[], None]) -> None:
        """Have `work` done after what was asked for before; raises what that raised."""
        while len(self._under_way) > _WAITING:
            await self._oldest()
        loop = asyncio.get_running_loop()
        self._under_way.append(
            loop.run_in_executor(self._thread, lambda: self._do(work))
        )

    def _do(self, work: Callable[[], None]) -> None:
        if self._failed:
            return
        try:
            work()
        except BaseException:
            self._failed = True
            raise

    async def _oldest(self) -> None:
        await asyncio.shield(self._under_way[0])
        del self._under_way[0]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        try:
            while kind is None and self._under_way:
                await self._oldest()
        finally:
            for work in self._under_way:
                await ended(work)
            self._thread.shutdown(wait=False)
