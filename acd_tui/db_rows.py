"""Many rows put into a table by few statements."""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Sequence
from itertools import chain
from typing import Any

_MOST_VALUES = 999  # that one statement has room for in any SQLite


def add_rows(
    connection: sqlite3.Connection, into: str, row: str, rows: Sequence[Sequence[Any]]
) -> None:
    """Add rows to a table, as many with each statement as it has room for.

    One by one they take nearly twice as long. And each then lets go of the interpreter,
    which a busy thread keeps for up to five milliseconds.

    Args:
        connection: inside a transaction.
        into: `INSERT INTO table (columns)`, or what takes its place.
        row: the values of one row in brackets, a `?` for each that `rows` has.
        rows: all with as many values.
    """
    at_once = _MOST_VALUES // row.count("?")
    rest = len(rows) % at_once
    several = _statement(into, row, at_once)
    for start in range(0, len(rows) - rest, at_once):
        some = rows[start : start + at_once]
        connection.execute(several, list(chain.from_iterable(some)))
    connection.executemany(_statement(into, row, 1), rows[len(rows) - rest :])


@functools.lru_cache(16)
def _statement(into: str, row: str, count: int) -> str:
    return f"{into} VALUES {', '.join([row] * count)}"
