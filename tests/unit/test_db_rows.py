from __future__ import annotations

import sqlite3
from contextlib import closing
from itertools import chain, islice

import pytest

from acd_tui.db_rows import add_rows, portions


@pytest.mark.parametrize("values", [1, 11, 15, 998, 999, 1000])
@pytest.mark.parametrize("count", [0, 1, 2, 89, 90, 91, 1000, 2001])
def test_portions_hold_every_row_once_and_in_order(values: int, count: int) -> None:
    some = list(islice(portions(range(count), values), count + 1))
    assert list(chain.from_iterable(some)) == list(range(count))
    assert all(len(portion) == 1 or len(portion) * values <= 999 for portion in some)


def test_rows_of_one_statement_meet_one_another_as_those_before() -> None:
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute("CREATE TABLE t (k PRIMARY KEY, v NOT NULL, n DEFAULT 1)")
        rows = [(number % 300, number) for number in range(1000)]
        more = "ON CONFLICT (k) DO UPDATE SET v = excluded.v, n = n + 1"
        add_rows(connection, "INSERT INTO t (k, v)", "(?, ?)", rows, after=more)
        found = connection.execute("SELECT k, v, n FROM t ORDER BY k").fetchall()
    assert found == [
        (k, k + (900 if k < 100 else 600), 4 if k < 100 else 3) for k in range(300)
    ]
