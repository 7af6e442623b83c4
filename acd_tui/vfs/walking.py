"""Going through a folder and all below it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from acd_tui.errors import Denied, FolderNotFound, NotFound
from acd_tui.vfs.capabilities import Attesting
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from asyncio import Task

_AHEAD = 8  # as rclone's --checkers


class Walked(msgspec.Struct, frozen=True):
    """An entry and where it is.

    Attributes:
        names: from the listed folder down.
    """

    path: VPath
    names: tuple[str, ...]
    entry: Entry

    @property
    def shown(self) -> str:
        return "/".join(self.names)


async def walk(
    filesystem: FileSystem,
    root: VPath,
    *,
    depth: int | None,
    problem: Callable[[str], None],
    into: Callable[[Walked], bool] | None = None,
) -> AsyncIterator[list[Walked]]:
    """List `root` and the folders below, one list each, the entries by name.

    What lies in a folder comes before what comes behind the folder by name. Some
    folders are listed ahead, so that the network's delay counts once for many.

    Args:
        filesystem: where.
        root: a folder, or a file, which is then all there is.
        depth: how many levels, None for all.
        problem: is told what could not be listed, which then is empty; the rest still
            is.
        into: whether to list that folder; None for all.

    Raises:
        FolderNotFound: there is nothing at `root`.
    """
    import asyncio

    waiting: list[VPath] = [root]
    listings: dict[VPath, Task[Sequence[Entry]]] = {}
    try:
        while waiting:
            for path in waiting[-_AHEAD:]:
                if path not in listings:
                    listings[path] = asyncio.ensure_future(filesystem.list(path))
            folder = waiting.pop()
            try:
                found = _in_order(folder, root, await listings.pop(folder))
            except (NotFound, Denied) as error:
                if folder == root:
                    found = [await _single(filesystem, root, error)]
                else:
                    problem(error.message)
                    found = []
            yield found
            if depth is None or len(folder.parts) - len(root.parts) + 1 < depth:
                waiting += [
                    each.path
                    for each in reversed(found)
                    if each.entry.is_folder and (into is None or into(each))
                ]
    finally:
        await _cancelled(listings.values())


def _in_order(folder: VPath, root: VPath, entries: Sequence[Entry]) -> list[Walked]:
    names = folder.relative_to(root)
    return [
        Walked(folder / entry.name, (*names, entry.name), entry)
        for entry in sorted(entries, key=lambda entry: entry.name)
    ]


async def _single(
    filesystem: FileSystem, path: VPath, error: NotFound | Denied
) -> Walked:
    """Return the file that could not be listed as a folder."""
    if not isinstance(error, FolderNotFound):
        raise error
    try:
        entry = await filesystem.stat(path)
    except NotFound:
        raise error from None
    if entry.is_folder:
        raise error
    return Walked(path, (path.name,), entry)


async def _cancelled(tasks: Iterable[Task[Any]]) -> None:
    import asyncio

    tasks = list(tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def listed_now(filesystem: FileSystem, folder: VPath) -> Sequence[Entry]:
    """List a folder by the best word there is; see `Attesting`.

    Raises:
        FolderNotFound: there is none.
    """
    if offers(filesystem, Attesting):
        return await filesystem.list_now(folder)
    return await filesystem.list(folder)


async def holds_more_than(filesystem: FileSystem, folder: VPath, count: int) -> bool:
    """Whether more than so many things are in a folder, by the best word there is.

    A copy may not know yet what somebody else has just put there.
    """
    if len(await filesystem.list(folder)) > count:
        return True
    if not offers(filesystem, Attesting):
        return False
    return len(await filesystem.list_now(folder)) > count
