"""How much every folder of the mirror holds, from one look at its index."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from acd_tui.drive import statements
from acd_tui.drive.lookup import read_position


class Total(NamedTuple):
    """What lies in a folder, at any depth."""

    size: int
    files: int
    folders: int


class Totals:
    """What each folder of a mirror holds.

    What has several parents counts in the first one. A drive has folders by the hundred
    thousand: numbers in lists cost a fraction of an object for each.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        root = read_position(connection).root
        rows = connection.execute(statements.FOLDERS).fetchall()
        self._numbers = {folder: number for number, (folder, _) in enumerate(rows)}
        self._sizes = [0] * len(rows)
        self._files = [0] * len(rows)
        self._folders = [0] * len(rows)
        for parent, files, size in connection.execute(statements.FILES_BY_FOLDER):
            if (number := self._numbers.get(parent)) is not None:
                self._sizes[number], self._files[number] = size or 0, files
        # The root lies in nothing, whatever it says.
        above = [
            self._numbers.get(parent) if folder != root else None
            for folder, parent in rows
        ]
        self._add_up(above)

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

    def of(self, folder: str | None) -> Total:
        """Return what a folder holds; nothing for what is none."""
        number = self._numbers.get(folder or "")
        if number is None:
            return Total(0, 0, 0)
        return Total(self._sizes[number], self._files[number], self._folders[number])
