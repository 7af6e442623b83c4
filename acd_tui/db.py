"""SQLite behind one writer thread and a few read-only readers.

The unit of writing is a function of a connection, run inside one transaction: no
`await` can stand in it, so the writes of two tasks never mix. Functions that wait at
the same time share one commit, and with it one fsync.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import logging
import os
import queue
import sqlite3
import threading
from collections.abc import Callable, Iterable, Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal, TypeVar

from acd_tui.errors import AcdError, Denied, Full

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]
_Job = tuple[Work[Any], "concurrent.futures.Future[Any]"]

_log = logging.getLogger(__name__)
_BUSY_SECONDS = 30.0
_MOST_PER_COMMIT = 256


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


class DatabaseError(AcdError):
    """The database file is damaged, too new, or cannot be used."""

    @property
    def damaged(self) -> bool:
        """Whether the file's content is broken, so that only a new one helps."""
        return getattr(self.__cause__, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


class Database:
    """One SQLite file in WAL mode.

    Args:
        path: the file; its folder must exist.
        schema: a folder of numbered migrations, `01-….sql` and so on; how many of
            them have run is kept in the file's `user_version`.
        synchronous: FULL survives a power cut with every commit, NORMAL may lose the
            last ones then (but none when only the process dies).
        readers: how many threads read side by side.
    """

    def __init__(
        self,
        path: Path,
        schema: Traversable,
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        readers: int = 2,
    ) -> None:
        self.path = path
        self._schema = schema
        self._synchronous = synchronous
        self._writes: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._reads: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._readers = readers
        self._threads: list[threading.Thread] = []
        self._closed = False
        self._closing = threading.Lock()  # so that nothing is asked for after the end

    def open(self) -> None:
        """Bring the schema up to date and start the threads. Blocks for a moment.

        Raises:
            DatabaseError: the file is no database, damaged, or of a newer version.
            Denied: it cannot be opened.
        """
        with _named_errors(self.path):
            self._make_private()
            writer = self._connect()
            self._migrate(writer)
            connections = [self._connect(read_only=True) for _ in range(self._readers)]
        self._start(self._write_loop, writer)
        for connection in connections:
            self._start(self._read_loop, connection)

    def close(self) -> None:
        """Finish what was asked for and stop the threads. Blocks meanwhile."""
        with self._closing:
            if not self._closed:
                self._closed = True
                self._writes.put(None)
                for _ in range(self._readers):
                    self._reads.put(None)
        for thread in self._threads:
            thread.join()

    async def write(self, work: Work[T]) -> T:
        """Run `work` in a transaction; when this returns, it is committed.

        If `work` raises, its changes (and only its) are undone and the error is
        raised here. Work whose caller was cancelled is either done whole or not at all.
        """
        return await asyncio.wrap_future(self._submit(self._writes, work))

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection, as one snapshot."""
        return await asyncio.wrap_future(self._submit(self._reads, work))

    def write_now(self, work: Work[T]) -> T:
        """`write` for a thread that may block."""
        return self._submit(self._writes, work).result()

    def read_now(self, work: Work[T]) -> T:
        """`read` for a thread that may block."""
        return self._submit(self._reads, work).result()

    def _submit(
        self, jobs: queue.SimpleQueue[_Job | None], work: Work[T]
    ) -> concurrent.futures.Future[T]:
        future: concurrent.futures.Future[T] = concurrent.futures.Future()
        with self._closing:
            if self._closed:
                raise DatabaseError(f"{self.path.name} is closed")
            jobs.put((work, future))
        return future

    def _make_private(self) -> None:
        """Let nobody else read the file; its journal gets the same mode.

        SQLite makes it with the mode of the umask, and its folder may be open to others.
        """
        with contextlib.suppress(OSError):  # SQLite finds the words for it
            try:
                if self.path.stat().st_mode & 0o077:
                    self.path.chmod(0o600)
            except FileNotFoundError:
                flags = os.O_RDWR | os.O_CREAT | os.O_EXCL
                os.close(os.open(self.path, flags, 0o600))

    def _connect(self, *, read_only: bool = False) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA mmap_size = 1073741824")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _migrate(self, connection: sqlite3.Connection) -> None:
        scripts = sorted(
            (file.name, file.read_text("utf-8"))
            for file in self._schema.iterdir()
            if file.name.endswith(".sql")
        )
        connection.execute("BEGIN EXCLUSIVE")
        try:
            (done,) = connection.execute("PRAGMA user_version").fetchone()
            if done > len(scripts):
                raise DatabaseError(
                    f"{self.path} was written by a newer version of the program",
                    hint="update acd-tui",
                )
            for _, script in scripts[done:]:
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(scripts)}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

    def _start(
        self,
        loop: Callable[[sqlite3.Connection], None],
        connection: sqlite3.Connection,
    ) -> None:
        thread = threading.Thread(
            target=loop, args=(connection,), name=f"db:{self.path.name}", daemon=True
        )
        thread.start()
        self._threads.append(thread)

    def _write_loop(self, connection: sqlite3.Connection) -> None:
        with contextlib.closing(connection):
            while (first := self._writes.get()) is not None:
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
                self._commit(connection, batch)
                if stop:
                    return

    def _commit(self, connection: sqlite3.Connection, batch: list[_Job]) -> None:
        done: list[tuple[concurrent.futures.Future[Any], Any]] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for work, future in batch:
                if future.set_running_or_notify_cancel():
                    try:
                        done.append((future, _saved(connection, work)))
                    except Exception as error:
                        if not connection.in_transaction:
                            raise  # a full disk undoes more than this work
                        future.set_exception(self._translated(error))
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the writer's border
            # The transaction as a whole failed: nothing of this batch happened.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            _log.exception("commit failed in %s", self.path)
            self._fail([future for _, future in batch], error)
            return
        for future, result in done:
            future.set_result(result)

    def _fail(
        self, futures: Iterable[concurrent.futures.Future[Any]], error: Exception
    ) -> None:
        for future in futures:
            # One that is still pending could be cancelled at this very moment.
            if future.running() or (
                not future.done() and future.set_running_or_notify_cancel()
            ):
                future.set_exception(self._translated(error))

    def _read_loop(self, connection: sqlite3.Connection) -> None:
        with contextlib.closing(connection):
            while (job := self._reads.get()) is not None:
                work, future = job
                if not future.set_running_or_notify_cancel():
                    continue
                try:
                    connection.execute("BEGIN")
                    result = work(connection)
                except Exception as error:  # noqa: BLE001 - the caller's to deal with
                    future.set_exception(self._translated(error))
                else:
                    future.set_result(result)
                finally:
                    if connection.in_transaction:
                        connection.execute("ROLLBACK")

    def _translated(self, error: Exception) -> Exception:
        if isinstance(error, sqlite3.DatabaseError) and not isinstance(
            error, sqlite3.IntegrityError
        ):
            try:
                with _named_errors(self.path):
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


def remove_database(path: Path) -> None:
    """Remove a database with all its files; for one that can be made anew."""
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextlib.contextmanager
def _named_errors(path: Path) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise Full(f"no room left on the disk of {path}") from error
        if code in {
            sqlite3.SQLITE_CANTOPEN,
            sqlite3.SQLITE_READONLY,
            sqlite3.SQLITE_PERM,
        }:
            raise Denied(
                f"cannot open {path} for writing",
                hint="look at the owner and mode of the file and of its folder",
            ) from error
        raise DatabaseError(f"the database {path} cannot be used: {error}") from error


def _statements(script: str) -> Iterator[str]:
    """Split a script where SQLite itself sees a statement's end."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
