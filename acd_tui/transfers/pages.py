"""Reads the queue from end to end, however long it is, and sees whether it rests."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Collection
from typing import NamedTuple

from acd_tui.transfers.model import SAME_CONTENT, State, Transfer
from acd_tui.transfers.rows import (
    COLUMNS,
    NO_ROOM,
    read_row,
    select_rows,
    strings_text,
)
from acd_tui.transfers.store import Store, Totals

_PAGE = 500
_BEGIN = (-(2**62), -(2**62))  # before any place in the order
_RESTING = tuple(
    state
    for state in State
    if state.is_final or state in {State.CONFLICT, State.PAUSED}
)
_SIGN_IN = "SELECT waits_for FROM transfers WHERE state = 'waiting' AND needs_user"

_Place = tuple[int, int]


async def pages(
    store: Store, states: Collection[State], job: int | None
) -> AsyncIterator[list[Transfer]]:
    """Read transfers a page at a time, by state and in a state as they run."""
    for state in states:
        place = _BEGIN
        while True:
            page, place = await _page(store, state, job, place)
            if not page:
                break
            yield page


async def _page(
    store: Store, state: State, job: int | None, place: _Place
) -> tuple[list[Transfer], _Place]:
    values = {
        "state": state.value,
        "job": job,
        "rank": place[0],
        "turn": place[1],
        "limit": _PAGE,
    }
    statement = (
        f"SELECT rank, turn, {COLUMNS} FROM transfers WHERE state = :state"  # noqa: S608 - our own words
        f"{'' if job is None else ' AND job = :job'}"
        " AND (rank, turn) > (:rank, :turn) ORDER BY rank, turn LIMIT :limit"
    )
    rows = await store.read(lambda c: c.execute(statement, values).fetchall())
    if not rows:
        return [], place
    return [read_row(row[2:]).transfer for row in rows], rows[-1][:2]


async def ended(store: Store, since: float, job: int | None) -> list[Transfer]:
    """Return what has ended since then, in that order.

    Without what was found to be there already when it was planned.
    """
    where = (
        "WHERE finished >= :since AND NOT (state = 'skipped' AND reason = :same)"
        f"{'' if job is None else ' AND job = :job'} ORDER BY finished, id"
    )
    values = {"since": since, "same": SAME_CONTENT, "job": job}
    rows = await store.read(lambda c: select_rows(c, where, values))
    return [row.transfer for row in rows]


class Failed(NamedTuple):
    """How many have failed, or could not be planned, for these reasons.

    Attributes:
        exhausted: they were tried as often as was wanted, and may work later.
        full: the target has no room.
    """

    exhausted: int = 0
    full: int = 0


def failed(connection: sqlite3.Connection, job: int | None) -> Failed:
    """Return how many have failed for reasons that somebody can do something about."""
    of_job = "" if job is None else " AND job = :job"
    row = connection.execute(
        "SELECT count(failures > 0 OR NULL), count(failures = :full OR NULL) FROM"  # noqa: S608 - our own words
        f" (SELECT failures FROM transfers WHERE state = 'failed'{of_job}"
        f" UNION ALL SELECT failures FROM problems WHERE NOT left_out{of_job})",
        {"job": job, "full": NO_ROOM},
    ).fetchone()
    return Failed(*row)


async def rests(store: Store) -> bool:
    """Whether nothing of the whole queue will change without the user."""

    def work(connection: sqlite3.Connection) -> bool:
        (rests,) = connection.execute(
            "SELECT NOT EXISTS (SELECT 1 FROM jobs WHERE planning AND NOT needs_user)"  # noqa: S608 - our own words
            " AND NOT EXISTS (SELECT 1 FROM tally WHERE job = 0 AND n > 0"
            "   AND state NOT IN (SELECT value FROM json_each(:may_be)))"
            " AND NOT EXISTS"
            "   (SELECT 1 FROM transfers WHERE state = 'waiting' AND NOT needs_user)"
            # Where one waits for a sign-in, so will all others of that filesystem.
            f" AND NOT EXISTS (SELECT 1 FROM transfers WHERE state = 'queued'"
            f"   AND source_fs NOT IN ({_SIGN_IN}) AND target_fs NOT IN ({_SIGN_IN}))",
            {
                "may_be": strings_text(
                    (*(s.value for s in _RESTING), State.WAITING, State.QUEUED)
                )
            },
        ).fetchone()
        return bool(rests)

    return await store.read(work)


def stands_still(totals: Totals) -> bool:
    """Whether users have stopped it, and nothing is under way any more."""
    active = any(state.is_active for state in totals.counts)
    return totals.held or (totals.draining and not active)
