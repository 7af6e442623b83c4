"""How nodes that the service told of enter the mirror's tables, and what they change."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence

from acd_tui.api.models import Node
from acd_tui.db_rows import add_rows
from acd_tui.drive import statements, usage
from acd_tui.drive.chronicle import Recorder
from acd_tui.drive.lookup import Position, read_position
from acd_tui.drive.news import Touched
from acd_tui.drive.rows import FOLDER, SHOWN, Row, row_of

_MOST_CONCERNED = 64


def take_root(
    connection: sqlite3.Connection, nodes: Iterable[Node], position: Position
) -> None:
    """Take the root from `nodes`, if it is not known yet."""
    if position.root is None:
        for node in nodes:
            if node.is_root:
                connection.execute("UPDATE position SET root = ?", (node.id,))


def store(
    connection: sqlite3.Connection,
    nodes: Sequence[Node],
    *,
    fed: bool,
    touched: Touched,
) -> None:
    """Insert or update, unless what is known is newer already."""
    position = read_position(connection)
    generation = position.filling or position.generation
    rows: dict[str, Row] = {}
    further: dict[str, set[str]] = {}
    # An id does not come back: whatever else is said of a purged one is older.
    gone = {node.id for node in nodes if node.status == "PURGED"}
    for node in nodes:
        row = None if node.id in gone else row_of(node)
        known = rows.get(node.id)
        if row is not None and (known is None or row.version >= known.version):
            rows[node.id] = row
            further[node.id] = set(node.parents[1:])
    if gone:
        _drop(connection, gone, touched)
    ids = json.dumps(list(rows))
    _outdate(connection, ids, touched)
    values = statements.new_row(generation, fed=fed)
    add_rows(
        connection,
        statements.STORE,
        values,
        list(rows.values()),
        after=statements.UNLESS_NEWER,
    )
    _outdate(connection, ids, touched)
    (linked,) = connection.execute("SELECT EXISTS (SELECT 1 FROM link)").fetchone()
    if linked or any(further.values()):  # as in few drives
        links = _relink(connection, rows, further)
        if linked or links:
            touched.lose_track()
    connection.execute(statements.NEXT_EDITION)


def _relink(
    connection: sqlite3.Connection,
    rows: Mapping[str, Row],
    further: Mapping[str, Iterable[str]],
) -> bool:
    """Have nodes lie in their further parents, and say whether there are any.

    A row that stayed newer than what came keeps its further parents, too.
    """
    held = _rows(connection, json.dumps(list(rows)))
    taken = [id_ for id_, row in rows.items() if held[id_].version == row.version]
    connection.execute(statements.UNLINK, (json.dumps(taken),))
    links = [(id_, parent) for id_ in taken for parent in further[id_]]
    connection.executemany("INSERT OR IGNORE INTO link VALUES (?, ?)", links)
    return bool(links)


def _drop(connection: sqlite3.Connection, ids: Iterable[str], touched: Touched) -> None:
    known = json.dumps(list(ids))
    _outdate(connection, known, touched)
    connection.execute(statements.FORGET, (known,))
    connection.execute(statements.NEXT_EDITION)
    connection.execute(statements.UNLINK, (known,))
    if read_position(connection).filling:
        connection.execute(statements.LEAVE_OUT, (known,))


def forget_unlisted(
    connection: sqlite3.Connection,
    folder: str,
    nodes: Sequence[Node],
    touched: Touched,
) -> None:
    """Drop what only an earlier listing put into a folder, if it is not in `nodes`."""
    ids = json.dumps([node.id for node in nodes])
    connection.execute(statements.FORGET_UNLISTED, (folder, ids))
    touched.lose_track()
    connection.execute(statements.NEXT_EDITION)
    usage.outdate(connection, [folder])


def _outdate(connection: sqlite3.Connection, ids: str, touched: Touched) -> None:
    """Note that nodes, given as a JSON list of ids, are about to change, or just did."""
    places = connection.execute(statements.PLACES_OF, (ids,)).fetchall()
    touched.note(places)
    usage.outdate(connection, {parent for parent, _ in places})


def learn(
    connection: sqlite3.Connection,
    nodes: Sequence[Node],
    *,
    fed: bool,
    own: bool = False,
    now: float,
    touched: Touched,
) -> frozenset[str] | None:
    """Store `nodes`, note what became of them, and return which folders look different.

    Args:
        connection: to the mirror, in a transaction.
        nodes: as the service told of them.
        fed: whether its feed did.
        own: whether it is the answer to a change of our own.
        now: seconds since 1970.
        touched: is told what changes.
    """
    ids = json.dumps([node.id for node in nodes])
    rows = _rows(connection, ids)
    before = _visible(connection, ids, rows)
    whole = read_position(connection).complete  # what fills the tree in is no change
    recorder = Recorder(connection, rows) if whole else None
    store(connection, nodes, fed=fed, touched=touched)
    rows = _rows(connection, ids)
    after = _visible(connection, ids, rows)
    if recorder is not None:
        recorder.record(rows, own=own, now=now)
    concerned: set[str] = set()
    for node_id in before.keys() | after.keys():
        old, new = before.get(node_id), after.get(node_id)
        if old == new:
            continue
        if old is not None and old[0].kind == FOLDER and not _stays(old, new):
            return None  # the paths of all below it have changed
        for seen in (old, new):
            if seen is not None:
                concerned |= seen[1]
        if len(concerned) > _MOST_CONCERNED:
            return None
    return frozenset(concerned)


def forget(
    connection: sqlite3.Connection, node_id: str, *, now: float, touched: Touched
) -> None:
    """Drop a node that the service does not know any more."""
    rows = _rows(connection, json.dumps([node_id]))
    whole = read_position(connection).complete
    recorder = Recorder(connection, rows) if whole else None
    _drop(connection, [node_id], touched)
    if recorder is not None:
        recorder.record({}, own=False, now=now)


_Seen = tuple[Row, frozenset[str]]


def _rows(connection: sqlite3.Connection, ids: str) -> dict[str, Row]:
    rows = (Row(*columns) for columns in connection.execute(statements.BY_IDS, (ids,)))
    return {row.id: row for row in rows}


def _visible(
    connection: sqlite3.Connection, ids: str, rows: Mapping[str, Row]
) -> dict[str, _Seen]:
    """Return those nodes that a listing shows, without their versions."""
    seen: dict[str, _Seen] = {}
    for row in rows.values():
        if row.state in SHOWN and row.parent is not None:
            plain = row._replace(version=0, changed_ns=None, state=0)
            seen[row.id] = (plain, frozenset({row.parent}))
    for child, parent in connection.execute(statements.LINKS_OF, (ids,)):
        if child in seen:
            seen[child] = (seen[child][0], seen[child][1] | {parent})
    return seen


def _stays(old: _Seen, new: _Seen | None) -> bool:
    return new is not None and (old[0].key, old[1]) == (new[0].key, new[1])
