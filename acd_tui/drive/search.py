"""Finding nodes of the mirror by what a query asks for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.conditions import Value, condition
from acd_tui.drive.likeness import likeness, rough_order
from acd_tui.drive.lookup import folder_id
from acd_tui.drive.name_index import NameIndex
from acd_tui.drive.names import Encoder
from acd_tui.drive.places import Folders
from acd_tui.drive.rows import TRASHED, Columns, Row
from acd_tui.vfs.query import LARGEST, Query

_AT_ONCE = 64
_NAME, _PARENT = Row._fields.index("name"), Row._fields.index("parent")


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
        Folders first, then by name; what is alike, the likeliest first.

    Raises:
        FolderNotFound: there is no such folder to search in.
    """
    hits: list[Hit] = []
    if query.is_empty:
        return hits
    ids = {folder: folder_id(connection, folder, encoder) for folder in query.folders}
    folders = (
        Folders(connection)
        if names is None
        else Folders(connection, names.places(), index=names.folders)
    )
    taken: set[tuple[str | None, str]] = set()
    asked = condition(query, ids)
    candidates = _candidates(connection, query, asked, limit=limit, names=names)
    for columns in _prepared(candidates, folders):
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


def _prepared(candidates: Iterator[Columns], folders: Folders) -> Iterator[Columns]:
    while some := list(islice(candidates, _AT_ONCE)):
        folders.prepare(columns[_PARENT] for columns in some)
        yield from some


_Asked = tuple[str, tuple[Value, ...]]


def _candidates(
    connection: sqlite3.Connection,
    query: Query,
    asked: _Asked,
    *,
    limit: int,
    names: NameIndex | None,
) -> Iterator[Columns]:
    """Yield what matches, whether it can be reached or not, in order."""
    if names is not None and names.answers(query):
        return _by_name(connection, asked, names.numbers(query))
    letters, most = query.letters, min(4 * limit, LARGEST)
    if not letters:
        return _by_sql(connection, asked, 2 * limit)
    if names is not None and names.ranks(query):
        likely = _by_name(connection, asked, names.likeliest(query, most))
    else:
        likely = _by_rough_order(connection, asked, letters, most)
    return _by_likeness(likely, letters)


def _by_name(
    connection: sqlite3.Connection, asked: _Asked, numbers: Iterable[int]
) -> Iterator[Columns]:
    """Yield what matches, in the order of numbers."""
    where, parameters = asked
    some = statements.search_some(where)
    numbers = iter(numbers)
    while batch := list(islice(numbers, _AT_ONCE)):
        rows = connection.execute(some, (json.dumps(batch), *parameters))
        yield from rows.fetchall()


def _by_rough_order(
    connection: sqlite3.Connection, asked: _Asked, letters: Sequence[str], most: int
) -> Iterator[Columns]:
    """Yield what matches and seems likeliest."""
    where, parameters = asked
    order, patterns = rough_order(max(letters, key=len))
    yield from connection.execute(
        statements.search(where, order), (*parameters, *patterns, most, 0)
    )


def _by_likeness(rows: Iterable[Columns], letters: Sequence[str]) -> Iterator[Columns]:
    """Yield the likeliest first; what is equally likely stays as it is."""
    return iter(
        sorted(
            rows, key=lambda row: -sum(likeness(each, row[_NAME]) for each in letters)
        )
    )


def _by_sql(
    connection: sqlite3.Connection, asked: _Asked, first: int
) -> Iterator[Columns]:
    """Yield what matches, whether it can be reached or not, in order.

    Args:
        connection: to the mirror.
        asked: the condition.
        first: how many are likely to do: to find the first of many takes a fraction of
            the time that it takes to put all in order.
    """
    where, parameters = asked
    statement = statements.search(where)
    first = min(first, LARGEST)
    rows = connection.execute(statement, (*parameters, first, 0)).fetchall()
    yield from rows
    if len(rows) == first:
        yield from connection.execute(statement, (*parameters, -1, first))
