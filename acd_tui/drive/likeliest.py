"""Which of all names hold some letters in order, the likeliest first.

The names are lines of one string, which a regular expression that never goes back looks
through in a fraction of the time that SQLite takes to get each name out of its table.
The measure is the rough one of `drive.likeness`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from acd_tui.drive.likeness import ROUGH_HALVES, ROUGH_ROW, ROUGH_STARTS

_END = b"\n"
_IN_WORDS = b"abcdefghijklmnopqrstuvwxyz0123456789"
_REST = rb"[^\n]*+\n"
# Bytes that one call looks through: no other thread of Python runs meanwhile.
_AT_ONCE = 1 << 18
_MOST_KNOWN = 10_000

# Of a line: where it ends and what it is worth.
_Found = tuple[int, int]
# What orders lines: how little it is worth, its length, and where it begins.
_Line = tuple[int, int, int]
_LAST: _Line = (1, 0, 0)


def likeliest(
    names: bytes, letters: str, most: int, *, also: Callable[[bytes], bool] | None
) -> Sequence[int]:
    """Return where names begin that hold some letters in order, the likeliest first.

    Args:
        names: in lower case, a line each, after an empty one; of names that are equally
            likely the first ones come first.
        letters: in lower case, one or more, none of them a line break.
        most: the most to return, one or more.
        also: what else must be true of a line, if anything.
    """
    wanted = _Letters(letters)
    best: list[_Line] = []
    # Where many names have them in a row, few others can compete.
    if names.count(wanted.row) >= most:
        best = _best(names, wanted.outstanding, most, also)
    if len(best) < most or -best[-1][0] <= wanted.most_of_others:
        best = _best(names, wanted.matching, most, also)
    return [start for _, _, start in best]


def _best(
    names: bytes,
    find: Callable[[bytes, int, int], Iterator[_Found]],
    most: int,
    also: Callable[[bytes], bool] | None,
) -> list[_Line]:
    best: list[_Line] = []
    at, last = 1, _LAST
    while at < len(names):
        # A piece ends with a line, be it a long one.
        end = names.find(_END, at + _AT_ONCE) + 1 or len(names)
        ascii_ = names[at:end].isascii()
        for line_end, worth in find(names, at, end):
            start = names.rfind(_END, 0, line_end - 1) + 1
            size = line_end - start if ascii_ else len(names[start:line_end].decode())
            line = (-worth, size, start)
            if line < last and (also is None or also(names[start:line_end])):
                best.append(line)
        best.sort()
        del best[most:]
        last = best[-1] if len(best) == most else _LAST
        at = end
    return best


class _Letters:
    """Letters in order, and what a line is worth that holds them.

    Attributes:
        row: all of them without anything between.
        most_of_others: the most that a line is worth that does not stand out.
    """

    def __init__(self, letters: str) -> None:
        parts = [letter.encode() for letter in letters]
        self.row = b"".join(parts)
        self._halves = [
            (b"".join(parts[:at]), b"".join(parts[at:])) for at in range(1, len(parts))
        ]
        self.most_of_others = ROUGH_HALVES * len(self._halves)
        first, *others = map(re.escape, parts)
        self._all = re.compile(holding(letters).pattern + _REST)
        self._in_a_row = re.compile(re.escape(self.row) + _REST)
        words = b"".join(rb"(?>[^\n]*?[^a-z0-9\n]%b)" % letter for letter in others)
        # To begin with a letter and to look back is faster than the other way round.
        self._at_words, *self._kinds_of_words = [
            re.compile(rb"%b(?<=%b%b)%b%b" % (first, before, first, words, _REST))
            for before in (rb"[^a-z0-9]", rb"\n", rb"[^a-z0-9\n]")
        ]
        self._plainer = _plainer(b"".join(parts))
        self._known: dict[bytes, int] = {}

    def matching(self, names: bytes, at: int, end: int) -> Iterator[_Found]:
        """Yield the lines that hold the letters."""
        for match in self._all.finditer(names, at, end):
            start, line_end = match.span()
            yield line_end, self._worth(names[start - 1 : line_end])

    def outstanding(self, names: bytes, at: int, end: int) -> Iterator[_Found]:
        """Yield those that hold them in a row, or each at the beginning of a word."""
        others = {match.end() for match in self._at_words.finditer(names, at, end)}
        for line_end in others:
            start = names.rfind(_END, 0, line_end - 1)
            yield line_end, self._worth(names[start:line_end])
        for match in self._in_a_row.finditer(names, at, end):
            if match.end() not in others:
                yield match.end(), ROUGH_ROW + self.most_of_others

    def _worth(self, line: bytes) -> int:
        """Return what a line is worth, of which at least the letters are given.

        Args:
            line: from what is before its first letter that counts to its break.
        """
        # Many names differ only in what was not asked for.
        line = line.translate(self._plainer)
        known = self._known.get(line)
        if known is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            known = self._known[line] = self._new_worth(line)
        return known

    def _new_worth(self, line: bytes) -> int:
        worth = 0
        if self._at_words.search(line):
            kinds = self._kinds_of_words
            worth = sum(ROUGH_STARTS for each in kinds if each.search(line))
        if self.row in line:
            return worth + ROUGH_ROW + self.most_of_others
        for first, second in self._halves:
            if second in line and first in line:
                after = line.find(first) + len(first)
                worth += ROUGH_HALVES * (line.find(second, after) >= 0)
        return worth


def _plainer(letters: bytes) -> bytes:
    """Return what each byte may be taken for without any difference to a worth.

    Bytes that are not asked for count as letters or digits, or as something between.
    """
    every = bytes(range(256))
    rest = every.translate(None, letters + _END)
    inner = bytes(byte for byte in rest if byte in _IN_WORDS)
    between = rest.translate(None, inner)
    taken = inner[:1] * len(inner) + between[:1] * len(between)
    return bytes.maketrans(inner + between, taken)


def holding(letters: str) -> re.Pattern[bytes]:
    """Return what is in a line that holds some letters in order."""
    first, *others = (letter.encode() for letter in letters)
    return re.compile(re.escape(first) + b"".join(map(_next, others)))


def _next(letter: bytes) -> bytes:
    """Return the pattern of a letter, the next in its line, and all before it."""
    escaped = re.escape(letter)
    if len(letter) > 1:
        return rb"(?>[^\n]*?%b)" % escaped
    return rb"[^\n%b]*+%b" % (escaped, escaped)
