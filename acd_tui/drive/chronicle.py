"""The journal of what changed in the mirror's tree, written as it is learned of.

It begins when the tree is whole: what fills it in is no change. The rows are written in
the transaction that changes the nodes, so that none is missing and none is told twice.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence

from acd_tui.db_rows import add_rows
from acd_tui.drive import lookup, statements
from acd_tui.drive.names import Encoder
from acd_tui.drive.places import Folders, Known, Place
from acd_tui.drive.rows import FILE, SHOWN, TRASHED, Row, entry_of
from acd_tui.vfs.path import VPath
from acd_tui.vfs.timeline import Change, ChangeKind, Timeline

MOST = 20_000
"""As many changes are kept."""

_KINDS = tuple(ChangeKind)  # the numbers in the table are the places in it
_COLUMNS = "n, kind, at_ns, own, id, node_kind, name, size, parent, folder, before"
_INTO = f"INSERT INTO change ({_COLUMNS})"
_VALUES = f"(NULL{', ?' * 10})"
_NODE = ", ".join(Row._fields)
_FORMER = ", ".join(f"former.{column}" for column in Row._fields)
_NEW = ", ".join(f"node.{column}" for column in Row._fields)
_SET_ASIDE = f"CREATE TEMP TABLE former AS SELECT {_NODE} FROM node"  # noqa: S608
_FORMER_BY_ID = f"SELECT {_NODE} FROM temp.former WHERE id = ?"  # noqa: S608
_OTHER_NOW = f"""
    SELECT {_FORMER} FROM temp.former LEFT JOIN node ON node.id = former.id
    WHERE node.id IS NULL OR node.parent IS NOT former.parent OR node.name <> former.name
    OR node.state <> former.state OR node.md5 IS NOT former.md5 LIMIT ?
"""  # noqa: S608
_NEW_NOW = f"""
    SELECT {_NEW} FROM node LEFT JOIN temp.former ON former.id = node.id
    WHERE former.id IS NULL LIMIT ?
"""  # noqa: S608
_NEWEST = f"SELECT {_COLUMNS} FROM change ORDER BY at_ns DESC, n DESC LIMIT ?"  # noqa: S608


class Recorder:
    """Notes what becomes of some nodes.

    Args:
        connection: to the mirror, in a transaction.
        before: the nodes that are about to change, by their ids, in whatever state.
        folders: the places of their folders before that; looked up now if not given.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        before: Mapping[str, Row],
        folders: Folders | None = None,
    ) -> None:
        self._connection = connection
        self._before = before
        # Where they are now: after the change their folders may be elsewhere.
        self._places: Known = {}
        if before:
            folders = folders or Folders(connection)
            for row in before.values():
                self._places[row.parent] = folders.place(row.parent)

    def record(self, after: Mapping[str, Row], *, own: bool, now: float) -> None:
        """Write down what has become of them.

        Args:
            after: those there are now; may hold new ones.
            own: whether this program did it.
            now: seconds since 1970.
        """
        folders = Folders(self._connection)
        rows: list[tuple[object, ...]] = []
        for node_id in dict.fromkeys((*self._before, *after)):
            old, new = self._before.get(node_id), after.get(node_id)
            for kind in _became(old, new):
                left = old is not None and kind in {
                    ChangeKind.TRASHED,
                    ChangeKind.VANISHED,
                }
                row = old if left or new is None else new
                assert row is not None
                place = self._places[row.parent] if left else folders.place(row.parent)
                if place is not None and place.trashed:
                    continue  # it befell what nobody sees
                before = None
                if kind is ChangeKind.MOVED and old is not None:
                    before = _names(self._places[old.parent], old.name)
                what = (row.id, row.kind, row.name, row.size, row.parent)
                when = _moment(old, new, now)
                where = (_names(place), before)
                rows.append((_KINDS.index(kind), when, own, *what, *where))
        if rows:
            _write(self._connection, rows)


def set_aside(connection: sqlite3.Connection) -> None:
    """Remember the tree as it is, before another takes its place."""
    connection.execute("DROP TABLE IF EXISTS temp.former")
    connection.execute(_SET_ASIDE)
    connection.execute("CREATE UNIQUE INDEX temp.former_by_id ON former (id)")


def record_new_tree(connection: sqlite3.Connection, now: float) -> None:
    """Write down what became of the nodes of the tree that was set aside.

    More than is kept cannot be told apart any more; then only that is said.
    """
    limit = MOST + 1
    rows = [Row(*columns) for columns in connection.execute(_OTHER_NOW, (limit,))]
    before = {row.id: row for row in rows}
    new = [Row(*columns) for columns in connection.execute(_NEW_NOW, (limit,))]
    if len(before) + len(new) > MOST:
        root = lookup.read_position(connection).root
        kind = _KINDS.index(ChangeKind.UNKNOWN)
        gap = (kind, round(now * 1e9), False, root or "", 0, "", *[None] * 4)
        _write(connection, [gap])
    else:
        after = {row.id: row for row in new}
        for row in rows:
            columns = connection.execute(statements.BY_ID, (row.id,)).fetchone()
            if columns is not None:
                after[row.id] = Row(*columns)
        former = Folders(connection, by_id=_FORMER_BY_ID)
        Recorder(connection, before, former).record(after, own=False, now=now)
    connection.execute("DROP TABLE temp.former")


def clear(connection: sqlite3.Connection) -> None:
    """Forget all: it is another tree."""
    connection.execute("DELETE FROM change")
    connection.execute("UPDATE visit SET seen = 0, at = NULL")


def timeline(connection: sqlite3.Connection, encoder: Encoder, limit: int) -> Timeline:
    """Return what changed, the latest first.

    Args:
        connection: to the mirror.
        encoder: API names to shown ones.
        limit: the most changes to return.
    """
    folders = Folders(connection)
    seen, at = connection.execute("SELECT seen, at FROM visit").fetchone()
    changes = []
    paths: dict[str | None, VPath | None] = {}
    for columns in connection.execute(_NEWEST, (limit,)):
        n, kind, at_ns, own, id_, node_kind, name, size, parent, names, before = columns
        row = Row(id_, parent, node_kind, "", 0, name, size, None, None, None, 0)
        if names not in paths:  # many share their folder
            paths[names] = _path(names, encoder)
        folder = paths[names]
        if folder is None and (place := folders.place(parent)) is not None:
            folder = VPath(tuple(map(encoder.decode, place.names)))  # known by now
        changes.append(
            Change(
                number=n,
                kind=_KINDS[kind],
                at_ns=at_ns,
                entry=entry_of(row, encoder),
                folder=folder,
                before=_path(before, encoder),
                own=bool(own),
                parent=parent,
            )
        )
    return Timeline(changes=changes, seen=seen, seen_at=at)


def mark_seen(connection: sqlite3.Connection, number: int, now: float) -> None:
    """Note up to which change the user was shown them, and when."""
    connection.execute("UPDATE visit SET seen = max(seen, ?), at = ?", (number, now))


def whereabouts(connection: sqlite3.Connection, node_id: str) -> tuple[str, ...] | None:
    """Return a node's API names from the root; None if it is in sight nowhere."""
    columns = connection.execute(statements.BY_ID, (node_id,)).fetchone()
    if columns is None:
        return None
    row = Row(*columns)
    place = Folders(connection).place(row.parent)
    if row.state not in SHOWN or place is None or place.trashed:
        return None
    return (*place.names, row.name)


def _became(old: Row | None, new: Row | None) -> Iterator[ChangeKind]:
    """Yield what has become of a node."""
    was, is_ = _in_sight(old), _in_sight(new)
    if was is None and is_ is not None:
        restored = old is not None and old.state == TRASHED
        yield ChangeKind.RESTORED if restored else ChangeKind.APPEARED
    elif was is not None and is_ is None:
        if new is None:
            yield ChangeKind.VANISHED
        elif new.state == TRASHED:
            yield ChangeKind.TRASHED
    elif was is not None and is_ is not None:
        if (was.parent, was.name) != (is_.parent, is_.name):
            yield ChangeKind.MOVED
        # Without an MD5 the service has not looked at the content yet.
        if was.kind == FILE and None not in {was.md5, is_.md5} and was.md5 != is_.md5:
            yield ChangeKind.CHANGED


def _in_sight(row: Row | None) -> Row | None:
    seen = row is not None and row.parent is not None and row.state in SHOWN
    return row if seen else None


def _moment(old: Row | None, new: Row | None, now: float) -> int:
    """Return when it happened: what the service says, if it says anything new."""
    now_ns = round(now * 1e9)
    if new is None or new.changed_ns is None:
        return now_ns
    if old is not None and old.changed_ns == new.changed_ns:
        return now_ns
    return min(new.changed_ns, now_ns)


def _names(place: Place | None, *more: str) -> str | None:
    return None if place is None else json.dumps([*place.names, *more])


def _path(names: str | None, encoder: Encoder) -> VPath | None:
    if names is None:
        return None
    return VPath(tuple(map(encoder.decode, json.loads(names))))


def _write(connection: sqlite3.Connection, rows: Sequence[tuple[object, ...]]) -> None:
    """Add rows, and forget the oldest."""
    add_rows(connection, _INTO, _VALUES, rows)
    connection.execute(
        "DELETE FROM change WHERE n <= (SELECT max(n) FROM change) - ?", (MOST,)
    )
