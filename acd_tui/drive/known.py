"""What lies in a folder of a drive as far as its mirror knows, at the least price.

For completing paths in a shell: nothing is opened that could change, ask or wait.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.drive import belonging, lookup
from acd_tui.drive.names import Encoder
from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.vfs.entry import Entry


def known_entries(
    mirror_file: Path,
    folder: Sequence[str],
    *,
    encoding: str,
    seal: Callable[[str], bytes] | None,
) -> Sequence[Entry]:
    """List a folder from a mirror; empty where there is none or it does not know it.

    Args:
        mirror_file: of the remote.
        folder: the names that lead there, as they are shown.
        encoding: the remote's option of that name.
        seal: of who is signed in; see `drive.belonging.is_of`.
    """
    if not mirror_file.exists():
        return ()
    address = f"{mirror_file.absolute().as_uri()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as mirror:
            if not belonging.is_of(mirror, seal):
                return ()
            encoder = Encoder(encoding)
            walk = lookup.walk_down(mirror, folder, encoder)
            if walk.root is None or len(walk.found) < len(folder):
                return ()
            return lookup.entries_in(mirror, walk.id(len(folder)), encoder)
    except (sqlite3.Error, AcdError):
        return ()
