"""Finding nodes of the mirror by a part of their names."""

from __future__ import annotations

import sqlite3

from acd_tui.drive import statements
from acd_tui.drive.rows import SHOWN, Row, key_of

# A row and the API names of the folder it lies in.
Hit = tuple[Row, tuple[str, ...]]


def search(connection: sqlite3.Connection, text: str, limit: int) -> list[Hit]:
    """Return what is reachable and has `text` in its name.

    The text is looked for in the names as they are sent, lower case: a character that
    is only shown instead of another, such as `／`, is not found.

    Args:
        connection: to the mirror.
        text: a part of the name; nothing is found for none.
        limit: the most to return.

    Returns:
        Folders first, then by name.
    """
    hits: list[Hit] = []
    if not text:
        return hits
    folders = _Folders(connection)
    taken: set[tuple[str | None, str]] = set()
    for columns in connection.execute(statements.SEARCH, (key_of(text),)):
        if len(hits) == limit:
            break
        row = Row(*columns)
        path = folders.path(row.parent)
        # Of several of one name a listing shows the first one only.
        if path is not None and (row.parent, row.key) not in taken:
            taken.add((row.parent, row.key))
            hits.append((row, path))
    return hits


class _Folders:
    """The paths of folders, each looked up once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (root,) = connection.execute("SELECT root FROM position").fetchone()
        self._known: dict[str | None, tuple[str, ...] | None] = {None: None}
        if root is not None:
            self._known[root] = ()

    def path(self, folder: str | None) -> tuple[str, ...] | None:
        """Return the API names from the root; None where no listing leads to it."""
        way: list[Row] = []
        at = folder
        while at not in self._known:
            self._known[at] = None  # so that a cycle ends
            columns = self._connection.execute(statements.BY_ID, (at,)).fetchone()
            if columns is None:
                break
            row = Row(*columns)
            if not row.is_folder or row.state not in SHOWN:
                break
            way.append(row)
            at = row.parent
        path = self._known[at]
        for row in reversed(way):
            path = None if path is None else (*path, row.name)
            self._known[row.id] = path
        return self._known[folder]
