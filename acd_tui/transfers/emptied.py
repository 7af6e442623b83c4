"""The folders that a move has emptied."""

from __future__ import annotations

import logging

from acd_tui.errors import AcdError, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.announcer import Announcer
from acd_tui.transfers.context import Filesystems
from acd_tui.transfers.model import CopyRequest, Place
from acd_tui.vfs.filesystem import FileSystem, Trash
from acd_tui.vfs.path import VPath

_log = logging.getLogger(__name__)


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
    for entry in await filesystem.list(path):
        if not entry.is_folder or not await _is_empty(filesystem, path / entry.name):
            return False
    return True
