"""What a folder in a pane holds, sorted and filtered.

Nothing here draws or waits. A listing of 100,000 entries is put in order once, in a
thread; opening a folder, another order or a filter then only rearranges references.
"""

from __future__ import annotations

import enum
from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from copy import copy
from functools import partial
from itertools import chain, compress, count
from operator import not_
from threading import Event
from typing import overload

import msgspec

from acd_tui.ui.widgets.matcher import Matcher
from acd_tui.ui.widgets.ranking import (
    AT_ONCE,
    NUMBERS_AT_ONCE,
    natural_keys,
    ranked,
    reranked,
)
from acd_tui.vfs.entries import SEPARATOR, Entries, PackedEntries, by_column
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.news import Amended, Known, News
from acd_tui.vfs.path import VPath
from acd_tui.vfs.window import first_by_name

LARGE = 20_000
"""What concerns so many entries takes a moment."""


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
        self._slots = array("I")
        for some in _blocks(len(self)):
            self._go_on()
            self.size += sum(filter(is_size, self.entries.sizes(some)))
        self._hash()
        are_folders = self.entries.are_folders()
        folders, files = _where(are_folders), _where(map(not_, are_folders))
        self._by_name = [ranked(some, self._natural_keys) for some in (folders, files)]
        self._sorted: tuple[Order, array[int]] | None = None
        self._arranged: tuple[tuple[Order, bool, str], Arrangement] | None = None

    @property
    def folders(self) -> int:
        return len(self._by_name[0])

    @property
    def files(self) -> int:
        return len(self._by_name[1])

    def _hash(self) -> None:
        """Put each entry's number + 1 where its folded name is hashed to."""
        self._slots = array("I", bytes(8 << len(self).bit_length()))
        for some in _blocks(len(self)):
            self._go_on()
            self._put(some)

    def _put(self, numbers: range) -> None:
        slots, last = self._slots, len(self._slots) - 1
        folded = self.entries.text(numbers).casefold().split(SEPARATOR)
        self._hidden = self._hidden or any(n.startswith(".") for n in folded)
        for number, name in enumerate(folded, numbers.start + 1):
            at = hash(name) & last
            while slots[at]:
                at = at + 1 & last
            slots[at] = number

    def amended(self, news: News) -> Listing | None:
        """Return a listing in which news are taken in.

        That is this one if they are none, and None if so much has gone that one had
        better list the folder again.
        """
        if not isinstance(self.entries, Known):
            return None
        changes = _Changes(self, news)
        if changes.are_none:
            self.entries.as_of = news.as_of
            return self
        entries = changes.made(self.entries)
        entries.as_of = news.as_of
        if 2 * entries.gone.count(True) > len(entries):
            return None
        new = copy(self)
        Listing._take_in(new, changes, entries)
        return new

    def _take_in(self, changes: _Changes, entries: Amended) -> None:
        """Become the listing of other entries, without a change to what is shared."""
        first, self._stop = len(self), None
        self.entries, self.size = entries, self.size + changes.size
        if 4 * len(entries) > 3 * len(self._slots):
            self._hash()
        elif changes.added:
            self._slots = self._slots[:]
            self._put(range(first, len(entries)))
        added: tuple[list[int], list[int]] = ([], [])
        for number, entry in enumerate(changes.added, first):
            added[not entry.is_folder].append(number)
        self._by_name = [
            reranked(ranks, gone, new, self._natural_keys) if gone or new else ranks
            for ranks, gone, new in zip(self._by_name, changes.gone, added, strict=True)
        ]
        self._sorted = self._arranged = None

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
        entries, gone = self.entries, self.entries.gone
        last = len(self._slots) - 1
        at = hash(folded) & last
        while slot := self._slots[at]:
            number, at = slot - 1, at + 1 & last
            if gone and gone[number]:
                continue
            found = entries.name(number)
            if found == name:
                return number
            if any_case and found.casefold() == folded:
                alike = number
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
        at = self.entries.gone.find(True)
        while at >= 0:
            carried[at] = False
            at = self.entries.gone.find(True, at + 1)
        return carried

    def totals(self, flags: bytearray) -> tuple[int, int, int]:
        """Return how many entries have a flag, how many folders, and their bytes."""
        size = 0
        for some in _blocks(len(self)):
            sizes = self.entries.sizes(some)
            flagged = compress(sizes, flags[some.start : some.stop])
            size += sum(flagged) if min(sizes) >= 0 else sum(filter(is_size, flagged))
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


class _Changes:
    """What news mean for the entries of a listing.

    Attributes:
        gone: the numbers of the folders that are, and those of what is no folder.
        changed: by number, what is not the same any more.
        added: what has to get a number.
        size: how many bytes more there are in files than before.
    """

    def __init__(self, listing: Listing, news: News) -> None:
        self.gone: tuple[list[int], list[int]] = ([], [])
        self.changed: dict[int, Entry] = {}
        self.added: list[Entry] = []
        self.size = 0
        self._entries = entries = listing.entries
        before = len(entries.changed) if isinstance(entries, Amended) else 0
        self._most_changed = LARGE - before  # others get a new number, with less room
        for name in news.gone:
            if (number := listing.number(name)) is not None:
                self._take_away(number, self._entries[number])
        for entry in news.put:
            self._put(listing.number(entry.name), entry)

    def _put(self, number: int | None, entry: Entry) -> None:
        old = None if number is None else self._entries[number]
        if old == entry:
            return
        if number is not None and old is not None:
            few = len(self.changed) < self._most_changed
            if few and old.is_folder == entry.is_folder:
                self.changed[number] = entry
                self.size += _size_of(entry) - _size_of(old)
                return
            self._take_away(number, old)
        self.added.append(entry)
        self.size += _size_of(entry)

    def _take_away(self, number: int, entry: Entry) -> None:
        self.gone[not entry.is_folder].append(number)
        self.size -= _size_of(entry)

    @property
    def are_none(self) -> bool:
        return not (self.changed or self.added or any(self.gone))

    def made(self, entries: Known) -> Amended:
        """Return entries with the changes made."""
        gone = chain(*self.gone)
        return Amended.of(entries, gone=gone, changed=self.changed, added=self.added)


def _size_of(entry: Entry) -> int:
    return max(entry.size or 0, 0)


def is_size(number: int) -> bool:
    """Whether a number among sizes says how large something is."""
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
