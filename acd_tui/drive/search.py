"""Finding nodes of the mirror by what a query asks for."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.conditions import Value, condition
from acd_tui.drive.lookup import folder_id
from acd_tui.drive.name_index import NameIndex
from acd_tui.drive.names import Encoder
from acd_tui.drive.places import Folders
from acd_tui.drive.rows import TRASHED, Columns, Row
from acd_tui.vfs.query import Query


class Hit(NamedTuple):
    """A node that was found, and the API names of the folder it lies in."""

    row: Row
    folder: tuple[str, ...]


def search(
    connection: sqlite3.Connection,
    query: Query,
    limit: int,
    encoder: Encoder,
    *,
    names: NameIndex | None = None,
) -> list[Hit]:
    """Return what is reachable, or was before it was trashed, and matches.

    Names are compared as they are sent, in lower case: a character that is only shown
    instead of another, such as `／`, is not found.

    Args:
        connection: to the mirror.
        query: what is asked for; nothing is found for an empty one.
        limit: the most to return.
        encoder: shown names to API names.
        names: finds names faster, where it is at hand and not behind.

    Returns:
        Folders first, then by name.

    Raises:
        FolderNotFound: there is no such folder to search in.
    """
    hits: list[Hit] = []
    if query.is_empty:
        return hits
    ids = {folder: folder_id(connection, folder, encoder) for folder in query.folders}
    folders = Folders(connection, None if names is None else names.places())
    taken: set[tuple[str | None, str]] = set()
    for columns in _candidates(connection, condition(query, ids), query, names):
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


def _candidates(
    connection: sqlite3.Connection,
    asked: tuple[str, tuple[Value, ...]],
    query: Query,
    names: NameIndex | None,
) -> Iterable[Columns]:
    """Return what matches, whether it can be reached or not, in order."""
    where, parameters = asked
    if names is None or not names.answers(query):
        return connection.execute(statements.search(where), parameters)
    one = statements.search_one(where)
    return (
        row
        for number in names.numbers(query)
        for row in connection.execute(one, (number, *parameters))
    )
