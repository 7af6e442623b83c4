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
from collections.abc import Callable, Iterator
from functools import partial
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal, TypeVar

from acd_tui.errors import AcdError, Denied, Full
from acd_tui.mailbox import Job, Jobs, Mailbox, Outcome, Ticket, Work

if sys.platform != "win32":
    import fcntl

T = TypeVar("T")
_log = logging.getLogger(__name__)
_BUSY_SECONDS = 30.0
_MOST_PER_COMMIT = 256
_JOURNAL_LEFT = 16 << 20  # bytes that a journal keeps on disk once it was larger
_SUFFIXES = ("", "-wal", "-shm")


_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
_NO_WRITING = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


class DatabaseError(AcdError):
    """The database file is damaged, too new, or cannot be used."""

    @property
    def damaged(self) -> bool:
        """Whether the file's content is broken, so that only a new one helps."""
        return getattr(self.__cause__, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


class NeedsWriting(DatabaseError):
    """The database cannot be read without changing something: a copy of it can."""


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
        mapped: how many bytes of the file readers map into memory: saves some time where
            one reads a lot, and counts as memory of this process.
        turns: a file to lock while writing, where several processes write all the time:
            SQLite serves whoever happens to ask at the right moment, and lets others
            wait for a second.
    """

    def __init__(
        self,
        path: Path,
        schema: Traversable,
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
        readers: int = 2,
        mapped: int = 2**30,
        turns: Path | None = None,
    ) -> None:
        self.path = path
        self._mapped = mapped
        self._turns = turns
        self._schema = schema
        self._synchronous = synchronous
        self._writes: Jobs = queue.SimpleQueue()
        self._reads: Jobs = queue.SimpleQueue()
        self._readers = readers
        self._writing: list[threading.Thread] = []  # there is one, or none
        self._reading: list[threading.Thread] = []
        self._mailbox: Mailbox | None = None
        self._writable = True
        self._file: tuple[int, int] | None = None  # device and number of what is open
        self._closed = False
        self._closing = threading.Lock()  # so that nothing is asked for after the end
        self._near: sqlite3.Connection | None = None
        self._near_lock = threading.Lock()

    def open(self) -> None:
        """Bring the schema up to date and start the threads. Blocks for a moment.

        Raises:
            DatabaseError: the file is no database, damaged, or of a newer version.
            Denied: it cannot be opened.
        """
        with _named_errors(self.path):
            self._make_private()
            writer = self._connect()
            self._file = _identity(self.path)
            self._migrate(writer)
            connections = [self._connect(read_only=True) for _ in range(self._readers)]
            self._near = self._connect(read_only=True)
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
        with _named_errors(self.path, "reading"):
            connections = [self._connect_to_read() for _ in range(self._readers)]
        self._start_readers(connections)

    @property
    def is_replaced(self) -> bool:
        """Whether another file is in its place by now; of another process, perhaps."""
        return _identity(self.path) != self._file

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

    async def write_after(self, prepare: Callable[[Ticket], None], work: Work[T]) -> T:
        """`write`, once another thread has done what must come first.

        Args:
            prepare: hands the ticket to that thread.
            work: see `write`.
        """
        mailbox = self._mailbox_here()
        job = Job(work, mailbox)
        prepare(Ticket(job, partial(self._submit, self._writes)))
        result: T = await job.future  # type: ignore[misc] # it is an asyncio one
        return result

    async def read(self, work: Work[T]) -> T:
        """Run `work` on a read-only connection, as one snapshot."""
        return await self._waiting(self._reads, work)

    def read_here(self, work: Work[T]) -> T:
        """Run a read that takes no longer than a hop to a thread would, at once.

        For lookups by key. Whatever grows with the data belongs into `read`.
        """
        with self._near_connection() as near:
            try:
                near.execute("BEGIN")
                return work(near)
            finally:
                if near.in_transaction:
                    near.execute("ROLLBACK")

    def version_here(self) -> int:
        """Return a number that is another one after any commit, whoever made it."""
        with self._near_connection() as near:
            (version,) = near.execute("PRAGMA data_version").fetchone()
            return int(version)

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
        connection.execute(f"PRAGMA journal_size_limit = {_JOURNAL_LEFT}")
        connection.execute(f"PRAGMA mmap_size = {self._mapped if read_only else 0}")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def _connect_to_read(self) -> sqlite3.Connection:
        try:
            connection, done = self._connect_as_it_is("mode=ro")
        except sqlite3.OperationalError as error:
            # Where no file can be made, SQLite needs the word that nobody writes.
            if error.sqlite_errorcode & 0xFF not in _NO_WRITING:
                raise
            if _has_journal(self.path):
                raise NeedsWriting(
                    f"{self.path} has a journal that cannot be read where nothing can"
                    " be written"
                ) from error
            connection, done = self._connect_as_it_is("immutable=1")
        if done < len(self._migrations(done)):
            connection.close()
            raise NeedsWriting(f"{self.path} was written by an older version")
        return connection

    def _connect_as_it_is(self, how: str) -> tuple[sqlite3.Connection, int]:
        """A connection that changes nothing, and the version of the schema."""
        connection = sqlite3.connect(
            f"{self.path.absolute().as_uri()}?{how}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute("PRAGMA query_only = ON")
            (done,) = connection.execute("PRAGMA user_version").fetchone()
        except BaseException:
            connection.close()
            raise
        return connection, done

    def _migrations(self, done: int) -> list[tuple[str, str]]:
        """The migrations we know; the first `done` of them have run.

        Raises:
            DatabaseError: more have run than we know.
        """
        scripts = sorted(
            (file.name, file.read_text("utf-8"))
            for file in self._schema.iterdir()
            if file.name.endswith(".sql")
        )
        if done > len(scripts):
            raise DatabaseError(
                f"{self.path} was written by a newer version of the program",
                hint="update acd-tui",
            )
        return scripts

    def _migrate(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            (done,) = connection.execute("PRAGMA user_version").fetchone()
            scripts = self._migrations(done)
            for _, script in scripts[done:]:
                for statement in _statements(script):
                    connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {len(scripts)}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")

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
                if stop:
                    return

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
        done: list[Outcome] = []
        try:
            connection.execute("BEGIN IMMEDIATE")
            for job in batch:
                if job.future.cancelled():
                    continue
                try:
                    done.append((job, _saved(connection, job.work), None))
                except Exception as error:
                    if not connection.in_transaction:
                        raise  # a full disk undoes more than this work
                    done.append((job, None, self._translated(error)))
            connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - the writer's border
            # The transaction as a whole failed: nothing of this batch happened.
            with contextlib.suppress(sqlite3.Error):
                connection.execute("ROLLBACK")
            _log.exception("commit failed in %s", self.path)
            return [(job, None, self._translated(error)) for job in batch]
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


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(FileNotFoundError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _has_journal(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return path.with_name(path.name + "-wal").stat().st_size > 0
    return False


def database_size(path: Path) -> int:
    """Return how many bytes a database takes on disk with all its files."""
    total = 0
    for suffix in _SUFFIXES:
        with contextlib.suppress(FileNotFoundError):
            total += path.with_name(path.name + suffix).stat().st_size
    return total


def remove_database(path: Path) -> None:
    """Remove a database with all its files; for one that can be made anew."""
    for suffix in _SUFFIXES:
        path.with_name(path.name + suffix).unlink(missing_ok=True)


@contextlib.contextmanager
def _named_errors(path: Path, purpose: str = "writing") -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_FULL:
            raise Full(f"no room left on the disk of {path}") from error
        if code in _NO_WRITING:
            raise Denied(
                f"cannot open {path} for {purpose}",
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
