"""What an action applies to: from one row to a million."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby
from typing import overload

from acd_tui.ui.widgets.listing import Row
from acd_tui.ui.widgets.tree import Part
from acd_tui.vfs.entries import EntryList
from acd_tui.vfs.path import VPath


class Chosen(Sequence[Row]):
    """Rows that are made whenever they are asked for.

    Attributes:
        parts: the same, folder by folder.
        places: the folders they lie in.
    """

    def __init__(self, parts: Iterable[Part]) -> None:
        self.parts = tuple(parts)
        self.places = frozenset(part.folder for part in self.parts)
        self._ends = list(accumulate(len(part.numbers) for part in self.parts))

    @classmethod
    def of(cls, rows: Iterable[Row]) -> Chosen:
        """Return rows that are there already as such."""
        parts = []
        for folder, some in groupby(rows, lambda row: row.folder):
            entries = EntryList(row.entry for row in some)
            parts.append(Part(folder, entries, range(len(entries)), None))
        return cls(parts)

    def __len__(self) -> int:
        return self._ends[-1] if self._ends else 0

    def __iter__(self) -> Iterator[Row]:
        for part in self.parts:
            yield from part.rows()

    @overload
    def __getitem__(self, number: int, /) -> Row: ...
    @overload
    def __getitem__(self, number: slice, /) -> list[Row]: ...
    def __getitem__(self, number: int | slice, /) -> Row | list[Row]:
        if isinstance(number, slice):
            return [self[each] for each in range(len(self))[number]]
        number = range(len(self))[number]
        at = bisect_right(self._ends, number)
        part = self.parts[at]
        return part.row(number - self._ends[at] + len(part.numbers))

    @cached_property
    def size(self) -> int:
        """Bytes of the files."""
        return sum(part.size for part in self.parts)

    @cached_property
    def folders(self) -> list[VPath]:
        """The folders among them."""
        return [path for part in self.parts for path in part.folders]
