"""Putting a million rows in order with little room, and without holding others up.

Python sorts a list in one go, in which no other thread runs, with all its keys at hand.
So many rows are first put into parts, of which one comes after the other, by the keys of
some of them; then part by part is sorted.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Collection, Sequence
from itertools import compress
from operator import add
from typing import Any

from acd_tui.vfs.entries import SEPARATOR

AT_ONCE = 10_000
NUMBERS_AT_ONCE = 100_000  # they are sorted much quicker than names

_FEW = 2_000  # are looked up quicker than all are gone through
_SAMPLES = 16  # of which the borders of a part are chosen
_DIGITS = re.compile(r"([0-9]+)")
# The length as a digit or, if longer, as a character that sorts after all digits.
_WEIGHTS = [f"0{chr(0x30 + length)}" for length in range(0x100)]

KeysOf = Callable[[Sequence[int]], Sequence[Any]]
"""Returns what rows, given by their numbers, are sorted by."""


def natural(folded: str) -> str:
    """Return what to sort a casefolded name by, so that `img2` comes before `img10`.

    Every number is put behind its own length, leading zeros aside.
    """
    parts = _DIGITS.split(folded)
    numbers = [digits.lstrip("0") or "0" for digits in parts[1::2]]
    weights = map(_WEIGHTS.__getitem__, [min(len(n), 0xFF) for n in numbers])
    parts[1::2] = map(add, weights, numbers)
    return "".join(parts)


def natural_keys(names: Sequence[str]) -> list[str]:
    """Return `natural` of names, casefolded; much quicker than one by one."""
    return natural(SEPARATOR.join(names).casefold()).split(SEPARATOR) if names else []


def ranked(
    numbers: Sequence[int],
    keys_of: KeysOf,
    *,
    reverse: bool = False,
    at_once: int = AT_ONCE,
) -> array[int]:
    """Sort rows, given by their numbers; those with the same key stay as they are.

    Args:
        numbers: which rows.
        keys_of: what they are sorted by.
        reverse: the highest key comes first.
        at_once: about how many are sorted in one go.
    """
    if len(numbers) <= at_once:
        return _sorted(numbers, keys_of, reverse)
    if not reverse and (ranks := _nearly_sorted(numbers, keys_of, at_once)):
        return ranks
    parts = _parts(numbers, keys_of, at_once)
    ranks = array("I")
    for part in reversed(parts) if reverse else parts:
        ranks += _sorted(part, keys_of, reverse)
    return ranks


def _sorted(numbers: Sequence[int], keys_of: KeysOf, reverse: bool) -> array[int]:
    keys = keys_of(numbers)
    order = sorted(range(len(keys)), key=keys.__getitem__, reverse=reverse)
    return array("I", [numbers[at] for at in order])


def _nearly_sorted(
    numbers: Sequence[int], keys_of: KeysOf, at_once: int
) -> array[int] | None:
    """Sort rows of which each so many come before the next; None if they do not.

    As those of a mirror nearly are, wherever all numbers in names are equally long.
    """
    ranks, last = array("I"), None
    for start in range(0, len(numbers), at_once):
        some = numbers[start : start + at_once]
        keys = keys_of(some)
        order = sorted(range(len(keys)), key=keys.__getitem__)
        if last is not None and keys[order[0]] < last:
            return None
        last = keys[order[-1]]
        ranks.extend([some[at] for at in order])
    return ranks


def _parts(numbers: Sequence[int], keys_of: KeysOf, at_once: int) -> list[array[int]]:
    """Put rows into parts of half as many, each with keys above those before."""
    every = at_once // (2 * _SAMPLES)
    borders = sorted(keys_of(numbers[::every]))[_SAMPLES::_SAMPLES]
    parts = [array("I") for _ in range(len(borders) + 1)]
    for start in range(0, len(numbers), AT_ONCE):
        some = numbers[start : start + AT_ONCE]
        for number, key in zip(some, keys_of(some), strict=True):
            parts[bisect_right(borders, key)].append(number)
    return parts


def reranked(
    ranks: Sequence[int],
    gone: Collection[int],
    added: Collection[int],
    keys_of: KeysOf,
) -> array[int]:
    """Take rows out of those that were ranked, and put others in.

    Args:
        ranks: as `ranked` returned them.
        gone: numbers of rows that are among them.
        added: of rows that are not; larger than all others.
        keys_of: as it was.
    """
    if len(added) > _FEW:
        left = set(ranks).difference(gone).union(added)
        return ranked(array("I", sorted(left)), keys_of)
    ranks = array("I", ranks)

    def key(number: int) -> Any:
        return keys_of((number,))[0]

    if len(gone) > _FEW:
        flags = bytearray(b"\1") * (max(ranks) + 1)
        for number in gone:
            flags[number] = False
        ranks = array("I", compress(ranks, map(flags.__getitem__, ranks)))
        gone = ()
    for number in gone:
        del ranks[ranks.index(number, bisect_left(ranks, key(number), key=key))]
    for number in sorted(added):
        ranks.insert(bisect_right(ranks, key(number), key=key), number)
    return ranks
