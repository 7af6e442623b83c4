"""Many paths, of which most lie in a few folders."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import overload

from acd_tui.vfs.entries import Hashes, Texts
from acd_tui.vfs.path import VPath

_AT_ONCE = 10_000


class PackedPaths(Sequence[VPath]):
    """Paths that are made whenever they are asked for: some 35 bytes each, not 200."""

    def __init__(self) -> None:
        self._names = Texts()
        self._folders: list[VPath] = []
        self._numbers: dict[VPath, int] = {}
        self._places = array("I")

    def extend(self, paths: Sequence[VPath]) -> None:
        for path in paths:
            folder = path.parent
            number = self._numbers.get(folder)
            if number is None:
                number = self._numbers[folder] = len(self._folders)
                self._folders.append(folder)
            self._places.append(number)
        self._names.extend([path.name for path in paths])

    @property
    def folders(self) -> Sequence[VPath]:
        """The folders they lie in."""
        return self._folders

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, number: int, /) -> VPath: ...
    @overload
    def __getitem__(self, number: slice, /) -> tuple[VPath, ...]: ...
    def __getitem__(self, number: int | slice, /) -> VPath | tuple[VPath, ...]:
        if isinstance(number, slice):
            return tuple(self[each] for each in range(len(self))[number])
        number = range(len(self))[number]
        name, folder = self._names[number], self._folders[self._places[number]]
        return VPath((*folder.parts, name)) if name else VPath()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sequence):
            return NotImplemented
        return len(self) == len(other) and all(map(VPath.__eq__, self, other))

    def __hash__(self) -> int:
        return hash((len(self), self[:1]))


def packed(paths: Iterable[VPath]) -> Sequence[VPath]:
    """Return paths as such, if they are many, or else as a tuple."""
    paths = iter(paths)
    first = tuple(islice(paths, _AT_ONCE))
    if len(first) < _AT_ONCE:
        return first
    many, some = PackedPaths(), first
    while some:
        many.extend(some)
        some = tuple(islice(paths, _AT_ONCE))
    return many


def without_repeated(paths: Sequence[VPath]) -> Sequence[VPath]:
    """Return each path once, and none that lies in another one of them."""
    folders = paths.folders if isinstance(paths, PackedPaths) else _folders(paths)
    above = {one for folder in folders for one in (folder, *folder.parents)}
    named = {path for path in paths if path in above}
    covered = {
        folder
        for folder in folders
        if folder in named or not named.isdisjoint(folder.parents)
    }
    hashes = Hashes()
    hashes.extend(map(hash, paths))
    several = not hashes.are_different
    if not covered and not several:
        return paths
    once: Iterable[VPath] = dict.fromkeys(paths) if several else paths
    return packed(p for p in once if p.is_root or p.parent not in covered)


def _folders(paths: Iterable[VPath]) -> frozenset[VPath]:
    return frozenset(path.parent for path in paths)
