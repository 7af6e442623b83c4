"""What the command line and the demo do with a server's directory, running or not."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from acd_tui.clock import SystemClock
from acd_tui.db import NeedsWriting, remove_database
from acd_tui.errors import Denied, NotFound, UsageError
from acd_tui.server import accounts, cookies, tokens
from acd_tui.server.accounts import Client
from acd_tui.server.disk import sync_folder
from acd_tui.server.storage import INDEX, Storage

OWNER = "owner"
APPLICATION = "acd-tui"
APPLICATION_OWNER = "acdtui"
REDIRECT_URI = "http://127.0.0.1:53682/"
_SECRET_FILE = f"client-{APPLICATION}.json"


@dataclass(frozen=True, slots=True)
class NewServer:
    """A directory made ready.

    Attributes:
        owner_password: of the user `owner`; None if it was there already.
        client_id: of the default application.
        client_secret: likewise.
    """

    owner_password: str | None = field(repr=False)
    client_id: str
    client_secret: str | None = field(repr=False)


@contextlib.contextmanager
def opened(directory: Path, *, create: bool = False) -> Iterator[Storage]:
    """The storage of a directory meanwhile, also while a server runs on it.

    Raises:
        NotFound: nothing is there, and `create` is not set.
    """
    if not create:
        expect_drive(directory)
    storage = Storage(directory)
    storage.open()
    try:
        yield storage
    finally:
        storage.close()


def expect_drive(directory: Path) -> None:
    """Refuse a directory that holds no drive.

    Raises:
        NotFound: that is so.
    """
    if not (directory / INDEX).is_file():
        raise NotFound(
            f"{directory} holds no drive",
            hint="`acd-tui server run DIR` makes one",
        )


@contextlib.contextmanager
def examined(directory: Path) -> Iterator[Storage]:
    """The storage of a directory to read only, which is left as it is meanwhile.

    It may be a backup or a disk where nothing can be written. Where SQLite would have to
    write to read the index, a copy of the index is read.

    Raises:
        NotFound: nothing is there.
        Denied: the index, or a copy of it, cannot be read.
        DatabaseError: it is damaged.
    """
    expect_drive(directory)
    with contextlib.ExitStack() as stack:
        storage = Storage(directory)
        stack.callback(storage.close)
        try:
            storage.open_to_read()
        except NeedsWriting as reason:
            place = stack.enter_context(tempfile.TemporaryDirectory(prefix="acd-tui-"))
            storage = Storage(directory, index=_copy(directory, Path(place), reason))
            stack.callback(storage.close)
            storage.db.open()
        yield storage


def _copy(directory: Path, place: Path, reason: NeedsWriting) -> Path:
    """Copy an index with its journal; it may be in use.

    Raises:
        Denied: there is no room for it.
    """
    source = f"{(directory / INDEX).absolute().as_uri()}?mode=ro"
    try:
        with (
            contextlib.closing(sqlite3.connect(source, uri=True)) as original,
            contextlib.closing(sqlite3.connect(place / INDEX)) as copy,
        ):
            original.backup(copy)
        return place / INDEX
    except sqlite3.DatabaseError:
        remove_database(place / INDEX)  # nobody writes there: files are as good
    for name in (INDEX, f"{INDEX}-wal"):
        try:
            shutil.copyfile(directory / name, place / name)
        except FileNotFoundError:
            continue  # the journal of a server that was stopped in peace
        except OSError as error:
            raise Denied(
                f"{reason}, and it cannot be copied: {error.strerror}",
                hint="set TMPDIR to a folder with room for a copy of the index",
            ) from error
    return place / INDEX


def is_new(directory: Path) -> bool:
    """Tell whether `initialise` would make users and applications."""
    return not (directory / _SECRET_FILE).exists()


def initialise(directory: Path, *, password: str | None = None) -> NewServer:
    """Make a directory ready: one user, one application. Does nothing the second time.

    Args:
        directory: made if it is missing.
        password: of the user `owner`; generated if not given.
    """
    with opened(directory, create=True) as storage:
        known = storage.db.read_now(
            lambda db: bool(accounts.users(db) or accounts.clients(db))
        )
        if known:
            return NewServer(None, APPLICATION, None)
        chosen = password or new_password()
        hashed = accounts.hash_password(chosen)
        secret = secrets.token_urlsafe(32)
        # First the file: a kill in between must not leave a secret nobody knows.
        _keep_secret(directory / _SECRET_FILE, secret)
        now = storage.clock.now()

        def work(db: Any) -> None:
            accounts.add_user(db, OWNER, hashed, now)
            client = Client(APPLICATION, APPLICATION_OWNER, True, (REDIRECT_URI,))
            accounts.add_client(db, client, secret)

        storage.db.write_now(work)
    return NewServer(chosen, APPLICATION, secret)


def application_secret(directory: Path) -> str:
    """The secret of the default application, as its owner may read it.

    Raises:
        NotFound: it is gone.
    """
    try:
        text = (directory / _SECRET_FILE).read_bytes()
        return str(msgspec.json.decode(text)["client_secret"])
    except (OSError, msgspec.MsgspecError, KeyError, TypeError) as error:
        raise NotFound(f"{directory / _SECRET_FILE} is missing or damaged") from error


def _keep_secret(path: Path, secret: str) -> None:
    text = msgspec.json.encode({"client_id": APPLICATION, "client_secret": secret})
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)


def new_password() -> str:
    """A password that can be read out: 80 bits in groups."""
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    groups = ("".join(secrets.choice(letters) for _ in range(4)) for _ in range(4))
    return "-".join(groups)


def issue_token(
    directory: Path,
    user: str = OWNER,
    client_id: str = APPLICATION,
    expires_in: int = tokens.ACCESS_SECONDS,
) -> dict[str, str]:
    """Make a pair of tokens, in the form in which rclone stores them.

    Raises:
        NotFound: no such directory, user or application.
    """
    if abs(expires_in) > 10 * 365 * 86400:
        raise UsageError("a token lives ten years at most")
    with opened(directory) as storage:
        now = SystemClock().now()

        def work(db: Any) -> tuple[str, str]:
            found = accounts.find_user(db, user)
            if found is None:
                raise NotFound(f"there is no user {user}")
            if accounts.get_client(db, client_id) is None:
                raise NotFound(f"there is no application {client_id}")
            holder = tokens.Holder(found[0], client_id, tokens.DEFAULT_SCOPE)
            return tokens.issue(db, holder, now, expires_in=expires_in)

        access, refresh = storage.db.write_now(work)
    expiry = datetime.fromtimestamp(int(now) + expires_in, UTC)
    return {
        "access_token": access,
        "token_type": "bearer",
        "refresh_token": refresh,
        "expiry": f"{expiry:%Y-%m-%dT%H:%M:%SZ}",
    }


def issue_cookies(
    directory: Path, user: str = OWNER, *, place: str = "main"
) -> dict[str, str]:
    """Make the cookies that signing in with a browser would give.

    Args:
        directory: of the server.
        user: whose.
        place: `main` for `at-main`, `acbde` for `at-acbde` and so on.

    Raises:
        NotFound: no such directory or user.
    """
    with opened(directory) as storage:
        now, key = SystemClock().now(), storage.secret("key", 32)

        def work(db: Any) -> dict[str, str]:
            found = accounts.find_user(db, user)
            if found is None:
                raise NotFound(f"there is no user {user}")
            return cookies.issue(db, key, found[0], now, place=place)

        return storage.db.write_now(work)


def add_user(directory: Path, name: str, password: str | None = None) -> str:
    """Add a user with an empty drive.

    Returns:
        the password, generated if none was given.

    Raises:
        UsageError: no name for a user.
        Exists: there is one of that name.
    """
    chosen = password or new_password()
    hashed = accounts.hash_password(chosen)
    now = SystemClock().now()
    with opened(directory) as storage:
        storage.db.write_now(lambda db: accounts.add_user(db, name, hashed, now))
    return chosen


def set_password(directory: Path, name: str, password: str | None = None) -> str:
    """Change a user's password and sign them out everywhere.

    Returns:
        the password, generated if none was given.

    Raises:
        NotFound: no such user.
    """
    chosen = password or new_password()
    hashed = accounts.hash_password(chosen)
    with opened(directory) as storage:
        storage.db.write_now(lambda db: accounts.set_password(db, name, hashed))
    return chosen


def remove_user(directory: Path, name: str) -> int:
    """Remove a user with the whole drive.

    Returns:
        how many files were deleted.

    Raises:
        NotFound: no such user.
    """
    with opened(directory) as storage:
        removed = storage.db.write_now(lambda db: accounts.remove_user(db, name))
        asyncio.run(storage.collect())
    return removed


def users(directory: Path) -> list[dict[str, Any]]:
    """All users, with what they store."""
    with opened(directory) as storage:
        return storage.db.read_now(accounts.users)


def add_client(
    directory: Path,
    client_id: str,
    redirect_uris: Sequence[str],
    *,
    owner: str,
    public: bool = False,
) -> str:
    """Register an application.

    Returns:
        its secret.

    Raises:
        UsageError: an id or redirect address that cannot be used.
        Exists: there is one of that id.
    """
    for text in (client_id, owner):
        # In JSON, where owners are looked for, it must look as it does here.
        plain = text.isascii() and text.isprintable() and not {'"', "\\"} & set(text)
        if not 0 < len(text) <= 200 or not plain:
            raise UsageError(f"{text!r} is no name for an application")
    for uri in redirect_uris:
        _check_redirect(uri)
    secret = secrets.token_urlsafe(32)
    client = Client(client_id, owner, public, tuple(redirect_uris))
    with opened(directory) as storage:
        storage.db.write_now(lambda db: accounts.add_client(db, client, secret))
    return secret


def _check_redirect(uri: str) -> None:
    """Take https addresses, and http ones of this machine (amazon-drive-api.md §1.2)."""
    try:
        parts = urlsplit(uri)
        host = parts.hostname or ""
    except ValueError:
        raise UsageError(f"{uri!r} is no address") from None
    local = parts.scheme == "http" and host in {"127.0.0.1", "::1", "localhost"}
    if not host or parts.fragment or not (parts.scheme == "https" or local):
        raise UsageError(
            f"{uri!r} cannot be a redirect address",
            hint="it begins with https://, or with http:// and leads to this machine",
        )


def remove_client(directory: Path, client_id: str) -> None:
    """Forget an application and sign out whoever uses it.

    Raises:
        NotFound: no such application.
    """
    with opened(directory) as storage:
        storage.db.write_now(lambda db: accounts.remove_client(db, client_id))


def clients(directory: Path) -> list[dict[str, Any]]:
    """All applications, without their secrets."""
    with opened(directory) as storage:
        known = storage.db.read_now(accounts.clients)
    return [
        {
            "client_id": client.id,
            "owner": client.owner,
            "public": client.public,
            "redirect_uris": list(client.redirect_uris),
        }
        for client in known
    ]
