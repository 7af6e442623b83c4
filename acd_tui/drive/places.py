"""Where the folders of the mirror are, for who asks for those of many nodes."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.rows import SHOWN, TRASHED, Row


class Place(NamedTuple):
    """A folder by its API names from the root, and whether it is in the trash."""

    names: tuple[str, ...]
    trashed: bool


Known = dict[str | None, Place | None]


class Folders:
    """The places of folders, each looked up once.

    Args:
        connection: to the mirror.
        known: what was found before, if nothing has changed since; is added to.
        by_id: the statement that gives a node by its id.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        known: Known | None = None,
        *,
        by_id: str = statements.BY_ID,
    ) -> None:
        self._connection = connection
        self._by_id = by_id
        self._known = {} if known is None else known
        (root,) = connection.execute("SELECT root FROM position").fetchone()
        if root is not None:
            self._known[root] = Place((), trashed=False)

    def place(self, folder: str | None) -> Place | None:
        """Return where a folder is; None where no way leads to it."""
        way: list[Row] = []
        passed: set[str | None] = {None}
        at = folder
        while at not in self._known and at not in passed:
            passed.add(at)
            columns = self._connection.execute(self._by_id, (at,)).fetchone()
            if columns is None:
                break
            row = Row(*columns)
            if not row.is_folder or row.state not in {*SHOWN, TRASHED}:
                break
            way.append(row)
            at = row.parent
        place = self._known.get(at)
        for row in reversed(way):
            if place is not None:
                trashed = place.trashed or row.state == TRASHED
                place = Place((*place.names, row.name), trashed)
            self._known[row.id] = place
        return place
