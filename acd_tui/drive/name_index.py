"""All names of a mirror in memory, so that a part of one is found at once.

Of a million names SQLite needs a quarter of a second to look at all; one string that
holds them all is looked through in a tenth of that. It takes some 40 bytes a name, and
a second or two to make, so it is made for who searches again and again.
"""

from __future__ import annotations

import sqlite3
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from acd_tui.drive import statements
from acd_tui.drive.places import Known
from acd_tui.vfs.query import NameEnds, NameHas, Query

_AT_ONCE = 10_000
_SAMPLES, _SAMPLE = 16, 1 << 16
_MOST_PLACES = 20_000
_END = b"\n"
_BREAKS = frozenset(b"\r\n")


class NameIndex:
    """The names as they were when this was made, in the order of what a search finds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        names = bytearray(_END)
        self._starts = array("L")
        self._numbers = array("q")
        rows = connection.execute(statements.NAMES)
        while some := rows.fetchmany(_AT_ONCE):
            for number, key in some:
                self._starts.append(len(names))
                self._numbers.append(number)
                names += _bytes(key)
                names += _END
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
        rarest = self._rarest(wanted)
        others = [needle for needle in wanted if needle is not rarest]
        names = self._names
        at = names.find(rarest)
        while at >= 0:
            start = names.rfind(_END, 0, at) + 1
            end = names.find(_END, at) + 1
            for needle in others:
                if names.find(needle, start, end) < 0:
                    break
            else:
                if not any(names.find(each, start, end) >= 0 for each in unwanted):
                    yield self._numbers[bisect_right(self._starts, start) - 1]
            at = names.find(rarest, end)

    def _rarest(self, needles: Sequence[bytes]) -> bytes:
        """Return what seems to be in the fewest names, by a look at some of them."""
        if len(needles) == 1:
            return needles[0]
        step = max(len(self._names) // _SAMPLES, _SAMPLE)
        sample = b"".join(
            self._names[at : at + _SAMPLE] for at in range(0, len(self._names), step)
        )
        return min(needles, key=lambda needle: (sample.count(needle), -len(needle)))


def _needle(test: object) -> bytes:
    if isinstance(test, NameEnds):
        return _bytes(test.ending) + _END
    assert isinstance(test, NameHas)
    return _bytes(test.text)


def _bytes(key: str) -> bytes:
    # What asks for a line break is not answered here.
    return key.encode().replace(_END, b"\r")
