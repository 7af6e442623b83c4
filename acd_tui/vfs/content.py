"""Contents that are had at once."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import msgspec

from acd_tui.vfs.filesystem import Content, Whole
from acd_tui.vfs.offered import offers


class BytesContent(msgspec.Struct, frozen=True):
    """A `Content` that is in memory already."""

    data: bytes
    modified_ns: int | None
    md5: str | None = None

    @property
    def size(self) -> int:
        return len(self.data)

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async def pieces() -> AsyncIterator[bytes]:
            if offset < len(self.data):
                yield self.data[offset:]

        yield pieces()


async def whole(content: Content) -> bytes | None:
    """Return all of a small content, if that can be had at less cost than in pieces.

    Raises:
        Changed, NotFound, Denied, Transient: as in `Content.open`.
    """
    return await content.whole() if offers(content, Whole) else None
