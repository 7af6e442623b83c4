"""Reads parts of the queue in order, however long it is."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

import msgspec

from acd_tui.transfers.model import State, Transfer
from acd_tui.transfers.rows import ids_text, path_text, select_rows
from acd_tui.vfs.path import VPath


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What of the queue is meant.

    Attributes:
        states: only what is in one of these; None for all.
        job: only what is of this one; None for all.
        matching: only what has this in its path, whatever the case; empty for all.
    """

    states: Collection[State] | None = None
    job: int | None = None
    matching: str = ""

    @property
    def where(self) -> str:
        """The rest of a WHERE, but for the states."""
        where = "" if self.job is None else " AND job = :job"
        if self.matching:
            names = [
                f"source LIKE :like{n} ESCAPE '!'" for n in range(len(self._likes))
            ]
            where += f" AND ({' OR '.join(names)})"
        return where

    @property
    def values(self) -> dict[str, Any]:
        """What stands in it."""
        likes = {f"like{n}": like for n, like in enumerate(self._likes)}
        return {"job": self.job, **likes}

    @property
    def _likes(self) -> Sequence[str]:
        text = self.matching
        if text.isascii():  # whose case, and no other's, SQLite knows
            return [_like(text)]
        return sorted({_like(each) for each in (text, text.lower(), text.upper())})


def _like(text: str) -> str:
    """A pattern for the paths as they are kept, which are JSON."""
    kept = '","'.join(json.dumps(name)[1:-1] for name in text.split("/"))
    for character in "!%_":
        kept = kept.replace(character, f"!{character}")
    return f"%{kept}%"


def read_part(
    connection: sqlite3.Connection,
    part: Part,
    *,
    offset: int,
    limit: int,
    latest_first: bool = False,
) -> list[Transfer]:
    """Return some transfers in the order they run, or those that ended last first."""
    # All columns of only those in sight: what is passed over costs next to nothing.
    ids = read_ids(
        connection, part, offset=offset, limit=limit, latest_first=latest_first
    )
    rows = select_rows(connection, _AMONG, {"ids": ids_text(ids)})
    by_id = {row.transfer.id: row.transfer for row in rows}
    return [by_id[id_] for id_ in ids]


def read_ids(
    connection: sqlite3.Connection,
    part: Part,
    *,
    offset: int = 0,
    limit: int = -1,
    latest_first: bool = False,
) -> list[int]:
    """Return the ids of the same; of all of them unless there is a limit."""
    states = State if part.states is None else part.states
    source, wanted, order = "transfers", "rank, turn", "rank, turn"
    extra = part.where
    if latest_first:
        source, wanted = "transfers INDEXED BY transfers_ended", "finished"
        order, extra = "finished DESC, id DESC", f" AND finished IS NOT NULL{extra}"
    # An index has each state in order; SQLite merges them without sorting anything.
    each_state = " UNION ALL ".join(
        f"SELECT id, {wanted} FROM {source} WHERE state = '{state.value}'{extra}"  # noqa: S608 - our own words
        for state in states
    )
    if not each_state:
        return []
    values = {**part.values, "limit": limit, "offset": offset}
    found = connection.execute(
        f"{each_state} ORDER BY {order} LIMIT :limit OFFSET :offset", values
    )
    return [id_ for id_, *_ in found]


_AMONG = "WHERE id IN (SELECT value FROM json_each(:ids))"


def count_part(connection: sqlite3.Connection, part: Part) -> dict[State, int]:
    """Return how many transfers there are in each state."""
    counts = connection.execute(
        f"SELECT state, count(*) FROM transfers WHERE 1{part.where} GROUP BY state",  # noqa: S608 - our own words
        part.values,
    )
    return {State(state): number for state, number in counts}


def files_among(
    connection: sqlite3.Connection, job: int, paths: Collection[VPath]
) -> frozenset[VPath]:
    """Return which of the paths a job names itself are files."""
    return frozenset(
        path
        for path in paths
        if connection.execute(
            "SELECT 1 FROM transfers WHERE job = ? AND source = ?",
            (job, path_text(path)),
        ).fetchone()
    )
