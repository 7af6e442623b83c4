"""A first look at a remote that is not open, and at nothing but its mirror.

To open one takes the HTTP client, whose import takes as long as all the rest of a start.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from pathlib import Path

from acd_tui.drive.mirror import Mirror
from acd_tui.drive.names import Encoder
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath


async def glance(file: Path, encoding: str, path: VPath, count: int) -> Sequence[Entry]:
    """Return what a mirror knows of the start of a folder; it may be nothing.

    Args:
        file: the mirror's.
        encoding: the remote's option of that name.
        path: of the folder.
        count: how many entries at most.
    """
    encoder = Encoder(encoding)
    mirror = await asyncio.to_thread(Mirror.open, file)
    try:
        window = await mirror.glance(path.parts, encoder, count)
        if not window:  # it has no more than that
            window = (await mirror.listing(path.parts, encoder)).entries or ()
        return list(itertools.islice(window, count))
    finally:
        await mirror.close()
