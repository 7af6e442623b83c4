"""How much lies in folders, where that is known without looking into them."""

from __future__ import annotations

from collections.abc import Sequence

from acd_tui.vfs.capabilities import Mirrored, Sized
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import NONE

MOST = 100
"""Folders that are asked for together."""


async def held(filesystem: object, folders: Sequence[VPath]) -> int | None:
    """Return the bytes in some folders, at any depth; None where nobody knows.

    Raises:
        AcdError: one of them is gone.
    """
    if not isinstance(filesystem, Sized) or len(folders) > MOST:
        return None
    # What is not whole yet would say too little.
    if isinstance(filesystem, Mirrored):
        status = await filesystem.mirror_status()
        if not status.complete:
            return None
    return sum([(await filesystem.usage(each, NONE)).size for each in folders])
