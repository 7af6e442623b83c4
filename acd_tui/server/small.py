"""Small contents on their way in: durable with the node they belong to, in one commit.

To make, sync and name a file costs far more than to receive a small content. So it goes
into the index first, where those that come at the same time share one sync; a file is made
of it later (see `settling`). As long as its row is there, the row is the content, whatever
lies in the folder of files.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from acd_tui.db import Database
from acd_tui.server.disk import ContentFolder, Piece, Stored
from acd_tui.server.wire import NodeRow

Make = Callable[[sqlite3.Connection, Stored], NodeRow]

LARGEST = 64 * 1024
MOST_WAITING = 32_768  # contents without a file; from then on files are made at once
_LOOK_AGAIN_SECONDS = 1.0
_SHARED = 256  # contents of which the files will lie in one folder, to be synced once


class Waiting(NamedTuple):
    """The contents that have no file yet: the first and the last that came.

    Attributes:
        first: its number.
        last: its number; numbers grow as long as there is any.
    """

    first: int
    last: int

    @property
    def most(self) -> int:
        """How many there are at most."""
        return self.last - self.first + 1


def waiting(db: sqlite3.Connection) -> Waiting | None:
    """Which contents have no file yet; None if all have."""
    first, last = db.execute(
        "SELECT (SELECT min(num) FROM small), (SELECT max(num) FROM small)"
    ).fetchone()
    return None if first is None else Waiting(first, last)


def bytes_of(db: sqlite3.Connection, content: str) -> bytes | None:
    """A content that has no file yet; None if it has one."""
    row = db.execute(
        "SELECT s.bytes FROM nodes n JOIN small s ON s.node = n.num"
        " WHERE n.content = ? AND s.content = n.content",
        (content,),
    ).fetchone()
    return None if row is None else bytes(row[0])


def held_by(db: sqlite3.Connection, row: NodeRow) -> bytes | None:
    """The content of a node, if it has no file yet."""
    if row.content is None or (row.size or 0) > LARGEST:
        return None
    held = db.execute(
        "SELECT bytes FROM small WHERE node = ? AND content = ?", (row.num, row.content)
    ).fetchone()
    return None if held is None else bytes(held[0])


class SmallContents:
    """Takes small contents, and the nodes that refer to them.

    Args:
        folder: where their files will be.
        db: where they and the nodes go.
        news: called when one has come.
    """

    def __init__(
        self, folder: ContentFolder, db: Database, news: Callable[[], object]
    ) -> None:
        self._folder = folder
        self._news = news
        self._db = db
        self._waiting = 0
        self._look_at = 0.0
        self._shard, self._in_shard = "", _SHARED

    def takes(self, size: int) -> bool:
        """Whether a content of so many bytes is to go this way."""
        if size > LARGEST:
            return False
        if self._waiting < MOST_WAITING:
            return True
        # Now and then one goes all the same, and sees how many there are by now.
        now = time.monotonic()
        if now < self._look_at:
            return False
        self._look_at = now + _LOOK_AGAIN_SECONDS
        return True

    async def commit(self, pieces: Sequence[Piece], make: Make) -> NodeRow:
        """Make a content durable together with the node that refers to it.

        Raises:
            OSError: the disk is full.
            DatabaseError: see `Database.write`.
            Exception: of `make`; nothing is left of the content then.
        """
        data = b"".join(pieces)
        md5 = hashlib.md5(data, usedforsecurity=False).hexdigest()
        stored = Stored(self._new_name(), len(data), md5)

        def work(db: sqlite3.Connection) -> NodeRow:
            self._folder.refuse_full(len(data))
            row = make(db, stored)
            number = db.execute(
                "INSERT INTO small (node, content, bytes) VALUES (?, ?, ?)",
                (row.num, stored.id, data),
            ).lastrowid
            assert number is not None
            (first,) = db.execute("SELECT min(num) FROM small").fetchone()
            self._waiting = number - first + 1
            return row

        row = await self._db.write(work)
        self._news()
        return row

    def _new_name(self) -> str:
        if self._in_shard == _SHARED:
            self._shard, self._in_shard = secrets.token_hex(1), 0
        self._in_shard += 1
        return self._shard + secrets.token_hex(15)
