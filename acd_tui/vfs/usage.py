"""How much the children of a folder take: the first of them, and all together.

A folder may have a million: only as many as somebody looks at are made.
"""

from __future__ import annotations

import enum
import heapq
from collections.abc import Iterable, Sequence

import msgspec

from acd_tui.vfs.entry import Entry


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """How much something takes, with all that lies in it.

    Attributes:
        entry: what it is.
        size: bytes of all files.
        files: how many there are; 1 for a file.
        folders: how many there are in it.
    """

    entry: Entry
    size: int
    files: int
    folders: int


class By(enum.Enum):
    """What comes first."""

    SIZE = "size"  # the largest
    COUNT = "count"  # the one with the most files
    NAME = "name"  # folders, then A to Z


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which children are wanted one by one.

    Attributes:
        by: what comes first; what is alike in that comes by name.
        reverse: whether the other end comes first.
        most: how many; None for all.
        files: whether files are among them.
    """

    by: By = By.SIZE
    reverse: bool = False
    most: int | None = None
    files: bool = True


NONE = Asked(most=0)
"""Only what they take together."""


class Usages(msgspec.Struct, frozen=True, kw_only=True):
    """What the children of a folder take.

    Attributes:
        first: those that were asked for, in order.
        count: how many children there are.
        size: bytes of all that lies in the folder, at any depth.
        files: how many files that is.
        folders: how many folders that is.
        largest: bytes of the child that takes the most.
    """

    first: Sequence[Usage]
    count: int
    size: int
    files: int
    folders: int
    largest: int


def usages_of(children: Sequence[Usage], asked: Asked) -> Usages:
    """Return the answer where all children are at hand."""
    return Usages(
        first=first(children, asked),
        count=len(children),
        size=sum(child.size for child in children),
        files=sum(child.files for child in children),
        folders=sum(child.folders + child.entry.is_folder for child in children),
        largest=max((child.size for child in children), default=0),
    )


def first(children: Iterable[Usage], asked: Asked) -> Sequence[Usage]:
    """Return those that are asked for; holds no more of them than that."""
    if not asked.files:
        children = (child for child in children if child.entry.is_folder)
    if asked.by is By.NAME:
        key, backwards = _name, asked.reverse
    else:
        key, backwards = (_smallest if asked.reverse else _largest)[asked.by], False
    if asked.most is None:
        return sorted(children, key=key, reverse=backwards)
    pick = heapq.nlargest if backwards else heapq.nsmallest
    return pick(asked.most, children, key=key)


def _name(usage: Usage) -> tuple[object, ...]:
    return not usage.entry.is_folder, usage.entry.name.lower()


_largest = {
    By.SIZE: lambda usage: (-usage.size, *_name(usage)),
    By.COUNT: lambda usage: (-usage.files, *_name(usage)),
}
_smallest = {
    By.SIZE: lambda usage: (usage.size, *_name(usage)),
    By.COUNT: lambda usage: (usage.files, *_name(usage)),
}
