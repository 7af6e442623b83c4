"""What could not be planned, and what is never copied, of all that a run deals with."""

from __future__ import annotations

from typing import NamedTuple

from acd_tui.transfers.store import Store


class NotTaken(NamedTuple):
    """What of some jobs has got no transfers, one sentence each.

    Attributes:
        problems: what could not be planned.
        left_out: what is never copied (links, devices).
    """

    problems: list[str]
    left_out: list[str]


class Unplanned:
    """Watches for it: of the jobs that are not over when it begins, and of newer ones."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._over: frozenset[int] = frozenset()

    async def begin(self) -> None:
        """Remember which jobs are over, and are not asked about."""
        over = await self._store.read(
            lambda c: c.execute(
                "SELECT id FROM jobs WHERE finished IS NOT NULL"
            ).fetchall()
        )
        self._over = frozenset(id_ for (id_,) in over)

    async def found(self) -> NotTaken:
        """Return all there is by now."""
        rows = await self._store.read(
            lambda c: c.execute(
                "SELECT job, left_out, message FROM problems ORDER BY job, id"
            ).fetchall()
        )
        found = NotTaken([], [])
        for job, left_out, message in rows:
            if job not in self._over:
                (found.left_out if left_out else found.problems).append(message)
        return found
