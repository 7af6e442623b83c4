"""Whose drive a mirror is of, and where that account lives; see `api.hosts`."""

from __future__ import annotations

import contextlib
import logging
import sqlite3
from collections.abc import Callable
from pathlib import Path

from acd_tui.api.models import Endpoint, Node, Remembered
from acd_tui.db_file import DatabaseError
from acd_tui.drive import chronicle, learning, lookup, new_tree, statements
from acd_tui.drive.news import Touched

_log = logging.getLogger(__name__)

# Damaged, or of an old version: it is made anew, or nobody's yet.
_UNREAD = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}
_PATIENCE = 30.0  # seconds; a new tree that takes its place keeps the file for some


def is_of(connection: sqlite3.Connection, seal: Callable[[str], bytes] | None) -> bool:
    """Whether the tree may be shown to who is signed in.

    Args:
        connection: to the mirror.
        seal: what the sign-in makes of the root's id; None if that is not at hand: then
            it may be if no other sign-in was noted since.
    """
    position = lookup.read_position(connection)
    if position.root is None:
        return True  # there is nothing to show
    if position.seal is None:
        return False
    return seal is None or position.seal == seal(position.root)


def disown(file: Path) -> None:
    """Have a mirror shown to nobody until the service was asked whose it is.

    Args:
        file: the mirror's; it may be in use, damaged or missing.
    """
    if not file.exists():
        return
    try:
        with contextlib.closing(sqlite3.connect(file, timeout=_PATIENCE)) as connection:
            connection.execute("UPDATE position SET seal = NULL")
            connection.commit()
    except sqlite3.Error as error:
        if error.sqlite_errorcode & 0xFF in _UNREAD:
            return
        raise DatabaseError(
            f"the local copy of the drive cannot be used: {error}",
            hint=f"remove {file}; it will be made anew",
        ) from error


def recall(connection: sqlite3.Connection) -> Remembered | None:
    """Return what was kept last."""
    row = connection.execute(
        "SELECT content_url, metadata_url, asked, seal FROM host"
    ).fetchone()
    return None if row is None else Remembered(Endpoint(*row[:2]), *row[2:])


def remember(connection: sqlite3.Connection, answer: Remembered | None) -> None:
    """Keep an answer of the service; None: forget the one that is kept."""
    if answer is None:
        connection.execute("DELETE FROM host")
        return
    urls = answer.endpoint.metadata_url, answer.endpoint.content_url
    connection.execute(
        "REPLACE INTO host VALUES (1, ?, ?, ?, ?)", (*urls, answer.asked, answer.seal)
    )


def adopt(
    connection: sqlite3.Connection, root: Node, seal: bytes | None, touched: Touched
) -> bool:
    """Make `root` the tree's root; see `Mirror.adopt`."""
    known = lookup.read_position(connection).root
    if known == root.id:
        if seal is not None:
            connection.execute("UPDATE position SET seal = ?", (seal,))
        return False
    if known is not None:
        _log.warning("the mirror is of another account and begun anew")
        connection.execute(statements.CLEAR_NODES)
        connection.execute(statements.CLEAR_LINKS)
        connection.execute(statements.CLEAR_LISTED)
        connection.execute(statements.CLEAR_TOTALS)
        connection.execute(statements.CLEAR_POSITION)
        chronicle.clear(connection)
        new_tree.drop(connection)
        touched.lose_track()
    connection.execute("UPDATE position SET root = ?, seal = ?", (root.id, seal))
    learning.store(connection, [root], fed=False, touched=touched)
    return known is not None
