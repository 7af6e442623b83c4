"""Can the clock be believed? Asked before anything is deleted because of its age.

A machine whose clock has lost its battery may wake up in 1970 or in 2090. What is deleted
then is gone, so after a jump nothing is, until the clock has gone on for a day.
"""

from __future__ import annotations

import logging
import sqlite3

_NAME = "clock"
_SECOND = 1000
_HOUR = 3600 * _SECOND
_DAY = 24 * _HOUR
_LONGEST_PAUSE = 7 * _DAY  # of a server that runs at weekends only

_log = logging.getLogger(__name__)


def is_steady(connection: sqlite3.Connection, now: int) -> bool:
    """Note what time it is; tell whether the clock has long gone on without a jump.

    Time that goes back, or more than a week between two looks, is a jump; the server was
    off for long, or the clock is wrong, which nobody here can tell.

    Args:
        connection: inside a transaction.
        now: milliseconds since 1970.
    """
    row = connection.execute(
        "SELECT value FROM settings WHERE name = ?", (_NAME,)
    ).fetchone()
    # No jump was ever seen: there is nothing yet that could be old.
    last, since = _read(row[0]) if row is not None else (now, 0)
    if not last - _HOUR <= now <= last + _LONGEST_PAUSE:
        _log.warning(
            "the clock went from %d to %d (seconds since 1970):"
            " for a day nothing is deleted because of its age",
            last // _SECOND,
            now // _SECOND,
        )
        since = now
    connection.execute(
        "INSERT OR REPLACE INTO settings VALUES (?, ?)",
        (_NAME, b"%d %d" % (now, since)),
    )
    return now - since >= _DAY


def _read(value: bytes) -> tuple[int, int]:
    last, since = bytes(value).split()
    return int(last), int(since)
