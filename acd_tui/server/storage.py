"""Nodes and content together: every change is durable, and whole or not at all."""

from __future__ import annotations

import asyncio
import errno
import logging
import secrets
import shutil
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from acd_tui.clock import Clock, SystemClock
from acd_tui.db import Database
from acd_tui.locations import private_folder
from acd_tui.server import index, wire
from acd_tui.server.accounts import Grant
from acd_tui.server.disk import ContentFolder, Stored
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

T = TypeVar("T")

TRASH_DAYS = 30
_DAY = 24 * 3600 * 1000
_BATCH = 1024 * 1024
_CONTENT_THREADS = 16

_log = logging.getLogger(__name__)


class Storage:
    """The drives of all users below one directory.

    Args:
        directory: made if it is missing, for its owner alone.
        quota: bytes each user may store; None is what the disk holds.
        clock: for dates and expiry.
    """

    def __init__(
        self,
        directory: Path,
        *,
        quota: int | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.directory = directory
        self.quota = quota
        self.clock = clock or SystemClock()
        self.content = ContentFolder(directory / "content")
        self.db = Database(
            directory / "index.sqlite",
            files("acd_tui.server") / "schema",
            synchronous="FULL",
        )
        self._pool = ThreadPoolExecutor(_CONTENT_THREADS, thread_name_prefix="content")
        self._epoch = b""

    def open(self) -> None:
        """Make what is missing and open the database. Blocks for a moment.

        Raises:
            Denied: the directory cannot be used.
            DatabaseError: the database is damaged.
        """
        private_folder(self.directory)
        self.content.open()
        self.db.open()
        self._epoch = self.secret("epoch", 6)

    def close(self) -> None:
        """Finish what is under way. Blocks meanwhile."""
        self._pool.shutdown()
        self.db.close()

    def secret(self, name: str, length: int) -> bytes:
        """A random value that stays the same for this directory. Blocks."""

        def work(db: sqlite3.Connection) -> bytes:
            db.execute(
                "INSERT OR IGNORE INTO settings VALUES (?, ?)",
                (name, secrets.token_bytes(length)),
            )
            row = db.execute("SELECT value FROM settings WHERE name = ?", (name,))
            return bytes(row.fetchone()[0])

        return self.db.write_now(work)

    def now(self) -> int:
        """Milliseconds since 1970."""
        return int(self.clock.now() * 1000)

    async def change(self, grant: Grant, work: Callable[[Tree], T]) -> T:
        """Change a user's nodes in one transaction; durable when this returns."""
        now = self.now()
        return await self.db.write(lambda db: work(Tree(db, grant.user, now)))

    async def read(
        self, grant: Grant, work: Callable[[sqlite3.Connection, int], T]
    ) -> T:
        """Read a user's nodes as they are at one moment."""
        return await self.db.read(lambda db: work(db, grant.user))

    async def node(self, grant: Grant, node_id: str) -> NodeRow:
        """A node that is not purged.

        Raises:
            ApiFault: 404.
        """
        row = await self.read(grant, lambda db, user: index.get(db, user, node_id))
        if row is None:
            raise wire.node_not_found()
        return row

    async def room(self, grant: Grant) -> tuple[int, int]:
        """How many bytes a user may store altogether, and how many more."""
        used = await self.read(grant, index.used)
        if self.quota is not None:
            return self.quota, max(0, self.quota - used)
        free = (await self.in_thread(shutil.disk_usage, self.directory)).free
        return used + free, free

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Do something with content files off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, function, *args
        )

    def upload(self) -> Upload:
        """Begin to receive a file's content."""
        return Upload(self)

    def checkpoint(self, sequence: int) -> str:
        """An opaque name for a place in a user's change feed."""
        return (
            urlsafe_b64encode(self._epoch + sequence.to_bytes(6, "big"))
            .rstrip(b"=")
            .decode()
        )

    def sequence_of(self, checkpoint: str) -> int | None:
        """The place that a checkpoint names; None if it is not one of ours."""
        try:
            raw = urlsafe_b64decode(checkpoint.encode() + b"==")
        except ValueError:
            return None
        if len(raw) != 12 or raw[:6] != self._epoch:
            return None
        return int.from_bytes(raw[6:], "big")

    async def sweep(self) -> None:
        """Clear away what a killed server left. Only before requests are served."""

        def work() -> int:
            return self.content.sweep(
                lambda names: self.db.read_now(lambda db: index.referenced(db, names))
            )

        if left := await self.in_thread(work):
            _log.warning("cleared away %d uploads that had been cut off", left)
        await self.collect()

    async def collect(self) -> None:
        """Delete the content files that nothing refers to any more."""

        def listed(db: sqlite3.Connection) -> list[str]:
            return [name for (name,) in db.execute("SELECT content FROM garbage")]

        names = await self.db.read(listed)
        if not names:
            return
        await self.in_thread(self.content.remove, names)
        await self.db.write(
            lambda db: (
                db.executemany(
                    "DELETE FROM garbage WHERE content = ?", [(name,) for name in names]
                ).rowcount
            )
        )

    async def purge_expired(self) -> int:
        """Delete for good what has been in the trash for 30 days.

        Returns:
            how many nodes.
        """
        now = self.now()

        def expired(db: sqlite3.Connection) -> list[tuple[int, str]]:
            return db.execute(
                "SELECT user, id FROM nodes INDEXED BY nodes_trashed"
                " WHERE trashed IS NOT NULL AND trashed < ? AND user IN"
                " (SELECT num FROM users)",
                (now - TRASH_DAYS * _DAY,),
            ).fetchall()

        def purge(db: sqlite3.Connection, user: int, node_id: str) -> int:
            row = index.get(db, user, node_id)
            if row is None or row.trashed is None:
                return 0  # gone with its folder, or restored meanwhile
            return Tree(db, user, now).purge(row)

        purged = 0
        for user, node_id in await self.db.read(expired):
            purged += await self.db.write(
                lambda db, user=user, node_id=node_id: purge(db, user, node_id)
            )
        await self.collect()
        return purged

    async def keep_tidy(self) -> None:
        """Purge the trash and forget old tokens, now and every hour."""
        from acd_tui.server import accounts

        while True:
            try:
                await self.purge_expired()
                await self.db.write(lambda db: accounts.clean_up(db, self.clock.now()))
            except Exception:  # noqa: BLE001 - the border of a background task
                _log.exception("tidying up failed; next try in an hour")
            await self.clock.sleep(3600)


class Upload:
    """One file's content on its way in; constant memory.

    Bytes are hashed and written in batches by a thread, while the next batch arrives.
    """

    def __init__(self, storage: Storage) -> None:
        self.size = 0
        self._storage = storage
        self._incoming = storage.content.incoming()
        self._batch: list[bytes] = []
        self._batched = 0
        self._writing: asyncio.Future[None] | None = None

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
        return await _named(self._storage.in_thread(self._finish, self._taken()))

    async def settle(self) -> None:
        """A node that refers to the content is committed."""
        await self._storage.in_thread(self._incoming.settle)

    async def discard(self) -> None:
        """Forget it all."""
        if self._writing is not None:
            await asyncio.wait({self._writing})
            self._writing.cancelled() or self._writing.exception()
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
            await _named(writing)


async def _named(work: Any) -> Any:
    try:
        return await work
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise wire.disk_full() from error
        raise


async def stored_file(
    storage: Storage, grant: Grant, upload: Upload, commit: Callable[[Tree, Stored], T]
) -> T:
    """Finish an upload and commit the node that refers to it.

    Raises:
        ApiFault: no room, or `commit` refuses; then nothing is left of the upload.
    """
    stored = await upload.finish()
    row = await storage.change(grant, lambda tree: commit(tree, stored))
    await upload.settle()
    return row


async def new_file(
    storage: Storage,
    grant: Grant,
    upload: Upload,
    metadata: Mapping[str, Any],
    content_type: str,
    *,
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

    return await stored_file(storage, grant, upload, commit)


async def new_content(
    storage: Storage, grant: Grant, upload: Upload, node_id: str, content_type: str
) -> NodeRow:
    """Give a file the content of an upload.

    Raises:
        ApiFault: no such file; over quota.
    """

    def commit(tree: Tree, stored: Stored) -> NodeRow:
        row = tree.file(node_id)
        tree.refuse_over(storage.quota, stored.size - (row.size or 0))
        return tree.put_content(row, stored, content_type)

    row = await stored_file(storage, grant, upload, commit)
    await storage.collect()
    return row


async def file_pieces(storage: Storage, file: Any, length: int) -> AsyncIterator[bytes]:
    """Read from an open file, a MiB at a time, off the event loop."""
    while length > 0:
        piece = await storage.in_thread(file.read, min(_BATCH, length))
        if not piece:
            raise OSError(errno.EIO, "a content file is shorter than it should be")
        length -= len(piece)
        yield piece
