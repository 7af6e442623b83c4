"""The start of a large folder, found much quicker than by putting it all in order."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import compress

_ONE_IN = 64
_SPARE = 8


def first_by_name(
    names: Sequence[str], are_folders: Sequence[bool], count: int
) -> list[int]:
    """Return where those stand that come first by name, folders before all others.

    Numbers in names do not count as numbers, so a pane's order may differ a bit.

    Args:
        names: of what the folder holds.
        are_folders: of each whether it is one.
        count: the most to return.
    """
    folders = list(compress(range(len(names)), are_folders))
    first = _first(names, folders, count)
    if len(first) < count:
        others: Sequence[int] = range(len(names))
        if folders:
            others = [i for i, is_folder in enumerate(are_folders) if not is_folder]
        first += _first(names, others, count - len(first))
    return first


def _first(names: Sequence[str], numbers: Sequence[int], count: int) -> list[int]:
    keys = [names[number].casefold() for number in numbers]
    early: Sequence[int] = range(len(keys))
    if len(keys) > count:
        # One name in so many tells which ones the first are surely among.
        few = sorted(keys[::_ONE_IN])
        last = few[min(len(few) - 1, 2 * count // _ONE_IN + _SPARE)]
        among = [i for i, key in enumerate(keys) if key <= last]
        early = among if len(among) >= count else early
    return [numbers[i] for i in sorted(early, key=keys.__getitem__)[:count]]
