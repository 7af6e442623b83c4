"""One SQLite file: how it is opened, and what is wrong with it in words."""

from __future__ import annotations

import contextlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from acd_tui.errors import AcdError, Denied, Full

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

# For what is neither number nor text Python looks for an adapter, and where it finds none
# it asks the value's class in ways that take up to ten times as long as the rest.
sqlite3.register_adapter(type(None), lambda nothing: nothing)
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)

_BUSY_SECONDS = 30.0
_JOURNAL_LEFT = 16 << 20  # bytes that a journal keeps on disk once it was larger
_SUFFIXES = ("", "-wal", "-shm")
_BLOCK = 1 << 20  # bytes

_DAMAGED = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
# The file is shorter than it says; a disk that cannot be read has other codes.
_CUT_SHORT = sqlite3.SQLITE_IOERR_SHORT_READ
_NO_TEXT = "Could not decode to UTF-8"  # of Python, and without a code
_NO_WRITING = {sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM}


class DatabaseError(AcdError):
    """The database file is damaged, too new, or cannot be used."""

    @property
    def damaged(self) -> bool:
        """Whether the file's content is broken, so that only a new one helps."""
        code = getattr(self.__cause__, "sqlite_errorcode", 0)
        if code == _CUT_SHORT or code & 0xFF in _DAMAGED:
            return True
        return not code and str(self.__cause__).startswith(_NO_TEXT)


class NeedsWriting(DatabaseError):
    """The database cannot be read without changing something: a copy of it can."""


class DatabaseFull(Full):
    """The disk that the database is on has no room for what was to be written."""


class DatabaseFile:
    """A file in WAL mode, and connections to it.

    Args:
        path: see `db.Database`, as for the others.
        schema: its migrations.
        synchronous: what a commit survives.
    """

    def __init__(
        self,
        path: Path,
        schema: Traversable,
        *,
        synchronous: Literal["NORMAL", "FULL"] = "NORMAL",
    ) -> None:
        self.path = path
        self._schema = schema
        self._synchronous = synchronous
        self._opened: tuple[int, int] | None = None  # its device and number
        self._journal: tuple[int, int] | None = None  # likewise, of the journal

    def open(self) -> sqlite3.Connection:
        """Make the file if it is missing, bring its schema up to date; to write."""
        self._make_private()
        # Before it is opened: a file that takes its place just then counts as another
        # one, which is looked at again and not taken away.
        self._opened = _identity(self.path)
        writer = self.connect()
        self._migrate(writer)
        self._journal = _identity(_journal_of(self.path))
        return writer

    @property
    def is_replaced(self) -> bool:
        """Whether another file is in its place by now; of another process, perhaps."""
        return _identity(self.path) != self._opened

    @property
    def is_in_place(self) -> bool:
        """Whether what is committed will be found again: in the file and its journal.

        While anybody has it open, SQLite makes no other journal.
        """
        return not self.is_replaced and (
            _identity(_journal_of(self.path)) == self._journal
        )

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

    def connect(self, *, read_only: bool = False) -> sqlite3.Connection:
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
        # Every connection would map the file for itself: a tenth of the time of reading
        # much, and the whole file in memory several times over.
        connection.execute("PRAGMA mmap_size = 0")
        if read_only:
            connection.execute("PRAGMA query_only = ON")
        return connection

    def connect_to_read(self) -> sqlite3.Connection:
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

    def _migrations(self, done: int) -> list[Traversable]:
        """The migrations we know; the first `done` of them have run.

        Raises:
            DatabaseError: more have run than we know.
        """
        scripts = sorted(
            (file for file in self._schema.iterdir() if file.name.endswith(".sql")),
            key=lambda file: file.name,
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
            for script in scripts[done:]:
                for statement in _statements(script.read_text("utf-8")):
                    connection.execute(statement)
            if scripts[done:]:  # else this would be written, and again each time
                connection.execute(f"PRAGMA user_version = {len(scripts)}")
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def _identity(path: Path) -> tuple[int, int] | None:
    with contextlib.suppress(OSError):
        found = path.stat()
        return found.st_dev, found.st_ino
    return None


def _journal_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _has_journal(path: Path) -> bool:
    with contextlib.suppress(FileNotFoundError):
        return _journal_of(path).stat().st_size > 0
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


def must_be_readable(path: Path) -> None:
    """See that it is not the disk that fails, which SQLite takes for damage, too.

    Args:
        path: of a database that nothing in this process has open: to close a file gives
            up its locks.

    Raises:
        DatabaseError: the disk cannot be read.
    """
    for suffix in _SUFFIXES[:2]:
        try:
            with path.with_name(path.name + suffix).open("rb", buffering=0) as file:
                while file.read(_BLOCK):
                    pass
        except FileNotFoundError:
            pass
        except OSError as error:
            raise DatabaseError(
                f"the database {path} cannot be read: {error.strerror}",
                hint="look at the disk that it is on",
            ) from error


@contextlib.contextmanager
def named_errors(path: Path, purpose: str = "writing") -> Iterator[None]:
    """Raise SQLite's errors as ours, which say what is wrong with which file."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        whole = getattr(error, "sqlite_errorcode", 0)
        if code == sqlite3.SQLITE_FULL or whole == sqlite3.SQLITE_IOERR_SHMSIZE:
            raise DatabaseFull(f"no room left on the disk of {path}") from error
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
