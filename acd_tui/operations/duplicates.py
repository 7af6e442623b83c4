"""Files of one content: which of them to keep, and trashing the others."""

from __future__ import annotations

import asyncio
import enum
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import msgspec

from acd_tui.errors import Changed, Denied, NotFound
from acd_tui.operations.commands import Incomplete
from acd_tui.vfs.capabilities import Hashing, Mirrored
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

_AT_ONCE = 8  # as many files are looked at side by side
_TOGETHER = 64  # groups whose files are trashed, and undone, as one


class Keep(enum.Enum):
    """Which file of a group stays."""

    NEWEST = "newest"
    OLDEST = "oldest"
    SHORTEST = "shortest"
    FIRST_PATH = "first-path"


class Copy(msgspec.Struct, frozen=True, eq=False, kw_only=True):
    """One file of a group.

    Attributes:
        fs: where it is.
        path: of the file.
        entry: with its size and MD5.
        place: the number of the place it was found in, in the order they were named.
    """

    fs: FileSystem
    path: VPath
    entry: Entry
    place: int

    @property
    def filesystem(self) -> str:
        return self.fs.name

    @property
    def order(self) -> tuple[int, VPath]:
        return self.place, self.path


class Group(msgspec.Struct, frozen=True):
    """Files of one content, at least two, in the order of their places and paths."""

    md5: str
    size: int
    copies: tuple[Copy, ...]

    @property
    def wasted(self) -> int:
        """How many bytes all but one of them take."""
        return self.size * (len(self.copies) - 1)

    def kept(self, rule: Keep) -> Copy:
        """Return the one that stays; of several the first."""
        if rule is Keep.SHORTEST:
            return min(self.copies, key=lambda copy: len(str(copy.path)))
        if rule is Keep.FIRST_PATH:
            return self.copies[0]
        sign = -1 if rule is Keep.NEWEST else 1
        # One whose time is not known is neither old nor new.
        dated = [copy for copy in self.copies if copy.entry.modified_ns is not None]
        return min(
            dated or self.copies, key=lambda copy: sign * (copy.entry.modified_ns or 0)
        )


class Choice(msgspec.Struct, frozen=True):
    """What is to become of the files of a group.

    Attributes:
        group: the files.
        going: those to be trashed, never all of them.
    """

    group: Group
    going: tuple[Copy, ...]

    @classmethod
    def by_rule(cls, group: Group, rule: Keep) -> Choice:
        kept = group.kept(rule)
        return cls(group, tuple(copy for copy in group.copies if copy is not kept))

    @property
    def staying(self) -> tuple[Copy, ...]:
        return tuple(copy for copy in self.group.copies if copy not in self.going)


class Trashing(Protocol):
    """The part of `Operations` that is needed here."""

    async def trash(self, places: Sequence[Copy]) -> object: ...


def groups_of(copies: Iterable[Copy]) -> list[Group]:
    """Put files of one content together; the most wasted bytes come first.

    Args:
        copies: each file once, however many ways lead to it.
    """
    found: defaultdict[tuple[str, int], list[Copy]] = defaultdict(list)
    for copy in copies:
        if copy.entry.md5 and copy.entry.size:
            found[copy.entry.md5, copy.entry.size].append(copy)
    groups = [
        Group(md5, size, tuple(sorted(same, key=lambda copy: copy.order)))
        for (md5, size), same in found.items()
        if len(same) > 1
    ]
    return sorted(groups, key=lambda group: (-group.wasted, group.md5))


@dataclass(slots=True)
class Cleared:
    """What became of the files that were too much.

    Attributes:
        files: how many were trashed.
        failed: how many could not be.
        lots: in how many steps, each of which is undone by itself.
    """

    files: int = 0
    failed: int = 0
    lots: int = 0


async def clear(
    operations: Trashing,
    choices: Sequence[Choice],
    problem: Callable[[str], None],
    progress: Cleared | None = None,
) -> Cleared:
    """Trash the files of some groups that are to go.

    What goes, and above all what stays, is looked at once more before, where it is the
    service's word that counts. A group of whose staying files none is what it was is
    left alone.

    Args:
        operations: trashes, so that it can be undone.
        choices: of each group at least one file stays.
        problem: is told what was left alone.
        progress: is kept up to date meanwhile, and returned.

    Raises:
        AcdError: a filesystem cannot be asked; nothing of that lot has gone then.
    """
    cleared = Cleared() if progress is None else progress
    for start in range(0, len(choices), _TOGETHER):
        going: defaultdict[str, list[Copy]] = defaultdict(list)
        lot = choices[start : start + _TOGETHER]
        for copy in await _superfluous(lot, problem):
            going[copy.filesystem].append(copy)
        for copies in going.values():
            failed = await _trash(operations, copies, problem)
            cleared.failed += failed
            cleared.files += len(copies) - failed
            cleared.lots += 1
    return cleared


async def _superfluous(
    choices: Sequence[Choice], problem: Callable[[str], None]
) -> list[Copy]:
    """Return what may go of some groups."""
    copies = [copy for choice in choices for copy in choice.group.copies]
    limit = asyncio.Semaphore(_AT_ONCE)

    async def look(copy: Copy) -> bool:
        async with limit:
            return await _is_there(copy)

    there = dict(zip(copies, await asyncio.gather(*map(look, copies)), strict=True))
    going: list[Copy] = []
    for choice in choices:
        staying = choice.staying
        if not any(there[copy] for copy in staying):
            named = staying[0] if staying else choice.group.copies[0]
            problem(f"{named.path} is not what it was; its copies are left alone")
            continue
        for copy in choice.going:
            if there[copy]:
                going.append(copy)
            else:
                problem(f"{copy.path} is not what it was and left alone")
    return going


async def _is_there(copy: Copy) -> bool:
    """Whether a file is still what it was found to be, by the best word there is."""
    known = copy.entry
    try:
        if isinstance(copy.fs, Mirrored):
            now = await copy.fs.confirm(copy.path)
        else:
            now = await copy.fs.stat(copy.path)
        if now is None or (now.kind, now.size) != (Kind.FILE, known.size):
            return False
        md5 = now.md5
        if md5 is None and isinstance(copy.fs, Hashing):
            md5 = await copy.fs.md5(copy.path)
    except (NotFound, Denied, Changed):
        return False
    return md5 == known.md5 and now.id == known.id


async def _trash(
    operations: Trashing, copies: Sequence[Copy], problem: Callable[[str], None]
) -> int:
    """Trash files of one filesystem; return how many could not be."""
    try:
        await operations.trash(copies)
    except Incomplete as error:
        for each in error.errors:
            problem(each.message)
        return len(error.errors)
    return 0
