"""Searches a mirror, and knows its names by heart for who searches again."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Sequence

from acd_tui.db import Database
from acd_tui.drive import statements
from acd_tui.drive.name_index import NameIndex
from acd_tui.drive.names import Encoder
from acd_tui.drive.search import Hit, search
from acd_tui.errors import AcdError
from acd_tui.vfs.query import Query

_log = logging.getLogger(__name__)


class Searcher:
    """See the module.

    Args:
        db: the mirror's.

    Attributes:
        names: all of them, as they were at some edition of the tree.
        indexing: the task that reads them, if one does.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._edition = -1
        self._asked = False
        self.names: NameIndex | None = None
        self.indexing: asyncio.Task[None] | None = None

    def stop(self) -> None:
        if self.indexing is not None:
            self.indexing.cancel()

    async def search(self, query: Query, limit: int, encoder: Encoder) -> Sequence[Hit]:
        """Return what is reachable and matches; see `drive.search`."""
        current = self._db.read_here(_edition) == self._edition
        names = self.names if current else None
        # A single search is faster without.
        if not current and self._asked and self.indexing is None:
            self.indexing = asyncio.create_task(self._index())
        self._asked = True
        return await self._db.read(
            lambda c: search(c, query, limit, encoder, names=names)
        )

    async def _index(self) -> None:
        try:
            self._edition, self.names = await self._db.read(
                lambda c: (_edition(c), NameIndex(c))
            )
        except AcdError as error:  # the next search says so, if it is serious
            _log.info("the names cannot be indexed: %s", error)
        finally:
            self.indexing = None


def _edition(connection: sqlite3.Connection) -> int:
    (edition,) = connection.execute(statements.EDITION).fetchone()
    return int(edition)
