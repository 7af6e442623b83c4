"""A first look at a remote that is not open, and at nothing but its mirror.

To open one takes the HTTP client, whose import takes as long as all the rest of a start.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from acd_tui.db import Database
from acd_tui.drive import folders
from acd_tui.drive.mirror import SCHEMA
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

    Raises:
        DatabaseError: the file cannot be read as it is.
    """
    encoder = Encoder(encoding)

    def work(connection: sqlite3.Connection) -> Sequence[Entry]:
        window = folders.glance(connection, path.parts, encoder, count)
        if not window:  # it has no more than that
            known = folders.listing(connection, path.parts, encoder)
            window = (known.entries or ())[:count]
        return window

    # Only to read: what is wrong with the file is found, and told, by who opens it.
    db = Database(file, SCHEMA, readers=1)
    try:
        await asyncio.to_thread(db.open_to_read)
        return await db.read(work)
    finally:
        await asyncio.to_thread(db.close)
