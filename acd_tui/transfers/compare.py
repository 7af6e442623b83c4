"""Compares two trees folder by folder, in memory that does not grow with them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Sequence
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from acd_tui.errors import (
    AcdError,
    Denied,
    NotFound,
    SignInNeeded,
    Unreachable,
)
from acd_tui.printable import printable
from acd_tui.transfers.compared import Compared, Names, Verdict, Why, by_md5, md5s_of
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.transfers.planner import (
    KINDS,
    Terms,
    Twins,
    collision,
    is_numbered,
    left_out,
    never_copied,
)
from acd_tui.transfers.verify import same_size
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.hashing import Located, in_batches
from acd_tui.vfs.path import VPath

_OVERWRITING = {ConflictPolicy.OVERWRITE, ConflictPolicy.NEWER}
_AHEAD = 4  # folders that are listed at the same time
_MANY = 2_000  # entries of a folder that are matched within one moment


@dataclass(slots=True)
class _Folder:
    """A folder to be looked into; None for a side that does not have it."""

    names: Names
    source: VPath | None
    target: VPath | None
    only: Located | None = None
    above: _Folder | None = None
    whole: bool = True
    entered: bool = False
    listing: asyncio.Task[tuple[list[Entry], list[Entry]]] | None = None


_Pair = tuple[Names, Located, Located]


@dataclass(slots=True)
class _Level:
    """What one folder came to."""

    results: list[Compared] = field(default_factory=list)
    pairs: list[_Pair] = field(default_factory=list)
    folders: list[_Folder] = field(default_factory=list)
    twins: set[Names] = field(default_factory=set)
    numbered: dict[str, Located] = field(default_factory=dict)

    def told(self, compared: Compared) -> Compared:
        if not self.numbered or compared.verdict is not Verdict.DIFFERS:
            return compared
        return replace(compared, numbered=self.numbered)


class Comparison:
    """Compares what two folders hold.

    Args:
        source: the filesystem of one.
        target: the filesystem of the other.
        filters: what is meant of it; of a pair, the source decides.
        size_only: take files of one size for the same.
        read: whether files whose MD5 is not known are read for it; without, they come
            to `UNKNOWN_MD5`.
        at_a_time: how many files are compared at the same time.
        policy: what a copy would do about two names that the target takes for one;
            one it would give another name to is compared with what is there by that.
    """

    def __init__(
        self,
        source: FileSystem,
        target: FileSystem,
        *,
        filters: Filter,
        size_only: bool = False,
        read: bool = True,
        at_a_time: int = 8,
        policy: ConflictPolicy = ConflictPolicy.FAIL,
    ) -> None:
        self._source, self._target = source, target
        self._filter = filters
        self._size_only = size_only
        self._read = read
        self._at_a_time = at_a_time
        self._terms = Terms.of(target, policy)
        self._renamed: dict[Names, str] = {}

    async def run(
        self, source: VPath, target: VPath, *, target_missing: bool = False
    ) -> AsyncGenerator[Compared, None]:
        """Compare two folders; who does not want all of it closes what is returned.

        Args:
            source: one folder.
            target: the other.
            target_missing: take the other one for empty.

        Raises:
            FolderNotFound: one of them is missing.
            AcdError: one of them cannot be listed, or a side cannot be used any more.
        """
        waiting = [_Folder((), source, None if target_missing else target)]
        try:
            async with contextlib.aclosing(self._walk(waiting)) as found:
                async for one in found:
                    yield self._with_goals(one) if self._renamed else one
        finally:
            ahead = [f.listing for f in waiting if f.listing is not None]
            for task in ahead:
                task.cancel()
            await asyncio.gather(*ahead, return_exceptions=True)

    def _with_goals(self, compared: Compared) -> Compared:
        """Say what a copy is called at the target, where that is something else."""
        names = compared.names
        goals = tuple(
            self._renamed.get(names[: depth + 1], name)
            for depth, name in enumerate(names)
        )
        return compared if goals == names else replace(compared, goals=goals)

    async def _walk(self, waiting: list[_Folder]) -> AsyncGenerator[Compared, None]:
        while waiting:
            self._list_ahead(waiting)
            folder = waiting.pop()
            if folder.entered:
                yield _left(folder)
                continue
            if folder.only is not None:
                folder.entered = True
                waiting.append(folder)
            try:
                level = await self._look_into(folder)
            except _Unlistable as trouble:
                if not folder.names:
                    raise trouble.error from None
                _spoil(folder)
                yield trouble.told(folder)
                continue
            async for one in self._all_of(level):
                yield one
            waiting += reversed(level.folders)

    async def _all_of(self, level: _Level) -> AsyncIterator[Compared]:
        for result in level.results:
            if (meant := await self._as_meant(result)) is not None:
                yield level.told(meant)
        async for one in self._compare(level.pairs):
            yield level.told(one.of_twin() if one.names in level.twins else one)

    async def _as_meant(self, found: Compared) -> Compared | None:
        """Take a folder of which filters leave nothing out of the way of a file.

        Such a one is not made.
        """
        source, target = found.source, found.target
        if (
            found.why is not Why.CLASH
            or not self._filter.active
            or source is None
            or target is None
            or not source.entry.is_folder
            or await self._holds_some(found.names, source.path)
        ):
            return found
        level = _Level()
        folder = _Folder(found.names[:-1], None, target.path.parent)
        self._target_only(level, folder, target.entry)
        return next(iter(level.results), None)

    async def _holds_some(self, names: Names, folder: VPath) -> bool:
        """Whether anything in a folder of the source is meant, as far as can be seen."""
        waiting = [(names, folder)]
        with contextlib.suppress(AcdError):
            while waiting:
                above, folder = waiting.pop()
                for entry in await self._source.list(folder):
                    below = (*above, entry.name)
                    if not self._filter.takes(below, entry):
                        continue
                    if not entry.is_folder:
                        return True
                    waiting.append((below, folder / entry.name))
            return False
        return True

    async def run_one(self, source: Located, target: VPath) -> AsyncIterator[Compared]:
        """Compare a file with what is at a path."""
        level = _Level()
        other: Located | None = None
        with contextlib.suppress(NotFound):
            other = Located(self._target, target, await self._target.stat(target))
        found = _Found(
            _Folder((), source.path.parent, target.parent),
            source.entry,
            None if other is None else other.entry,
            target.name,
        )
        _sort_in(level, found, source, other)
        for result in level.results:
            yield result
        async for one in self._compare(level.pairs):
            yield one

    def _list_ahead(self, waiting: Sequence[_Folder]) -> None:
        """Have the next folders listed while this one is compared."""
        for folder in waiting[-_AHEAD:]:
            if folder.listing is None and not folder.entered:
                folder.listing = asyncio.create_task(self._list(folder))

    async def _look_into(self, folder: _Folder) -> _Level:
        """Find what belongs together in a folder; of a large one in a thread."""
        assert folder.listing is not None, "listing it has begun"
        listing, folder.listing = folder.listing, None
        ours, theirs = await listing
        if len(ours) + len(theirs) > _MANY:
            return await asyncio.to_thread(self._match, folder, ours, theirs)
        return self._match(folder, ours, theirs)

    async def _list(self, folder: _Folder) -> tuple[list[Entry], list[Entry]]:
        """List both sides, sorted by name."""
        results = await asyncio.gather(
            _listed(self._source, folder.source),
            _listed(self._target, folder.target),
            return_exceptions=True,
        )
        for result in results:
            if isinstance(result, SignInNeeded | Unreachable):
                raise result
        for result in results:
            if isinstance(result, AcdError):
                raise _Unlistable(result)
            if isinstance(result, BaseException):
                raise result
        ours, theirs = (
            sorted(entries, key=lambda entry: entry.name)
            for entries in results
            if not isinstance(entries, BaseException)
        )
        return ours, theirs

    def _match(
        self, folder: _Folder, ours: Sequence[Entry], theirs: Sequence[Entry]
    ) -> _Level:
        """Find what belongs together."""
        level = _Level()
        key = self._terms.key
        there = {key(entry.name): entry for entry in theirs}
        claimed: set[str] = set()
        twins = Twins(self._terms)
        names = {entry.name for entry in ours}
        claimed |= {key(name) for name in names}
        for entry in self._meant(folder, ours):
            goal = entry.name
            if not never_copied(entry) and (first := twins.before(entry)):
                if self._terms.policy is not ConflictPolicy.RENAME:
                    self._collided(level, folder, entry, first)
                    continue
                goal = twins.free_name(entry)
                claimed.add(key(goal))
                self._renamed[(*folder.names, entry.name)] = goal
            found = _Found(folder, entry, there.get(key(goal)), goal)
            if self._terms.policy in _OVERWRITING and found.belongs_to_another(names):
                level.twins.add(found.names)
            self._place(level, found)
        for entry in theirs:
            if key(entry.name) not in claimed:
                self._target_only(level, folder, entry)
        return level

    def _meant(self, folder: _Folder, ours: Sequence[Entry]) -> list[Entry]:
        return [e for e in ours if self._filter.takes((*folder.names, e.name), e)]

    def _collided(
        self, level: _Level, folder: _Folder, entry: Entry, first: Entry
    ) -> None:
        """Note that the target would take an entry's name for another one's."""
        source = self._located(self._source, folder.source, entry)
        level.results.append(
            Compared(
                names=(*folder.names, entry.name),
                verdict=Verdict.UNKNOWN,
                source=source,
                why=Why.COLLISION,
                reason=collision(source.path, first.name),
            )
        )

    def _place(self, level: _Level, found: _Found) -> None:
        """Decide about an entry of the source that is meant."""
        folder, entry, target = found.folder, found.entry, None
        try:
            source = self._located(self._source, folder.source, entry)
            if found.other is not None:
                target = self._located(self._target, folder.target, found.other)
        except Denied as error:
            level.results.append(found.told(Why.TROUBLE, error.message))
            return
        if problem := left_out(entry, source.path):
            level.results.append(found.told(Why.LEFT_OUT, problem))
            return
        if problem := self._terms.name_problem(found.goal):
            level.results.append(found.told(Why.TROUBLE, problem))
            return
        if is_numbered(found.goal):
            level.numbered[self._terms.key(found.goal)] = source
        _sort_in(level, found, source, target)

    @staticmethod
    def _located(filesystem: FileSystem, folder: VPath | None, entry: Entry) -> Located:
        assert folder is not None, "what was listed has a folder"
        return Located(filesystem, folder / entry.name, entry)

    def _target_only(self, level: _Level, folder: _Folder, entry: Entry) -> None:
        names = (*folder.names, entry.name)
        if not self._filter.takes(names, entry):
            _spoil(folder)
            return
        try:
            target = self._located(self._target, folder.target, entry)
        except Denied:
            _spoil(folder)
            return
        if entry.is_folder:
            below = _Folder(names, None, target.path, target, folder)
            level.folders.append(below)
        elif entry.kind is Kind.FILE:
            level.results.append(
                Compared(names=names, verdict=Verdict.TARGET_ONLY, target=target)
            )
        else:
            _spoil(folder)
            shown = printable(str(target.path))
            level.results.append(
                Compared(
                    names=names,
                    verdict=Verdict.UNKNOWN,
                    target=target,
                    why=Why.LEFT_OUT,
                    reason=f"{shown} is {KINDS[entry.kind]}",
                )
            )

    async def _compare(self, pairs: Sequence[_Pair]) -> AsyncIterator[Compared]:
        """Compare pairs of files, many at a time."""
        for batch in in_batches(pairs, lambda pair: pair[1].entry.size):
            hashed = [pair for pair in batch if not self._by_size(pair)]
            if self._read:
                md5s = iter(await md5s_of(hashed, at_a_time=self._at_a_time))
            else:
                md5s = iter(
                    [(ours.entry.md5, theirs.entry.md5) for _, ours, theirs in hashed]
                )
            for pair in batch:
                yield self._by_size(pair) or by_md5(_same(pair), *next(md5s))

    def _by_size(self, pair: _Pair) -> Compared | None:
        """Tell what the sizes tell."""
        _, source, target = pair
        ours, theirs = source.entry, target.entry
        if None not in {ours.size, theirs.size} and ours.size != theirs.size:
            return replace(
                _same(pair),
                verdict=Verdict.DIFFERS,
                why=Why.CONTENT,
                reason="the sizes differ",
            )
        if self._size_only and same_size(ours, theirs):
            return _same(pair)
        return None


def _same(pair: _Pair) -> Compared:
    names, source, target = pair
    return Compared(names=names, verdict=Verdict.SAME, source=source, target=target)


class _Unlistable(Exception):
    """A folder of one side cannot be listed."""

    def __init__(self, error: AcdError) -> None:
        super().__init__(error.message)
        self.error = error

    def told(self, folder: _Folder) -> Compared:
        """Say so of that folder."""
        return Compared(
            names=folder.names,
            verdict=Verdict.UNKNOWN,
            why=Why.TROUBLE,
            reason=self.error.message,
        )


class _Found(msgspec.Struct, frozen=True):
    """An entry of the source with what is at the target under its name.

    Attributes:
        goal: that name, its own unless another one has it.
    """

    folder: _Folder
    entry: Entry
    other: Entry | None
    goal: str

    @property
    def names(self) -> Names:
        return (*self.folder.names, self.entry.name)

    def belongs_to_another(self, names: Collection[str]) -> bool:
        """Whether what is there goes by the very name of another one of the source."""
        there = self.other
        return there is not None and there.name != self.goal and there.name in names

    def told(self, why: Why, reason: str) -> Compared:
        """Say why it cannot be compared."""
        return Compared(
            names=self.names, verdict=Verdict.UNKNOWN, why=why, reason=reason
        )


def _sort_in(
    level: _Level, found: _Found, source: Located, target: Located | None
) -> None:
    """Decide about an entry of the source from the kinds of both sides."""
    names = found.names
    ours, theirs = source.entry.kind, found.other and found.other.kind
    if target is None and ours is Kind.FOLDER:
        below = _Folder(names, source.path, None, source, found.folder)
        level.folders.append(below)
    elif target is None:
        renamed = found.goal != source.path.name
        level.results.append(
            Compared(
                names=names,
                verdict=Verdict.SOURCE_ONLY,
                source=source,
                reason=f"as {found.goal}" if renamed else None,
            )
        )
    elif ours is Kind.FOLDER and theirs is Kind.FOLDER:
        level.folders.append(_Folder(names, source.path, target.path))
    elif ours is Kind.FILE and theirs is Kind.FILE:
        level.pairs.append((names, source, target))
    else:
        kind = KINDS[target.entry.kind]
        level.results.append(
            Compared(
                names=names,
                verdict=Verdict.DIFFERS,
                source=source,
                target=target,
                why=Why.CLASH,
                reason=f"{KINDS[ours]} on one side, {kind} on the other",
            )
        )


def _left(folder: _Folder) -> Compared:
    """Tell of a folder of one side after all that it holds."""
    if not folder.whole and folder.above is not None:
        _spoil(folder.above)
    on_source = folder.source is not None
    return Compared(
        names=folder.names,
        verdict=Verdict.SOURCE_ONLY if on_source else Verdict.TARGET_ONLY,
        source=folder.only if on_source else None,
        target=None if on_source else folder.only,
        whole=folder.whole,
    )


def _spoil(folder: _Folder) -> None:
    folder.whole = False


async def _listed(filesystem: FileSystem, path: VPath | None) -> Sequence[Entry]:
    return () if path is None else await filesystem.list(path)
