"""What is copied into the folder in which it lies: a second one, under a name with a number."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import os
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Iterable,
    Sequence,
)
from functools import partial

from acd_tui.errors import Exists, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.planner import folded, numbered
from acd_tui.transfers.promised import Anyone
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_MOST_NUMBERED = 1000  # `name (1000).ext`


async def lying_there(
    filesystem: FileSystem, named: Sequence[tuple[VPath, VPath]]
) -> frozenset[VPath]:
    """Return those of some paths that would go to where they are.

    Args:
        filesystem: in which they are.
        named: each path, and where it would go: by way of symbolic links perhaps.
    """
    key = partial(folded, case_insensitive=filesystem.features.case_insensitive)
    there = frozenset(path for path, goal in named if key(path) == key(goal))
    rest = [(path, goal) for path, goal in named if path not in there]
    if rest and offers(filesystem, OnDisk):
        there |= await asyncio.to_thread(_by_true_folders, filesystem, rest)
    return there


def _by_true_folders(
    filesystem: OnDisk, named: Iterable[tuple[VPath, VPath]]
) -> frozenset[VPath]:
    true = functools.cache(
        lambda folder: os.path.realpath(filesystem.disk_path(folder))
    )
    return frozenset(
        path
        for path, goal in named
        if path.parts[-1:] == goal.parts[-1:] and true(path.parent) == true(goal.parent)
    )


async def free_beside(
    filesystem: FileSystem, path: VPath, is_promised: Anyone
) -> VPath:
    """Return the first path like `name (2).ext` that nothing has or is to get.

    Args:
        filesystem: in which it lies.
        path: what is to have a second one beside it.
        is_promised: whether something is on its way to a path.

    Raises:
        Exists: none is free.
        AcdError: the filesystem cannot say, or takes no name as long as that.
    """
    async for candidate, there in _numbered(filesystem, path):
        if there is None and not await is_promised(filesystem, candidate):
            return candidate
    raise _none_is_free(path)


async def place_beside(
    filesystem: FileSystem,
    path: VPath,
    source: Located,
    *,
    is_same: Callable[[Located, Located], Awaitable[bool]],
    is_promised: Callable[[VPath, Located | None], Awaitable[bool]],
) -> tuple[VPath, Entry | None]:
    """Return where something goes that is to be kept beside what is at a path.

    Args:
        filesystem: of the target.
        path: where another one is.
        source: what is to be kept beside that.
        is_same: whether what is at the target is what is at the source.
        is_promised: whether another one of the source is to get a name, or has got it
            and is what was found there.

    Returns:
        The first path like `name (2).ext` that nothing has or is to get, or that the
        same has, from an earlier copy; and what is there.

    Raises:
        Exists: none is free.
        AcdError: see `free_beside`.
    """
    async for candidate, there in _numbered(filesystem, path):
        found = None if there is None else Located(filesystem, candidate, there)
        if found is not None and not await is_same(source, found):
            continue
        if not await is_promised(candidate, found):
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
