"""Tokens and the codes they are given for; kept as hashes only."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
from base64 import urlsafe_b64encode
from dataclasses import dataclass

from acd_tui.server import classes
from acd_tui.server.accounts import digest

READ_SCOPES = classes.READ_ALL | classes.SCOPES.keys()
WRITE_SCOPES = frozenset({"clouddrive:write"})
PROFILE_SCOPES = frozenset({"profile", "profile:user_id", "postal_code"})
ALL_SCOPES = READ_SCOPES | WRITE_SCOPES | PROFILE_SCOPES
DEFAULT_SCOPE = "clouddrive:read_all clouddrive:write"

ACCESS_SECONDS = 3600
CODE_SECONDS = 300


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
        classes: of the files that it may know of; None is all.
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
    classes: frozenset[str] | None
    issued: int
    expires: int


@dataclass(frozen=True, slots=True)
class Holder:
    """Whom a token is for.

    Attributes:
        user: the user's number.
        client: the application's id.
        scope: what it allows.
        code: hash of the code it was given for, if any.
    """

    user: int
    client: str
    scope: str
    code: bytes | None = None


def issue(
    db: sqlite3.Connection,
    holder: Holder,
    now: float,
    *,
    expires_in: int = ACCESS_SECONDS,
) -> tuple[str, str]:
    """Make a pair of access and refresh token."""
    refresh = _new_token("Atzr|")
    _add_token(db, "refresh", refresh, holder, int(now), None)
    return issue_access(db, holder, now, expires_in=expires_in), refresh


def issue_access(
    db: sqlite3.Connection,
    holder: Holder,
    now: float,
    *,
    expires_in: int = ACCESS_SECONDS,
) -> str:
    """Make an access token alone, as a refresh does."""
    access = _new_token("Atza|")
    _add_token(db, "access", access, holder, int(now), int(now) + expires_in)
    return access


def issue_cookie(
    db: sqlite3.Connection, holder: Holder, now: float, *, expires_in: int
) -> str:
    """Make a token that is good as a cookie and as nothing else."""
    token = _new_token("Atza|")
    _add_token(db, "cookie", token, holder, int(now), int(now) + expires_in)
    return token


def forget_cookie(db: sqlite3.Connection, token: str) -> None:
    """Sign out whoever has that cookie."""
    db.execute(
        "DELETE FROM tokens WHERE hash = ? AND kind = 'cookie'", (digest(token),)
    )


def _new_token(prefix: str) -> str:
    return f"{prefix}IQEB{secrets.token_urlsafe(60)}"


def _add_token(
    db: sqlite3.Connection, kind: str, token: str, holder: Holder, *times: int | None
) -> None:
    db.execute(
        "INSERT INTO tokens (hash, kind, user, client, scope, code, issued, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        (
            digest(token),
            kind,
            holder.user,
            holder.client,
            holder.scope,
            holder.code,
            *times,
        ),
    )


def grant_of(db: sqlite3.Connection, token: str, kind: str = "access") -> Grant | None:
    """What an access token, or a cookie, allows, expired or not; None if it is unknown."""
    row = db.execute(
        "SELECT t.user, u.name, u.account_id, u.root, t.client, c.owner, t.scope,"
        " t.issued, t.expires FROM tokens t JOIN users u ON u.num = t.user"
        " JOIN clients c ON c.id = t.client WHERE t.hash = ? AND t.kind = ?",
        (digest(token), kind),
    ).fetchone()
    if row is None:
        return None
    owners = db.execute("SELECT owner FROM clients WHERE owner <> ?", (row[5],))
    hidden = frozenset(owner for (owner,) in owners)
    user, name, account, root, client, owner, scope, issued, expires = row
    scopes = frozenset(scope.split())
    return Grant(
        user=user,
        user_name=name,
        account=account,
        root=root,
        client=client,
        owner=owner,
        hidden=hidden,
        scopes=scopes,
        classes=classes.readable(scopes),
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
    return issue_access(db, Holder(user, client, scope, code), now)


@dataclass(frozen=True, slots=True)
class Consent:
    """What a user has agreed to.

    Attributes:
        user: the user's number.
        client: the application's id.
        redirect_uri: where the answer goes.
        scope: what it allows.
        challenge: of PKCE, S256, if the application sent one.
    """

    user: int
    client: str
    redirect_uri: str
    scope: str
    challenge: str | None


def add_code(db: sqlite3.Connection, consent: Consent, now: float) -> str:
    """Make a code for the redirect."""
    code = secrets.token_urlsafe(20)
    db.execute(
        "INSERT INTO codes (hash, user, client, redirect_uri, scope, challenge, expires)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            digest(code),
            consent.user,
            consent.client,
            consent.redirect_uri,
            consent.scope,
            consent.challenge,
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
    return issue(db, Holder(user, client, scope, hashed), now) if good else None


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
