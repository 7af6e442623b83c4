"""Where a remote's token is kept: the system's keyring, a file, or memory.

There is no silent way from one to the other: whoever sets up a remote chooses, and
`keyring_problem` says in words why the keyring is no choice.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import secrets
import threading
from collections.abc import Callable, Iterator
from typing import Protocol, TypeVar

from acd_tui.auth.token import Token
from acd_tui.errors import AcdError

T = TypeVar("T")

SERVICE = "acd-tui"
"""The name under which the keyring shows our entries."""

_PROBE_SECONDS = 10.0
_ANSWER_SECONDS = 90.0
"""A desktop may ask the user for the keyring's password meanwhile."""


class KeyringTrouble(AcdError):
    """The system's keyring cannot be used."""

    exit_code = 7
    advice = "--encrypted-file keeps secrets without a keyring; `acd-tui doctor` looks"


class TokenStore(Protocol):
    """Keeps one remote's token."""

    async def load(self) -> Token | None:
        """Return the token, or None if none is kept."""
        ...

    async def save(self, token: Token) -> None: ...


class MemoryStore:
    """A store that forgets with the process."""

    def __init__(self, token: Token | None = None) -> None:
        self.token = token

    async def load(self) -> Token | None:
        return self.token

    async def save(self, token: Token) -> None:
        self.token = token


class KeyringStore:
    """A store in the system's keyring: one entry for the token, one for the secret.

    Args:
        remote: the remote's name.
        scope: where the configuration is, if not in its usual folder: a remote of that
            name there is another one.
    """

    def __init__(self, remote: str, scope: str = "") -> None:
        whose = f"{remote} ({scope})" if scope else remote
        self._token_entry = f"{whose}: token"
        self._secret_entry = f"{whose}: client secret"

    async def load(self) -> Token | None:
        blob = await _ask(_get, self._token_entry)
        return Token.from_blob(blob) if blob else None

    async def save(self, token: Token) -> None:
        await _ask(_set, self._token_entry, token.to_blob())

    async def load_secret(self) -> str | None:
        """Return the application's `client_secret`, or None."""
        return await _ask(_get, self._secret_entry)

    async def save_secret(self, secret: str) -> None:
        """Keep the application's `client_secret`."""
        await _ask(_set, self._secret_entry, secret)

    async def clear_token(self) -> None:
        """Remove the token alone."""
        await _ask(_remove, self._token_entry)

    async def clear_secret(self) -> None:
        """Remove the secret alone."""
        await _ask(_remove, self._secret_entry)

    async def clear(self) -> None:
        """Remove token and secret."""
        await self.clear_token()
        await self.clear_secret()


def keyring_problem() -> str | None:
    """Say why the system's keyring cannot be used, or None if it can.

    It writes, reads and removes an entry of no value. It may take ten seconds: call it
    in a thread.
    """
    try:
        _in_thread(_probe).result(_PROBE_SECONDS)
    except concurrent.futures.TimeoutError:
        return "the system's keyring does not answer"
    except KeyringTrouble as trouble:
        return trouble.message
    return None


def _probe() -> None:
    _refuse_useless_backends()
    name, value = f"probe {secrets.token_hex(4)}", secrets.token_hex(8)
    _set(name, value)
    try:
        if _get(name) != value:
            raise KeyringTrouble("the system's keyring does not keep what it is given")
    finally:
        _remove(name)


def _refuse_useless_backends() -> None:
    import keyring
    import keyring.backends.chainer

    with _translated():
        backend = keyring.get_keyring()
        found = [backend]
        if isinstance(backend, keyring.backends.chainer.ChainerBackend):
            found = list(backend.backends)
    modules = [type(each).__module__ for each in found]
    useless = ("keyring.backends.fail", "keyring.backends.null")
    if all(module.startswith(useless) for module in modules):
        raise KeyringTrouble("this machine offers no keyring")
    if any("Plaintext" in type(each).__name__ for each in found[:1]):
        raise KeyringTrouble("this machine's keyring writes passwords in plain text")


def _get(entry: str) -> str | None:
    import keyring

    with _translated():
        return keyring.get_password(SERVICE, entry)


def _set(entry: str, value: str) -> None:
    import keyring

    _refuse_useless_backends()
    with _translated():
        keyring.set_password(SERVICE, entry, value)


def _remove(entry: str) -> None:
    import keyring
    import keyring.errors

    with _translated(), contextlib.suppress(keyring.errors.PasswordDeleteError):
        keyring.delete_password(SERVICE, entry)


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    import keyring.errors

    try:
        yield
    except KeyringTrouble:
        raise
    except keyring.errors.NoKeyringError as error:
        raise KeyringTrouble("this machine offers no keyring") from error
    except keyring.errors.KeyringLocked as error:
        raise KeyringTrouble(
            "the system's keyring is locked", hint="unlock it and try again"
        ) from error
    except keyring.errors.InitError as error:
        raise KeyringTrouble("the system's keyring cannot be opened") from error
    except Exception as error:  # backends let any error through
        raise KeyringTrouble(
            f"the system's keyring failed: {type(error).__name__}",
            hint="`acd-tui config update NAME --encrypted-file` needs no keyring",
        ) from error


async def _ask(work: Callable[..., T], *arguments: str) -> T:
    future = asyncio.wrap_future(_in_thread(lambda: work(*arguments)))
    try:
        return await asyncio.wait_for(future, _ANSWER_SECONDS)
    except TimeoutError as error:
        raise KeyringTrouble("the system's keyring does not answer") from error


def _in_thread(work: Callable[[], T]) -> concurrent.futures.Future[T]:
    """Run `work` in a thread that the program's end does not wait for."""
    future: concurrent.futures.Future[T] = concurrent.futures.Future()

    def run() -> None:
        if not future.set_running_or_notify_cancel():
            return
        try:
            future.set_result(work())
        except Exception as error:  # noqa: BLE001 - the waiting side's to deal with
            future.set_exception(error)

    threading.Thread(target=run, name="keyring", daemon=True).start()
    return future
