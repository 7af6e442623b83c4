"""What is marked in one filesystem, wherever in it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from acd_tui.ui.format import count
from acd_tui.ui.widgets.listing import Listing, Row
from acd_tui.units import show_size
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath


class Marks:
    """A set of files and folders, with what a summary of them needs.

    They are kept by folder and name, so that sorting, filtering, refreshing and going
    somewhere else leave them alone.
    """

    def __init__(self) -> None:
        self._folders: dict[VPath, dict[str, Entry]] = {}
        self.count = 0
        self.folders = 0
        self.size = 0

    def __contains__(self, row: Row) -> bool:
        names = self._folders.get(row.folder)
        return names is not None and row.entry.name in names

    def add(self, row: Row) -> None:
        if row not in self:
            self._folders.setdefault(row.folder, {})[row.entry.name] = row.entry
            self.count += 1
            self.folders += row.entry.is_folder
            self.size += row.entry.size or 0

    def discard(self, row: Row) -> None:
        names = self._folders.get(row.folder)
        entry = names.pop(row.entry.name, None) if names is not None else None
        if entry is not None:
            self.count -= 1
            self.folders -= entry.is_folder
            self.size -= entry.size or 0
            if not names:
                del self._folders[row.folder]

    def toggle(self, row: Row) -> None:
        (self.discard if row in self else self.add)(row)

    def change(self, rows: Iterable[Row], deed: Callable[[Row], None]) -> None:
        """Do `deed` (`add`, `discard` or `toggle`) to many rows."""
        for row in rows:
            deed(row)

    def clear(self) -> None:
        self._folders.clear()
        self.count = self.folders = self.size = 0

    def summary(self) -> str:
        """Say how many are marked, and how large the files among them are.

        How large a folder is, nobody knows before it was walked.
        """
        text = f"{self.count:,} marked"
        if self.count > self.folders:
            text += f", {show_size(self.size)}"
            if self.folders:
                text += f" + {count(self.folders, 'folder')}"
        return text

    def elsewhere(self, shown: Iterable[VPath]) -> int:
        """How many are in folders other than those."""
        return self.count - sum(len(self._folders.get(path, ())) for path in shown)

    def update(self, listing: Listing) -> None:
        """Forget what is not in its folder any more, and take over new sizes."""
        names = self._folders.get(listing.path)
        if not names:
            return
        for entry in list(names.values()):
            current = listing.get(entry.name)
            if current == entry:
                continue  # as most are, and there may be very many
            self.discard(Row(entry, listing.path))
            if current is not None:
                self.add(Row(current, listing.path))

    def rows(self) -> list[Row]:
        """What is marked, without what lies in a folder that is marked itself."""
        rows = [
            Row(entry, folder)
            for folder, names in sorted(self._folders.items())
            for entry in names.values()
        ]
        folders = {row.path for row in rows if row.entry.is_folder}
        if not folders:
            return rows
        return [
            row
            for row in rows
            if row.folder not in folders and folders.isdisjoint(row.folder.parents)
        ]
