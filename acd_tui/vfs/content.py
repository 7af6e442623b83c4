"""Bytes in memory as a filesystem wants them."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

import msgspec


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
