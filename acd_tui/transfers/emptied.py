"""The folders that a move has emptied."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence

from acd_tui.errors import AcdError, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.announcer import Announcer
from acd_tui.transfers.context import Filesystems
from acd_tui.transfers.model import CopyRequest, Place
from acd_tui.vfs.capabilities import Attesting, Trash
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers
from acd_tui.vfs.path import VPath

_log = logging.getLogger(__name__)
_AT_ONCE = 8  # folders the service is asked for


async def drop_emptied(
    request: CopyRequest, filesystems: Filesystems, announcer: Announcer
) -> None:
    """Trash those of the folders a move was about in which there is no file any more.

    A folder whose content was to be moved stays, as with `rclone move`.
    """
    if not request.options.move or request.contents:
        return
    for path in request.paths:
        try:
            filesystem = await filesystems(request.source)
            if isinstance(filesystem, Trash) and await _is_empty(filesystem, path):
                await filesystem.trash(path)
                announcer.changed(Place(request.source, path), filesystem)
        except NotFound:
            continue  # it was a file
        except AcdError as error:
            shown = printable(str(path))
            _log.warning("%s stays, although it is empty: %s", shown, error)


async def _is_empty(filesystem: FileSystem, path: VPath) -> bool:
    """Whether it is a folder, and whatever is in it are empty folders."""
    if not (await filesystem.stat(path)).is_folder:
        return False
    folders = [path]
    for folder in folders:  # which grow meanwhile
        entries = await filesystem.list(folder)
        if not all(entry.is_folder for entry in entries):
            return False
        folders += [folder / entry.name for entry in entries]
    return not offers(filesystem, Attesting) or await _holds_only(filesystem, folders)


async def _holds_only(service: Attesting, folders: Sequence[VPath]) -> bool:
    """Whether the service says, too, that folders hold nothing but one another.

    A copy may not know yet what somebody else has just put there.
    """
    known = frozenset(folders)
    limit = asyncio.Semaphore(_AT_ONCE)

    async def look(folder: VPath) -> bool:
        async with limit:
            entries = await service.list_now(folder)
        return all(each.is_folder and folder / each.name in known for each in entries)

    return all(await asyncio.gather(*map(look, folders)))
