"""Where tokens are kept, and what is said where they cannot be."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import keyring
import keyring.backend
import keyring.backends.fail
import keyring.backends.null
import keyring.errors
import pytest

from acd_tui.auth import store
from acd_tui.auth.store import (
    KeyringStore,
    KeyringTrouble,
    MemoryStore,
    TokenStore,
    keyring_problem,
)
from acd_tui.auth.token import Token

TOKEN = Token("Atza|a", "Atzr|r", 1_800_000_000.0)


class DictKeyring(keyring.backend.KeyringBackend):
    """A working keyring in memory."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.entries: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, username: str) -> str | None:
        return self.entries.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self.entries[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        if self.entries.pop((service, username), None) is None:
            raise keyring.errors.PasswordDeleteError("not there")


class LockedKeyring(DictKeyring):
    def get_password(self, service: str, username: str) -> str | None:
        raise keyring.errors.KeyringLocked("locked")

    def set_password(self, service: str, username: str, password: str) -> None:
        raise keyring.errors.KeyringLocked("locked")


class BrokenKeyring(DictKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        raise OSError("D-Bus fell over: Atza|a")


class ForgetfulKeyring(DictKeyring):
    def set_password(self, service: str, username: str, password: str) -> None:
        pass


class PlaintextKeyring(DictKeyring):
    pass


class HangingKeyring(DictKeyring):
    def __init__(self) -> None:
        super().__init__()
        self.go_on = threading.Event()

    def get_password(self, service: str, username: str) -> str | None:
        self.go_on.wait()
        return None

    def set_password(self, service: str, username: str, password: str) -> None:
        self.go_on.wait()


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


async def kept(found: TokenStore) -> None:
    assert await found.load() is None
    await found.save(TOKEN)
    assert await found.load() == TOKEN


async def test_memory() -> None:
    await kept(MemoryStore())


async def test_keyring() -> None:
    backend = DictKeyring()
    keyring.set_keyring(backend)

    await kept(KeyringStore("photos"))
    await KeyringStore("photos").save_secret("s3cret")
    await KeyringStore("other").save(Token("theirs"))

    assert await KeyringStore("photos").load_secret() == "s3cret"
    assert backend.entries["acd-tui", "photos: token"] == TOKEN.to_blob()
    for _ in range(2):
        await KeyringStore("photos").clear()
    assert set(backend.entries) == {("acd-tui", "other: token")}


def test_a_working_keyring_is_no_problem() -> None:
    backend = DictKeyring()
    keyring.set_keyring(backend)

    assert keyring_problem() is None
    assert backend.entries == {}


@pytest.mark.parametrize(
    ("backend", "problem"),
    [
        (keyring.backends.fail.Keyring, "this machine offers no keyring"),
        (keyring.backends.null.Keyring, "this machine offers no keyring"),
        (LockedKeyring, "the system's keyring is locked"),
        (BrokenKeyring, "the system's keyring failed: OSError"),
        (ForgetfulKeyring, "the system's keyring does not keep what it is given"),
        (PlaintextKeyring, "this machine's keyring writes passwords in plain text"),
    ],
)
async def test_problems_in_words(
    backend: type[keyring.backend.KeyringBackend], problem: str
) -> None:
    keyring.set_keyring(backend())

    assert keyring_problem() == problem
    if backend is not ForgetfulKeyring:
        with pytest.raises(KeyringTrouble) as caught:
            await KeyringStore("x").save(TOKEN)
        assert "Atza" not in str(caught.value)


async def test_a_keyring_that_hangs_does_not_hang_us(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store, "_PROBE_SECONDS", 0.05)
    monkeypatch.setattr(store, "_ANSWER_SECONDS", 0.05)
    backend = HangingKeyring()
    keyring.set_keyring(backend)
    try:
        assert keyring_problem() == "the system's keyring does not answer"
        with pytest.raises(KeyringTrouble, match="does not answer"):
            await KeyringStore("x").load()
    finally:
        backend.go_on.set()
