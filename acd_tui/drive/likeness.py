"""Names that hold some letters in order, with others between: which are meant most likely.

A rough measure, which SQLite can take of all names, puts the likely ones first; the
precise one is taken of these alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

_SPECIAL = re.compile(r"[*?\[]")

# What counts for a name, as fzf has it: letters in a row, and beginnings of words.
_IN_A_ROW = 6.0
_WORD_START = 8.0
_NAME_START = 2.0
_GAP = 3.0
_GAP_LETTER = 0.2
_NOT_ASKED_FOR = 0.05

# Of the rough measure: all letters in a row, some and then all others, and each at the
# beginning of a word. A shorter name is likelier only of those that are worth the same.
ROUGH_ROW = 8
ROUGH_HALVES = 2
ROUGH_STARTS = 6


def pattern(letters: str) -> str:
    """Return the pattern of SQL's GLOB that a name with such letters matches."""
    return f"*{'*'.join(map(_escaped, letters))}*"


def rough_order(letters: str) -> tuple[str, tuple[str, ...]]:
    """Return SQL that orders keys, the likely ones first, and its parameters."""
    halves = [
        f"*{_escaped(letters[:at])}*{_escaped(letters[at:])}*"
        for at in range(1, len(letters))
    ]
    starts = "*[^a-z0-9]".join(map(_escaped, letters)) + "*"
    # Of most names the last letter begins no word, and then there is no need to look
    # for all of them; where they are in a row, both halves of each kind are there.
    last = f"*[^a-z0-9]{_escaped(letters[-1])}*" if len(letters) > 1 else "*"
    patterns = (f"*{_escaped(letters)}*", *halves, last, starts, f"*[^a-z0-9]{starts}")
    in_a_row = ROUGH_ROW + ROUGH_HALVES * len(halves)
    in_halves = " + ".join(["0", *[f"{ROUGH_HALVES} * (key GLOB ?)"] * len(halves)])
    in_words = " + ".join([f"{ROUGH_STARTS} * (key GLOB ?)"] * 2)
    terms = (
        f"CASE WHEN key GLOB ? THEN {in_a_row} ELSE {in_halves} END",
        f"CASE WHEN key GLOB ? THEN {in_words} ELSE 0 END",
    )
    return f"{' + '.join(terms)} DESC, length(key), kind, key, id", patterns


def likeness(letters: str, name: str) -> float:
    """Return how likely a name is meant by some letters; more is likelier.

    Args:
        letters: in lower case.
        name: holds them in that order.
    """
    key = name.lower()
    # Where the letters so far may end, and what that is worth.
    ways = [(at, 0.0 if at else _NAME_START) for at in _places(letters[:1], key)]
    ways = [(at, worth + _bonus(key, name, at)) for at, worth in ways]
    for letter in letters[1:]:
        ways = [
            (at, worth + _bonus(key, name, at))
            for at, worth in _further(ways, _places(letter, key))
        ]
    worth = max((worth for _, worth in ways), default=float("-inf"))
    return worth - _NOT_ASKED_FOR * len(key)


def _places(letter: str, key: str) -> Iterator[int]:
    at = key.find(letter)
    while at >= 0:
        yield at
        at = key.find(letter, at + 1)


def _further(
    ways: Sequence[tuple[int, float]], places: Iterable[int]
) -> Iterator[tuple[int, float]]:
    """Yield the best way on to each place; both are in order."""
    with_gap = float("-inf")  # of the ways that end before, as if there were no gap
    passed = 0
    for at in places:
        while passed < len(ways) and ways[passed][0] < at - 1:
            end, worth = ways[passed]
            with_gap = max(with_gap, worth - _GAP + _GAP_LETTER * (end + 1))
            passed += 1
        best = with_gap - _GAP_LETTER * at
        if passed < len(ways) and ways[passed][0] == at - 1:
            best = max(best, ways[passed][1] + _IN_A_ROW)
        if best > float("-inf"):
            yield at, best


def _bonus(key: str, name: str, at: int) -> float:
    return _WORD_START if _begins(key, name, at) else 0.0


def _begins(key: str, name: str, at: int) -> bool:
    """Whether a word begins there: after a separator, or like `W` and `2` in `aWord2`."""
    if not key[at].isalnum():
        return False
    before = key[at - 1 : at]
    if not before.isalnum() or before.isdigit() != key[at].isdigit():
        return True
    # In some languages a name has more letters in lower case.
    return len(name) == len(key) and name[at].isupper() and name[at - 1].islower()


def _escaped(text: str) -> str:
    return _SPECIAL.sub(lambda match: f"[{match[0]}]", text)
