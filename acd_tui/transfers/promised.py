"""Names with numbers that what the queue is about to copy gets at its target.

What is kept beside another file takes none of them: each file goes by its own name where
it can.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable

from acd_tui.transfers.planner import Found, folded, is_numbered
from acd_tui.transfers.rows import path_text, read_path
from acd_tui.transfers.store import Store
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

Anyone = Callable[[FileSystem, VPath], Awaitable[bool]]
"""Says whether a path of a filesystem is promised."""


async def nobody(_: FileSystem, __: VPath) -> bool:
    """Say that nothing is promised."""
    return False


def promise(connection: sqlite3.Connection, job: int, found: Found) -> None:
    """Note the names with numbers that what a job has found is to get."""
    connection.executemany(
        "INSERT INTO promised VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
        [
            (job, _key(one.target), path_text(one.source), path_text(one.target))
            for some in (found.files, found.same, found.folders)
            for one in some
            if is_numbered(one.target.name)
        ],
    )


class Promises:
    """Says to whom of the queue a name is promised.

    Args:
        store: the queue.
    """

    def __init__(self, store: Store) -> None:
        self._read = store.read

    async def anyone(self, target: FileSystem, path: VPath) -> bool:
        """Whether some job that is not over has something for that path."""
        return bool(await self._read(lambda c: _promised(c, target, path, None)))

    async def in_job(self, job: int, target: FileSystem, path: VPath) -> list[VPath]:
        """Return what of a job goes to a path of its target, or has gone there."""
        return await self._read(lambda c: _promised(c, target, path, job))

    async def all_known(self, job: int, source: VPath) -> bool:
        """Whether what a job has for a folder is known, by the folder it comes from."""
        found = await self._read(
            lambda c: c.execute(
                "SELECT 1 FROM folders"
                " WHERE job = ? AND (source = ? OR source IS NULL) LIMIT 1",
                (job, path_text(source)),
            ).fetchone()
        )
        return found is None


def _promised(
    connection: sqlite3.Connection, target: FileSystem, path: VPath, job: int | None
) -> list[VPath]:
    which = "target_fs = :fs AND finished IS NULL" if job is None else "id = :job"
    found = connection.execute(
        "SELECT promised.source, promised.target, transfers.target FROM promised"  # noqa: S608 - our own words
        " LEFT JOIN transfers USING (job, source) WHERE folded = :folded"
        f" AND job IN (SELECT id FROM jobs WHERE {which})",
        {"folded": _key(path), "fs": target.name, "job": job},
    )
    either = target.features.case_insensitive
    return [
        read_path(source)
        for source, goal, now in found
        if (either or read_path(goal) == path)
        and now in {None, goal}  # else it has got another name meanwhile
    ]


def _key(path: VPath) -> str:
    return path_text(folded(path, case_insensitive=True))
