"""Users, applications, tokens and codes; secrets are kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from base64 import b64decode, b64encode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from acd_tui.errors import Exists, NotFound, UsageError

READ_SCOPES = frozenset(
    {
        "clouddrive:read_all",
        "clouddrive:read",
        "clouddrive:read_image",
        "clouddrive:read_video",
        "clouddrive:read_document",
        "clouddrive:read_other",
    }
)
WRITE_SCOPES = frozenset({"clouddrive:write"})
PROFILE_SCOPES = frozenset({"profile", "profile:user_id", "postal_code"})
ALL_SCOPES = READ_SCOPES | WRITE_SCOPES | PROFILE_SCOPES
DEFAULT_SCOPE = "clouddrive:read_all clouddrive:write"

ACCESS_SECONDS = 3600
CODE_SECONDS = 300
_SCRYPT = {"n": 2**15, "r": 8, "p": 1}
_SCRYPT_MEMORY = 64 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Grant:
    """What a valid access token allows.

    Attributes:
        user: the user's number.
        user_name: as they sign in.
        account: the id of their account.
        root: the id of their root node.
        client: the application's id.
        owner: the application's name, as in `createdBy`.
        hidden: other applications' names; their properties are not to be seen.
        scopes: as granted.
        issued: seconds since 1970.
        expires: seconds since 1970.
    """

    user: int
    user_name: str
    account: str
    root: str
    client: str
    owner: str
    hidden: frozenset[str]
    scopes: frozenset[str]
    issued: int
    expires: int


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
    """Hash with scrypt (32 MiB). Takes a tenth of a second."""
    salt = secrets.token_bytes(16)
    return f"scrypt${b64encode(salt).decode()}${_scrypt(password, salt)}"


def password_matches(stored: str, password: str) -> bool:
    """Compare in constant time. Takes a tenth of a second."""
    _, salt, expected = stored.split("$")
    return hmac.compare_digest(_scrypt(password, b64decode(salt)), expected)


def _scrypt(password: str, salt: bytes) -> str:
    key = hashlib.scrypt(
        password.encode("utf-8", "surrogatepass"),
        salt=salt,
        maxmem=_SCRYPT_MEMORY,
        **_SCRYPT,
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
    user = db.execute(
        "INSERT INTO users (name, name_key, account_id, password, root, sequence)"
        " VALUES (?, ?, ?, ?, ?, 1)",
        (
            name,
            name.casefold(),
            "A" + secrets.token_hex(7).upper(),
            password_hash,
            root,
        ),
    ).lastrowid
    db.execute(
        "INSERT INTO nodes (id, user, kind, status, version, created, modified,"
        " created_by, labels, parents, changed)"
        " VALUES (?, ?, 'FOLDER', 'AVAILABLE', 1, ?, ?, 'CloudDriveFiles', '[]', '[]', 1)",
        (root, user, milliseconds, milliseconds),
    )


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
    row = db.execute(
        "SELECT id, owner, public, redirect_uris FROM clients WHERE id = ?",
        (client_id,),
    ).fetchone()
    return None if row is None else _client(row)


def clients(db: sqlite3.Connection) -> list[Client]:
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


def issue(
    db: sqlite3.Connection,
    user: int,
    client: str,
    scope: str,
    now: float,
    *,
    code: bytes | None = None,
    expires_in: int = ACCESS_SECONDS,
) -> tuple[str, str]:
    """Make a pair of access and refresh token."""
    refresh = _new_token("Atzr|")
    _add_token(db, "refresh", refresh, (user, client, scope, int(now), None, code))
    return issue_access(db, user, client, scope, now, code, expires_in), refresh


def issue_access(
    db: sqlite3.Connection,
    user: int,
    client: str,
    scope: str,
    now: float,
    code: bytes | None,
    expires_in: int = ACCESS_SECONDS,
) -> str:
    """Make an access token alone, as a refresh does."""
    access = _new_token("Atza|")
    fields = (user, client, scope, int(now), int(now) + expires_in, code)
    _add_token(db, "access", access, fields)
    return access


def _new_token(prefix: str) -> str:
    return f"{prefix}IQEB{secrets.token_urlsafe(60)}"


def _add_token(
    db: sqlite3.Connection, kind: str, token: str, fields: tuple[Any, ...]
) -> None:
    db.execute(
        "INSERT INTO tokens (hash, kind, user, client, scope, issued, expires, code)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (digest(token), kind, *fields),
    )


def grant_of(db: sqlite3.Connection, token: str) -> Grant | None:
    """What an access token allows, expired or not; None if it is unknown."""
    row = db.execute(
        "SELECT t.user, u.name, u.account_id, u.root, t.client, c.owner, t.scope,"
        " t.issued, t.expires FROM tokens t JOIN users u ON u.num = t.user"
        " JOIN clients c ON c.id = t.client WHERE t.hash = ? AND t.kind = 'access'",
        (digest(token),),
    ).fetchone()
    if row is None:
        return None
    owners = db.execute("SELECT owner FROM clients WHERE owner <> ?", (row[5],))
    hidden = frozenset(owner for (owner,) in owners)
    user, name, account, root, client, owner, scope, issued, expires = row
    return Grant(
        user=user,
        user_name=name,
        account=account,
        root=root,
        client=client,
        owner=owner,
        hidden=hidden,
        scopes=frozenset(scope.split()),
        issued=issued,
        expires=expires,
    )


def refresh(db: sqlite3.Connection, token: str, client: str, now: float) -> str | None:
    """A new access token for a refresh token of that application."""
    row = db.execute(
        "SELECT user, scope, code FROM tokens"
        " WHERE hash = ? AND kind = 'refresh' AND client = ?",
        (digest(token), client),
    ).fetchone()
    if row is None:
        return None
    user, scope, code = row
    return issue_access(db, user, client, scope, now, code)


def add_code(
    db: sqlite3.Connection,
    user: int,
    client: str,
    redirect_uri: str,
    scope: str,
    challenge: str | None,
    now: float,
) -> str:
    """Make a code for the redirect."""
    code = secrets.token_urlsafe(20)
    db.execute(
        "INSERT INTO codes (hash, user, client, redirect_uri, scope, challenge, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            digest(code),
            user,
            client,
            redirect_uri,
            scope,
            challenge,
            int(now) + CODE_SECONDS,
        ),
    )
    return code


@dataclass(frozen=True, slots=True)
class Exchange:
    """What an application sends for its tokens."""

    code: str
    client: str
    redirect_uri: str
    verifier: str | None
    authenticated: bool


def exchange(
    db: sqlite3.Connection, asked: Exchange, now: float
) -> tuple[str, str] | None:
    """Turn a code into tokens; None if it is not good for that.

    A code that comes a second time was stolen: what it gave is taken back (RFC 6749
    §4.1.2). A wrong verifier or redirect address uses it up as well.
    """
    hashed = digest(asked.code)
    row = db.execute(
        "SELECT user, client, redirect_uri, scope, challenge, expires, used FROM codes"
        " WHERE hash = ?",
        (hashed,),
    ).fetchone()
    if row is None or row[1] != asked.client:
        return None
    user, client, redirect_uri, scope, challenge, expires, used = row
    if used:
        db.execute("DELETE FROM tokens WHERE code = ?", (hashed,))
        return None
    db.execute("UPDATE codes SET used = 1 WHERE hash = ?", (hashed,))
    good = (
        now < expires
        and redirect_uri == asked.redirect_uri
        and _proven(challenge, asked)
    )
    return issue(db, user, client, scope, now, code=hashed) if good else None


def _proven(challenge: str | None, asked: Exchange) -> bool:
    if challenge is None:
        # Without its secret an application must have proven itself by PKCE.
        return asked.authenticated and not asked.verifier
    if not asked.verifier:
        return False
    hashed = hashlib.sha256(asked.verifier.encode()).digest()
    ours = urlsafe_b64encode(hashed).rstrip(b"=")
    return hmac.compare_digest(ours, challenge.encode())


def clean_up(db: sqlite3.Connection, now: float) -> None:
    """Forget tokens and codes that are long past their time."""
    db.execute("DELETE FROM tokens WHERE expires < ?", (int(now) - 86400,))
    db.execute("DELETE FROM codes WHERE expires < ?", (int(now) - 86400,))
