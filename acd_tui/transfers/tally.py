"""How many files are in which state: those that are transfers, and those that need none."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

import msgspec

from acd_tui.transfers.model import State

EVERYTHING = 0
"""In place of a job: all of them."""


class Tally(msgspec.Struct, frozen=True):
    """Files and their bytes by state.

    Attributes:
        unlisted: how many of the skipped ones are no transfers; see `Job`.
        kept: bytes that downloads which rest have got already.
    """

    counts: Mapping[State, int]
    sizes: Mapping[State, int]
    unlisted: int
    kept: int


# By name: among many transfers SQLite would rather look through all that are queued.
_KEPT = (
    "SELECT coalesce(sum(done), 0) FROM transfers INDEXED BY transfers_kept"
    " WHERE done > 0 AND target_fs = 'local'"
    " AND state IN ('queued', 'waiting', 'conflict', 'paused')"
)


def read_tally(connection: sqlite3.Connection, job: int) -> Tally:
    """Return that of a job, or of `EVERYTHING`."""
    rows = connection.execute(
        "SELECT state, n, size FROM tally WHERE job = ? AND n > 0", (job,)
    ).fetchall()
    counts = {State(state): n for state, n, _ in rows}
    sizes = {State(state): size for state, _, size in rows}
    alike = connection.execute(
        "SELECT n, size FROM alike WHERE job = ? AND n > 0", (job,)
    ).fetchone()
    unlisted, size = alike or (0, 0)
    if unlisted:
        counts[State.SKIPPED] = counts.get(State.SKIPPED, 0) + unlisted
        sizes[State.SKIPPED] = sizes.get(State.SKIPPED, 0) + size
    return Tally(counts, sizes, unlisted, _read_kept(connection, job))


def _read_kept(connection: sqlite3.Connection, job: int) -> int:
    one = (_KEPT,) if job == EVERYTHING else (f"{_KEPT} AND job = ?", (job,))
    return int(connection.execute(*one).fetchone()[0])


def add_alike(connection: sqlite3.Connection, job: int, number: int, size: int) -> None:
    """Count files of a job that were there already, and get no transfers."""
    if number:
        connection.executemany(
            "INSERT INTO alike VALUES (?, ?, ?) ON CONFLICT (job) DO UPDATE"
            " SET n = n + excluded.n, size = size + excluded.size",
            [(job, number, size), (EVERYTHING, number, size)],
        )


def clear_alike(connection: sqlite3.Connection) -> int:
    """Forget them all; return how many there were."""
    (number,) = connection.execute(
        "SELECT coalesce(sum(n), 0) FROM alike WHERE job = ?", (EVERYTHING,)
    ).fetchone()
    connection.execute("DELETE FROM alike")
    return int(number)
