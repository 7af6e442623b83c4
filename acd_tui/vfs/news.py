"""What is different in a large folder since it was listed, and how a listing takes it in.

To list a million entries takes seconds and the room of all of them. Most of what happens
there concerns a few: they are taken in by what shares all else with the earlier listing.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import overload

import msgspec

from acd_tui.vfs.entries import SEPARATOR, EntryList, PackedEntries
from acd_tui.vfs.entry import Entry

_FEW = 10_000  # entries by themselves; more of them are packed


class News(msgspec.Struct, frozen=True):
    """How a folder differs from an earlier listing of it.

    Attributes:
        gone: names that nothing goes by any more; the listing may not have had them.
        put: what is new, or not what it was, or is just as it was.
        as_of: see `PackedEntries`.
    """

    gone: Sequence[str]
    put: Sequence[Entry]
    as_of: object


class Amended(Sequence[Entry]):
    """`Entries` of a large folder in which something has changed since it was listed.

    What is as it was has the number that it had, and what is gone leaves its number to
    nothing else.

    Attributes:
        base: what was listed.
        gone: see `Entries`.
        as_of: see `PackedEntries`.
        changed: by number, what is there still but not as it was listed.
    """

    def __init__(
        self,
        base: PackedEntries,
        changed: Mapping[int, Entry],
        added: EntryList | PackedEntries,
        gone: bytearray,
    ) -> None:
        self.base = base
        self.gone = gone
        self.as_of: object = base.as_of
        self.changed, self._added = changed, added
        self._count = len(base)

    @classmethod
    def of(
        cls,
        known: Known,
        *,
        gone: Iterable[int],
        changed: Mapping[int, Entry],
        added: Sequence[Entry],
    ) -> Amended:
        """Return entries with some taken away, some changed and some added.

        Args:
            known: the entries as they were.
            gone: numbers of those that are taken away.
            changed: by their numbers.
            added: get the numbers that follow.
        """
        if isinstance(known, PackedEntries):
            known = cls(known, {}, EntryList(), bytearray(len(known)))
        flags = known.gone + bytes(len(added))
        for number in gone:
            flags[number] = True
        return cls(
            known.base,
            {**known.changed, **changed},
            _together(known._added, added),
            flags,
        )

    def __len__(self) -> int:
        return self._count + len(self._added)

    @overload
    def __getitem__(self, number: int, /) -> Entry: ...
    @overload
    def __getitem__(self, number: slice, /) -> list[Entry]: ...
    def __getitem__(self, number: int | slice, /) -> Entry | list[Entry]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        number = range(len(self))[number]
        if number in self.changed:
            return self.changed[number]
        if number < self._count:
            return self.base[number]
        return self._added[number - self._count]

    @property
    def additions(self) -> Iterator[int]:
        """The numbers of what was added since it was listed."""
        return (n for n in range(self._count, len(self)) if not self.gone[n])

    def is_as_listed(self, numbers: range) -> bool:
        """Whether all entries of a range are what they were when they were listed."""
        if self.gone.find(True, numbers.start, numbers.stop) >= 0:
            return False
        return numbers.stop <= self._count and not any(
            number in numbers for number in self.changed
        )

    def name(self, number: int) -> str:
        if number < self._count:
            return self.base.name(number)  # another one would be another entry
        return self._added.name(number - self._count)

    def names(self, numbers: Sequence[int]) -> list[str]:
        if isinstance(numbers, range) and numbers.step == 1 and numbers:
            return self.text(numbers).split(SEPARATOR)
        return [self.name(number) for number in numbers]

    def text(self, numbers: range) -> str:
        listed, added = self._halves(numbers)
        texts = self.base.text(listed), self._added.text(added)
        return SEPARATOR.join(texts) if listed and added else "".join(texts)

    def are_folders(self) -> Sequence[bool]:
        return [*self.base.are_folders(), *self._added.are_folders()]

    def sizes(self, numbers: Sequence[int]) -> Sequence[int]:
        sizes = list(self.base.sizes(self._listed(numbers)))
        for at, entry in self._others(numbers):
            sizes[at] = -1 if entry.size is None else entry.size
        return sizes

    def times(self, numbers: Sequence[int]) -> list[int]:
        times = self.base.times(self._listed(numbers))
        for at, entry in self._others(numbers):
            times[at] = entry.modified_ns or 0
        return times

    def _listed(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return the numbers, with any other in place of those added since."""
        count = self._count
        if not numbers or max(numbers) < count:
            return numbers
        return [min(number, count - 1) for number in numbers]

    def _others(self, numbers: Sequence[int]) -> Iterator[tuple[int, Entry]]:
        """Return what is not as it was listed, each with its place among the numbers."""
        count, changed = self._count, self.changed
        if isinstance(numbers, range) and numbers.step == 1 and numbers.stop <= count:
            found = ((numbers.index(n), n) for n in changed if n in numbers)
            return ((at, changed[n]) for at, n in found)
        return (
            (at, self[n]) for at, n in enumerate(numbers) if n >= count or n in changed
        )

    def _halves(self, numbers: range) -> tuple[range, range]:
        """Return the numbers among those that were listed, and among those added."""
        count = self._count
        listed = range(min(numbers.start, count), min(numbers.stop, count))
        added = range(max(numbers.start - count, 0), max(numbers.stop - count, 0))
        return listed, added


Known = PackedEntries | Amended
"""What an earlier listing of a large folder is kept as."""


def _together(
    some: EntryList | PackedEntries, more: Sequence[Entry]
) -> EntryList | PackedEntries:
    if len(some) + len(more) <= _FEW:
        return EntryList([*some, *more])
    packed = PackedEntries()
    for entries in (some, more):
        for start in range(0, len(entries), _FEW):
            packed.extend(entries[start : start + _FEW])
    return packed


def differences(
    known: Known, pages: Iterable[Sequence[Entry]], as_of: object
) -> News | None:
    """Compare an earlier listing with one that is just being read, without keeping it.

    Args:
        known: the earlier one.
        pages: the other one. The more alike its order is, the less is compared one by
            one, and told of though it is as it was.
        as_of: of the other one.

    Returns:
        What is different; None if that is so much that one had better keep the other.
    """
    comparison = _Comparison(known)
    most = max(_FEW, len(known) // 2)
    for page in pages:
        comparison.go_on(page)
        if len(comparison.gone) + len(comparison.put) > most:
            return None
    comparison.finish()
    gone = comparison.gone.difference(entry.name for entry in comparison.put)
    return News(list(gone), comparison.put, as_of)


class _Comparison:
    """Goes through both listings side by side.

    Attributes:
        gone: names of the earlier one that were not met where they were expected.
        put: entries of the other one of which the same is true.
    """

    def __init__(self, known: Known) -> None:
        self.gone: set[str] = set()
        self.put: list[Entry] = []
        self._known = known
        self._added: dict[str, int] = {}
        self._base = known
        if isinstance(known, Amended):
            self._base = known.base
            self._added = {known.name(number): number for number in known.additions}
        self._at = 0

    def go_on(self, page: Sequence[Entry]) -> None:
        """Look at the next entries of the other listing."""
        packed = PackedEntries()
        packed.extend(page)
        known, base = self._known, self._base
        assert isinstance(base, PackedEntries)
        here = range(self._at, self._at + len(page))
        as_listed = not isinstance(known, Amended) or known.is_as_listed(here)
        if as_listed and base.has_at(self._at, packed):
            self._at += len(page)
            return
        for entry in page:
            self._look_at(entry)

    def _look_at(self, entry: Entry) -> None:
        place = _place(entry)
        while (old := self._next()) is not None and _place(old) < place:
            self.gone.add(old.name)
            self._at += 1
        if old is not None and _place(old) == place:
            self._at += 1
            if old.name != entry.name:
                self.gone.add(old.name)
            if old != entry:
                self.put.append(entry)
            return
        number = self._added.pop(entry.name, None)
        if number is None or self._known[number] != entry:
            self.put.append(entry)

    def _next(self) -> Entry | None:
        """Return the next of the earlier listing, but for what was added to it."""
        gone = self._known.gone
        while self._at < len(self._base):
            if not gone or not gone[self._at]:
                return self._known[self._at]
            self._at += 1
        return None

    def finish(self) -> None:
        """Take down what is left of the earlier listing."""
        while (old := self._next()) is not None:
            self.gone.add(old.name)
            self._at += 1
        self.gone.update(self._added)


def _place(entry: Entry) -> tuple[bool, str]:
    """Return what a mirror puts the entries of a folder in order by."""
    return not entry.is_folder, entry.name.lower()
