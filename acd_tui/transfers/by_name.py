"""Entries that are found again by what tells their names apart."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Callable
from itertools import chain

from acd_tui.vfs.entries import PackedEntries
from acd_tui.vfs.entry import Entry

_FEW = 10_000
_NUMBER_BITS = 28
_HASHES, _NUMBERS = (1 << 64 - _NUMBER_BITS) - 1, (1 << _NUMBER_BITS) - 1


class ByName:
    """Entries by the keys of their names: of many, some 100 bytes each, not 400.

    Args:
        key: gives that of a name.
    """

    def __init__(self, key: Callable[[str], str]) -> None:
        self._key = key
        self._newest: dict[str, Entry] = {}
        self._packed = PackedEntries()
        # Of each packed one a part of its key's hash, and its number, in one; sorted.
        self._places = array("Q")

    def get(self, key: str) -> Entry | None:
        """Return the entry whose name has that key."""
        if (entry := self._newest.get(key)) is not None:
            return entry
        hashed = hash(key) & _HASHES
        at = bisect_left(self._places, hashed << _NUMBER_BITS)
        while at < len(self._places) and self._places[at] >> _NUMBER_BITS == hashed:
            entry = self._packed[self._places[at] & _NUMBERS]
            if self._key(entry.name) == key:
                return entry
            at += 1
        return None

    def first(self, entry: Entry) -> Entry:
        """Return the first one that has had the key of an entry's name: it, perhaps."""
        key, newest = self._key(entry.name), self._newest
        found = newest.get(key) or (self.get(key) if self._places else None)
        if found is not None:
            return found
        newest[key] = entry
        if len(newest) >= max(_FEW, len(self._packed) // 8):
            self._pack()
        return entry

    def _pack(self) -> None:
        first = len(self._packed)
        places = [
            (hash(key) & _HASHES) << _NUMBER_BITS | number
            for number, key in enumerate(self._newest, first)
        ]
        self._packed.extend(list(self._newest.values()))
        self._places = array("Q", sorted(chain(self._places, places)))
        self._newest = {}
