"""All names of a mirror in memory, so that a part of one is found at once.

Of a million names SQLite needs a quarter of a second to look at all; one string that
holds them all is looked through in a tenth of that. It takes some 40 bytes a name, and
a few seconds to make, so it is made for who searches again and again.
"""

from __future__ import annotations

import re
import sqlite3
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate

from acd_tui.drive import statements
from acd_tui.drive.folder_index import FolderIndex
from acd_tui.drive.likeliest import holding, likeliest
from acd_tui.drive.places import Known
from acd_tui.vfs.query import NameEnds, NameHas, NameLike, Query, Word

_AT_ONCE = 10_000
_MOST_PLACES = 20_000
_MOST_KEPT = 10_000
_END = b"\n"
_BREAKS = frozenset("\r\n")
_FEWEST_LETTERS = 3


class NameIndex:
    """The names as they were when this was made, in the order of what a search finds."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        names = bytearray(_END)  # so that there is one before each name
        self._numbers = array("I")
        self._starts = array("I")
        rows = connection.execute(statements.NAMES)
        while some := rows.fetchmany(_AT_ONCE):
            numbers, keys = zip(*some, strict=True)
            self._numbers.extend(numbers)
            lines = [_bytes(key) + _END for key in keys]
            *starts, _ = accumulate(map(len, lines), initial=len(names))
            self._starts.extend(starts)
            names += b"".join(lines)
        self._names = bytes(names)
        self.folders = FolderIndex(connection.execute(statements.SHOWN_FOLDERS))
        self._places: Known = {}
        self._last: _Answer | None = None

    def places(self) -> Known:
        """Return what earlier searches know of folders; may be added to."""
        if len(self._places) > _MOST_PLACES:
            self._places = {}
        return self._places

    @staticmethod
    def answers(query: Query) -> bool:
        """Whether a query asks for a part of a name, and for plain names only."""
        return (
            not query.trashed
            and all(map(_is_plain, query.words))
            and any(word.wanted for word in query.words)
        )

    @staticmethod
    def ranks(query: Query) -> bool:
        """Whether a query asks for some letters in order, and for plain names only.

        Not for one or two, which are in so many names that SQLite is as fast.
        """
        return (
            not query.trashed
            and all(_is_like(word) or _is_plain(word) for word in query.words)
            and any(len(letters) >= _FEWEST_LETTERS for letters in query.letters)
        )

    def likeliest(self, query: Query, most: int) -> Sequence[int]:
        """Return the numbers of the nodes that are meant most likely, those first.

        Args:
            query: one that this ranks.
            most: the most to return.
        """
        letters = max(query.letters, key=len)
        others = [
            (_pattern(word.test), word.wanted)
            for word in query.words
            if word != Word(NameLike(letters))
        ]

        def also(line: bytes) -> bool:
            return all(bool(each.search(line)) is wanted for each, wanted in others)

        starts = likeliest(self._names, letters, most, also=also if others else None)
        return [self._number(start) for start in starts]

    def numbers(self, query: Query) -> Iterator[int]:
        """Yield the numbers of the nodes whose names match.

        Args:
            query: one that this answers.
        """
        wanted = [_needle(word.test) for word in query.words if word.wanted]
        unwanted = [_needle(word.test) for word in query.words if not word.wanted]
        last, answer = self._last, _Answer(wanted, unwanted)
        self._last = answer
        done = 0
        # Who types on asks for less: what was looked through is not looked at again.
        if last is not None and last.includes(answer):
            done, starts = last.so_far()
            for start in starts:
                end = self._names.find(_END, start) + 1
                if answer.has(self._names[start:end]):
                    answer.add(start, end)
                    yield self._number(start)
            answer.reach(done)
        for start, end in self._lines(answer, done):
            answer.add(start, end)
            yield self._number(start)
        answer.reach(len(self._names))

    def _number(self, start: int) -> int:
        return self._numbers[bisect_right(self._starts, start) - 1]

    def _lines(self, answer: _Answer, at: int) -> Iterator[tuple[int, int]]:
        """Yield where the names that match begin and end, from a place on."""
        names, wanted, unwanted = self._names, answer.wanted, answer.unwanted
        # Each part leaps to the name that another one is in, over all names before.
        places = [names.find(part, at) for part in wanted]
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
                yield start, end
            places = [names.find(part, end) for part in wanted]


class _Answer:
    """The names that match a query, as far as somebody wanted to know.

    Several threads search: what was reached is noted behind what was found before it.
    """

    def __init__(self, wanted: Sequence[bytes], unwanted: Sequence[bytes]) -> None:
        self.wanted, self.unwanted = wanted, unwanted
        self._starts: list[int] = []
        self._reached = 0

    def add(self, start: int, end: int) -> None:
        """Note that the name that begins and ends there is the next that matches."""
        if len(self._starts) < _MOST_KEPT:
            self._starts.append(start)
            self._reached = end

    def reach(self, place: int) -> None:
        """Note that there is no other one before a place."""
        if len(self._starts) < _MOST_KEPT:
            self._reached = max(self._reached, place)

    def so_far(self) -> tuple[int, Sequence[int]]:
        """Return a place, and where the names before it that match begin."""
        reached = self._reached
        return reached, self._starts[: bisect_left(self._starts, reached)]

    def has(self, line: bytes) -> bool:
        return all(each in line for each in self.wanted) and not any(
            each in line for each in self.unwanted
        )

    def includes(self, other: _Answer) -> bool:
        """Whether all that matches the other query matches this one."""
        return all(
            any(part in theirs for theirs in other.wanted) for part in self.wanted
        ) and all(
            any(theirs in part for theirs in other.unwanted) for part in self.unwanted
        )


def _is_plain(word: Word) -> bool:
    match word.test:
        case NameHas(text) | NameEnds(text):
            return not _BREAKS & set(text)
        case _:
            return False


def _is_like(word: Word) -> bool:
    return isinstance(word.test, NameLike)


def _pattern(test: object) -> re.Pattern[bytes]:
    if isinstance(test, NameLike):
        return holding(test.letters)
    return re.compile(re.escape(_needle(test)))


def _needle(test: object) -> bytes:
    if isinstance(test, NameEnds):
        return _bytes(test.ending) + _END
    assert isinstance(test, NameHas)
    return _bytes(test.text)


def _bytes(key: str) -> bytes:
    # What asks for a line break is not answered here.
    return key.replace("\n", "\r").encode()
