"""Checkpoints of the change feed, and whether what they stand for is still true.

Where somebody puts a backup of the index back, numbers of changes that are lost with the
other one are given again, to other changes. So each start of a server begins a history of
its own, and a checkpoint names the history that was the last when it was made: from its
numbers on that the index has not seen in that history, a client knows what is no more.
Every function takes a connection and the user's number.
"""

from __future__ import annotations

import secrets
import sqlite3
from base64 import urlsafe_b64decode, urlsafe_b64encode

_LENGTH = 6  # of an id, and of a number
_MOST = 100  # whoever has not asked for longer reads the drive from the beginning


def begin(db: sqlite3.Connection) -> None:
    """Begin a history of every user; before anything is changed after a start."""
    for user, sequence in db.execute("SELECT num, sequence FROM users").fetchall():
        begin_of(db, user, sequence)


def begin_of(db: sqlite3.Connection, user: int, sequence: int) -> None:
    """Begin a history behind a change."""
    db.execute(
        "INSERT INTO histories (user, id, start) VALUES (?, ?, ?)",
        (user, secrets.token_bytes(_LENGTH), sequence),
    )
    db.execute(
        "DELETE FROM histories WHERE num IN (SELECT num FROM histories WHERE user = ?"
        " ORDER BY num DESC LIMIT -1 OFFSET ?)",
        (user, _MOST),
    )


def last(db: sqlite3.Connection, user: int) -> bytes:
    """The id of the history that goes on now."""
    row = db.execute(
        "SELECT id FROM histories WHERE user = ? ORDER BY num DESC LIMIT 1", (user,)
    ).fetchone()
    return bytes(_LENGTH) if row is None else bytes(row[0])


def checkpoint(history: bytes, sequence: int) -> str:
    """An opaque name for a place in a user's change feed."""
    place = history + sequence.to_bytes(_LENGTH, "big")
    return urlsafe_b64encode(place).rstrip(b"=").decode()


def place_of(db: sqlite3.Connection, user: int, named: str) -> int | None:
    """The number of the change that a checkpoint stands for.

    None if it is not one of this user's, or of changes that are lost.
    """
    try:
        raw = urlsafe_b64decode(named.encode() + b"==")
    except ValueError:
        return None
    end = _end(db, user, raw[:_LENGTH])
    sequence = int.from_bytes(raw[_LENGTH:], "big")
    return sequence if len(raw) == 2 * _LENGTH and sequence <= end else None


def _end(db: sqlite3.Connection, user: int, history: bytes) -> int:
    """The number of the last change in a history; -1 if there is none of that id."""
    row = db.execute(
        "SELECT coalesce((SELECT l.start FROM histories l WHERE l.user = h.user"
        " AND l.num > h.num ORDER BY l.num LIMIT 1), u.sequence)"
        " FROM histories h JOIN users u ON u.num = h.user WHERE h.user = ? AND h.id = ?",
        (user, history),
    ).fetchone()
    return -1 if row is None else int(row[0])
