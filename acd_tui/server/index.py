"""Reading the nodes: one by one, lists of them, the change feed (SQLite).

Every function takes a connection and the user's number, and sees no other user's nodes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from acd_tui.server.selection import Selection
from acd_tui.server.wire import COLUMNS, SELECT_NODES, NodeRow

_USAGE = """SELECT CASE
  WHEN n.content_type LIKE 'image/%' THEN 'photo'
  WHEN n.content_type LIKE 'video/%' THEN 'video'
  WHEN n.content_type LIKE 'text/%' OR n.content_type LIKE 'application/pdf%'
    OR n.content_type LIKE 'application/msword%' OR n.content_type LIKE '%officedocument%'
    OR n.content_type LIKE '%opendocument%' THEN 'doc'
  ELSE 'other' END, sum(n.size), count(*)
FROM nodes n WHERE n.user = ? AND n.kind = 'FILE' AND n.status <> 'PURGED' GROUP BY 1"""
_FOLDER = "(SELECT f.num FROM nodes f WHERE f.id = ? AND f.user = ?)"


class Page(NamedTuple):
    """Some rows of a list.

    Attributes:
        rows: in order.
        total: of all pages together.
        after: where the next page goes on, None after the last.
    """

    rows: list[NodeRow]
    total: int
    after: int | None


class Cursor(NamedTuple):
    """Where a page goes on.

    Attributes:
        after: the number of the last node seen or, in a sorted list, of rows seen.
        total: of all pages, as the first one counted it.
    """

    after: int
    total: int


def get(connection: sqlite3.Connection, user: int, node_id: str) -> NodeRow | None:
    """A node that is not purged."""
    row = connection.execute(
        SELECT_NODES + "WHERE n.id = ? AND n.user = ? AND n.status <> 'PURGED'",
        (node_id, user),
    ).fetchone()
    return None if row is None else NodeRow._make(row)


def find(connection: sqlite3.Connection, number: int) -> NodeRow | None:
    """A node of any user."""
    row = connection.execute(SELECT_NODES + "WHERE n.num = ?", (number,)).fetchone()
    return None if row is None else NodeRow._make(row)


def by_number(connection: sqlite3.Connection, number: int) -> NodeRow:
    """A node that is known to be there."""
    row = find(connection, number)
    assert row is not None
    return row


def page(
    connection: sqlite3.Connection,
    user: int,
    selection: Selection,
    *,
    limit: int,
    cursor: Cursor | None = None,
    offset: int = 0,
) -> Page:
    """One page of the nodes that a selection means.

    Unsorted lists are in order of age and go on behind the last node seen, so that they
    stay whole while others change the folder; sorted ones go on behind a row number.
    """
    source, where, parameters = _source(user, selection)
    if cursor is None:
        counting = f"SELECT count(*) FROM {source} WHERE {where}"  # noqa: S608 - compiled
        (total,) = connection.execute(counting, parameters).fetchone()
    else:
        total = cursor.total
    skip = offset
    key = "e.child" if selection.folder is not None else "n.num"
    if cursor is not None and selection.order:
        skip = cursor.after
    elif cursor is not None:
        where += f" AND {key} > ?"
        parameters.append(cursor.after)
        skip = 0
    order = f"{selection.order}, {key}" if selection.order else key
    listing = (
        f"SELECT {COLUMNS} FROM {source} WHERE {where}"  # noqa: S608 - compiled
        f" ORDER BY {order} LIMIT ? OFFSET ?"
    )
    found = connection.execute(listing, (*parameters, limit + 1, skip))
    rows = [NodeRow._make(row) for row in found]
    if len(rows) <= limit:
        return Page(rows, total, None)
    rows.pop()
    return Page(rows, total, skip + limit if selection.order else rows[-1].num)


def _source(user: int, selection: Selection) -> tuple[str, str, list[object]]:
    if selection.folder is None:
        return (
            "nodes n",
            f"n.user = ? AND {selection.where}",
            [
                user,
                *selection.parameters,
            ],
        )
    return (
        "edges e CROSS JOIN nodes n ON n.num = e.child",
        f"e.parent = {_FOLDER} AND {selection.where}",
        [selection.folder, user, *selection.parameters],
    )


def changed_since(
    connection: sqlite3.Connection,
    user: int,
    sequence: int,
    *,
    limit: int,
    purged: bool,
) -> list[NodeRow]:
    """The nodes that changed after a moment, each in its present state, in order."""
    hidden = "" if purged else " AND n.status <> 'PURGED'"
    rows = connection.execute(
        SELECT_NODES
        + f"WHERE n.user = ? AND n.changed > ?{hidden} ORDER BY n.changed LIMIT ?",
        (user, sequence, limit),
    )
    return [NodeRow._make(row) for row in rows]


def sequence(connection: sqlite3.Connection, user: int) -> int:
    """The number of the user's last change; 0 if the user is gone."""
    row = connection.execute(
        "SELECT sequence FROM users WHERE num = ?", (user,)
    ).fetchone()
    return 0 if row is None else int(row[0])


def used(connection: sqlite3.Connection, user: int) -> int:
    """The bytes a user's files take, the trash's included."""
    row = connection.execute("SELECT used FROM users WHERE num = ?", (user,)).fetchone()
    return 0 if row is None else int(row[0])


def usage(connection: sqlite3.Connection, user: int) -> dict[str, tuple[int, int]]:
    """Bytes and files by class: photo, video, doc, other."""
    rows = connection.execute(_USAGE, (user,))
    return {name: (size, count) for name, size, count in rows}


def twin(connection: sqlite3.Connection, user: int, md5: str) -> str | None:
    """The id of a file with the same content."""
    row = connection.execute(
        "SELECT id FROM nodes WHERE user = ? AND md5 = ? AND status = 'AVAILABLE'"
        " LIMIT 1",
        (user, md5),
    ).fetchone()
    return None if row is None else str(row[0])


def referenced(connection: sqlite3.Connection, contents: Iterable[str]) -> set[str]:
    """Which of some content files a node refers to."""
    found: set[str] = set()
    for some in batches(contents, 500):
        marks = ", ".join("?" * len(some))
        asking = f"SELECT content FROM nodes WHERE content IN ({marks})"  # noqa: S608 - marks
        rows = connection.execute(asking, some)
        found.update(content for (content,) in rows)
    return found


def batches(items: Iterable[str], size: int) -> Iterator[tuple[str, ...]]:
    """Cut into tuples of at most that size."""
    iterator = iter(items)
    while some := tuple(islice(iterator, size)):
        yield some
