"""What jobs name themselves, on disk and at hand."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from acd_tui.transfers.rows import paths_texts, read_paths
from acd_tui.vfs.path import VPath
from acd_tui.vfs.paths import PackedPaths, packed

_MOST_KEPT = 8


class Named:
    """Knows the paths of jobs; those of large ones are not read each time.

    Whoever looks at a job gets them, and the panes look twice a second.
    """

    def __init__(self) -> None:
        self._large: dict[int, PackedPaths] = {}

    def add(
        self, connection: sqlite3.Connection, job: int, paths: Sequence[VPath]
    ) -> None:
        """Record what a job names."""
        connection.executemany(
            "INSERT INTO named (job, paths) VALUES (?, ?)",
            ((job, text) for text in paths_texts(paths)),
        )

    def of(self, connection: sqlite3.Connection, job: int) -> Sequence[VPath]:
        """Return what a job names."""
        if (known := self._large.get(job)) is not None:
            return known
        texts = connection.execute(
            "SELECT paths FROM named WHERE job = ? ORDER BY id", (job,)
        )
        paths = packed(read_paths(text for (text,) in texts))
        if isinstance(paths, PackedPaths):
            while len(self._large) >= _MOST_KEPT:
                self._large.pop(next(iter(self._large)), None)
            self._large[job] = paths
        return paths
