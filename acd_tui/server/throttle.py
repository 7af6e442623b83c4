"""Failed sign-ins make the next one wait.

They are counted in the index, so that the processes of one server count together and a
restart forgets nothing. Every function takes a connection, inside a transaction.
"""

from __future__ import annotations

import ipaddress
import sqlite3

_FREE = 5  # failures without a wait
_LONGEST = 300.0
_FORGET = 3600.0
_MOST = 10_000


def attempt(db: sqlite3.Connection, now: float, *keys: str) -> float:
    """Count an attempt before it is made, lest many at once slip through.

    Each failure beyond the fifth doubles the wait.

    Args:
        db: the index.
        now: seconds since 1970.
        keys: by what it counts: the user, the address.

    Returns:
        seconds until the next attempt is allowed; 0 is now, and then it is counted.
    """
    db.execute("DELETE FROM failures WHERE last < ?", (now - _FORGET,))
    wait = max(_wait(now, *_known(db, now, key)) for key in keys)
    if wait <= 0:
        for key in keys:
            count = min(_known(db, now, key)[0] + 1, 100)
            db.execute(
                "INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", (key, count, now)
            )
        db.execute(
            "DELETE FROM failures WHERE key IN (SELECT key FROM failures"
            " ORDER BY last DESC LIMIT -1 OFFSET ?)",
            (_MOST,),
        )
    return max(0.0, wait)


def _known(db: sqlite3.Connection, now: float, key: str) -> tuple[int, float]:
    row = db.execute(
        "SELECT count, last FROM failures WHERE key = ?", (key,)
    ).fetchone()
    # If the clock was put back, the last one was just now.
    return (0, now) if row is None else (row[0], min(row[1], now))


def _wait(now: float, count: int, last: float) -> float:
    if count < _FREE:
        return 0.0
    return last + min(_LONGEST, 2.0 ** (count - _FREE + 1)) - now


def succeeded(db: sqlite3.Connection, own: str, *shared: str) -> None:
    """Forget what was counted; of what others share, this attempt alone.

    Whoever has an account of their own could else wipe out, by signing in to it now and
    then, how often they guessed at the accounts of others.
    """
    db.execute("DELETE FROM failures WHERE key = ?", (own,))
    for key in shared:
        db.execute("UPDATE failures SET count = count - 1 WHERE key = ?", (key,))
        db.execute("DELETE FROM failures WHERE key = ? AND count < 1", (key,))


def network_of(address: str) -> str:
    """What counts as one address: a site has 2^64 of IPv6."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address[:100]
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped is not None:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((int(known), 64), strict=False))
    return str(known)
