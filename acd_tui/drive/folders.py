"""What the mirror knows of the folder at a path."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence

import msgspec

from acd_tui.drive import lookup, statements
from acd_tui.drive.lookup import Walk
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import FILE, Columns, Row, entries_of, entry_of, key_of
from acd_tui.vfs.entry import Entry

_MOST_WAYS = 2000
_KEY, _KIND = Row._fields.index("key"), Row._fields.index("kind")


class Listing(msgspec.Struct, frozen=True):
    """What the mirror knows of a folder.

    Attributes:
        walk: the way to it.
        entries: its children; None if they were never all asked for.
        listed: when they were asked for, seconds since 1970; None: the feed told them.
    """

    walk: Walk
    entries: Sequence[Entry] | None
    listed: float | None


class Ways:
    """Ways to folders that were listed: who lists a tree asks for each one's children next.

    To walk down to each anew takes longer, levels down, than to list it. A way is good as
    long as the tree is what it was; several threads may ask.
    """

    def __init__(self) -> None:
        self._known: tuple[object, dict[tuple[str, ...], Walk]] = (None, {})

    def walk(
        self, connection: sqlite3.Connection, parts: tuple[str, ...], encoder: Encoder
    ) -> Walk:
        """Follow the shown names `parts` from the root."""
        position = lookup.read_position(connection)
        moment = lookup.moment(connection, position.root), position.complete
        of, known = self._known
        if of != moment or len(known) > _MOST_WAYS:
            known = {}
            self._known = moment, known
        above = known.get(parts[:-1]) if parts else None
        if above is None:
            walk = lookup.walk_down(connection, parts, encoder)
        else:
            walk = lookup.walk_on(connection, above, parts[-1], encoder)
            walk = msgspec.structs.replace(walk, checked=position.checked)
        if walk.is_folder(len(parts)):
            known[parts] = walk
        return walk


def listing(
    connection: sqlite3.Connection,
    parts: Sequence[str],
    encoder: Encoder,
    ways: Ways | None = None,
) -> Listing:
    """List the folder at the shown names `parts`.

    Args:
        connection: to the mirror.
        parts: the names.
        encoder: shown names to API names.
        ways: to what was listed before; gets that to this one.
    """
    walk = (ways or Ways()).walk(connection, tuple(parts), encoder)
    folder, is_known, listed = _known(connection, walk, len(parts))
    if not is_known:
        return Listing(walk, None, None)
    return Listing(walk, lookup.entries_in(connection, folder, encoder), listed)


def whose(
    connection: sqlite3.Connection, parts: Sequence[str], encoder: Encoder
) -> tuple[str | None, bool, float | None]:
    """Return a folder's id, whether its children are known, and when they were listed."""
    walk = lookup.walk_down(connection, parts, encoder)
    return _known(connection, walk, len(parts))


def _known(
    connection: sqlite3.Connection, walk: Walk, depth: int
) -> tuple[str | None, bool, float | None]:
    if not walk.is_folder(depth):
        return None, False, None
    folder = walk.id(depth)
    if lookup.read_position(connection).complete:
        return folder, True, None
    at = lookup.listed_at(connection, folder)
    return folder, at is not None, at


def glance(
    connection: sqlite3.Connection, parts: Sequence[str], encoder: Encoder, count: int
) -> Sequence[Entry]:
    """Return the first children by name of a folder that has more than `count`."""
    walk = lookup.walk_down(connection, parts, encoder)
    folder = walk.id(len(parts)) if len(walk.found) == len(parts) else None
    if folder is None or not (
        lookup.read_position(connection).complete
        or lookup.listed_at(connection, folder)
    ):
        return ()
    rows = connection.execute(statements.FIRST_CHILDREN, (folder, count + 1)).fetchall()
    return entries_of(rows[:count], encoder) if len(rows) > count else ()


def files(
    connection: sqlite3.Connection,
    parts: Sequence[str],
    names: Collection[str],
    encoder: Encoder,
) -> Mapping[str, Entry]:
    """Return the files of those names in a folder that can be told at a glance.

    Those whose shown name is not plainly their API name cannot, nor can a name that
    several nodes go by, nor any in a folder that holds nodes of other folders.
    """
    keys = {key_of(name): name for name in names if encoder.is_plain(name)}
    walk = lookup.walk_down(connection, parts, encoder)
    folder = walk.id(len(parts)) if len(walk.found) == len(parts) else None
    if connection.execute(statements.HAS_LINKED, (folder,)).fetchone():
        return {}
    found: dict[str, list[Columns]] = {}
    for row in connection.execute(
        statements.SOME_CHILDREN, (folder, json.dumps(list(keys)))
    ):
        found.setdefault(keys[row[_KEY]], []).append(row)
    return {
        name: entry_of(Row(*rows[0]), encoder)
        for name, rows in found.items()
        if len(rows) == 1 and rows[0][_KIND] == FILE
    }
