"""Finding nodes of the mirror by what a query asks for."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.conditions import condition
from acd_tui.drive.lookup import folder_id
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import SHOWN, TRASHED, Row
from acd_tui.vfs.query import Query


class Hit(NamedTuple):
    """A node that was found, and the API names of the folder it lies in."""

    row: Row
    folder: tuple[str, ...]


def search(
    connection: sqlite3.Connection, query: Query, limit: int, encoder: Encoder
) -> list[Hit]:
    """Return what is reachable, or was before it was trashed, and matches.

    Names are compared as they are sent, in lower case: a character that is only shown
    instead of another, such as `／`, is not found.

    Args:
        connection: to the mirror.
        query: what is asked for; nothing is found for an empty one.
        limit: the most to return.
        encoder: shown names to API names.

    Returns:
        Folders first, then by name.

    Raises:
        FolderNotFound: there is no such folder to search in.
    """
    hits: list[Hit] = []
    if query.is_empty:
        return hits
    ids = {folder: folder_id(connection, folder, encoder) for folder in query.folders}
    where, parameters = condition(query, ids)
    folders = Folders(connection)
    taken: set[tuple[str | None, str]] = set()
    for columns in connection.execute(statements.search(where), parameters):
        if len(hits) == limit:
            break
        row = Row(*columns)
        place = folders.place(row.parent)
        if place is None or query.trashed is not (
            place.trashed or row.state == TRASHED
        ):
            continue
        # Of several of one name a listing shows the first one only.
        if query.trashed or (row.parent, row.key) not in taken:
            taken.add((row.parent, row.key))
            hits.append(Hit(row, place.names))
    return hits


class Place(NamedTuple):
    """A folder by its API names from the root, and whether it is in the trash."""

    names: tuple[str, ...]
    trashed: bool


class Folders:
    """The places of folders, each looked up once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        (root,) = connection.execute("SELECT root FROM position").fetchone()
        self._known: dict[str | None, Place | None] = {None: None}
        if root is not None:
            self._known[root] = Place((), trashed=False)

    def place(self, folder: str | None) -> Place | None:
        """Return where a folder is; None where no way leads to it."""
        way: list[Row] = []
        at = folder
        while at not in self._known:
            self._known[at] = None  # so that a cycle ends
            columns = self._connection.execute(statements.BY_ID, (at,)).fetchone()
            if columns is None:
                break
            row = Row(*columns)
            if not row.is_folder or row.state not in {*SHOWN, TRASHED}:
                break
            way.append(row)
            at = row.parent
        place = self._known[at]
        for row in reversed(way):
            if place is not None:
                trashed = place.trashed or row.state == TRASHED
                place = Place((*place.names, row.name), trashed)
            self._known[row.id] = place
        return self._known[folder]
