"""Nodes and content together: every change is durable, and whole or not at all."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import secrets
import shlex
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from acd_tui.clock import Clock, SystemClock
from acd_tui.db import Database
from acd_tui.errors import AcdError, Denied
from acd_tui.locations import private_folder
from acd_tui.server import index, journal, partials, tokens, wire
from acd_tui.server.disk import ContentFolder, room
from acd_tui.server.settling import Settler
from acd_tui.server.small import SmallContents, bytes_of, held_by
from acd_tui.server.steady import is_steady
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

T = TypeVar("T")

INDEX = "index.sqlite"
TRASH_DAYS = 30
_DAY = 24 * 3600 * 1000
_CONTENT_THREADS = 16

_log = logging.getLogger(__name__)


class Storage:
    """The drives of all users below one directory.

    Args:
        directory: made if it is missing, for its owner alone.
        quota: bytes each user may store; None is what the disk holds.
        clock: for dates and expiry.
        index: a copy of the database to take in place of the directory's own.
        shared: other processes write all the time as well.
    """

    def __init__(
        self,
        directory: Path,
        *,
        quota: int | None = None,
        clock: Clock | None = None,
        index: Path | None = None,
        shared: bool = False,
    ) -> None:
        self.directory = directory
        self.quota = quota
        self.clock = clock or SystemClock()
        self.content = ContentFolder(directory / "content")
        self.db = Database(
            index or directory / INDEX,
            files("acd_tui.server") / "schema",
            synchronous="FULL",
            turns=directory / "turns.lock" if shared else None,
            only_in_place=True,
        )
        self._pool = ThreadPoolExecutor(_CONTENT_THREADS, thread_name_prefix="content")
        self.settler = Settler(self.content, self.db)
        self.small = SmallContents(self.content, self.db, self.settler.news.set)
        self._garbage = False
        self._collecting: asyncio.Task[None] | None = None
        self.new_pictures = threading.Event()  # set when one has come
        self.closing: list[Callable[[], None]] = []  # called before it closes

    def open(self) -> None:
        """Make what is missing and open the database. Blocks for a moment.

        Raises:
            Denied: the directory cannot be used, or the disk with the content is missing.
            DatabaseError: the database is damaged, or its journal another one's.
        """
        private_folder(self.directory)
        journal.refuse_foreign(self.db.path)
        self.db.open()
        try:
            self._expect_content()
            self.content.open()
        except BaseException:
            self.db.close()
            raise

    def _expect_content(self) -> None:
        if not self.content.is_bare or not self.db.read_now(index.has_files):
            return
        folder = self.content.directory
        raise Denied(
            f"{folder} holds none of the files that the index knows",
            hint="mount the disk that they are on, or put a backup back; if they are"
            f" lost for good, `mkdir -p {shlex.quote(str(folder / 'tmp'))}` and then"
            " `acd-tui server check --repair` give them up",
        )

    def open_to_read(self) -> None:
        """Open what is there and change nothing. Blocks for a moment.

        Raises:
            NeedsWriting: only a copy of the database can be read.
            Denied: the database cannot be opened.
            DatabaseError: it is damaged.
        """
        self.db.open_to_read()

    def close(self) -> None:
        """Finish what is under way. Blocks meanwhile."""
        for stop in self.closing:
            stop()
        self._pool.shutdown()
        self.content.close()
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

    async def ask(self, grant: Grant, work: Callable[[Tree], T]) -> T:
        """Find out whether a change would be refused; `work` must change nothing."""
        now = self.now()
        return await self.db.read(lambda db: work(Tree(db, grant.user, now)))

    async def node(
        self, grant: Grant, node_id: str, *, albums: bool = False
    ) -> NodeRow:
        """A node that is not purged; an album only if asked for.

        Raises:
            ApiFault: 404.
        """
        row = await self.read(
            grant, lambda db, user: index.get(db, user, node_id, albums=albums)
        )
        if row is None:
            raise wire.node_not_found()
        return row

    async def node_and_bytes(
        self, grant: Grant, node_id: str
    ) -> tuple[NodeRow, bytes | None]:
        """A node that is not purged, and its content if that has no file yet.

        Raises:
            ApiFault: 404.
        """

        def work(
            db: sqlite3.Connection, user: int
        ) -> tuple[NodeRow, bytes | None] | None:
            row = index.get(db, user, node_id)
            return None if row is None else (row, held_by(db, row))

        found = await self.read(grant, work)
        if found is None:
            raise wire.node_not_found()
        return found

    def opened(self, content: str) -> BinaryIO:
        """A content to be read, wherever its bytes are. Blocks.

        Raises:
            FileNotFoundError: it is not there, or not any more.
        """
        data = self.db.read_now(lambda db: bytes_of(db, content))
        if data is not None:
            return io.BytesIO(data)
        return self.content.path(content).open("rb")

    async def room(self, grant: Grant) -> tuple[int, int]:
        """How many bytes a user may store altogether, and how many more."""
        used = await self.read(grant, index.used)
        if self.quota is not None:
            return self.quota, max(0, self.quota - used)
        disk = await self.in_thread(os.statvfs, self.directory)
        free = max(0, room(disk))
        return used + free, free

    async def in_thread(self, function: Callable[..., T], *args: Any) -> T:
        """Do something with content files off the event loop."""
        return await asyncio.get_running_loop().run_in_executor(
            self._pool, function, *args
        )

    async def sweep(self) -> None:
        """Clear away what a killed server left. Only before requests are served."""

        def work() -> int:
            partials.sweep(self.db, self.content)
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

    def collect_soon(self) -> None:
        """`collect`, but nobody waits for it."""
        self._garbage = True
        if self._collecting is None or self._collecting.done():
            self._collecting = asyncio.create_task(self._collect_quietly())

    async def _collect_quietly(self) -> None:
        try:
            while self._garbage:
                self._garbage = False
                await self.collect()
        except (OSError, AcdError, RuntimeError):  # the last: it was closed meanwhile
            _log.exception("the content that was overwritten stays until the next hour")

    async def purge_expired(self) -> int:
        """Delete for good what has been in the trash for 30 days.

        Returns:
            how many nodes.
        """
        now = self.now()
        before = now - TRASH_DAYS * _DAY

        def expired(db: sqlite3.Connection) -> list[tuple[int, str]]:
            return db.execute(
                "SELECT user, id FROM nodes INDEXED BY nodes_trashed"
                " WHERE trashed IS NOT NULL AND trashed < ? AND user IN"
                " (SELECT num FROM users)",
                (before,),
            ).fetchall()

        def purge(db: sqlite3.Connection, user: int, node_id: str) -> int:
            row = index.get(db, user, node_id)
            if row is None or row.trashed is None or row.trashed >= before:
                return 0  # gone with its folder, or restored or trashed anew meanwhile
            return Tree(db, user, now).purge(row)

        purged = 0
        for user, node_id in await self.db.read(expired):
            purged += await self.db.write(partial(purge, user=user, node_id=node_id))
        await self.collect()
        return purged

    async def tidy(self) -> None:
        """Delete what is too old, unless the clock has jumped."""
        now = self.now()
        if not await self.db.write(lambda db: is_steady(db, now)):
            await self.collect()
            return
        await self.purge_expired()
        await self.in_thread(partials.tidy, self.db, self.content, now)
        await self.db.write(lambda db: tokens.clean_up(db, self.clock.now()))

    async def keep_tidy(self) -> None:
        """Purge the trash and forget old tokens, now and every hour."""
        while True:
            try:
                await self.tidy()
            except Exception:  # noqa: BLE001 - the border of a background task
                _log.exception("tidying up failed; next try in an hour")
            await self.clock.sleep(3600)
