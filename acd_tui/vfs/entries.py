"""The entries of a folder, of a few or of a million, also looked at column by column."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Protocol, overload

from acd_tui.vfs.entry import Entry, Kind

_KINDS = tuple(Kind)
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_NONE = -(1 << 63)  # no size and no time is as low
_LARGEST = (1 << 63) - 1
_NO_MD5 = "0" * 32  # nothing is known that has this one
SEPARATOR = "/"
"""Is in no name."""


class Entries(Protocol):
    """Entries by number; what many are sorted by is had without making the entries."""

    @property
    def gone(self) -> bytes | bytearray:
        """Says by a flag which numbers stand for nothing any more; empty for none."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, number: int, /) -> Entry: ...

    def name(self, number: int) -> str: ...

    def names(self, numbers: Sequence[int]) -> list[str]: ...

    def text(self, numbers: range) -> str:
        """Return the names of a range, one after the other, between separators."""
        ...

    def are_folders(self) -> Sequence[bool]:
        """Say of all entries, in their order, whether they are folders."""
        ...

    def sizes(self, numbers: Sequence[int]) -> Sequence[int]:
        """Return the sizes, -1 for those not known."""
        ...

    def times(self, numbers: Sequence[int]) -> list[int]:
        """Return when they were modified, 0 for where it is not known."""
        ...


class EntryList(list[Entry]):
    """`Entries` of a usual folder."""

    gone = b""

    def name(self, number: int) -> str:
        return self[number].name

    def names(self, numbers: Sequence[int]) -> list[str]:
        return [self[number].name for number in numbers]

    def text(self, numbers: range) -> str:
        return SEPARATOR.join(self.names(numbers))

    def are_folders(self) -> Sequence[bool]:
        folder = (
            Kind.FOLDER
        )  # of a hundred thousand entries each look at the class counts
        return [entry.kind is folder for entry in self]

    def sizes(self, numbers: Sequence[int]) -> list[int]:
        sizes = [self[number].size for number in numbers]
        return [-1 if size is None else size for size in sizes]

    def times(self, numbers: Sequence[int]) -> list[int]:
        return [self[number].modified_ns or 0 for number in numbers]


class Texts:
    """Many short texts in one, a quarter of what they would take by themselves."""

    def __init__(self) -> None:
        self.bytes = bytearray()
        self._ends = array("I", [0])

    def extend(self, texts: Sequence[str]) -> None:
        ends, end = self._ends, len(self.bytes)
        encoded = [text.encode(errors="surrogatepass") for text in texts]
        for each in encoded:
            end += len(each) + 1
            ends.append(end)
        self.bytes += b"".join(each + b"/" for each in encoded)

    def __getitem__(self, number: int) -> str:
        ends = self._ends
        text = self.bytes[ends[number] : ends[number + 1] - 1]
        return text.decode(errors="surrogatepass")

    def together(self, start: int, stop: int) -> str:
        """Return texts that stand side by side, with separators between them."""
        return self.raw(start, stop)[:-1].decode(errors="surrogatepass")

    def raw(self, start: int, stop: int) -> bytearray:
        return self.bytes[self._ends[start] : self._ends[stop]]


class Hashes:
    """Tells whether many things differ, in the room of eight bytes for each."""

    def __init__(self) -> None:
        self._parts = [array("q") for _ in range(64)]

    def extend(self, hashes: Iterable[int]) -> None:
        parts = self._parts
        for hashed in hashes:
            parts[hashed % 64].append(hashed)

    @property
    def are_different(self) -> bool:
        """Whether no two are the same; may be False although they differ."""
        return all(len(set(each)) == len(each) for each in self._parts)


class PackedEntries(Sequence[Entry]):
    """`Entries` of a large folder: some 90 bytes each, instead of the 400 of an `Entry`.

    An entry is made whenever it is asked for: two of one number are equal, not the same.

    Attributes:
        as_of: what the filesystem knows of when this was so; None if nothing.
    """

    gone = b""

    def __init__(self) -> None:
        self.as_of: object = None
        self._names, self._ids = Texts(), Texts()
        self._kinds = bytearray()
        self._sizes, self._times = array("q"), array("q")
        self._md5s = bytearray()
        self._odd: dict[int, Entry] = {}

    def extend(self, entries: Sequence[Entry]) -> None:
        """Add entries; those with larger numbers than 63 bits take more room."""
        self._names.extend([entry.name for entry in entries])
        self._ids.extend([entry.id or "" for entry in entries])
        self._kinds += bytes([_CODES[entry.kind] for entry in entries])
        self._put(self._sizes, [entry.size for entry in entries], entries)
        self._put(self._times, [entry.modified_ns for entry in entries], entries)
        md5s = [entry.md5 for entry in entries]
        self._md5s += bytes.fromhex("".join([md5 or _NO_MD5 for md5 in md5s]))

    def _put(
        self,
        column: array[int],
        values: Sequence[int | None],
        entries: Sequence[Entry],
    ) -> None:
        numbers = [_NONE if value is None else value for value in values]
        try:
            column.extend(array("q", numbers))
        except OverflowError:  # a disk says anything of a damaged file
            first = len(column)
            for at, number in enumerate(numbers):
                column.append(max(_NONE, min(number, _LARGEST)))
                if column[-1] != number:
                    self._odd[first + at] = entries[at]

    def __len__(self) -> int:
        return len(self._kinds)

    @overload
    def __getitem__(self, number: int, /) -> Entry: ...
    @overload
    def __getitem__(self, number: slice, /) -> list[Entry]: ...
    def __getitem__(self, number: int | slice, /) -> Entry | list[Entry]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        number = range(len(self))[number]
        if number in self._odd:
            return self._odd[number]
        size, time = self._sizes[number], self._times[number]
        md5 = self._md5s[16 * number : 16 * number + 16].hex()
        return Entry(
            name=self._names[number],
            kind=_KINDS[self._kinds[number]],
            size=None if size == _NONE else size,
            modified_ns=None if time == _NONE else time,
            md5=None if md5 == _NO_MD5 else md5,
            id=self._ids[number] or None,
        )

    def are_like(self, other: PackedEntries) -> bool:
        """Whether the same entries are in the other one, in the same order."""
        return self._columns == other._columns

    def has_at(self, number: int, other: PackedEntries) -> bool:
        """Whether the entries of the other one follow each other here from a number on."""
        stop = number + len(other)
        if self._odd or other._odd or stop > len(self):
            return False
        return (
            self._kinds[number:stop] == other._kinds
            and self._sizes[number:stop] == other._sizes
            and self._times[number:stop] == other._times
            and self._md5s[16 * number : 16 * stop] == other._md5s
            and self._ids.raw(number, stop) == other._ids.bytes
            and self._names.raw(number, stop) == other._names.bytes
        )

    @property
    def _columns(self) -> tuple[object, ...]:
        texts = self._names.bytes, self._ids.bytes
        numbers = self._sizes, self._times, self._kinds, self._md5s
        return *texts, *numbers, self._odd

    def name(self, number: int) -> str:
        return self._names[number]

    def names(self, numbers: Sequence[int]) -> list[str]:
        if isinstance(numbers, range) and numbers.step == 1 and numbers:
            return self.text(numbers).split(SEPARATOR)
        return [self._names[number] for number in numbers]

    def text(self, numbers: range) -> str:
        return self._names.together(numbers.start, numbers.stop)

    def are_folders(self) -> Sequence[bool]:
        folder = _CODES[Kind.FOLDER]
        return [code == folder for code in self._kinds]

    def sizes(self, numbers: Sequence[int]) -> Sequence[int]:
        if isinstance(numbers, range) and numbers.step == 1 and numbers:
            sizes = self._sizes[numbers.start : numbers.stop]
            if min(sizes) >= 0:
                return sizes
        return [max(self._sizes[number], -1) for number in numbers]

    def times(self, numbers: Sequence[int]) -> list[int]:
        times = [self._times[number] for number in numbers]
        return [0 if time == _NONE else time for time in times]


def gathered(pages: Iterable[Sequence[Entry]]) -> Sequence[Entry]:
    """Put pages of a folder's entries together, packed if they are more than one."""
    pages = iter(pages)
    first = next(pages, ())
    second = next(pages, None)
    if second is None:
        return first
    packed = PackedEntries()
    for page in chain((first, second), pages):
        packed.extend(page)
    return packed


def by_column(entries: Sequence[Entry]) -> Entries:
    """Return entries as such whose columns can be looked at."""
    return entries if isinstance(entries, PackedEntries) else EntryList(entries)
