"""What is marked in one filesystem, wherever in it."""

from __future__ import annotations

import enum
from array import array
from collections.abc import Iterable, Iterator, Sequence
from itertools import compress, count, islice

from acd_tui.ui import format as texts
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.listing import Listing, Row
from acd_tui.ui.widgets.tree import Part
from acd_tui.units import show_size
from acd_tui.vfs.entries import EntryList
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

MANY = 10_000
"""So many rows of a folder that are marked together are marked by their numbers."""


class Deed(enum.Enum):
    """What is done to the marks of some rows."""

    ADD = enum.auto()
    DISCARD = enum.auto()
    TOGGLE = enum.auto()


class Marks:
    """A set of files and folders, with what a summary of them needs.

    They are kept by folder and name, so that sorting, filtering, refreshing and going
    somewhere else leave them alone; those of a large folder by their numbers in a
    listing of it, which then is kept.
    """

    def __init__(self) -> None:
        self._few: dict[VPath, dict[str, Entry]] = {}
        self._many: dict[VPath, _Flags] = {}

    def __contains__(self, row: Row) -> bool:
        name = row.entry.name
        if name in self._few.get(row.folder, ()):
            return True
        many = self._many.get(row.folder)
        return many is not None and name in many

    @property
    def count(self) -> int:
        few = sum(map(len, self._few.values()))
        return few + sum(many.count for many in self._many.values())

    def add(self, row: Row) -> None:
        many = self._many.get(row.folder)
        if many is None or not many.put(row.entry.name, marked=True):
            self._few.setdefault(row.folder, {}).setdefault(row.entry.name, row.entry)

    def discard(self, row: Row) -> None:
        if names := self._few.get(row.folder):
            names.pop(row.entry.name, None)
            if not names:
                del self._few[row.folder]
        if many := self._many.get(row.folder):
            many.put(row.entry.name, marked=False)
            if not many.count:
                del self._many[row.folder]

    def toggle(self, row: Row) -> None:
        (self.discard if row in self else self.add)(row)

    def change(self, parts: Iterable[Part], deed: Deed) -> None:
        """Do something to the marks of many rows."""
        single = {
            Deed.ADD: self.add,
            Deed.DISCARD: self.discard,
            Deed.TOGGLE: self.toggle,
        }[deed]
        for part in parts:
            if part.listing is None or len(part.numbers) < MANY:
                for row in part.rows():
                    single(row)
            else:
                self._change_many(part, part.listing, deed)

    def _change_many(self, part: Part, listing: Listing, deed: Deed) -> None:
        many, numbers = self._many.get(part.folder), part.numbers
        if deed is Deed.DISCARD and many is not None and many.listing is not listing:
            # They were chosen before the folder was listed again.
            chosen = bytearray(len(listing))
            for number in numbers:
                chosen[number] = True
            carried = many.listing.carried(chosen, listing)
            numbers = array("I", compress(count(), carried))
        else:
            many = self._flags(listing)
        many.change(numbers, deed)
        if not many.count:
            del self._many[part.folder]

    def states(self, parts: Iterable[Part]) -> bytearray:
        """Say of many rows whether they are marked."""
        states = bytearray()
        for part in parts:
            many = self._many.get(part.folder)
            if many is not None and many.listing is part.listing:
                states += bytes(map(many.flags.__getitem__, part.numbers))
            else:
                states += bytes([row in self for row in part.rows()])
        return states

    def clear(self) -> None:
        self._few.clear()
        self._many.clear()

    def folders(self, most: int) -> tuple[VPath, ...] | None:
        """Return the folders among what is marked; None if they are more than so many."""
        if any(each.folders for each in self._many.values()):
            return None
        found = (
            around / name
            for around, names in self._few.items()
            for name, entry in names.items()
            if entry.is_folder
        )
        folders = tuple(islice(found, most + 1))
        return folders if len(folders) <= most else None

    def summary(self, held: int | None = None) -> str:
        """Say how many are marked, and how large that is.

        Args:
            held: how much lies in the folders among them; None if nobody knows.
        """
        entries = [entry for names in self._few.values() for entry in names.values()]
        many = self._many.values()
        folders = sum(entry.is_folder for entry in entries)
        folders += sum(each.folders for each in many)
        size = sum(entry.size or 0 for entry in entries)
        size += sum(each.size for each in many)
        text = f"{self.count:,} marked"
        if folders and held is not None:
            text += f", {show_size(size + held)}"
        elif self.count > folders:
            text += f", {show_size(size)}"
            if folders:
                text += f" + {texts.count(folders, 'folder')}"
        return text

    def elsewhere(self, shown: Iterable[VPath]) -> int:
        """How many are in folders other than those."""
        here = 0
        for path in shown:
            here += len(self._few.get(path, ()))
            here += self._many[path].count if path in self._many else 0
        return self.count - here

    def update(self, listing: Listing) -> None:
        """Forget what is not in its folder any more, and take over new sizes."""
        path = listing.path
        if path in self._many:
            if not self._flags(listing).count:
                del self._many[path]
            self._few.pop(path, None)
        elif path in self._few:
            now = {name: listing.get(name) for name in self._few.pop(path)}
            left = {name: entry for name, entry in now.items() if entry is not None}
            if left:
                self._few[path] = left

    def _flags(self, listing: Listing) -> _Flags:
        """The marks of a folder by the numbers of a listing, as far as it has them."""
        path = listing.path
        many = self._many.get(path)
        many = _Flags(listing) if many is None else many.on(listing)
        self._many[path] = many
        few = self._few.pop(path, {})
        if left := {n: e for n, e in few.items() if not many.put(n, marked=True)}:
            self._few[path] = left
        return many

    def rows(self) -> Chosen:
        """What is marked, without what lies in a folder that is marked itself."""
        folders = sorted(self._few.keys() | self._many.keys())
        parts = [part for folder in folders for part in self._parts(folder)]
        inner = {path for part in parts for path in part.folders}
        return Chosen(
            part
            for part in parts
            if part.folder not in inner and inner.isdisjoint(part.folder.parents)
        )

    def _parts(self, folder: VPath) -> Iterator[Part]:
        if names := self._few.get(folder):
            yield Part(folder, EntryList(names.values()), range(len(names)), None)
        if many := self._many.get(folder):
            numbers: Sequence[int] = range(many.count)  # is read much quicker
            if many.count < len(many.listing):
                numbers = array("I", compress(count(), many.flags))
            yield Part(folder, many.listing.entries, numbers, many.listing)


class _Flags:
    """Which entries of a listing are marked: a byte each.

    Attributes:
        listing: of the folder.
        flags: by the numbers of its entries.
        count: how many are set.
        folders: how many of those are of folders.
        size: bytes of the files.
    """

    def __init__(self, listing: Listing, flags: bytearray | None = None) -> None:
        self.listing = listing
        self.flags = bytearray(len(listing)) if flags is None else flags
        self.count, self.folders, self.size = listing.totals(self.flags)

    def __contains__(self, name: str) -> bool:
        number = self.listing.number(name)
        return number is not None and bool(self.flags[number])

    def put(self, name: str, *, marked: bool) -> bool:
        """Mark or unmark what has a name; False where nothing has."""
        number = self.listing.number(name)
        if number is None:
            return False
        if self.flags[number] != marked:
            self.flags[number] = marked
            entry, change = self.listing.entries[number], 1 if marked else -1
            self.count += change
            self.folders += change * entry.is_folder
            self.size += change * (entry.size or 0)
        return True

    def change(self, numbers: Iterable[int], deed: Deed) -> None:
        flags = self.flags
        if deed is Deed.TOGGLE:
            for number in numbers:
                flags[number] ^= True
        else:
            marked = deed is Deed.ADD
            for number in numbers:
                flags[number] = marked
        self.count, self.folders, self.size = self.listing.totals(flags)

    def on(self, listing: Listing) -> _Flags:
        """The same by the numbers of another listing of the folder."""
        if listing is self.listing:
            return self
        return _Flags(listing, listing.carried(self.flags, self.listing))
