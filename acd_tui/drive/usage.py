"""How much every folder of the mirror holds, kept so that nobody has to add up a drive.

Totals are stored by folder. If a folder has none, neither has any above it: a change
takes away those on the way up to the root, and what is asked for, or brought up to date,
is added up from there down to the totals that stand.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.lookup import by_id, read_position
from acd_tui.vfs.query import LARGEST


class Total(NamedTuple):
    """What lies in a folder, at any depth."""

    size: int
    files: int
    folders: int


NOTHING = Total(0, 0, 0)


def outdate(connection: sqlite3.Connection, folders: Iterable[str]) -> None:
    """Take away the totals of folders whose content changes, and of those above.

    To be called with the folders that nodes lie in, both before and after they move.
    """
    for folder in folders:
        at: str | None = folder
        while (
            at is not None
            and connection.execute("DELETE FROM total WHERE id = ?", (at,)).rowcount
        ):
            row = by_id(connection, at)
            at = None if row is None else row.parent


def bring_up_to_date(connection: sqlite3.Connection) -> None:
    """Store the totals that are missing below the root, if the tree is whole."""
    position = read_position(connection)
    if not position.complete or position.root is None:
        return
    if connection.execute(
        statements.TOTALS_OF, (json.dumps([position.root]),)
    ).fetchone():
        return
    connection.executemany(
        "INSERT OR IGNORE INTO total VALUES (?, ?, ?, ?)",
        (
            (folder, min(total.size, LARGEST), total.files, total.folders)
            for folder, total in _missing(connection, position.root).items()
        ),
    )


def totals(
    connection: sqlite3.Connection, folders: Sequence[str]
) -> Mapping[str, Total]:
    """Return what each of some folders holds.

    What has several parents counts in the first one.
    """
    found = {
        folder: Total(*total)
        for folder, *total in connection.execute(
            statements.TOTALS_OF, (json.dumps(folders),)
        )
    }
    for folder in folders:
        if folder not in found:
            found |= _missing(connection, folder)
    return found


def _missing(connection: sqlite3.Connection, top: str) -> Mapping[str, Total]:
    """Return the totals of a folder, and of those below, that are not stored."""
    if not connection.execute("SELECT EXISTS (SELECT 1 FROM total)").fetchone()[0]:
        return _Whole(connection).totals()
    # In a circle, to which no listing leads, none counts twice; the root lies in
    # nothing, whatever it says.
    root = read_position(connection).root
    found: dict[str, Total] = {}  # each after the one it lies in
    inside: list[tuple[str, str]] = []
    waiting = [top]
    while waiting:
        folder = waiting.pop()
        files, size = connection.execute(statements.FILES_IN, (folder,)).fetchone()
        found[folder] = Total(size, files, 0)
        for child, *stored in connection.execute(statements.FOLDERS_IN, (folder,)):
            if child == root or child in found:
                continue
            if stored[0] is not None:
                found[folder] = _with(found[folder], Total(*stored))
            else:
                inside.append((folder, child))
                waiting.append(child)
    for folder, child in reversed(inside):
        found[folder] = _with(found[folder], found[child])
    return found


def _with(total: Total, folder: Total) -> Total:
    return Total(
        total.size + folder.size,
        total.files + folder.files,
        total.folders + folder.folders + 1,
    )


class _Whole:
    """The totals of all folders, from one look at the index of the listings.

    A drive has folders by the hundred thousand: numbers in lists cost a fraction of an
    object for each.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        root = read_position(connection).root
        rows = connection.execute(statements.FOLDERS).fetchall()
        rows = [row for row in rows if row[0] != root] + [(root, None)]
        self._numbers = {folder: number for number, (folder, _) in enumerate(rows)}
        self._sizes = [0] * len(rows)
        self._files = [0] * len(rows)
        self._folders = [0] * len(rows)
        for parent, files, size in connection.execute(statements.FILES_BY_FOLDER):
            if (number := self._numbers.get(parent)) is not None:
                self._sizes[number], self._files[number] = size, files
        self._add_up([self._numbers.get(parent) for _, parent in rows])

    def _add_up(self, above: Sequence[int | None]) -> None:
        """Add each folder to the one above once it is complete itself.

        In a circle, to which no listing leads, none ever is.
        """
        missing = [0] * len(above)
        for parent in above:
            if parent is not None:
                missing[parent] += 1
        complete = [number for number, count in enumerate(missing) if not count]
        for number in complete:
            parent = above[number]
            if parent is None:
                continue
            self._sizes[parent] += self._sizes[number]
            self._files[parent] += self._files[number]
            self._folders[parent] += self._folders[number] + 1
            missing[parent] -= 1
            if not missing[parent]:
                complete.append(parent)

    def totals(self) -> Mapping[str, Total]:
        """Return them by the folders' ids."""
        return {
            folder: Total(
                self._sizes[number], self._files[number], self._folders[number]
            )
            for folder, number in self._numbers.items()
        }
