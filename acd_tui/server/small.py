"""Small contents on their way in: those that come at the same time are made durable together.

To hand work to a thread, and to have the disk write a folder down, costs more than a small
file itself. A few threads take what waits, several files at once; these share a folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import secrets
import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import TypeVar

from acd_tui.db import Database, DatabaseError, Ticket
from acd_tui.server.disk import (
    ContentFolder,
    Piece,
    Stored,
    refuse_full,
    sync_folder,
    write_all,
)

T = TypeVar("T")
Make = Callable[[sqlite3.Connection, Stored], T]

LARGEST = 256 * 1024
_THREADS = 4
_MOST_AT_ONCE = 16
_IDLE_SECONDS = 0.2


class _Small:
    """A content, and who waits for it."""

    __slots__ = ("file", "id", "md5", "pieces", "size", "ticket")

    def __init__(self, pieces: Sequence[Piece], ticket: Ticket) -> None:
        self.pieces = pieces
        self.ticket = ticket
        self.id = ""
        self.size = 0
        self.md5 = ""
        self.file = -1


class SmallFiles:
    """Makes small content files, and the nodes that refer to them.

    Args:
        folder: where the files go.
        db: where the nodes go.
    """

    def __init__(self, folder: ContentFolder, db: Database) -> None:
        self._folder = folder
        self._db = db
        self._waiting: queue.SimpleQueue[_Small | None] = queue.SimpleQueue()
        self._over: deque[tuple[str, bool]] = deque()  # and whether it was refused
        self._tmp = str(folder.directory / "tmp")
        self._final = str(folder.directory)
        self._threads: list[threading.Thread] = []

    async def commit(self, pieces: Sequence[Piece], make: Make[T]) -> T:
        """Make a content durable, then the node that refers to it.

        Raises:
            OSError: the disk is full, or worse.
            DatabaseError: see `Database.write`.
            Exception: of `make`; nothing is left of the content then.
        """
        if not self._threads:
            self._start()
        asked: list[_Small] = []

        def hand_over(ticket: Ticket) -> None:
            asked.append(_Small(pieces, ticket))
            self._waiting.put(asked[0])

        def work(db: sqlite3.Connection) -> T:
            small = asked[0]
            return make(db, Stored(small.id, small.size, small.md5))

        # Of a disk that fails, and of a request that was cancelled, nobody can say whether
        # the node is committed: the next start sees to it.
        try:
            done = await self._db.write_after(hand_over, work)
        except DatabaseError:
            raise
        except Exception:
            self._over.append((asked[0].id, True))
            raise
        self._over.append((asked[0].id, False))
        return done

    def close(self) -> None:
        """Finish what is under way. Blocks meanwhile."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []
        self._settle()

    def _start(self) -> None:
        self._threads = [
            threading.Thread(target=self._run, name=f"small_{number}", daemon=True)
            for number in range(_THREADS)
        ]
        for thread in self._threads:
            thread.start()

    def _run(self) -> None:
        wait: float | None = None
        while True:
            try:
                first = self._waiting.get(timeout=wait)
            except queue.Empty:
                wait = None if self._settle() == 0 else _IDLE_SECONDS
                continue
            if first is None:
                return
            self._make(self._more(first))
            self._settle()
            wait = _IDLE_SECONDS

    def _more(self, first: _Small) -> list[_Small]:
        batch = [first]
        with contextlib.suppress(queue.Empty):
            while len(batch) < _MOST_AT_ONCE:
                if (small := self._waiting.get_nowait()) is None:
                    self._waiting.put(None)
                    break
                batch.append(small)
        return batch

    def _make(self, batch: list[_Small]) -> None:
        shard = secrets.token_hex(1)
        written = [small for small in batch if self._tried(self._write, small, shard)]
        synced = [small for small in written if self._tried(self._sync, small)]
        try:
            sync_folder(self._folder.directory / shard)
        except OSError as error:
            for small in synced:
                self._fail(small, error)
            return
        for small in synced:
            small.ticket.go()

    def _tried(self, step: Callable[..., None], small: _Small, *more: str) -> bool:
        try:
            step(small, *more)
        except OSError as error:
            self._fail(small, error)
            return False
        return True

    def _write(self, small: _Small, shard: str) -> None:
        small.id = shard + secrets.token_hex(15)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        small.file = os.open(f"{self._tmp}/{small.id}", flags, 0o600)
        size = sum(map(len, small.pieces))
        refuse_full(small.file, size)
        small.size = write_all(small.file, small.pieces)
        md5 = hashlib.md5(usedforsecurity=False)
        for piece in small.pieces:
            md5.update(piece)
        small.md5 = md5.hexdigest()

    def _sync(self, small: _Small) -> None:
        os.fsync(small.file)
        os.close(small.file)
        small.file = -1
        final = f"{self._final}/{small.id[:2]}/{small.id}"
        os.link(f"{self._tmp}/{small.id}", final)

    def _fail(self, small: _Small, error: OSError) -> None:
        if small.file >= 0:
            os.close(small.file)
        small.ticket.fail(error)

    def _settle(self) -> int:
        """Clear up behind what is committed or refused; how many there were."""
        count = 0
        with contextlib.suppress(IndexError):
            while True:
                name, refused = self._over.popleft()
                with contextlib.suppress(OSError):  # then the next start does
                    if refused:
                        self._folder.remove([name])
                    os.unlink(f"{self._tmp}/{name}")  # noqa: PTH108 - a Path takes longer
                count += 1
        return count
