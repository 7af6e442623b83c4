"""A file's content on its way in, and the node that is made of it."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from acd_tui.db import DatabaseError
from acd_tui.errors import AcdError
from acd_tui.server import wire
from acd_tui.server.disk import Stored
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

_BATCH = 1024 * 1024

_log = logging.getLogger(__name__)


class Upload:
    """One file's content on its way in; constant memory.

    Bytes are hashed and written in batches by a thread, while the next batch arrives.
    As a context manager it leaves nothing behind if an error ends the block.
    """

    def __init__(self, storage: Storage) -> None:
        self.size = 0
        self._storage = storage
        self._incoming = storage.content.incoming()
        self._batch: list[bytes] = []
        self._batched = 0
        self._writing: asyncio.Future[None] | None = None
        self._kept = False

    async def write(self, data: bytes) -> None:
        """Take some bytes.

        Raises:
            ApiFault: no room for them.
        """
        self._batch.append(data)
        self._batched += len(data)
        self.size += len(data)
        if self._batched >= _BATCH:
            await self._written()
            self._writing = asyncio.ensure_future(
                self._storage.in_thread(self._incoming.write, self._taken())
            )

    async def finish(self) -> Stored:
        """Make all that was written durable.

        Raises:
            ApiFault: no room for it.
        """
        await self._written()
        with _named_errors():
            return await self._storage.in_thread(self._finish, self._taken())

    def keep(self) -> None:
        """A node refers to the content, or may do so: nothing may remove it now.

        If none does after all, the next start clears it away.
        """
        self._kept = True

    async def settle(self) -> None:
        """A node that refers to the content is committed."""
        self.keep()
        try:
            await self._storage.in_thread(self._incoming.settle)
        except OSError:
            _log.exception("what is left of an upload stays until the next start")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # Of a cancelled upload nobody knows whether its node is being committed: what
        # is left of it is sorted out at the next start.
        if isinstance(error, Exception) and not self._kept:
            await self._discard()

    async def _discard(self) -> None:
        if self._writing is not None:
            await asyncio.wait({self._writing})
            with contextlib.suppress(OSError):
                await self._writing
        await self._storage.in_thread(self._incoming.discard)

    def _taken(self) -> list[bytes]:
        batch, self._batch, self._batched = self._batch, [], 0
        return batch

    def _finish(self, last: Sequence[bytes]) -> Stored:
        self._incoming.write(last)
        return self._incoming.finish()

    async def _written(self) -> None:
        if self._writing is not None:
            writing, self._writing = self._writing, None
            with _named_errors():
                await writing


@contextlib.contextmanager
def _named_errors() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise wire.disk_full() from error
        raise


async def _committed(
    storage: Storage,
    grant: Grant,
    upload: Upload,
    commit: Callable[[Tree, Stored], NodeRow],
) -> NodeRow:
    """Finish an upload and commit the node that refers to it.

    Raises:
        ApiFault: no room, or `commit` refuses; then nothing is left of the upload.
    """
    stored = await upload.finish()
    try:
        row = await storage.change(grant, lambda tree: commit(tree, stored))
    except DatabaseError:
        # Of a disk that fails nobody can say what the journal will bring back.
        upload.keep()
        raise
    await upload.settle()
    return row


async def new_file(
    storage: Storage,
    grant: Grant,
    upload: Upload,
    metadata: Mapping[str, Any],
    *,
    content_type: str,
    deduplicate: bool,
) -> NodeRow:
    """Make a file of an upload.

    Raises:
        ApiFault: see `Tree.create`; over quota; or its content is there already.
    """

    def commit(tree: Tree, stored: Stored) -> NodeRow:
        if deduplicate:
            tree.refuse_twin(stored.md5)
        tree.refuse_over(storage.quota, stored.size)
        parents = tree.parents(metadata.get("parents", ()))
        row = tree.create("FILE", metadata, parents, grant.owner)
        return tree.put_content(row, stored, content_type)

    return await _committed(storage, grant, upload, commit)


async def new_content(
    storage: Storage,
    grant: Grant,
    upload: Upload,
    node_id: str,
    *,
    content_type: str,
) -> NodeRow:
    """Give a file the content of an upload.

    Raises:
        ApiFault: no such file; over quota.
    """

    def commit(tree: Tree, stored: Stored) -> NodeRow:
        row = tree.file(node_id)
        tree.refuse_over(storage.quota, stored.size - (row.size or 0))
        return tree.put_content(row, stored, content_type)

    row = await _committed(storage, grant, upload, commit)
    try:
        await storage.collect()
    except (OSError, AcdError):
        _log.exception("the content that was overwritten stays until the next hour")
    return row
