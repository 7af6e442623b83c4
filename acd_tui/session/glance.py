"""A first look at a remote that is not open, and at nothing but its mirror.

To open one takes the HTTP client, whose import takes as long as all the rest of a start;
and at the start there is not even a session.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from acd_tui.db_file import DatabaseFile, named_errors
from acd_tui.drive import folders
from acd_tui.drive.names import Encoder
from acd_tui.drive.statements import SCHEMA
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath


def glance(file: Path, encoding: str, path: VPath, count: int) -> Sequence[Entry]:
    """Return what a mirror knows of the start of a folder; it may be nothing.

    Args:
        file: the mirror's; left as it is.
        encoding: the remote's option of that name.
        path: of the folder.
        count: how many entries at most.

    Raises:
        DatabaseError: the file cannot be read as it is.
    """
    encoder = Encoder(encoding)
    with (
        named_errors(file, "reading"),
        contextlib.closing(DatabaseFile(file, SCHEMA).connect_to_read()) as connection,
    ):
        window = folders.glance(connection, path.parts, encoder, count)
        if not window:  # it has no more than that
            known = folders.listing(connection, path.parts, encoder)
            window = (known.entries or ())[:count]
        return window
