"""Which jobs others wait for, for the process that runs the transfers to know."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3

from acd_tui.db import Database
from acd_tui.errors import AcdError

_EVERYTHING = 0  # as in `tally`
_VALID = 5.0  # seconds for which a word holds
_RENEW_EVERY = 1.0  # real seconds
# A clock that was set back must not make a word hold for hours.
_HOLDS = "until BETWEEN :now AND :now + 2 * :valid"


class Wanted:
    """Words of living processes about what they wait for.

    They change nothing that is shown of the queue, hence not its revision.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._renewed: float | None = None

    async def renew(self, job: int | None, now: float) -> None:
        """Say for some seconds that this process waits for a job; None for all."""
        moment = asyncio.get_running_loop().time()
        if self._renewed is not None and moment - self._renewed < _RENEW_EVERY:
            return
        self._renewed = moment

        def write(connection: sqlite3.Connection) -> None:
            values = {"now": now, "valid": _VALID}
            connection.execute(f"DELETE FROM wanted WHERE NOT ({_HOLDS})", values)  # noqa: S608 - our own words
            connection.execute(
                "INSERT OR REPLACE INTO wanted (job, until) VALUES (?, ?)",
                (_EVERYTHING if job is None else job, now + _VALID),
            )

        await self._db.write(write)

    async def withdraw(self, job: int | None) -> None:
        """Say that this process waits no more; another one soon says that it does."""
        key = _EVERYTHING if job is None else job
        with contextlib.suppress(AcdError):  # it lapses anyway
            await self._db.write(
                lambda c: c.execute("DELETE FROM wanted WHERE job = ?", (key,))
            )

    async def besides(self, job: int | None, now: float) -> frozenset[int] | None:
        """Return a job and those that others wait for; None for all."""
        if job is None:
            return None
        found = await self._db.read(
            lambda c: c.execute(
                f"SELECT job FROM wanted WHERE {_HOLDS}",  # noqa: S608 - our own words
                {"now": now, "valid": _VALID},
            ).fetchall()
        )
        jobs = frozenset(id_ for (id_,) in found)
        return None if _EVERYTHING in jobs else jobs | {job}
