"""What is copied into the folder in which it lies: a second one, under a name with a number."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Awaitable, Callable

from acd_tui.errors import Exists, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.planner import folded, numbered
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem, OnDisk
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_MOST_NUMBERED = 1000  # `name (1000).ext`


async def lies_there(filesystem: FileSystem, path: VPath, goal: VPath) -> bool:
    """Whether both paths name one place, by way of symbolic links perhaps."""
    insensitive = filesystem.features.case_insensitive
    one, other = (folded(p, case_insensitive=insensitive) for p in (path, goal))
    if one == other or path.is_root or goal.is_root:
        return one == other
    if one.name != other.name or not offers(filesystem, OnDisk):
        return False
    folders = [filesystem.disk_path(each.parent) for each in (path, goal)]
    real = await asyncio.to_thread(lambda: [os.path.realpath(f) for f in folders])
    return real[0] == real[1]


async def free_beside(
    filesystem: FileSystem,
    path: VPath,
    is_wanted: Callable[[VPath], Awaitable[bool]] | None = None,
) -> VPath:
    """Return the first path like `name (2).ext` that nothing has.

    Args:
        filesystem: in which it lies.
        path: what is to have a second one beside it.
        is_wanted: whether something is on its way to a path, where that counts.

    Raises:
        Exists: none is free.
        AcdError: the filesystem cannot say, or takes no name as long as that.
    """
    async for candidate, there in _numbered(filesystem, path):
        if there is None and not (is_wanted and await is_wanted(candidate)):
            return candidate
    raise _none_is_free(path)


async def place_beside(
    filesystem: FileSystem,
    path: VPath,
    is_same: Callable[[Located], Awaitable[bool]],
) -> tuple[VPath, Entry | None]:
    """Return where something goes that is to be kept beside what is at a path.

    Returns:
        The first path like `name (2).ext` that nothing has, or that the same has, from
        an earlier copy; and what is there.

    Raises:
        Exists: none is free.
        AcdError: see `free_beside`.
    """
    async for candidate, there in _numbered(filesystem, path):
        if there is None or await is_same(Located(filesystem, candidate, there)):
            return candidate, there
    raise _none_is_free(path)


async def _numbered(
    filesystem: FileSystem, path: VPath
) -> AsyncIterator[tuple[VPath, Entry | None]]:
    for number in range(2, _MOST_NUMBERED + 1):
        candidate = path.parent / numbered(path.name, number)
        there = None
        with contextlib.suppress(NotFound):
            there = await filesystem.stat(candidate)
        yield candidate, there


def _none_is_free(path: VPath) -> Exists:
    return Exists(f"no free name like {printable(str(path))} was found")


async def is_one_file(one: Located, other: Located) -> bool:
    """Whether both lead to one file of the disk: by a link, or a second mount."""
    if not (offers(one.filesystem, OnDisk) and offers(other.filesystem, OnDisk)):
        return False
    paths = one.filesystem.disk_path(one.path), other.filesystem.disk_path(other.path)
    with contextlib.suppress(OSError):
        return await asyncio.to_thread(os.path.samefile, *paths)
    return False
