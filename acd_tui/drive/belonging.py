"""Whether a mirror may be shown to who is signed in.

Apart from `owner`, since it is asked before anything is shown: every start would wait for
what that one loads.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

from acd_tui.db_file import DatabaseError
from acd_tui.drive import lookup

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
