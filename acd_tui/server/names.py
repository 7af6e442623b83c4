"""Names that are free."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from acd_tui.server import index, metadata
from acd_tui.server.wire import NodeRow


def free_name(
    connection: sqlite3.Connection, name: str, folders: Sequence[NodeRow]
) -> str:
    """The name of a file, or one like `picture (1).jpg`, that none of the folders holds.

    Raises:
        ApiFault: 400, it would be too long.
    """
    stem, dot, end = name.rpartition(".")
    if not stem:
        stem, dot, end = name, "", ""
    number, free = 0, name
    while any(index.holds(connection, one.num, free) for one in folders):
        number += 1
        free = f"{stem} ({number}){dot}{end}"
    return metadata.checked_name(free)
