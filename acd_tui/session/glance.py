"""A first look at a remote that is not open, and at nothing but its mirror.

To open one takes the HTTP client, whose import takes as long as all the rest of a start;
and at the start there is not even a session.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from acd_tui.config.options import RemoteOptions
from acd_tui.db_file import DatabaseFile, named_errors
from acd_tui.drive import belonging, folders
from acd_tui.drive.names import Encoder
from acd_tui.drive.statements import SCHEMA
from acd_tui.session.ownership import Sealer
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath


def glance(
    file: Path,
    options: RemoteOptions,
    path: VPath,
    count: int,
    *,
    seal: Sealer | None,
) -> Sequence[Entry]:
    """Return what a mirror knows of the start of a folder; it may be nothing.

    Args:
        file: the mirror's; left as it is.
        options: of the remote.
        path: of the folder.
        count: how many entries at most.
        seal: of who is signed in; nobody else's drive is shown.

    Raises:
        DatabaseError: the file cannot be read as it is.
    """
    encoder = Encoder(options.encoding)
    with (
        named_errors(file, "reading"),
        contextlib.closing(DatabaseFile(file, SCHEMA).connect_to_read()) as connection,
    ):
        if not belonging.is_of(connection, seal):
            return ()
        window = folders.glance(connection, path.parts, encoder, count)
        if not window:  # it has no more than that
            known = folders.listing(connection, path.parts, encoder)
            window = (known.entries or ())[:count]
        return window
