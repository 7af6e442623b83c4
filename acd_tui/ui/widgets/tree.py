"""The rows of a pane: a folder, and those in it that are opened in place."""

from __future__ import annotations

import contextlib
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import compress
from operator import and_

import msgspec

from acd_tui.ui.widgets.listing import LARGE, Arrangement, Listing, Order, Row, is_size
from acd_tui.ui.widgets.ranking import AT_ONCE
from acd_tui.vfs.entries import Entries
from acd_tui.vfs.path import VPath


class Part(msgspec.Struct, frozen=True):
    """Some rows of a pane that are in one folder.

    Attributes:
        folder: which.
        entries: of it.
        numbers: those of the rows.
        listing: of the folder; None where its rows are from a search.
    """

    folder: VPath
    entries: Entries
    numbers: Sequence[int]
    listing: Listing | None

    def row(self, at: int) -> Row:
        return Row(self.entries[self.numbers[at]], self.folder)

    def rows(self) -> Iterator[Row]:
        for number in self.numbers:
            yield Row(self.entries[number], self.folder)

    @property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(filter(is_size, self.entries.sizes(self.numbers)))

    @property
    def folders(self) -> Iterator[VPath]:
        """The paths of those that are folders."""
        if self.listing is not None and not self.listing.folders:
            return
        are_folders = self.entries.are_folders()
        for number in compress(
            self.numbers, map(are_folders.__getitem__, self.numbers)
        ):
            yield VPath((*self.folder.parts, self.entries.name(number)))


class _Segment(msgspec.Struct, frozen=True):
    """Lines that follow each other in the pane and in one folder's arrangement."""

    start: int
    folder: VPath
    entries: Arrangement
    first: int
    count: int


@dataclass(slots=True)
class Tree:
    """The rows of a pane: a folder, with some of the folders in it opened in place.

    Attributes:
        root: the folder the pane shows.
        listings: of the root and of every folder that is open.
        order: how each folder is sorted.
        hidden: whether names that start with a dot are shown.
        pattern: the quick filter.
    """

    root: VPath
    listings: dict[VPath, Listing]
    order: Order = field(default_factory=Order)
    hidden: bool = True
    pattern: str = ""
    _segments: list[_Segment] = field(default_factory=list, init=False)
    _starts: list[int] = field(default_factory=list, init=False)
    _count: int = field(default=0, init=False)
    _searched: tuple[str, array[int]] | None = field(default=None, init=False)

    @classmethod
    def empty(cls, root: VPath) -> Tree:
        """A tree that lists nothing, for a folder that is not known yet."""
        tree = cls(root, {})
        tree.rebuild()
        return tree

    def __len__(self) -> int:
        return self._count

    def row(self, index: int) -> Row:
        segment = self._segments[bisect_right(self._starts, index) - 1]
        entry = segment.entries[segment.first + index - segment.start]
        return Row(entry, segment.folder)

    @property
    def is_large(self) -> bool:
        """Whether what concerns all rows takes longer than the next key should wait."""
        return sum(map(len, self.listings.values())) > LARGE

    @property
    def is_flat(self) -> bool:
        """Whether the rows come from anywhere, so that each has to say where it is."""
        return False

    def depth(self, row: Row) -> int:
        """How far a row is indented."""
        return len(row.folder.parts) - len(self.root.parts)

    def is_open(self, row: Row) -> bool:
        return row.entry.is_folder and row.path in self.listings

    def rebuild(self) -> None:
        """Arrange the rows anew, after any of the attributes was changed."""
        self._searched = None
        self._segments = []
        self._count = 0
        if self.root in self.listings:
            self._add(self.listings[self.root])
        self._starts = [segment.start for segment in self._segments]

    def arranged(
        self, listing: Listing, keep: frozenset[str] = frozenset()
    ) -> Arrangement:
        """A folder's entries as they are shown here; `keep` whatever the filter."""
        return listing.arranged(
            self.order, hidden=self.hidden, pattern=self.pattern, keep=keep
        )

    def _add(self, listing: Listing) -> None:
        depth = len(listing.path.parts)
        open_names = frozenset(
            path.name
            for path in self.listings
            if len(path.parts) == depth + 1 and path.parent == listing.path
        )
        entries = self.arranged(listing, open_names)
        done = 0
        for at in sorted(_places(listing, entries, open_names)):
            self._append(listing.path, entries, done, at + 1 - done)
            done = at + 1
            inner = VPath((*listing.path.parts, entries[at].name))
            self._add(self.listings[inner])
        self._append(listing.path, entries, done, len(entries) - done)

    def _append(
        self, folder: VPath, entries: Arrangement, first: int, count: int
    ) -> None:
        if count:
            self._segments.append(_Segment(self._count, folder, entries, first, count))
            self._count += count

    def index_of(self, path: VPath) -> int | None:
        """The line something is shown on, or None."""
        listing = self.listings.get(path.parent)
        segments = [each for each in self._segments if each.folder == path.parent]
        if listing is None or not segments:
            return None
        for at in _places(listing, segments[0].entries, (path.name,)):
            for segment in segments:
                if segment.first <= at < segment.first + segment.count:
                    return segment.start + at - segment.first
        return None

    def rows(self) -> Iterable[Row]:
        """All rows from the top down."""
        for segment in self._segments:
            stop = segment.first + segment.count
            for start in range(segment.first, stop, AT_ONCE):
                for entry in segment.entries[start : min(start + AT_ONCE, stop)]:
                    yield Row(entry, segment.folder)

    def fitting(self, text: str = "") -> Iterable[Part]:
        """All rows whose names fit the filter, and `text` as well.

        A folder that the filter keeps only because it is open does not.
        """
        lines = range(self._count)
        if not self.pattern and not text:
            return self.parts(lines)
        return self.parts(lines, map(and_, self._fits(self.pattern), self._fits(text)))

    def parts(self, lines: range, flags: Iterable[int] | None = None) -> Iterable[Part]:
        """The rows of some lines, from the top down; where given, those with a flag."""
        left = None if flags is None else iter(flags)
        for segment in self._segments:
            start = segment.first + max(0, lines.start - segment.start)
            stop = segment.first + min(segment.count, lines.stop - segment.start)
            numbers = segment.entries.numbers[start:stop] if start < stop else ()
            if left is not None:
                numbers = array("I", compress(numbers, left))
            if numbers:
                yield Part(
                    segment.folder,
                    segment.entries.entries,
                    numbers,
                    self.listings.get(segment.folder),
                )

    def _fits(self, pattern: str) -> Iterator[bool]:
        """Say of all rows, from the top down, whether their names fit."""
        found = {path: each.fitting(pattern) for path, each in self.listings.items()}
        for segment in self._segments:
            stop = segment.first + segment.count
            numbers = segment.entries.numbers[segment.first : stop]
            yield from map(found[segment.folder].__getitem__, numbers)

    def search(self, text: str, start: int, step: int) -> int | None:
        """The next line, round the end, whose name fits `text`; `start` comes first."""
        searched = self._searched  # in several threads
        if searched is None or searched[0] != text:
            fitting = compress(range(self._count), self._fits(text))
            self._searched = searched = (text, array("I", fitting))
        lines = searched[1]
        if not lines:
            return None
        if step > 0:
            return lines[bisect_left(lines, start % self._count) % len(lines)]
        return lines[bisect_right(lines, start % self._count) - 1]

    def close(self, folder: VPath) -> None:
        """Forget a folder that was opened in place, and all below it."""
        for path in [path for path in self.listings if path.is_within(folder)]:
            del self.listings[path]


def _places(
    listing: Listing, entries: Arrangement, names: Collection[str]
) -> Iterator[int]:
    """Where those of a folder's entries that go by some names stand, if they are shown."""
    for name in names:
        number = listing.number(name)
        with contextlib.suppress(ValueError):
            if number is not None:
                yield entries.numbers.index(number)
