"""Is the journal beside an index its own?

SQLite believes so. But where an index was put back, from a backup, beside the journal that
a killed server has left of another one, it would write pages of the one into the other.
"""

from __future__ import annotations

import contextlib
import shlex
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from acd_tui.db import DatabaseError

Way = Literal["rw", "ro", "ro&immutable=1"]  # the last one leaves the journal out


@contextlib.contextmanager
def connected(path: Path, way: Way = "rw") -> Iterator[sqlite3.Connection]:
    """An index, opened in a certain way meanwhile."""
    with contextlib.closing(
        sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={way}",
            uri=True,
            timeout=30,
            isolation_level=None,
        )
    ) as connection:
        yield connection


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether all of an index can be read.

    Raises:
        sqlite3.DatabaseError: it is none.
    """
    try:
        return _is_right(connection)
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_NOTADB:
            raise
        return False


def is_foreign(path: Path) -> bool:
    """Whether the journal beside an index is another one's.

    It is if the index is damaged with it and whole without it: what the journal does not
    hold is as good in either case, and what it holds has its checksums. Damage that a
    quick look would not see counts, too: pages of two ages that fit together.
    """
    journal = path.with_name(f"{path.name}-wal")
    with contextlib.suppress(FileNotFoundError):
        if not journal.stat().st_size or _written_later(journal, path):
            return False
        if _is_damaged(path, "ro"):
            return _is_damaged(path, "ro&immutable=1") is False
    return False


def _written_later(journal: Path, index: Path) -> bool:
    """Whether a journal was written after its index had come to lie beside it.

    To look at all of a large index would take long. When the index came nobody can set.
    """
    return journal.stat().st_mtime_ns >= index.stat().st_ctime_ns


def _is_damaged(path: Path, way: Way) -> bool | None:
    """Whether what an index holds contradicts itself; None if it cannot be read now."""
    try:
        with connected(path, way) as connection:
            return not _is_right(connection)
    except sqlite3.DatabaseError as error:
        damage = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        return True if code in damage else None


def _is_right(connection: sqlite3.Connection) -> bool:
    said = connection.execute("PRAGMA integrity_check(1)").fetchone()
    return bool(said == ("ok",))


def refuse_foreign(path: Path) -> None:
    """Raise a DatabaseError if the journal beside an index is another one's."""
    if is_foreign(path):
        raise DatabaseError(
            f"the journal beside {path} is not of this index, but of one that was there"
            " before",
            hint=f"`acd-tui server check {shlex.quote(str(path.parent))} --repair` puts it"
            " out of the way",
        )
