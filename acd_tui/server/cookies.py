"""Signing in by cookies, as the programs do that borrow them from a browser (amazon-drive-api.md §1.6).

One cookie is the key: a token of its own kind, kept as a hash like the others. `session-id`
follows from it; a program sends it once more as the header `x-amzn-sessionid`, which no
foreign page can do, and without which nothing is changed.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Mapping

from acd_tui.server import tokens

CLIENT = "acd-tui-web"
OWNER = "CloudDriveWeb"  # what Amazon's own site called itself
SECONDS = 30 * 86400
_KEYS = ("at-main", "at_main")
_KEY_PREFIXES = ("at-acb", "at_acb")


def issue(
    db: sqlite3.Connection,
    server_key: bytes,
    user: int,
    now: float,
    *,
    place: str = "main",
) -> dict[str, str]:
    """Make the cookies of a new session.

    Args:
        db: inside a transaction.
        server_key: the key that the server signs with.
        user: the user's number.
        now: seconds since 1970.
        place: `main`, or `acb` with the end of a site's name as in `acbde`.
    """
    db.execute(
        "INSERT OR IGNORE INTO clients (id, owner, secret, public, redirect_uris)"
        " VALUES (?, ?, x'', 0, '[]')",  # no secret has an empty hash
        (CLIENT, OWNER),
    )
    holder = tokens.Holder(user, CLIENT, tokens.DEFAULT_SCOPE)
    key = tokens.issue_cookie(db, holder, now, expires_in=SECONDS)
    return {
        "session-id": session_of(server_key, key),
        f"ubid-{place}": _dashed(secrets.randbelow(10**17)),
        f"at-{place}": key,
    }


def key_of(cookies: Mapping[str, str]) -> str | None:
    """The key among some cookies, under whichever site's name it goes."""
    for name, value in cookies.items():
        if value and (name in _KEYS or name.startswith(_KEY_PREFIXES)):
            return value.strip('"')
    return None


def session_of(server_key: bytes, key: str) -> str:
    """The `session-id` that belongs to a key."""
    data = b"session\0" + key.encode("utf-8", "replace")
    return _dashed(
        int.from_bytes(hmac.digest(server_key, data, "sha256")[:16]) % 10**17
    )


def _dashed(number: int) -> str:
    digits = f"{number:017}"
    return f"{digits[:3]}-{digits[3:10]}-{digits[10:]}"
