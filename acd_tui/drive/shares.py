"""What the children of a folder of the mirror take, without a look at each of a million.

SQLite adds up, and puts files in order; only those asked for become objects.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from acd_tui.drive import lookup, statements, usage
from acd_tui.drive.names import Encoder
from acd_tui.drive.rows import Columns, Row, entry_of, one_of_each_name
from acd_tui.drive.usage import Total
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked, By, Usage, Usages, first

_WIDTH = len(Row._fields)
_ALL = -1
# Of folders, and of files.
_ORDERS = {
    (By.SIZE, False): ("total.size DESC, key", "coalesce(size, 0) DESC, key"),
    (By.SIZE, True): ("total.size, key", "coalesce(size, 0), key"),
    (By.COUNT, False): ("total.files DESC, key", "key"),  # each file is one
    (By.COUNT, True): ("total.files, key", "key"),
    (By.NAME, False): ("key", "key"),
    (By.NAME, True): ("key DESC", "key DESC"),
}


def usages(
    connection: sqlite3.Connection, folder: VPath, encoder: Encoder, asked: Asked
) -> Usages:
    """Return what the children of a folder take.

    Raises:
        FolderNotFound: there is no such folder.
    """
    folder_id = lookup.folder_id(connection, folder, encoder)
    return _Folder(connection, folder_id, encoder).usages(asked)


class _Folder:
    """A folder whose children are added up."""

    def __init__(
        self, connection: sqlite3.Connection, folder: str, encoder: Encoder
    ) -> None:
        self._connection = connection
        self._folder = folder
        self._encoder = encoder
        linked = connection.execute(statements.LINKED_CHILDREN, (folder,)).fetchall()
        self._linked = [Row(*row) for row in linked]
        self._stored: list[Total] = []
        self._totals: Mapping[str, Total] = {}  # of those that are not stored

    def usages(self, asked: Asked) -> Usages:
        self._look_at_folders()
        count, size, largest = self._connection.execute(
            statements.SUM_OF_FILES, (self._folder,)
        ).fetchone()
        files, folders = count, 0
        for total in chain(self._stored, self._totals.values()):
            count += 1
            size += total.size
            files += total.files
            folders += total.folders + 1
            largest = max(largest, total.size)
        for row in self._linked:
            if not row.is_folder:
                count, files = count + 1, files + 1
                size += row.size or 0
                largest = max(largest, row.size or 0)
        return Usages(
            first=self._first(asked) if asked.most != 0 else (),
            count=count,
            size=size,
            files=files,
            folders=folders,
            largest=largest,
        )

    def _look_at_folders(self) -> None:
        """Find out the totals of the folders; once, for each is looked for by its id."""
        missing = [row.id for row in self._linked if row.is_folder]
        rows = self._connection.execute(statements.FOLDERS_IN, (self._folder,))
        for folder, size, files, folders in rows:
            if size is None:
                missing.append(folder)
            else:
                self._stored.append(Total(size, files, folders))
        if missing:
            found = usage.totals(self._connection, missing)
            self._totals = {each: found.get(each, usage.NOTHING) for each in missing}

    def _total(self, folder: str, stored: Iterable[int | None] = (None,)) -> Total:
        size, *rest = stored
        if size is None:
            return self._totals[folder]
        return Total(size, *rest)  # type: ignore[arg-type] # all are there, or none

    def _first(self, asked: Asked) -> list[Usage]:
        found = first(self._children(asked), asked)
        # Where several nodes go by one name, the one that a listing shows.
        kept = {id(each) for each in one_of_each_name([u.entry for u in found])}
        return [each for each in found if id(each.entry) in kept]

    def _children(self, asked: Asked) -> Iterator[Usage]:
        """Yield what may come first; all folders where some totals are not stored."""
        for_folders, for_files = _ORDERS[asked.by, asked.reverse]
        most = _ALL if asked.most is None else asked.most
        for row in self._connection.execute(
            statements.first_folders(for_folders),
            (self._folder, _ALL if self._totals else most),
        ):
            yield self._usage(row[:_WIDTH], row[_WIDTH:])
        for linked in self._linked:
            yield self._usage(linked)
        if asked.files:
            statement = statements.first_files(for_files)
            for row in self._connection.execute(statement, (self._folder, most)):
                yield self._usage(row)

    def _usage(self, columns: Columns, stored: Iterable[int | None] = (None,)) -> Usage:
        row = Row(*columns)
        entry = entry_of(row, self._encoder)
        if not row.is_folder:
            return Usage(entry=entry, size=entry.size or 0, files=1, folders=0)
        total = self._total(row.id, stored)
        return Usage(
            entry=entry, size=total.size, files=total.files, folders=total.folders
        )
