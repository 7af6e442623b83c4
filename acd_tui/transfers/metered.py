"""A content that counts and hashes its bytes while they are read."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator

from acd_tui.errors import AcdError
from acd_tui.transfers.limiter import Limiter
from acd_tui.vfs.content import whole
from acd_tui.vfs.filesystem import Content

# Below this a hop to a thread costs more than the hashing.
_WORTH_A_THREAD = 64 * 1024


class Metered:
    """Wraps what a filesystem gave for reading.

    Attributes:
        done: bytes that were taken, from the start of the file.
        began: where it was last read from.
        error: what reading failed with, so that it can be told from the target's.
    """

    def __init__(
        self,
        content: Content,
        moved: Callable[[int], None],
        limiter: Limiter,
        *,
        arrived: Callable[[], None],
        keep_modified: bool = True,
    ) -> None:
        """Wrap `content`.

        Args:
            content: the bytes.
            moved: told how many bytes were taken each time.
            limiter: what bytes wait for before they are handed on.
            arrived: called once the target has them all.
            keep_modified: say when the content was changed, to be kept along with it.
        """
        self._content = content
        self._moved = moved
        self._limiter = limiter
        self._arrived = arrived
        self._keep_modified = keep_modified
        self._whole: str | None = None
        self.done = self.began = 0
        self.error: AcdError | None = None

    @property
    def size(self) -> int:
        return self._content.size

    @property
    def modified_ns(self) -> int | None:
        return self._content.modified_ns if self._keep_modified else None

    @property
    def md5(self) -> str | None:
        return self._content.md5

    @property
    def streamed_md5(self) -> str | None:
        """The MD5 of what was read, if it was read from start to end."""
        return self._whole

    def arrived(self) -> None:
        self._arrived()

    async def whole(self) -> bytes | None:
        if self._limiter.rate is not None:
            return None
        self.done = self.began = 0
        self._whole = None
        with self._noting_errors():
            data = await whole(self._content)
        if data is not None:
            if self._content.md5 is None:
                self._whole = hashlib.md5(data, usedforsecurity=False).hexdigest()
            self.done = len(data)
            self._moved(len(data))
        return data

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        self.done = self.began = offset
        self._whole = None
        async with contextlib.AsyncExitStack() as stack:
            with self._noting_errors():
                pieces = await stack.enter_async_context(self._content.open(offset))
            passed = contextlib.aclosing(self._pass(pieces, offset))
            yield await stack.enter_async_context(passed)

    @contextlib.contextmanager
    def _noting_errors(self) -> Iterator[None]:
        try:
            yield
        except AcdError as error:
            self.error = error
            raise

    async def _pass(
        self, pieces: AsyncIterator[bytes], offset: int
    ) -> AsyncGenerator[bytes, None]:
        # What knows its MD5 beforehand needs no other; what is read in part has none.
        wanted = self._content.md5 is None and offset == 0
        hasher = hashlib.md5(usedforsecurity=False) if wanted else None
        hashing: asyncio.Future[None] | None = None
        loop = asyncio.get_running_loop()
        with self._noting_errors():
            async for piece in pieces:
                if hashing is not None:
                    await hashing
                    hashing = None
                if hasher is not None and len(piece) < _WORTH_A_THREAD:
                    hasher.update(piece)
                elif hasher is not None:
                    hashing = loop.run_in_executor(None, hasher.update, piece)
                for part in self._limiter.parts(piece):
                    await self._limiter.take(len(part))
                    yield part
                    self.done += len(part)
                    self._moved(len(part))
        if hashing is not None:
            await hashing
        if hasher is not None:
            self._whole = hasher.hexdigest()
