"""Secrets that are removed, and those that move while another process looks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keyring
import pytest

from acd_tui.auth.store import KeyringStore, KeyringTrouble
from acd_tui.auth.token import Token
from acd_tui.clock import SystemClock
from acd_tui.config.password import Passwords
from acd_tui.config.remotes import Remotes
from acd_tui.errors import NotFound
from acd_tui.locations import Locations
from acd_tui.session.secrets import Secrets
from tests.session.moving_secrets import SECRET, TOKEN, FolderKeyring

VALUES = {"client_id": "id", "client_secret": SECRET, "token": TOKEN}


class Ring(FolderKeyring):
    """A keyring that does something else at the first question, and may be locked."""

    first: Callable[[], object] | None = None
    locked = False

    def get_password(self, service: str, username: str) -> str | None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        if self.first is not None:
            first, self.first = self.first, None
            first()
        return super().get_password(service, username)

    def delete_password(self, service: str, username: str) -> None:
        if self.locked:
            raise keyring.errors.KeyringLocked
        super().delete_password(service, username)

    def names(self) -> set[str]:
        return {bytes.fromhex(each.name).decode() for each in self.folder.iterdir()}


@pytest.fixture
def ring(tmp_path: Path) -> Any:
    before = keyring.get_keyring()
    ring = Ring()  # type: ignore[no-untyped-call]
    ring.folder = tmp_path / "ring"
    ring.folder.mkdir()
    keyring.set_keyring(ring)
    yield ring
    keyring.set_keyring(before)


@pytest.fixture
def remotes() -> Remotes:
    return Remotes(
        Locations.from_environment().remotes_file, {}, passwords=Passwords({})
    )


@pytest.fixture
def secrets(remotes: Remotes) -> Secrets:
    return Secrets(Locations.from_environment(), remotes, SystemClock(), changed=str)


async def exported(secrets: Secrets) -> str:
    return await secrets.export("photos")


@pytest.mark.parametrize("where", ["keyring", "file"])
async def test_what_is_taken_away_is_gone(
    where: Any, secrets: Secrets, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, where)
    await secrets.update("photos", {"client_secret": ""})
    assert SECRET not in await exported(secrets)
    assert TOKEN in await exported(secrets)
    await secrets.update("photos", {"token": ""})
    assert TOKEN not in await exported(secrets)
    assert ring.names() == set()


async def test_what_a_locked_keyring_keeps_is_not_said_to_be_gone(
    secrets: Secrets, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, "keyring")
    ring.locked = True
    with pytest.raises(KeyringTrouble, match="locked"):
        await secrets.update("photos", {"client_secret": ""})


async def test_a_token_taken_out_of_the_file_does_not_come_back_from_the_keyring(
    secrets: Secrets, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, "file")
    # As somebody who died while moving left it.
    await secrets._keyring("photos").save(Token.from_blob(TOKEN))
    await secrets.update("photos", {"token": ""})
    assert await secrets.store("photos").load() is None


@pytest.mark.parametrize("how", ["add", "copy", "rename"])
async def test_what_an_earlier_remote_left_is_not_the_new_ones(
    how: str, secrets: Secrets, ring: Ring
) -> None:
    public = {key: VALUES[key] for key in ("client_id", "token")}
    await secrets.add("photos", public, "keyring")
    await secrets._keyring("new").save_secret("of somebody else")
    if how == "add":
        await secrets.add("new", public, "keyring")
    else:
        await getattr(secrets, how)("photos", "new")
    assert "of somebody else" not in await secrets.export("new")
    assert TOKEN in await secrets.export("new")


@pytest.mark.parametrize("asked", ["token", "client_secret"])
async def test_moved_to_the_file_just_when_the_keyring_is_asked(
    asked: str, secrets: Secrets, remotes: Remotes, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, "keyring")
    other = Secrets(Locations.from_environment(), remotes, SystemClock(), changed=str)
    ring.first = lambda: asyncio.run(other.move("photos", "file"))
    if asked == "token":
        assert await secrets.store("photos").load() == Token.from_blob(TOKEN)
    else:
        options = remotes.get("photos")
        assert await secrets.client_secret("photos", options) == SECRET
    assert ring.first is None


@pytest.mark.parametrize("gone", ["deleted", "renamed"])
async def test_a_token_renewed_after_its_remote_is_gone_is_not_kept(
    gone: str, secrets: Secrets, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, "keyring")
    store = secrets.store("photos")
    if gone == "deleted":
        await secrets.delete("photos")
    else:
        await secrets.rename("photos", "pictures")
    with pytest.raises(NotFound):
        await store.save(Token("new", "new"))
    assert not [name for name in ring.names() if " photos" in name]


async def test_a_remote_goes_also_while_the_keyring_is_locked(
    secrets: Secrets, remotes: Remotes, ring: Ring
) -> None:
    await secrets.add("photos", VALUES, "keyring")
    ring.locked = True
    await secrets.delete("photos")
    assert remotes.names() == []


async def test_only_one_of_the_two_entries(ring: Ring) -> None:
    store = KeyringStore("photos")
    await store.save(Token.from_blob(TOKEN))
    await store.save_secret(SECRET)
    await store.clear_token()
    assert (await store.load(), await store.load_secret()) == (None, SECRET)
    await store.clear_secret()
    assert ring.names() == set()
