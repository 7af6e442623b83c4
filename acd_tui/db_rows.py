"""Many rows given to few statements.

One by one they take nearly twice as long. And each statement lets go of the interpreter,
which another thread then has: to get it back may take ten times as long as the row.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, TypeVar

T = TypeVar("T")

_MOST_VALUES = 999  # that one statement has room for in any SQLite


def add_rows(
    connection: sqlite3.Connection,
    into: str,
    row: str,
    rows: Sequence[Sequence[Any]],
    *,
    after: str = "",
) -> None:
    """Add rows to a table, as many with each statement as it has room for.

    Args:
        connection: inside a transaction.
        into: `INSERT INTO table (columns)`, or what takes its place.
        row: the values of one row in brackets, a `?` for each that `rows` has.
        rows: all with as many values.
        after: what comes after them, as `ON CONFLICT …`.
    """
    for some in portions(rows, row.count("?")):
        sql = _statement(into, row, len(some), after)
        connection.execute(sql, list(chain.from_iterable(some)))


def portions(rows: Sequence[T], values: int) -> Iterator[Sequence[T]]:
    """Give rows in portions that a statement has room for.

    There are few numbers of them, so that the same statements come again, which SQLite
    need not read anew.

    Args:
        rows: to be given.
        values: of each.
    """
    start, count = 0, max(1, _MOST_VALUES // values)
    while start < len(rows):
        while count > len(rows) - start:
            count //= 2
        yield rows[start : start + count]
        start += count


@functools.lru_cache(64)
def _statement(into: str, row: str, count: int, after: str) -> str:
    return f"{into} VALUES {', '.join([row] * count)} {after}"
