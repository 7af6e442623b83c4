"""Who is in the trash because of whom.

A node is in the trash if it was put there, or if all the folders that hold it are.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable

from acd_tui.server import wire

_DESCENDANTS = """WITH RECURSIVE below (num) AS (
  SELECT ? UNION SELECT e.child FROM edges e JOIN below b ON e.parent = b.num
  JOIN nodes n ON n.num = e.child WHERE {condition}
) SELECT num FROM below"""
_HOLDERS = """SELECT e.child, e.parent FROM edges e JOIN nodes n ON n.num = e.parent
WHERE {holder} AND e.child IN (SELECT num FROM ({descendants}))"""


class Statuses:
    """Keeps the status of nodes in line with the trash, inside one transaction.

    Args:
        connection: inside a transaction.
        numbers: takes that many numbers of the change feed and gives the first.
    """

    def __init__(
        self, connection: sqlite3.Connection, numbers: Callable[[int], int]
    ) -> None:
        self._db = connection
        self._numbers = numbers

    def settle(self, num: int) -> None:
        """Bring the status of a node and of all below it in line with the trash."""
        status, trashed = self._db.execute(
            "SELECT status, trashed FROM nodes WHERE num = ?", (num,)
        ).fetchone()
        live = trashed is None and self._held(num)
        if live and status == "TRASH":
            condition = "n.status = 'TRASH' AND n.trashed IS NULL"
            below = self._below(num, condition)
            self._set_status(below, "AVAILABLE")
        elif not live and status == "AVAILABLE":
            live_one = "n.status = 'AVAILABLE'"
            self._set_status(self.only_below(num, live_one, live_one), "TRASH")

    def _held(self, num: int) -> bool:
        """Tell whether a folder that is not in the trash holds a node, or none does."""
        statuses = [
            status
            for (status,) in self._db.execute(
                "SELECT n.status FROM edges e JOIN nodes n ON n.num = e.parent"
                " WHERE e.child = ?",
                (num,),
            )
        ]
        return not statuses or "AVAILABLE" in statuses

    def _below(self, num: int, condition: str) -> list[int]:
        rows = self._db.execute(_DESCENDANTS.format(condition=condition), (num,))
        return [one for (one,) in rows]

    def only_below(self, num: int, condition: str, holder: str) -> set[int]:
        """A node and what lies below it, without what another such holder holds."""
        below = set(self._below(num, condition))
        kept: set[int] = set()
        descendants = _DESCENDANTS.format(condition=condition)
        shared = self._db.execute(
            _HOLDERS.format(holder=holder, descendants=descendants), (num,)
        )
        for child, parent in shared.fetchall():
            if child != num and parent not in below and child not in kept:
                kept.update(self._below(child, condition))
        return below - kept

    def _set_status(self, nums: Iterable[int], status: str) -> None:
        ordered = sorted(nums)
        first = self._numbers(len(ordered))
        self._db.executemany(
            "UPDATE nodes SET status = ?, changed = ? WHERE num = ?",
            [(status, number, num) for number, num in enumerate(ordered, start=first)],
        )
        live = int(status == "AVAILABLE")
        for num in ordered:
            try:
                self._db.execute(
                    "UPDATE edges SET live = ? WHERE child = ?", (live, num)
                )
            except sqlite3.IntegrityError:
                raise self._clash_of(num) from None

    def _clash_of(self, num: int) -> wire.ApiFault:
        name, parent, other = self._db.execute(
            "SELECT n.name, p.id, o.id FROM nodes n JOIN edges e ON e.child = n.num"
            " JOIN edges f ON f.parent = e.parent AND f.name = e.name AND f.live = 1"
            " JOIN nodes p ON p.num = e.parent JOIN nodes o ON o.num = f.child"
            " WHERE n.num = ? AND o.num <> n.num",
            (num,),
        ).fetchone()
        return wire.name_taken(name, parent, other)
