"""Passes over folders that need no planning: all they hold is at the target already.

What the planner would find out about each file is found out about whole folders here,
from what both sides know of them; wherever that does not tell it all, nothing is said
and the planner looks. So a second run of a copy costs little more than to look at all
files, and what changed is all that is planned.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncGenerator, Sequence
from typing import cast

import msgspec

from acd_tui.errors import AcdError, Denied
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import CopyRequest
from acd_tui.transfers.planner import (
    FoundFolder,
    Terms,
    is_partial,
    refuse_within_source,
)
from acd_tui.transfers.sealing import Alike, Seals
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.survey import Survey, Surveying

_FEWEST, _MOST = 8, 128  # folders looked at side by side
_RECORD_EVERY = 0.5  # real seconds


class Skimmed(msgspec.Struct, frozen=True):
    """What could be passed over.

    Attributes:
        files: how many there are.
        size: their bytes.
        left: folders that are to be looked at instead; the last one comes first.
    """

    files: int
    size: int
    left: Sequence[FoundFolder]


class Skimmer:
    """Passes over folders of one job.

    Args:
        request: what it asks for.
    """

    def __init__(self, request: CopyRequest) -> None:
        self._request = request
        options = request.options
        # Each of these wants to know more of a file than that it is there already.
        self._applies = not (
            options.move
            or options.size_only
            or options.planned
            or options.copy_links
            or Filter(options.filters).active
        )
        self._width = _FEWEST
        self._differs: VPath | None = None

    async def skim_all(self, source: FileSystem, target: FileSystem) -> Skimmed | None:
        """Pass over what the request asks for itself, if that is what a folder holds."""
        request = self._request
        if not request.contents or len(request.paths) > 1 or source is target:
            return None
        whole = FoundFolder(request.paths[0], request.folder)
        return await self.skim(whole, source, target)

    async def skim(
        self, folder: FoundFolder, source: FileSystem, target: FileSystem
    ) -> Skimmed | None:
        """Pass over a folder that is yet to be walked and what lies in it.

        As far as all is there already, in the order in which it would be walked.

        Returns:
            None if nothing could be passed over: the folder is to be walked.
        """
        if (
            folder.source == self._differs
            or not self._applies
            or not isinstance(source, Surveying)
            or not isinstance(target, Surveying)
        ):
            return None
        left = [folder]  # the last comes first
        files, size = 0, 0
        with contextlib.suppress(AcdError):  # the walker will meet it, too
            async with contextlib.aclosing(
                self._passed(left, source, target)
            ) as passed:
                async for alike in passed:
                    files += alike.files
                    size += alike.size
        if left and left[-1] == folder:
            return None
        return Skimmed(files, size, left)

    async def seal(
        self, folders: Sequence[FoundFolder], source: FileSystem, target: FileSystem
    ) -> None:
        """Look at folders once more, to know the next time that all of it is there."""
        if not (
            self._applies
            and isinstance(source, Surveying)
            and isinstance(target, Surveying)
        ):
            return
        sides = _Sides(source, target, Terms.of(target, self._request.policy))
        for start in range(0, len(folders) if sides.can_seal else 0, _MOST):
            for _ in range(2):  # what the feed tells meanwhile may be in the way once
                await sides.look(folders[start : start + _MOST])

    async def _passed(
        self, left: list[FoundFolder], source: Surveying, target: Surveying
    ) -> AsyncGenerator[Alike, None]:
        """Take folders off `left`, and put on what lies in them, for some time."""
        terms = Terms.of(cast(FileSystem, target), self._request.policy)
        sides = _Sides(source, target, terms)
        looked: dict[VPath, Alike | None] = {}
        until = time.monotonic() + _RECORD_EVERY
        while left and time.monotonic() < until:
            if left[-1].source not in looked:
                next_ones = left[: -self._width - 1 : -1]
                some = [each for each in next_ones if each.source not in looked]
                looked |= await sides.look(some)
                self._width = min(4 * self._width, _MOST)
            alike = looked.pop(left[-1].source)
            below = None if alike is None else self._below(left[-1], alike, terms)
            if alike is None or below is None:
                self._differs, self._width = left[-1].source, _FEWEST
                return
            left.pop()
            left += reversed(below)
            yield alike

    def _below(
        self, folder: FoundFolder, alike: Alike, terms: Terms
    ) -> list[FoundFolder] | None:
        """Return what lies in a folder; None if that must not be copied at all."""
        try:
            refuse_within_source(
                self._request,
                folder.source,
                folder.target,
                case_insensitive=terms.case_insensitive,
            )
            return [
                FoundFolder(folder.source / name, folder.target / name)
                for name in sorted(alike.folders)
            ]
        except Denied:
            return None


class _Sides:
    """Looks at folders on both sides of a copy."""

    def __init__(self, source: Surveying, target: Surveying, terms: Terms) -> None:
        self._source, self._target, self._terms = source, target, terms
        self._seals = Seals.between(source, target, terms)

    @property
    def can_seal(self) -> bool:
        """Whether it is remembered what was found."""
        return self._seals is not None

    async def look(self, folders: Sequence[FoundFolder]) -> dict[VPath, Alike | None]:
        """Say of folders, by source, whether their files are all there already."""
        found: dict[VPath, Alike | None] = {each.source: None for each in folders}
        if self._seals is not None:
            found |= await self._seals.read(folders)
        unknown = [each for each in folders if found[each.source] is None]
        if not unknown:
            return found
        seen = [
            (folder, ours, theirs, _alike(ours))
            for folder, ours, theirs in await self._surveyed(unknown)
            if is_alike(ours, theirs, self._terms)
        ]
        if self._seals is not None:
            with contextlib.suppress(AcdError):  # it is but remembered
                await self._seals.write(seen)
        return found | {folder.source: alike for folder, _, _, alike in seen}

    async def _surveyed(
        self, folders: Sequence[FoundFolder]
    ) -> list[tuple[FoundFolder, Survey, Survey]]:
        """Survey folders on both sides, but not what is not at the target at all."""
        theirs = await self._target.survey([folder.target for folder in folders])
        there = [
            (folder, survey)
            for folder, survey in zip(folders, theirs, strict=True)
            if survey is not None
        ]
        ours = await self._source.survey([folder.source for folder, _ in there])
        return [
            (folder, our, survey)
            for (folder, survey), our in zip(there, ours, strict=True)
            if our is not None
        ]


def _alike(ours: Survey) -> Alike:
    return Alike(len(ours.files), sum(f[1] for f in ours.files), ours.folders)


def is_alike(ours: Survey, theirs: Survey, terms: Terms) -> bool:
    """Whether planning would find all files of a folder to be there, and say nothing.

    Args:
        ours: the folder.
        theirs: where it goes.
        terms: of the target.
    """
    if ours.rest or not ours.files <= theirs.files:
        return False
    names = [name for name, _, _ in ours.files]
    if any(map(is_partial, names)):
        return False
    doubtful = terms.doubtful_size
    if doubtful is not None and any(size > doubtful for _, size, _ in ours.files):
        return False
    # Names of files that are there can be had there, and no two of them are one.
    if not ours.folders:
        return True
    if any(terms.name_problem(name) for name in ours.folders):
        return False
    names += ours.folders
    return len(set(map(terms.key, names))) == len(names)
