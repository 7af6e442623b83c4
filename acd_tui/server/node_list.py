"""Reading lists of nodes, a page at a time (SQLite).

Unsorted lists are in order of age and go on behind the last node seen, so that they stay
whole while others change the folder; sorted ones go on behind a row number.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import NamedTuple

from acd_tui.server.selection import Selection
from acd_tui.server.wire import VIEWED, NodeView

# As many paths as one call of json_remove takes, and some less.
MOST_HIDDEN = 100

_FOLDER = "(SELECT f.num FROM nodes f WHERE f.id = ? AND f.user = ?)"
# In order, for SQLite keeps to that of an inner query with a limit.
# The brace that ends each node but the last stands in the separator: a text of nothing but
# `json` need not be built.
_JOINED = """SELECT count(*), max(num), CAST(group_concat(CASE WHEN properties IS NULL
  THEN json ELSE json || ',"properties":' || properties END, '},') AS BLOB) FROM """


class Page(NamedTuple):
    """Some rows of a list.

    Attributes:
        rows: in order.
        total: of all pages together.
        after: where the next page goes on, None after the last.
    """

    rows: list[NodeView]
    total: int
    after: int | None


class JoinedPage(NamedTuple):
    """Some nodes of a list.

    Attributes:
        nodes: their JSON, in order, as a list.
        total: of all pages together.
        after: where the next page goes on, None after the last.
    """

    nodes: bytes
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


class NodeList:
    """The nodes of a user that a selection means, from some place on.

    Args:
        user: the user's number.
        selection: which nodes.
        cursor: where to go on, if this is not the first page.
        offset: how many to leave out, on the first page.
    """

    def __init__(
        self,
        user: int,
        selection: Selection,
        cursor: Cursor | None = None,
        offset: int = 0,
    ) -> None:
        source, where, self._parameters = source_of(user, selection)
        self._all = f"FROM {source} WHERE {where}", self._parameters
        self._cursor = cursor
        self._sorted = bool(selection.order)
        self._skip = offset
        key = "e.child" if selection.folder is not None else "n.num"
        if cursor is not None and self._sorted:
            self._skip = cursor.after
        elif cursor is not None:
            where += f" AND {key} > ?"
            self._parameters = [*self._parameters, cursor.after]
            self._skip = 0
        order = f"{selection.order}, {key}" if self._sorted else key
        self._from, self._key = f"FROM {source} WHERE {where}", key
        self._rest = f"{self._from} ORDER BY {order} LIMIT ? OFFSET ?"

    def page(self, connection: sqlite3.Connection, limit: int) -> Page:
        """Read at most `limit` nodes."""
        found = connection.execute(
            f"SELECT {VIEWED} {self._rest}",
            (*self._parameters, limit + 1, self._skip),
        )
        rows = found.fetchall()
        more = len(rows) > limit
        if more:
            rows.pop()
        total = self._total(connection, len(rows), more=more)
        return Page(rows, total, self._after(rows[-1][0], limit) if more else None)

    def joined(
        self, connection: sqlite3.Connection, limit: int, hidden: Collection[str]
    ) -> JoinedPage:
        """Read at most `limit` nodes as one text.

        To fetch 200 rows takes longer than to find them, and for each the thread waits
        for the interpreter, which answers other requests; so SQLite joins them.

        Args:
            connection: to read from.
            limit: how many at most.
            hidden: owners whose properties are left out, at most `MOST_HIDDEN`.
        """
        paths = [f'$."{owner}"' for owner in hidden]
        marks = ", ".join("?" * len(paths))
        seen = f"json_remove(n.properties, {marks})" if paths else "n.properties"
        inner = f"SELECT n.num, n.json, {seen} AS properties {self._rest}"
        count, last, nodes = connection.execute(
            f"{_JOINED} ({inner})",
            (*paths, *self._parameters, limit, self._skip),
        ).fetchone()
        more = count == limit and self._goes_on(connection, last, limit)
        total = self._total(connection, count, more=more)
        return JoinedPage(
            b"[%b}]" % nodes if nodes else b"[]",
            total,
            self._after(last, limit) if more else None,
        )

    def _goes_on(self, connection: sqlite3.Connection, last: int, limit: int) -> bool:
        """Tell whether there is more after a page that is full, and ends with `last`."""
        if self._sorted:
            sql = f"SELECT 1 {self._rest}"
            found = connection.execute(sql, (*self._parameters, 1, self._skip + limit))
        else:
            sql = f"SELECT 1 {self._from} AND {self._key} > ? LIMIT 1"
            found = connection.execute(sql, (*self._parameters, last))
        return found.fetchone() is not None

    def _total(self, connection: sqlite3.Connection, seen: int, *, more: bool) -> int:
        if self._cursor is not None:
            return self._cursor.total
        if not more and not self._skip:
            return seen
        source, parameters = self._all
        found = connection.execute(f"SELECT count(*) {source}", parameters)
        return int(found.fetchone()[0])

    def _after(self, last: int, limit: int) -> int:
        return self._skip + limit if self._sorted else last


def source_of(user: int, selection: Selection) -> tuple[str, str, list[object]]:
    """Tables, condition and parameters that a selection is read with."""
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
