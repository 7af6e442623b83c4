"""Users and applications; passwords and secrets are kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from base64 import b64decode, b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from acd_tui.errors import Exists, NotFound, UsageError
from acd_tui.server import histories

_COST = "15,8,1"  # log2 of N, r, p: 32 MiB, a tenth of a second


@dataclass(frozen=True, slots=True)
class Client:
    """A registered application."""

    id: str
    owner: str
    public: bool
    redirect_uris: tuple[str, ...]


def digest(secret: str) -> bytes:
    """The hash under which a token, code or client secret is kept.

    They are random and long, so that a plain SHA-256 cannot be turned back.
    """
    return hashlib.sha256(secret.encode()).digest()


def hash_password(password: str) -> str:
    """Hash with scrypt, and keep what it cost. Takes a tenth of a second."""
    salt = secrets.token_bytes(16)
    return f"scrypt${_COST}${b64encode(salt).decode()}${_scrypt(password, salt, _COST)}"


def password_matches(stored: str, password: str) -> bool:
    """Compare in constant time. Takes a tenth of a second."""
    *_, salt, expected = stored.split("$")
    found = _scrypt(password, b64decode(salt), _cost_of(stored))
    return hmac.compare_digest(found, expected)


def is_dated(stored: str) -> bool:
    """Tell whether a hash was made at another cost than would be taken today."""
    return _cost_of(stored) != _COST


def nobody() -> str:
    """A hash that no password has: unknown names shall take as long as known ones."""
    salt, key = secrets.token_bytes(16), secrets.token_bytes(64)
    return f"scrypt${_COST}${b64encode(salt).decode()}${b64encode(key).decode()}"


def _cost_of(stored: str) -> str:
    # At first the cost was not written down.
    return stored.split("$")[1] if stored.count("$") == 3 else "15,8,1"


def _scrypt(password: str, salt: bytes, cost: str) -> str:
    exponent, r, p = map(int, cost.split(","))
    key = hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        n=2**exponent,
        r=r,
        p=p,
        maxmem=256 * r * 2**exponent,
    )
    return b64encode(key).decode()


def add_user(db: sqlite3.Connection, name: str, password_hash: str, now: float) -> None:
    """Add a user with an empty drive.

    Raises:
        UsageError: no name for a user.
        Exists: there is one of that name.
    """
    name = name.strip()
    if not name or len(name) > 100 or not name.isprintable():
        raise UsageError("a user's name has 1 to 100 printable characters")
    if find_user(db, name) is not None:
        raise Exists(f"there is a user {name} already")
    root = secrets.token_urlsafe(16)
    milliseconds = int(now * 1000)
    user = _new_number(db)
    db.execute(
        "INSERT INTO users (num, name, name_key, account_id, password, root, sequence)"
        " VALUES (?, ?, ?, ?, ?, ?, 1)",
        (
            user,
            name,
            name.casefold(),
            "A" + secrets.token_hex(7).upper(),
            password_hash,
            root,
        ),
    )
    db.execute(
        "INSERT INTO nodes (id, user, kind, status, version, created, modified,"
        " created_by, labels, parents, changed)"
        " VALUES (?, ?, 'FOLDER', 'AVAILABLE', 1, ?, ?, 'CloudDriveFiles', '[]', '[]', 1)",
        (root, user, milliseconds, milliseconds),
    )
    histories.begin_of(db, user, 0)


def _new_number(db: sqlite3.Connection) -> int:
    """A number that no user has had: what is remembered of one is nobody else's."""
    row = db.execute(
        "SELECT max(coalesce((SELECT max(num) FROM users), 0), coalesce((SELECT"
        " CAST(value AS INTEGER) FROM settings WHERE name = 'last user'), 0)) + 1"
    ).fetchone()
    number = int(row[0])
    db.execute(
        "INSERT INTO settings VALUES ('last user', ?)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        (str(number).encode(),),
    )
    return number


def find_user(db: sqlite3.Connection, name: str) -> tuple[int, str] | None:
    """The number and the password hash of a user."""
    row = db.execute(
        "SELECT num, password FROM users WHERE name_key = ?", (name.strip().casefold(),)
    ).fetchone()
    return None if row is None else (row[0], row[1])


def _user(db: sqlite3.Connection, name: str) -> int:
    user = find_user(db, name)
    if user is None:
        raise NotFound(f"there is no user {name}")
    return user[0]


def set_password(db: sqlite3.Connection, name: str, password_hash: str) -> None:
    """Change a password; what was signed in with the old one is signed out.

    Raises:
        NotFound: no such user.
    """
    user = _user(db, name)
    db.execute("UPDATE users SET password = ? WHERE num = ?", (password_hash, user))
    db.execute("DELETE FROM tokens WHERE user = ?", (user,))
    db.execute("DELETE FROM codes WHERE user = ?", (user,))


def renew_hash(db: sqlite3.Connection, user: int, old: str, new: str) -> None:
    """Keep another hash of the same password; nobody is signed out."""
    db.execute(
        "UPDATE users SET password = ? WHERE num = ? AND password = ?", (new, user, old)
    )


def remove_user(db: sqlite3.Connection, name: str) -> int:
    """Remove a user with the whole drive; the content files become garbage.

    Returns:
        how many files are deleted.

    Raises:
        NotFound: no such user.
    """
    user = _user(db, name)
    files = db.execute(
        "INSERT INTO garbage SELECT content FROM nodes"
        " WHERE user = ? AND content IS NOT NULL",
        (user,),
    ).rowcount
    db.execute("DELETE FROM users WHERE num = ?", (user,))
    return files


def users(db: sqlite3.Connection) -> list[dict[str, Any]]:
    """All users: name, account, files, bytes."""
    rows = db.execute(
        "SELECT u.name, u.account_id, u.used, (SELECT count(*) FROM nodes n WHERE"
        " n.user = u.num AND n.kind = 'FILE' AND n.status <> 'PURGED')"
        " FROM users u ORDER BY u.name_key"
    )
    keys = ("name", "account_id", "bytes", "files")
    return [dict(zip(keys, row, strict=True)) for row in rows]


def add_client(db: sqlite3.Connection, client: Client, secret: str) -> None:
    """Register an application.

    Raises:
        Exists: its id is taken.
    """
    if get_client(db, client.id) is not None:
        raise Exists(f"there is an application {client.id} already")
    db.execute(
        "INSERT INTO clients (id, owner, secret, public, redirect_uris)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            client.id,
            client.owner,
            digest(secret),
            client.public,
            msgspec.json.encode(client.redirect_uris).decode(),
        ),
    )


def remove_client(db: sqlite3.Connection, client_id: str) -> None:
    """Forget an application and sign out whoever uses it.

    Raises:
        NotFound: no such application.
    """
    if not db.execute("DELETE FROM clients WHERE id = ?", (client_id,)).rowcount:
        raise NotFound(f"there is no application {client_id}")


def get_client(db: sqlite3.Connection, client_id: str) -> Client | None:
    """An application by its id."""
    row = db.execute(
        "SELECT id, owner, public, redirect_uris FROM clients WHERE id = ?",
        (client_id,),
    ).fetchone()
    return None if row is None else _client(row)


def clients(db: sqlite3.Connection) -> list[Client]:
    """All applications."""
    rows = db.execute(
        "SELECT id, owner, public, redirect_uris FROM clients ORDER BY id"
    )
    return [_client(row) for row in rows]


def _client(row: Sequence[Any]) -> Client:
    uris = msgspec.json.decode(row[3], type=tuple[str, ...])
    return Client(row[0], row[1], bool(row[2]), uris)


def client_secret_matches(db: sqlite3.Connection, client_id: str, secret: str) -> bool:
    """Compare in constant time."""
    row = db.execute("SELECT secret FROM clients WHERE id = ?", (client_id,)).fetchone()
    return row is not None and hmac.compare_digest(row[0], digest(secret))
