"""What a pane lists: folders opened in place, sorted and filtered, by line number.

Nothing here draws or waits. A listing of 100,000 entries is put in order once, in a
thread; opening a folder, another order or a filter then only rearranges references.
"""

from __future__ import annotations

import contextlib
import enum
from array import array
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import compress, count
from operator import and_, not_
from threading import Event
from typing import overload

import msgspec

from acd_tui.ui.widgets.matcher import Matcher
from acd_tui.ui.widgets.ranking import AT_ONCE, NUMBERS_AT_ONCE, natural_keys, ranked
from acd_tui.vfs.entries import SEPARATOR, Entries, PackedEntries, by_column
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath
from acd_tui.vfs.window import first_by_name

_LARGE = 20_000


class SortKey(enum.Enum):
    """What rows are sorted by; folders come first always."""

    NAME = "name"
    SIZE = "size"
    MODIFIED = "modified"
    TYPE = "type"


class Order(msgspec.Struct, frozen=True):
    """How rows are sorted.

    Attributes:
        by: what by.
        reverse: against the usual direction, which is A to Z for names, the largest
            first for sizes and the newest first for times.
    """

    by: SortKey = SortKey.NAME
    reverse: bool = False


class Row(msgspec.Struct, frozen=True):
    """One line of a pane."""

    entry: Entry
    folder: VPath

    @property
    def path(self) -> VPath:
        return VPath((*self.folder.parts, self.entry.name))


class Arrangement(Sequence[Entry]):
    """Some of a folder's entries, in an order; each is fetched when it is asked for.

    Attributes:
        entries: all of them.
        numbers: which of the folder's entries.
    """

    def __init__(self, entries: Entries, numbers: Sequence[int]) -> None:
        self.entries = entries
        self.numbers = numbers

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, at: int, /) -> Entry: ...
    @overload
    def __getitem__(self, at: slice, /) -> list[Entry]: ...
    def __getitem__(self, at: int | slice, /) -> Entry | list[Entry]:
        entries = self.entries
        if isinstance(at, slice):
            return [entries[number] for number in self.numbers[at]]
        return entries[self.numbers[at]]


class Unwanted(Exception):
    """A listing was given up before it was in order."""


class Listing:
    """One folder's entries, in order of their names, and ready to be looked up.

    Attributes:
        path: the folder.
        entries: by the numbers that are used here, in no order.
        folders: how many folders there are.
        files: how many other things.
        size: bytes of the files together.
    """

    def __init__(
        self, path: VPath, entries: Sequence[Entry], stop: Event | None = None
    ) -> None:
        """Put entries in order.

        Args:
            path: the folder.
            entries: what is in it.
            stop: set when nobody wants the listing any more.

        Raises:
            Unwanted: `stop` was set.
        """
        self.path = path
        self._stop = stop
        self.entries = by_column(entries)
        self.size = 0
        self._hidden = False
        self._slots = array("I", bytes(8 << len(entries).bit_length()))
        self._look_through()
        are_folders = self.entries.are_folders()
        folders, files = _where(are_folders), _where(map(not_, are_folders))
        self.folders, self.files = len(folders), len(files)
        self._by_name = [ranked(some, self._natural_keys) for some in (folders, files)]
        self._sorted: tuple[Order, array[int]] | None = None
        self._arranged: tuple[tuple[Order, bool, str], Arrangement] | None = None

    def _look_through(self) -> None:
        """Sum up, and put each entry's number + 1 where its folded name is hashed to."""
        slots, last = self._slots, len(self._slots) - 1
        number = 0
        for some in _blocks(len(self)):
            self._go_on()
            self.size += sum(filter(_is_size, self.entries.sizes(some)))
            folded = self.entries.text(some).casefold().split(SEPARATOR)
            self._hidden = self._hidden or any(n.startswith(".") for n in folded)
            for name in folded:
                number += 1
                at = hash(name) & last
                while slots[at]:
                    at = at + 1 & last
                slots[at] = number

    def _go_on(self) -> None:
        if self._stop is not None and self._stop.is_set():
            raise Unwanted

    def _natural_keys(self, numbers: Sequence[int]) -> list[str]:
        self._go_on()
        return natural_keys(self.entries.names(numbers))

    def __len__(self) -> int:
        return len(self.entries)

    def __contains__(self, name: str) -> bool:
        return self.number(name) is not None

    def get(self, name: str) -> Entry | None:
        return self.find(name, any_case=False)

    def find(self, name: str, *, any_case: bool) -> Entry | None:
        """The entry of that name or, with `any_case`, of one that differs in case."""
        number = self.number(name, any_case=any_case)
        return None if number is None else self.entries[number]

    def number(self, name: str, *, any_case: bool = False) -> int | None:
        """The number of what `find` finds."""
        folded, alike = name.casefold(), None
        last = len(self._slots) - 1
        at = hash(folded) & last
        while number := self._slots[at]:
            found = self.entries.name(number - 1)
            if found == name:
                return number - 1
            if any_case and found.casefold() == folded:
                alike = number - 1
            at = at + 1 & last
        return alike

    def is_of(self, entries: Entries | Sequence[Entry]) -> bool:
        """Whether these are the entries that are listed; False where that takes long."""
        ours = self.entries
        return (
            isinstance(ours, PackedEntries)
            and isinstance(entries, PackedEntries)
            and ours.are_like(entries)
        )

    def carried(self, flags: bytearray, old: Listing) -> bytearray:
        """Return flags of an older listing's entries as those of this one's, by name.

        Nearly all stand in a row still, so that few have to be looked up.
        """
        if self.is_of(old.entries):
            return flags
        carried = bytearray(len(self))
        at = flags.find(True)
        while at >= 0:
            number, run = self.number(old.entries.name(at)), 1
            if number is not None:
                run = _alike(self.entries, number, old.entries, at)
                carried[number : number + run] = flags[at : at + run]
            at = flags.find(True, at + run)
        return carried

    def totals(self, flags: bytearray) -> tuple[int, int, int]:
        """Return how many entries have a flag, how many folders, and their bytes."""
        size = 0
        for some in _blocks(len(self)):
            sizes = self.entries.sizes(some)
            flagged = compress(sizes, flags[some.start : some.stop])
            size += sum(flagged) if min(sizes) >= 0 else sum(filter(_is_size, flagged))
        folders = sum(map(flags.__getitem__, self._by_name[0]))
        return flags.count(True), folders, size

    def fitting(self, pattern: str) -> bytearray:
        """Whether names fit a pattern, see `Matcher`, by the numbers of their entries."""
        fitting = Matcher(pattern).fitting
        found = bytearray()
        for some in _blocks(len(self)):
            found += fitting(self.entries.text(some).casefold(), len(some))
        return found

    def arranged(
        self, order: Order, *, hidden: bool, pattern: str, keep: frozenset[str]
    ) -> Arrangement:
        """The entries as they are shown.

        Args:
            order: how they are sorted.
            hidden: whether names that start with a dot are shown.
            pattern: what names must hold, see `Matcher`; empty for all.
            keep: names that are shown whatever the pattern.
        """
        question = (order, hidden, f"{pattern}\0{sorted(keep)}" if pattern else "")
        arranged, ordered = self._arranged, self._sorted  # in several threads
        if arranged is None or arranged[0] != question:
            if ordered is None or ordered[0] != order:
                self._sorted = ordered = (order, self._sort(order))
            numbers = ordered[1]
            if not hidden and self._hidden:
                numbers = _chosen(numbers, self.fitting("[!.]*"))
            if pattern:
                shown = self.fitting(pattern)
                for name in keep:
                    if (number := self.number(name)) is not None:
                        shown[number] = True
                numbers = _chosen(numbers, shown)
            arranged = (question, Arrangement(self.entries, numbers))
            self._arranged = arranged
        return arranged[1]

    def _sort(self, order: Order) -> array[int]:
        folders, files = self._by_name
        reverse, entries = order.reverse, self.entries
        downwards = partial(ranked, reverse=not reverse, at_once=NUMBERS_AT_ONCE)
        match order.by:
            case SortKey.NAME:
                step = -1 if reverse else 1
                return folders[::step] + files[::step]
            case SortKey.SIZE:
                return folders + downwards(files, entries.sizes)
            case SortKey.MODIFIED:
                times = entries.times
                return downwards(folders, times) + downwards(files, times)
            case SortKey.TYPE:
                return folders + self._by_type(files, reverse=reverse)

    def _by_type(self, files: array[int], *, reverse: bool) -> array[int]:
        by_ending: defaultdict[str, array[int]] = defaultdict(lambda: array("I"))
        for number in files:
            by_ending[ending_of(self.entries.name(number))].append(number)
        return sum(
            (by_ending[each] for each in sorted(by_ending, reverse=reverse)),
            array("I"),
        )


def _is_size(number: int) -> bool:
    return number > 0


def _blocks(count: int) -> Iterable[range]:
    """Numbers up to `count`, some thousand at a time."""
    return (range(count)[start : start + AT_ONCE] for start in range(0, count, AT_ONCE))


def _alike(ours: Entries, at: int, theirs: Entries, there: int) -> int:
    """Return how many names are the same from a number on; the first one is."""
    most = min(len(ours) - at, len(theirs) - there)
    run = step = 1
    grows = True
    while step and run < most:
        step = min(step, most - run)
        names = ours.text(range(at + run, at + run + step))
        if names == theirs.text(range(there + run, there + run + step)):
            run += step
            step = 2 * step if grows else step // 2
        else:
            grows, step = False, step // 2
    return run


def _where(flags: Iterable[bool]) -> Sequence[int]:
    """Return the numbers of flags that are set; as a range, if they are one."""
    numbers = array("I", compress(count(), flags))
    if numbers and numbers[-1] - numbers[0] == len(numbers) - 1:
        return range(numbers[0], numbers[-1] + 1)
    return numbers


def _chosen(numbers: array[int], chosen: bytearray) -> array[int]:
    return array("I", compress(numbers, map(chosen.__getitem__, numbers)))


def ending_of(name: str) -> str:
    """Return what an entry's type is told by: the end of its name, folded."""
    stem, _, ending = name.rpartition(".")
    return ending.casefold() if stem else ""


def first_window(entries: Sequence[Entry], count: int) -> list[Entry]:
    """The entries that come first by name, found much quicker than by sorting all."""
    columns = by_column(entries)
    names = columns.names(range(len(entries)))
    first = first_by_name(names, columns.are_folders(), count)
    return [entries[number] for number in first]


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
        return sum(filter(_is_size, self.entries.sizes(self.numbers)))

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
        return sum(map(len, self.listings.values())) > _LARGE

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
