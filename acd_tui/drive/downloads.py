"""Files from the service: ranges, and temporary links for large ones."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from acd_tui.api.errors import ApiError
from acd_tui.drive.details import picture_facts
from acd_tui.drive.problems import errors_named
from acd_tui.drive.rows import Row
from acd_tui.errors import Changed, Transient
from acd_tui.vfs.entry import Thumbnail
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

_LARGEST_THUMBNAIL = 8 * 1024 * 1024


class NodeContent:
    """See `Content` and `Whole`; the bytes of one file of the service.

    Args:
        client: the account's.
        path: for sentences.
        row: the file as the mirror knows it, with its size.
        by_link: whether to take the way for large files (amazon-drive-api.md §4.9).
    """

    def __init__(
        self, client: DriveClient, path: VPath, row: Row, *, by_link: bool
    ) -> None:
        assert row.size is not None
        self._client, self._path, self._row = client, path, row
        self._by_link = by_link
        self.size = row.size
        self.modified_ns = row.modified_ns
        self.md5 = row.hex_md5

    @contextlib.asynccontextmanager
    async def open(self, offset: int = 0) -> AsyncIterator[AsyncIterator[bytes]]:
        async with contextlib.AsyncExitStack() as stack:
            with errors_named(self._path):
                if offset:
                    await self._check()
                pieces = await stack.enter_async_context(await self._opened(offset))
            yield self._counted(pieces, offset)

    async def whole(self) -> bytes | None:
        if self._by_link:
            return None
        with errors_named(self._path):
            return await self._client.content.short(self._row.id, self.size)

    async def _opened(
        self, offset: int
    ) -> contextlib.AbstractAsyncContextManager[AsyncIterator[bytes]]:
        if self._by_link:
            node = await self._client.nodes.get(self._row.id, temp_link=True)
            if node.temp_link:
                return self._client.content.open_link(node.temp_link, offset=offset)
        return self._client.content.open(self._row.id, offset=offset)

    async def _counted(
        self, pieces: AsyncIterator[bytes], offset: int
    ) -> AsyncIterator[bytes]:
        with errors_named(self._path):
            async for piece in pieces:
                offset += len(piece)
                if offset > self.size:
                    break
                yield piece
            if offset != self.size:
                raise self._changed()

    async def _check(self) -> None:
        """Make sure that what is left belongs to what was had before."""
        node = await self._client.nodes.get(self._row.id)
        content = node.content_properties
        if content is None or (content.md5, content.size) != (self.md5, self.size):
            raise self._changed()

    def _changed(self) -> Changed:
        return Changed(f"{self._path} changed while it was read")


async def thumbnail(client: DriveClient, node_id: str, side: int) -> Thumbnail | None:
    """Have the service scale a picture down (amazon-drive-api.md §4.8).

    Args:
        client: the account's.
        node_id: the picture.
        side: the most pixels in a row or column.

    Returns:
        None if it says that it does not.
    """
    node = await client.nodes.get(node_id, temp_link=True)
    if not node.temp_link:
        return None
    link = f"{node.temp_link}{'&' if '?' in node.temp_link else '?'}viewBox={side}"
    data = bytearray()
    try:
        async with client.content.open_link(link) as pieces:
            async for piece in pieces:
                data += piece
                if len(data) > _LARGEST_THUMBNAIL:
                    return None
    except Transient:
        raise
    except ApiError:
        return None
    content = node.content_properties
    facts = picture_facts(content.image if content else None)
    if content is not None and content.content_date:
        facts.append(content.content_date)
    return Thumbnail(data=bytes(data), facts=facts)
