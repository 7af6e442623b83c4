"""A whole new tree, put together beside the one that is in sight.

Nodes come in the order of nothing: to keep indexes of a million of them in order while
they come takes four times as long as to make them at the end. So the feed's word of a
new tree goes into a table without any, and who looks meanwhile sees the old tree, or
what was listed. At the end the table gets its indexes and takes the old one's place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from acd_tui.api.models import Node
from acd_tui.db_rows import add_rows
from acd_tui.drive import statements
from acd_tui.drive.rows import Row, is_short, row_of

# While indexes are made. With the usual 2 MB they are sorted in many pieces; more than
# this was measured to gain nothing.
_SORTING_KIB = 8 << 10
_USUAL_KIB = 2000

_TABLE = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = 'node'"
_INDEXES = """
    SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'node'
    ORDER BY sql NOT LIKE 'CREATE UNIQUE %', rowid
"""
_TRIGGERS = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'node'"


def begin(connection: sqlite3.Connection) -> None:
    """Begin a tree; drop one that was begun before."""
    drop(connection)
    (sql,) = connection.execute(_TABLE).fetchone()
    columns = sql[sql.index("(") :]
    connection.execute(f"CREATE TABLE new_node {columns}")
    connection.execute(f"CREATE TABLE new_late {columns}")


def drop(connection: sqlite3.Connection) -> None:
    """Drop what was put together, if anything was."""
    connection.execute("DROP TABLE IF EXISTS new_node")
    connection.execute("DROP TABLE IF EXISTS new_late")
    connection.execute("DELETE FROM new_link")
    connection.execute("DELETE FROM gone")


def add(connection: sqlite3.Connection, nodes: Sequence[Node], generation: int) -> None:
    """Add what the feed tells of the tree that was begun."""
    rows: list[Row] = []
    late: list[Row] = []
    links: list[tuple[str, str, int]] = []
    for node in nodes:
        row = None if node.status == "PURGED" else row_of(node)
        if row is None:
            continue
        (late if is_short(row) else rows).append(row)
        if len(node.parents) > 1:
            links += [(row.id, parent, row.version) for parent in node.parents[1:]]
    gone = [(node.id,) for node in nodes if node.status == "PURGED"]
    _insert(connection, "new_node", rows, generation)
    _insert(connection, "new_late", late, generation)
    connection.executemany("INSERT INTO new_link VALUES (?, ?, ?)", links)
    connection.executemany("INSERT OR IGNORE INTO gone VALUES (?)", gone)


def _insert(
    connection: sqlite3.Connection, table: str, rows: Sequence[Row], generation: int
) -> None:
    add_rows(
        connection,
        statements.add_new(table),
        statements.new_row(generation, fed=True),
        rows,
    )


def count(connection: sqlite3.Connection) -> int:
    """Return how many nodes were added, those added twice counted twice."""
    (last,) = connection.execute("SELECT max(n) FROM new_node").fetchone()
    return last or 0


def take_over(connection: sqlite3.Connection, generation: int) -> None:
    """Put the new tree in the place of the old one.

    What was learned from answers to ourselves since it was begun stays, unless the feed
    knows something newer.
    """
    connection.execute(f"PRAGMA cache_size = -{_SORTING_KIB}")
    try:
        _take_over(connection, generation)
    finally:
        connection.execute(f"PRAGMA cache_size = -{_USUAL_KIB}")


def _take_over(connection: sqlite3.Connection, generation: int) -> None:
    connection.execute(statements.KEEP_LEARNED_LINKS, (generation,))
    connection.execute(statements.KEEP_LEARNED, (generation,))
    ids, *indexes = [sql for (sql,) in connection.execute(_INDEXES).fetchall()]
    triggers = [sql for (sql,) in connection.execute(_TRIGGERS).fetchall()]
    connection.execute(statements.CLEAR_SEALS)
    connection.execute("DROP TABLE node")
    connection.execute("ALTER TABLE new_node RENAME TO node")
    try:
        connection.execute(ids)
    except sqlite3.IntegrityError:  # some came twice
        connection.execute(statements.SET_REPEATED_ASIDE)
        connection.execute(statements.DROP_LATE)
        connection.execute(ids)
    # Those of which there is more than one word: from the oldest to the newest.
    connection.execute(statements.SET_LATE_ASIDE)
    connection.execute(statements.DROP_LATE)
    connection.execute(statements.STORE_LATE)
    for sql in indexes:
        connection.execute(sql)
    connection.execute("DELETE FROM node WHERE id IN (SELECT id FROM gone)")
    for sql in triggers:
        connection.execute(sql)
    connection.execute("DELETE FROM link")
    connection.execute(statements.TAKE_LINKS)
    connection.execute(statements.NEXT_EDITION)
    drop(connection)
