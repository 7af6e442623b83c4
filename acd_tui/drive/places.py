"""Where the folders of the mirror are, for who asks for those of many nodes."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.folder_index import FolderIndex
from acd_tui.drive.rows import AVAILABLE, SHOWN, TRASHED, Row

_PASSED = frozenset({*SHOWN, TRASHED})


class Place(NamedTuple):
    """A folder by its API names from the root, and whether it is in the trash."""

    names: tuple[str, ...]
    trashed: bool


# Of a folder on the way: its id, its parent's, its state and its name.
_Step = tuple[str, str | None, int, str]
Known = dict[str | None, Place | None]


class Folders:
    """The places of folders, each looked up once.

    Args:
        connection: to the mirror.
        known: what was found before, if nothing has changed since; is added to.
        index: of the folders in sight, if nothing has changed since.
        by_id: the statement that gives a node by its id.
    """

    def __init__(
        self,
        connection: sqlite3.Connection,
        known: Known | None = None,
        *,
        index: FolderIndex | None = None,
        by_id: str = statements.BY_ID,
    ) -> None:
        self._connection = connection
        self._by_id = by_id
        self._index = index
        self._known = {} if known is None else known
        self._ahead: dict[str, _Step] = {}
        (root,) = connection.execute("SELECT root FROM position").fetchone()
        if root is not None:
            self._known[root] = Place((), trashed=False)

    def prepare(self, folders: Iterable[str | None]) -> None:
        """Look up the ways of several nodes' folders together, a level at a time.

        One statement for each of them takes three times as long.
        """
        while wanted := {each for each in folders if not self._is_looked_up(each)}:
            ids = json.dumps(list(wanted))
            found = self._connection.execute(statements.STEPS, (ids,)).fetchall()
            self._ahead |= {step[0]: step for step in found}
            folders = [parent for _, parent, _, _ in found]

    def _is_looked_up(self, folder: str | None) -> bool:
        return (
            folder is None
            or folder in self._known
            or folder in self._ahead
            or (self._index is not None and folder in self._index)
        )

    def place(self, folder: str | None) -> Place | None:
        """Return where a folder is; None where no way leads to it."""
        way: list[_Step] = []
        passed: set[str | None] = {None}
        at = folder
        while at not in self._known and at not in passed:
            passed.add(at)
            step = self._step(at)
            if step is None:
                break
            way.append(step)
            at = step[1]
        place = self._known.get(at)
        for node_id, _, state, name in reversed(way):
            if place is not None:
                trashed = place.trashed or state == TRASHED
                place = Place((*place.names, name), trashed)
            self._known[node_id] = place
        return place

    def _step(self, folder: str | None) -> _Step | None:
        """Return what leads on from a folder; None if it is none to be passed."""
        step = self._ahead.pop(folder or "", None)
        if step is None and self._index is not None:
            found = self._index.get(folder or "")
            if found is not None:
                return folder or "", found[0], AVAILABLE, found[1]
        if step is None:
            columns = self._connection.execute(self._by_id, (folder,)).fetchone()
            if columns is None or not (row := Row(*columns)).is_folder:
                return None
            step = row.id, row.parent, row.state, row.name
        return step if step[2] in _PASSED else None
