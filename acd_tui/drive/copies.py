"""Finding files of the mirror by their contents."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable

from acd_tui.drive import statements
from acd_tui.drive.lookup import folder_id
from acd_tui.drive.names import Encoder
from acd_tui.drive.places import Folders
from acd_tui.drive.rows import Columns, Row
from acd_tui.drive.search import Hit
from acd_tui.vfs.path import VPath


def copies(
    connection: sqlite3.Connection,
    folder: VPath,
    of: Collection[str] | None,
    encoder: Encoder,
) -> list[Hit]:
    """Return files below a folder by their contents, empty ones left out.

    Args:
        connection: to the mirror.
        folder: where to look.
        of: the MD5s; None for each that several files of the drive have.
        encoder: shown names to API names.

    Raises:
        FolderNotFound: there is no such folder.
    """
    below = _Below(connection, folder, encoder)
    if of is None:
        rows: Iterable[Columns] = connection.execute(statements.SEVERAL_COPIES)
    else:
        rows = (
            row
            for md5 in of
            for row in connection.execute(statements.COPIES, (bytes.fromhex(md5),))
        )
    hits = (below.hit(Row(*columns)) for columns in rows)
    return [hit for hit in hits if hit is not None]


def contents(
    connection: sqlite3.Connection, folder: VPath, encoder: Encoder
) -> frozenset[str]:
    """Return the MD5s of all files below a folder, those of empty ones left out.

    Raises:
        FolderNotFound: there is no such folder.
    """
    below = _Below(connection, folder, encoder)
    return frozenset(
        md5.hex()
        for parent, md5 in connection.execute(statements.CONTENTS)
        if below.names(parent) is not None
    )


class _Below:
    """Tells what lies below a folder."""

    def __init__(
        self, connection: sqlite3.Connection, folder: VPath, encoder: Encoder
    ) -> None:
        self._folders = Folders(connection)
        place = self._folders.place(folder_id(connection, folder, encoder))
        self._names = () if place is None else place.names

    def hit(self, row: Row) -> Hit | None:
        """Return a node with its place; None if it is elsewhere."""
        names = self.names(row.parent)
        return None if names is None else Hit(row, names)

    def names(self, folder: str | None) -> tuple[str, ...] | None:
        """Return the API names of a folder; None if it is elsewhere."""
        place = self._folders.place(folder)
        if place is None or place.trashed:
            return None
        inside = place.names[: len(self._names)] == self._names
        return place.names if inside else None
