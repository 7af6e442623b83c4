"""Small contents on their way in: those that come at the same time are made durable together.

To hand work to a thread, to make and remove a name, and to have the disk write a folder
down, each cost more than a small file itself. A few threads take what waits, several files
at once; these share a folder, and what marks them as not yet referred to.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from acd_tui.db import Database, DatabaseError
from acd_tui.mailbox import Ticket
from acd_tui.server.disk import ContentFolder, Piece, Stored, start_writing, write_all
from acd_tui.server.groups import Fate, Group

T = TypeVar("T")
Make = Callable[[sqlite3.Connection, Stored], T]

LARGEST = 256 * 1024
_THREADS = 4
_MOST_AT_ONCE = 16
_IDLE_SECONDS = 0.2


class _Small:
    """A content, and who waits for it."""

    __slots__ = ("fate", "file", "group", "id", "md5", "pieces", "size", "ticket")

    def __init__(self, pieces: Sequence[Piece], ticket: Ticket) -> None:
        self.pieces = pieces
        self.ticket = ticket
        self.size = sum(map(len, pieces))
        self.group: Group | None = None
        self.fate: Fate | None = None
        self.id = ""
        self.md5 = ""
        self.file = -1

    def over(self, fate: Fate) -> None:
        """Say what became of it; from any thread."""
        self.fate = fate
        if self.group is not None:
            self.group.over.append((self.id, fate))


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

        fate = Fate.UNKNOWN  # of a disk that fails, and if this request is cancelled
        try:
            done = await self._db.write_after(hand_over, work)
            fate = Fate.REFERRED
        except DatabaseError:
            raise
        except Exception:
            fate = Fate.REFUSED
            raise
        finally:
            asked[0].over(fate)
        return done

    def close(self) -> None:
        """Finish what is under way. Blocks meanwhile."""
        for _ in self._threads:
            self._waiting.put(None)
        for thread in self._threads:
            thread.join()
        self._threads = []

    def _start(self) -> None:
        self._threads = [
            threading.Thread(
                target=_Writer(self._folder, self._waiting).run,
                name=f"small_{number}",
                daemon=True,
            )
            for number in range(_THREADS)
        ]
        for thread in self._threads:
            thread.start()


class _Writer:
    """What one thread does.

    Args:
        folder: where the files go.
        waiting: what to write; None is the end.
    """

    def __init__(
        self, folder: ContentFolder, waiting: queue.SimpleQueue[_Small | None]
    ) -> None:
        self._folder = folder
        self._waiting = waiting
        self._groups: list[Group] = []  # only the last may be open

    def run(self) -> None:
        wait: float | None = None
        while True:
            try:
                first = self._waiting.get(timeout=wait)
            except queue.Empty:
                self._close_group()
                wait = _IDLE_SECONDS if self._groups else None
                continue
            if first is None:
                break
            self._make(self._more(first))
            wait = _IDLE_SECONDS
        self._close_group()

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
        try:
            group = self._group(len(batch))
            room = group.room()
        except OSError as error:
            _fail(batch, error)
            return
        written = []
        for small in batch:
            room -= small.size
            if room < 0:
                _fail([small], OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
            elif _tried(_write, small, group):
                written.append(small)
        synced = [small for small in written if _tried(_sync, small)]
        try:
            group.sync()
        except OSError as error:
            _fail(synced, error)
            return
        for small in synced:
            small.ticket.go()

    def _group(self, files: int) -> Group:
        """The group for so many more files."""
        if self._groups and self._groups[-1].left < files:
            self._close_group()
        if not self._groups or self._groups[-1].closed:
            self._groups.append(Group(self._folder))
        return self._groups[-1]

    def _close_group(self) -> None:
        if self._groups:
            self._groups[-1].close()
        self._groups = [group for group in self._groups if not group.cleared()]


def _write(small: _Small, group: Group) -> None:
    small.id, small.file = group.new()
    small.group = group
    if small.fate is not None:  # the request was cancelled before there was a file
        small.over(small.fate)
    write_all(small.file, small.pieces)
    start_writing(small.file)
    md5 = hashlib.md5(usedforsecurity=False)
    for piece in small.pieces:
        md5.update(piece)
    small.md5 = md5.hexdigest()


def _sync(small: _Small) -> None:
    os.fsync(small.file)
    os.close(small.file)
    small.file = -1


def _tried(step: Callable[..., None], small: _Small, *more: Group) -> bool:
    try:
        step(small, *more)
    except OSError as error:
        _fail([small], error)
        return False
    return True


def _fail(batch: Sequence[_Small], error: OSError) -> None:
    for small in batch:
        if small.file >= 0:
            os.close(small.file)
            small.file = -1
        small.ticket.fail(error)
