"""All names of a mirror in memory, so that a part of one is found at once.

Of a million names SQLite needs a quarter of a second to look at all; one string that
holds them all is looked through in a tenth of that. It takes some 40 bytes a name, and
a second or two to make, so it is made for who searches again and again.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Iterator
from itertools import accumulate

from acd_tui.drive import statements
from acd_tui.drive.places import Known
from acd_tui.vfs.query import NameEnds, NameHas, Query

_AT_ONCE = 10_000
_MOST_PLACES = 20_000
_END = b"\n"
_BREAKS = frozenset(b"\r\n")


class NameIndex:
    """The names as they were when this was made, in the order of what a search finds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        names = bytearray()
        self._numbers = array("q")
        self._starts = array("L")
        rows = connection.execute(statements.NAMES)
        while some := rows.fetchmany(_AT_ONCE):
            numbers, keys = zip(*some, strict=True)
            self._numbers.extend(numbers)
            lines = [_bytes(key) + _END for key in keys]
            *starts, _ = accumulate(map(len, lines), initial=len(names))
            self._starts.extend(starts)
            names += b"".join(lines)
        self._names = bytes(names)
        self._places: Known = {}

    def places(self) -> Known:
        """Return what earlier searches know of folders; may be added to."""
        if len(self._places) > _MOST_PLACES:
            self._places = {}
        return self._places

    @staticmethod
    def answers(query: Query) -> bool:
        """Whether a query asks for a part of a name, and for plain names only."""
        tests = [word.test for word in query.words]
        return (
            not query.trashed
            and all(isinstance(test, NameHas | NameEnds) for test in tests)
            and not any(_BREAKS & set(_needle(test)[:-1]) for test in tests)
            and any(word.wanted for word in query.words)
        )

    def numbers(self, query: Query) -> Iterator[int]:
        """Yield the numbers of the nodes whose names match.

        Args:
            query: one that this answers.
        """
        wanted = [_needle(word.test) for word in query.words if word.wanted]
        unwanted = [_needle(word.test) for word in query.words if not word.wanted]
        names = self._names
        # Each part leaps to the name that another one is in, over all names before.
        places = [names.find(part) for part in wanted]
        while -1 not in places:
            start = names.rfind(_END, 0, max(places)) + 1
            if min(places) < start:
                places = [
                    names.find(part, start) if place < start else place
                    for part, place in zip(wanted, places, strict=True)
                ]
                continue
            end = names.find(_END, max(places)) + 1
            if not any(names.find(part, start, end) >= 0 for part in unwanted):
                yield self._numbers[bisect_right(self._starts, start) - 1]
            places = [names.find(part, end) for part in wanted]


def _needle(test: object) -> bytes:
    if isinstance(test, NameEnds):
        return _bytes(test.ending) + _END
    assert isinstance(test, NameHas)
    return _bytes(test.text)


def _bytes(key: str) -> bytes:
    # What asks for a line break is not answered here.
    return key.replace("\n", "\r").encode()
