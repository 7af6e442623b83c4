"""SQLite behind one writer thread and a few read-only readers.

The unit of writing is a function of a connection, run inside one transaction: no
`await` can stand in it, so the writes of two tasks never mix. Functions that wait at
the same time share one commit, and with it one fsync.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import queue
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from acd_tui.db_file import (
    DatabaseError,
    DatabaseFile,
    DatabaseFull,
    NeedsWriting,
    database_size,
    must_be_readable,
    named_errors,
    remove_database,
)
from acd_tui.errors import AcdError, Denied
from acd_tui.mailbox import Job, Jobs, Mailbox, Outcome, Work

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = [
    "Database",
    "DatabaseError",
    "DatabaseFull",
    "NeedsWriting",
    "database_size",
    "must_be_readable",
    "remove_database",
]

T = TypeVar("T")
_log = logging.getLogger(__name__)
_MOST_PER_COMMIT = 256
_FRESH = (
    0.01  # seconds; to ask again means to lock the file, and the busy ask all the time
)


class _Flock:
    """Held by one process at a time, in the order in which they ask."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def __enter__(self) -> None:
        assert sys.platform != "win32"
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        assert sys.platform != "win32"
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)


class Database:
    """One SQLite file in WAL mode.

    Args:
        path: the file; its folder must exist.
        schema: a folder of numbered migrations, `01-….sql` and so on; how many of
            them have run is kept in the file's `user_version`.
        synchronous: FULL survives a power cut with every commit, NORMAL may lose the
            last ones then (but none when only the process dies).
        readers: how many threads read side by side.
        turns: a file to lock while writing, where several processes write all the time:
            SQLite serves whoever happens to ask at the right moment, and lets others
            wait for a second.
        only_in_place: refuse to write once the file, or its journal, was moved, removed
            or replaced: what is committed to it then nobody finds again.
    """

    def __init__(
        self,
        path: Path,
        schema: Traversable,
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        readers: int = 2,
        turns: Path | None = None,
        only_in_place: bool = False,
    ) -> None:
        self.path = path
        self._file = DatabaseFile(path, schema, synchronous=synchronous)
        self._turns = turns
        self._only_in_place = only_in_place
        self._writes: Jobs = queue.SimpleQueue()
        self._reads: Jobs = queue.SimpleQueue()
        self._readers = readers
        self._writing: list[threading.Thread] = []  # there is one, or none
        self._reading: list[threading.Thread] = []
        self._mailbox: Mailbox | None = None
        self._writable = True
        self._closed = False
        self._closing = threading.Lock()  # so that nothing is asked for after the end
        self._near: sqlite3.Connection | None = None
        self._near_lock = threading.Lock()
        self._commits = 0  # by this object
        self._version = -1
        self._version_until = 0.0

    def open(self) -> None:
        """Bring the schema up to date and start the threads. Blocks for a moment.

        Raises:
            DatabaseError: the file is no database, damaged, or of a newer version.
            Denied: it cannot be opened.
        """
        file = self._file
        with named_errors(self.path):
            writer = file.open()
            connections = [file.connect(read_only=True) for _ in range(self._readers)]
            self._near = file.connect(read_only=True)
        self._writing.append(self._started(self._write_loop, writer))
        self._start_readers(connections)

    def open_to_read(self) -> None:
        """Start the readers only; the file is left as it is, and may not be writable.

        Raises:
            NeedsWriting: its journal or its older schema cannot be read that way.
            DatabaseError: the file is no database, damaged, or of a newer version.
            Denied: it cannot be opened.
        """
        self._writable = False
        with named_errors(self.path, "reading"):
            connections = [self._file.connect_to_read() for _ in range(self._readers)]
        self._start_readers(connections)

    @property
    def is_replaced(self) -> bool:
        """Whether another file is in its place by now; of another process, perhaps."""
        return self._file.is_replaced

    @property
    def waiting(self) -> tuple[int, int]:
        """How many writes, and how many reads, no thread has taken up yet."""
        return self._writes.qsize(), self._reads.qsize()

    def close(self) -> None:
        """Finish what was asked for and stop the threads. Blocks meanwhile.

        The writer's connection goes last and alone: with the last one SQLite takes the
        journal into the file, but of two that go at once each believes in the other.
        """
        if self._mailbox is not None:
            self._mailbox.leave()
        with self._closing:
            self._closed = True
        with self._near_lock:
            if self._near is not None:
                self._near.close()
                self._near = None
        for jobs, threads in (
            (self._reads, self._reading),
            (self._writes, self._writing),
        ):
            for _ in threads:
                jobs.put(None)
            for thread in threads:
                thread.join()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; when this returns, it is committed.

        If `work` raises, its changes (and only its) are undone and the error is
        raised here. Work whose caller was cancelled is either done whole or not at all.
        """
        return await self._waiting(self._writes, work)

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection, as one snapshot."""
        return await self._waiting(self._reads, work)

    def read_here(self, work: Work[T], *, once: bool = False) -> T:
        """Run a read that takes no longer than a hop to a thread would, at once.

        For lookups by key. Whatever grows with the data belongs into `read`.

        Args:
            work: what to read.
            once: whether that is one statement, which is a snapshot by itself.
        """
        with self._near_connection() as near:
            if once:
                return work(near)
            try:
                near.execute("BEGIN")
                return work(near)
            finally:
                if near.in_transaction:
                    near.execute("ROLLBACK")

    def version_here(self) -> tuple[int, int]:
        """Return what is another after any commit, whoever made it.

        What others commit it may learn some milliseconds late.
        """
        now = time.monotonic()
        if now >= self._version_until:
            with self._near_connection() as near:
                (self._version,) = near.execute("PRAGMA data_version").fetchone()
            self._version_until = now + _FRESH
        return self._version, self._commits

    @contextlib.contextmanager
    def _near_connection(self) -> Iterator[sqlite3.Connection]:
        with self._near_lock:
            if self._closed or self._near is None:
                raise DatabaseError(f"{self.path.name} is closed")
            try:
                yield self._near
            except sqlite3.Error as error:
                raise self._translated(error) from error

    def write_now(self, work: Work[T]) -> T:
        """`write` for a thread that may block."""
        return self._blocking(self._writes, work)

    def write_soon(self, work: Work[T]) -> Future[T]:
        """`write_now`, to be waited for later."""
        job = Job(work, None)
        self._submit(self._writes, job)
        return job.future  # type: ignore[return-value] # it is no asyncio one

    def read_now(self, work: Work[T]) -> T:
        """`read` for a thread that may block."""
        return self._blocking(self._reads, work)

    async def _waiting(self, jobs: Jobs, work: Work[T]) -> T:
        mailbox = self._mailbox_here()
        job = Job(work, mailbox)
        mailbox.ask(jobs, job)
        result: T = await job.future  # type: ignore[misc] # it is an asyncio one
        return result

    def _mailbox_here(self) -> Mailbox:
        loop = asyncio.get_running_loop()
        mailbox = self._mailbox
        if mailbox is None or mailbox.loop is not loop:
            mailbox = self._mailbox = Mailbox(loop, self._submit)
        return mailbox

    def _blocking(self, jobs: Jobs, work: Work[T]) -> T:
        job = Job(work, None)
        self._submit(jobs, job)
        result: T = job.future.result()
        return result

    def _submit(self, jobs: Jobs, job: Job) -> None:
        with self._closing:
            if self._closed:
                raise DatabaseError(f"{self.path.name} is closed")
            if jobs is self._writes and not self._writable:
                raise Denied(f"{self.path} is open for reading only")
            jobs.put(job)

    def _start_readers(self, connections: list[sqlite3.Connection]) -> None:
        for connection in connections:
            self._reading.append(self._started(self._read_loop, connection))

    def _started(
        self,
        loop: Callable[[sqlite3.Connection], None],
        connection: sqlite3.Connection,
    ) -> threading.Thread:
        thread = threading.Thread(
            target=loop, args=(connection,), name=f"db:{self.path.name}", daemon=True
        )
        thread.start()
        return thread

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        with contextlib.closing(connection), self._in_turn() as turn:
            while (first := self._writes.get()) is not None:
                stop = self._write_batch(connection, first, turn)
                del first  # while it waits for the next: it may be large
                if stop:
                    return

    def _write_batch(
        self,
        connection: sqlite3.Connection,
        first: Job,
        turn: contextlib.AbstractContextManager[None],
    ) -> bool:
        """Do a job and those that wait by now; say whether they are the last."""
        batch, stop = [first], False
        while len(batch) < _MOST_PER_COMMIT and not stop:
            try:
                job = self._writes.get_nowait()
            except queue.Empty:
                break
            if job is None:
                stop = True
            else:
                batch.append(job)
        with turn:
            done = self._committed(connection, batch)
        for job, result, error in done:
            job.answer(result, error)
        return stop

    @contextlib.contextmanager
    def _in_turn(self) -> Iterator[contextlib.AbstractContextManager[None]]:
        """Give what is to be held while writing."""
        if self._turns is None or sys.platform == "win32":
            yield contextlib.nullcontext()
            return
        descriptor = os.open(self._turns, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            yield _Flock(descriptor)
        finally:
            os.close(descriptor)

    def _committed(
        self, connection: sqlite3.Connection, batch: list[Job]
    ) -> list[Outcome]:
        """Do all jobs in one transaction; what came of each."""
        save = _saved if len(batch) > 1 else _alone
        done: list[Outcome] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                if job.future.cancelled():
                    continue
                try:
                    done.append((job, save(connection, job.work), None))
                except Exception as error:
                    if not connection.in_transaction:
                        raise  # a full disk undoes more than this work
                    done.append((job, None, self._translated(error)))
            if self._only_in_place and not self._file.is_in_place:
                raise DatabaseError(
                    f"{self.path} or its journal was moved, removed or replaced"
                )
            connection.execute("COMMIT")
            self._commits += 1
        except Exception as error:  # noqa: BLE001 - the writer's border
            # The transaction as a whole failed: nothing of this batch happened.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            failure = self._translated(error)
            if isinstance(failure, AcdError):
                _log.error("nothing was written: %s", failure.message)
            else:
                _log.exception("commit failed in %s", self.path)
            return [(job, None, failure) for job in batch]
        return done

    def _read_loop(self, connection: sqlite3.Connection) -> None:
        with contextlib.closing(connection):
            while (job := self._reads.get()) is not None:
                if job.future.cancelled():
                    continue
                result, failure = None, None
                try:
                    connection.execute("BEGIN")
                    result = job.work(connection)
                except Exception as error:  # noqa: BLE001 - the caller's to deal with
                    failure = self._translated(error)
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")
                job.answer(result, failure)
                del job, result, failure  # as above

    def _translated(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.IntegrityError
        ):
            try:
                with named_errors(self.path):
                    raise error
            except AcdError as named:
                return named
        return error


def _saved(connection: sqlite3.Connection, work: Work[T]) -> T:
    """Run `work`; if it raises, its changes are undone and no other's."""
    connection.execute("SAVEPOINT job")
    try:
        result = work(connection)
    except Exception:
        if connection.in_transaction:
            connection.execute("ROLLBACK TO job")
            connection.execute("RELEASE job")
        raise
    connection.execute("RELEASE job")
    return result


def _alone(connection: sqlite3.Connection, work: Work[T]) -> T:
    """As `_saved`, for the only work of a transaction.

    For a savepoint SQLite keeps each page as it was, and in a file as soon as there are
    some: ten times as many as are committed.
    """
    try:
        return work(connection)
    except Exception:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
            connection.execute("BEGIN")
        raise
