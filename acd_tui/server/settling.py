"""Gives small contents their files, when nobody is kept waiting by it.

Only one process does that for a directory: the one that holds its lock.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import threading
import time
from collections.abc import Iterator

from acd_tui.clock import Clock
from acd_tui.db import Database
from acd_tui.errors import AcdError
from acd_tui.server import index
from acd_tui.server.disk import ContentFolder
from acd_tui.server.small import MOST_WAITING, waiting

_AT_ONCE = 64
_LOOK_SECONDS = 1.0  # if there are no news; other processes take contents as well
_QUIET_SECONDS = 0.1
_AFTER_AN_ERROR_SECONDS = 60.0

_log = logging.getLogger(__name__)


class Settler:
    """Makes files of contents. Its methods block, but for `keep_on`.

    Args:
        folder: where the files go.
        db: where the contents are.

    Attributes:
        news: set when a content has come.
    """

    def __init__(self, folder: ContentFolder, db: Database) -> None:
        self._folder = folder
        self._db = db
        self._lock = threading.Lock()
        self.news = asyncio.Event()

    def settle_some(self, *, keep_all: bool = False) -> list[str]:
        """Give those that came first their files.

        Args:
            keep_all: also the files of contents that no node refers to.

        Returns:
            the contents; none if all have files.

        Raises:
            OSError: the disk is full, or worse. The contents stay where they are.
            DatabaseError: the index is damaged.
        """
        with self._lock:
            rows = self._db.read_now(_first)
            return self._settle(rows, keep_all=keep_all) if rows else []

    def _settle(
        self, rows: list[tuple[int, str, bytes]], *, keep_all: bool
    ) -> list[str]:
        names = [content for _, content, _ in rows]
        self._folder.put([(content, data) for _, content, data in rows])

        def forget(db: sqlite3.Connection) -> set[str]:
            # The number of one that went meanwhile may be another's by now.
            db.executemany(
                "DELETE FROM small WHERE num = ? AND content = ?",
                [(number, content) for number, content, _ in rows],
            )
            return set(names) if keep_all else index.referenced(db, names)

        self._folder.settle(names, self._db.write_now(forget))
        return names

    def settle_all(self) -> Iterator[str]:
        """Give all of them files, also what no node refers to; while no server runs.

        Raises:
            OSError: see `settle_some`.
            DatabaseError: likewise.
        """
        while names := self.settle_some(keep_all=True):
            yield from names

    def settle_for(self, seconds: float) -> None:
        """Give files to as many as can be done in about that time."""
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and self.settle_some():
                pass
        except (OSError, AcdError):
            _log.exception("small contents stay in the index for now")

    async def keep_on(self, clock: Clock) -> None:
        """Give files whenever nothing has changed for a moment, or many are waiting."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_LOOK_SECONDS):
                    await self.news.wait()
            self.news.clear()
            try:
                await self._settle_in_quiet(clock)
            except (OSError, AcdError):
                _log.exception("small contents stay in the index for now")
                await clock.sleep(_AFTER_AN_ERROR_SECONDS)

    async def _settle_in_quiet(self, clock: Clock) -> None:
        before: tuple[int, int] | None = None
        while (now := await self._db.read(waiting)) is not None:
            version = self._db.version_here()
            if version == before or now.most > MOST_WAITING // 2:
                await asyncio.to_thread(self.settle_some)
            else:
                await clock.sleep(_QUIET_SECONDS)
            before = version  # ours is a change as well: then there is a rest


def _first(db: sqlite3.Connection) -> list[tuple[int, str, bytes]]:
    return db.execute(
        "SELECT num, content, bytes FROM small ORDER BY num LIMIT ?", (_AT_ONCE,)
    ).fetchall()
