"""What the mirror's tables can tell: how far it is, nodes by id, by parent, by path."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from acd_tui.drive import statements
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import Columns, Row, entries_of, key_of, preferred
from acd_tui.errors import FolderNotFound, Unreachable
from acd_tui.vfs.entries import PackedEntries
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

_DEEPEST = 1000


class Position(msgspec.Struct, frozen=True):
    """How far the mirror is; the columns of its table `position`."""

    root: str | None
    checkpoint: str | None
    complete: bool
    generation: int
    filling: int
    checked: float | None
    seal: bytes | None


class Walk(msgspec.Struct, frozen=True):
    """How far a path could be followed from the root down.

    Attributes:
        root: the id of the root; None if the mirror does not know it yet.
        found: the nodes of the path's names, as many as are known.
        sure: whether a name that was not found does not exist.
        checked: when the feed was last followed to its end.
    """

    root: str | None
    found: tuple[Row, ...]
    sure: bool
    checked: float | None = None

    def id(self, depth: int) -> str | None:
        """Return the id of the folder after `depth` names."""
        return self.root if depth == 0 else self.found[depth - 1].id

    def is_folder(self, depth: int) -> bool:
        """Whether all of a path of so many names was found, and it is a folder."""
        if len(self.found) < depth or self.root is None:
            return False
        return not self.found or self.found[-1].is_folder


class Moment(msgspec.Struct, frozen=True):
    """As of when a folder's listing is.

    Attributes:
        identity: of the file.
        edition: of its tree.
        folder: its id.
    """

    identity: bytes
    edition: int
    folder: str | None


def read_position(connection: sqlite3.Connection) -> Position:
    """Return how far the mirror is."""
    row = connection.execute(
        "SELECT root, checkpoint, complete, generation, filling, checked, seal"
        " FROM position"
    ).fetchone()
    return Position(row[0], row[1], bool(row[2]), *row[3:])


def by_id(connection: sqlite3.Connection, node_id: str) -> Row | None:
    """Return a node, whatever its state."""
    row = connection.execute(statements.BY_ID, (node_id,)).fetchone()
    return None if row is None else Row(*row)


def entries_in(
    connection: sqlite3.Connection, folder: str | None, encoder: Encoder
) -> Sequence[Entry]:
    """Return a folder's children, as many as are known."""
    entries = entries_of(columns_in(connection, folder), encoder)
    if isinstance(entries, PackedEntries):
        entries.as_of = moment(connection, folder)
    return entries


def moment(connection: sqlite3.Connection, folder: str | None) -> Moment:
    """Return as of when a listing is that is made now."""
    identity, edition = connection.execute(statements.IDENTITY).fetchone()
    return Moment(identity, edition, folder)


def columns_in(connection: sqlite3.Connection, folder: str | None) -> Iterator[Columns]:
    """Return the rows of a folder's children."""
    yield from connection.execute(statements.CHILDREN, (folder,))
    yield from connection.execute(statements.LINKED_CHILDREN, (folder,))


def listed_at(connection: sqlite3.Connection, folder: str | None) -> float | None:
    """Return when a folder was last listed, seconds since 1970; None for never."""
    row = connection.execute("SELECT at FROM listed WHERE id = ?", (folder,)).fetchone()
    return None if row is None else row[0]


def walk_down(
    connection: sqlite3.Connection, parts: Sequence[str], encoder: Encoder
) -> Walk:
    """Follow the shown names `parts` from the root."""
    position = read_position(connection)
    folder = position.root
    found: list[Row] = []
    for shown in parts:
        if folder is None or (found and not found[-1].is_folder):
            break
        row = child(connection, folder, shown, encoder)
        if row is None:
            break
        found.append(row)
        folder = row.id
    sure = position.complete
    if found and len(found) < len(parts) and not found[-1].is_folder:
        sure = True
    known = sure and position.root is not None
    return Walk(position.root, tuple(found), known, position.checked)


def walk_on(
    connection: sqlite3.Connection, above: Walk, name: str, encoder: Encoder
) -> Walk:
    """Follow a name from the folder that `above` led to; see `walk_down`."""
    folder = above.id(len(above.found))
    row = None if folder is None else child(connection, folder, name, encoder)
    found = above.found if row is None else (*above.found, row)
    return Walk(above.root, found, above.sure, above.checked)


def folder_id(connection: sqlite3.Connection, folder: VPath, encoder: Encoder) -> str:
    """Return the id of the folder at a path.

    Raises:
        FolderNotFound: the mirror knows none.
        Unreachable: it knows nothing at all.
    """
    walk = walk_down(connection, folder.parts, encoder)
    if walk.root is None:
        raise Unreachable(
            "nothing is known of this drive yet",
            hint="ask again once it is read; `acd-tui mirror refresh` reads it",
        )
    found = len(walk.found) == len(folder.parts)
    if not found or not all(row.is_folder for row in walk.found):
        raise FolderNotFound(f"there is no folder {folder}")
    return walk.id(len(folder.parts)) or walk.root


def child(
    connection: sqlite3.Connection, folder: str, shown: str, encoder: Encoder
) -> Row | None:
    """Return what is in a folder, given by its id, under a shown name."""
    if not encoder.can_encode(shown):
        return None
    key = key_of(encoder.encode(shown))
    rows = [Row(*r) for r in connection.execute(statements.CHILD, (folder, key))]
    if not rows and not encoder.is_plain(shown):
        # Another API name may be shown alike (amazon-drive-api.md §8.3).
        rows = [
            row
            for row in map(Row._make, columns_in(connection, folder))
            if encoder.decode(row.name).lower() == shown.lower()
        ]
    return min(rows, key=preferred, default=None)


def paths_of(
    connection: sqlite3.Connection, ids: Iterable[str]
) -> frozenset[tuple[str, ...]]:
    """Return the paths of those nodes that are reachable."""
    found = (path_of(connection, node_id) for node_id in ids)
    return frozenset(path for path in found if path is not None)


def path_of(
    connection: sqlite3.Connection, node_id: str | None
) -> tuple[str, ...] | None:
    """Return a node's API names from the root; None if it is not below it."""
    root = read_position(connection).root
    names: list[str] = []
    for _ in range(_DEEPEST):
        if node_id == root:
            return tuple(reversed(names))
        row = None if node_id is None else by_id(connection, node_id)
        if row is None:
            return None
        names.append(row.name)
        node_id = row.parent
    return None  # a cycle
