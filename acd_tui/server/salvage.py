"""An index whose file is damaged: save of it what can be read."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

from acd_tui.db import Database, DatabaseError, must_be_readable, remove_database
from acd_tui.server.disk import sync_folder
from acd_tui.server.journal import connected, is_foreign, is_whole
from acd_tui.server.lost import LostAndFound
from acd_tui.server.storage import INDEX

_MOST_AT_ONCE = 4096
_FARTHEST = 1 << 24  # rows looked for if not even the last one can be found
_EDGES = """INSERT OR IGNORE INTO edges (parent, child, name, live)
SELECT p.num, n.num, n.name_key, n.status = 'AVAILABLE' FROM nodes n
CROSS JOIN json_each(CASE WHEN json_valid(n.parents) THEN n.parents ELSE '[]' END) j
JOIN nodes p ON p.id = j.value WHERE n.status <> 'PURGED' AND n.name IS NOT NULL"""

Rows = Iterator[tuple[Any, ...]]


def salvage(directory: Path, lost: LostAndFound) -> list[str]:
    """Make the index whole again if its file is damaged; only while no server runs.

    Every row that can still be read goes into a new file; the damaged one is kept in
    lost-and-found. (`REINDEX` trips over the same pages.)

    Returns:
        what was done, one sentence each; nothing if all was well.

    Raises:
        DatabaseError: nothing of it can be read. Nothing was changed then.
    """
    path = directory / INDEX
    did = _take_foreign(path, lost)
    try:
        # One that may write would take the journal into the file when it is closed.
        with connected(path, "ro") as connection:
            if is_whole(connection):
                return did
            connection.execute("SELECT count(*) FROM users, settings").fetchone()
        with connected(path) as connection:
            # The journal's commits belong to what is kept and read below.
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.DatabaseError as error:
        raise DatabaseError(
            f"the index {path} cannot be read any more: {error}",
            # With the journal of another one SQLite would spoil the backup, too.
            hint=f"move {INDEX}, {INDEX}-wal and {INDEX}-shm away, put a backup of the"
            " first in its place and repair again: what the backup does not know is then"
            " kept in lost-and-found",
        ) from error
    kept = lost.place(INDEX)
    shutil.copyfile(path, kept)
    kept.chmod(0o600)
    lost.give(kept)
    place = kept.relative_to(directory)
    did.append(f"the index is damaged; as it was it is in {place}")
    return did + _rebuilt(path, lost)


def _take_foreign(path: Path, lost: LostAndFound) -> list[str]:
    """Put the journal beside the index out of the way if it is another one's."""
    if not is_foreign(path):
        return []
    must_be_readable(path)  # a failing disk looks the same
    place = lost.take(path.with_name(f"{path.name}-wal"))
    path.with_name(f"{path.name}-shm").unlink(missing_ok=True)
    return [f"the journal beside the index was of another one; it is in {place}"]


def _rebuilt(path: Path, lost: LostAndFound) -> list[str]:
    new = path.with_name(f"{INDEX}.new")
    remove_database(new)
    database = Database(new, files("acd_tui.server") / "schema", synchronous="FULL")
    database.open()
    database.close()
    with connected(path) as source, connected(new) as target:
        did = [
            sentence
            for table in _tables(target)
            if table != "edges"
            for sentence in _copied(source, target, table)
        ]
        target.execute(_EDGES)
        # Clients must not believe that they know the drive.
        target.execute("DELETE FROM histories")
        target.execute("PRAGMA journal_mode = DELETE")
    with new.open("rb") as file:
        os.fsync(file.fileno())
    lost.give(new)
    for suffix in ("-wal", "-shm"):  # empty: what it held is in the index itself
        path.with_name(f"{INDEX}{suffix}").unlink(missing_ok=True)
    new.replace(path)  # killed before this, it is begun anew
    sync_folder(path.parent)
    return [
        "the index is made anew of what could be read of it; clients will read their"
        " drives from the beginning",
        *did,
    ]


def _tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
        # What is rendered of a node needs its user.
        " ORDER BY name <> 'users', rowid"
    )
    return [name for (name,) in rows]


def _copied(
    source: sqlite3.Connection, target: sqlite3.Connection, table: str
) -> list[str]:
    """Copy what can be read of a table; what to say of it."""
    known = _columns(source, table)
    columns = [name for name in _columns(target, table) if name in known]
    if not columns:
        return []
    names, marks = ", ".join(columns), ", ".join("?" * len(columns))
    adding = f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})"  # noqa: S608 - names of the schema
    gaps: list[str] = []
    target.execute("BEGIN")
    for row in _readable(source, table, names, gaps):
        target.execute(adding, row)
    target.execute("COMMIT")
    return [f"some rows of {table} could not be read: {gaps[0]}"] if gaps else []


def _columns(connection: sqlite3.Connection, table: str) -> list[str]:
    rows = connection.execute("SELECT name FROM pragma_table_info(?)", (table,))
    return [name for (name,) in rows]


def _readable(
    source: sqlite3.Connection, table: str, names: str, gaps: list[str]
) -> Rows:
    try:
        asking = f"SELECT max(rowid) FROM {table}"  # noqa: S608 - a table's name
        last = source.execute(asking).fetchone()[0] or 0
    except sqlite3.OperationalError:
        yield from _without_rowid(source, table, names, gaps)
        return
    except sqlite3.DatabaseError:
        last = _FARTHEST
    asking = f"SELECT {names} FROM {table} WHERE rowid BETWEEN ? AND ?"  # noqa: S608 - names of the schema
    yield from _between(source, asking, (0, last), gaps)


def _between(
    source: sqlite3.Connection, asking: str, span: tuple[int, int], gaps: list[str]
) -> Rows:
    """The rows of a range; around what is damaged the ranges get smaller and smaller."""
    pending = [span]
    while pending:
        first, last = pending.pop()
        if last - first < _MOST_AT_ONCE:
            try:
                rows = source.execute(asking, (first, last))
                yield from rows.fetchall()
                continue
            except sqlite3.DatabaseError as error:
                if first == last:
                    gaps.append(str(error))
                    continue
        middle = (first + last) // 2
        pending += [(middle + 1, last), (first, middle)]


def _without_rowid(
    source: sqlite3.Connection, table: str, names: str, gaps: list[str]
) -> Rows:
    """The rows up to what is damaged, from either end."""
    info = source.execute("SELECT name, pk FROM pragma_table_info(?)", (table,))
    keys = [name for name, place in info if place]
    for way in ("ASC", "DESC"):
        order = ", ".join(f"{key} {way}" for key in keys)
        try:
            yield from source.execute(f"SELECT {names} FROM {table} ORDER BY {order}")  # noqa: S608 - names of the schema
        except sqlite3.DatabaseError as error:
            gaps.append(str(error))
        else:
            return
