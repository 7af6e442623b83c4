"""Disks that take names of different spelling for one: `A` and `a`, or two forms of `é`."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import Collection, Mapping

from acd_tui.errors import Denied
from acd_tui.printable import printable
from acd_tui.transfers.model import CopyRequest
from acd_tui.transfers.planner import FoundFolder, is_root, roots
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_Identity = tuple[int, int]


class Folding:
    """Refuses folders that the disk takes for others that are copied, too.

    Both would be one, and of two files of one name in them one would be left. A folder
    that was there before, under whichever spelling, takes what is copied into it.

    Args:
        request: what all of them are copied for.
    """

    def __init__(self, request: CopyRequest) -> None:
        self._request = request
        self._copied: dict[VPath, frozenset[str]] = {}  # names, by what they go to

    async def refuse_twins(
        self, folder: FoundFolder, source: FileSystem, target: FileSystem
    ) -> None:
        """Refuse a folder that is another's.

        Args:
            folder: which is there at the target; those above it may be the ones taken
                for others, as not all of them are entered before it.
            source: where it comes from.
            target: where it goes.

        Raises:
            Denied: it is another's.
        """
        if not offers(target, OnDisk):
            return
        chain = [folder]
        while not is_root(self._request, folder.target):
            folder = FoundFolder(folder.source.parent, folder.target.parent)
            chain.append(folder)
        for one, really in await asyncio.to_thread(_otherwise, target, chain):
            if really in await self._copied_beside(one, source):
                taken = f"{printable(one.target.name)} for {printable(really)}"
                raise Denied(
                    f"the disk takes the folder {taken}, which is copied, too",
                    hint="rename one of them",
                )

    async def _copied_beside(
        self, folder: FoundFolder, source: FileSystem
    ) -> frozenset[str]:
        """Return the names of what goes to where a folder goes; looked for once."""
        above = folder.target.parent
        if above not in self._copied:
            if is_root(self._request, folder.target):
                names = frozenset(goal.name for _, goal in roots(self._request))
            else:
                listed = await source.list(folder.source.parent)
                names = frozenset(entry.name for entry in listed if entry.is_folder)
            self._copied[above] = names
        return self._copied[above]


def _otherwise(
    target: OnDisk, folders: Collection[FoundFolder]
) -> list[tuple[FoundFolder, str]]:
    spelt = [(each, target.other_spelling(each.target)) for each in folders]
    return [(each, really) for each, really in spelt if really]


async def other_names(
    target: FileSystem, going: Collection[VPath], goals: Collection[VPath]
) -> Mapping[VPath, VPath]:
    """Find what is to be removed and is what a name that is to stay leads to.

    Which spellings a disk takes for one, each kind of disk says for itself; that two
    paths lead to one file tells it of any. Of two hard links it says so, too, which
    keeps one too many.

    Args:
        target: where all of them are.
        going: files and folders to be removed.
        goals: paths that are to stay, along with the folders that they lie in.

    Returns:
        Those of `going`, each with such a path.
    """
    if not (going and goals and offers(target, OnDisk)):
        return {}
    return await asyncio.to_thread(_other_names, target, going, goals)


def _other_names(
    target: OnDisk, going: Collection[VPath], goals: Collection[VPath]
) -> Mapping[VPath, VPath]:
    identities = {path: _identity(target, path) for path in going}
    wanted = frozenset(identities.values()) - {None}
    folders = {goal.parent for goal in goals}
    folders |= {above for folder in folders for above in folder.parents}
    names: dict[_Identity | None, VPath] = {}
    for some in (folders, goals):
        for goal in some:
            if (identity := _identity(target, goal)) in wanted:
                names[identity] = goal
    return {path: names[one] for path, one in identities.items() if one in names}


def _identity(target: OnDisk, path: VPath) -> _Identity | None:
    with contextlib.suppress(OSError, ValueError):
        status = os.lstat(target.disk_path(path))
        return status.st_dev, status.st_ino
    return None
