"""Where remotes keep their secrets, and how these get from one place to another.

A token is in no moment in no place: what moves is written, and read back, before it is
removed where it was. Whoever dies in between leaves it in both, and the file counts then.
All changes of one remote's secrets hold the lock that renewing its token holds as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from pathlib import Path
from typing import Literal

from acd_tui.auth.lock import held
from acd_tui.auth.store import (
    KeyringStore,
    KeyringTrouble,
    MemoryStore,
    TokenStore,
)
from acd_tui.auth.token import Token
from acd_tui.clock import Clock
from acd_tui.config.ini import IniText
from acd_tui.config.options import TYPE, RemoteOptions
from acd_tui.config.remotes import Remotes
from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.locations import Locations, private_folder

Where = Literal["keyring", "file"]
"""Where a remote's secrets are kept; the file may be encrypted as a whole."""

_KEYS = ("token", "client_secret")


class Secrets:
    """The secrets of the configured remotes.

    Args:
        locations: where the program's files are.
        remotes: the configured ones.
        clock: for waiting.
        changed: is told, in a thread, before a remote gets another sign-in.
    """

    def __init__(
        self,
        locations: Locations,
        remotes: Remotes,
        clock: Clock,
        *,
        changed: Callable[[str], object],
    ) -> None:
        self._changed = changed
        self._locations = locations
        self._remotes = remotes
        self._clock = clock

    def lock_file(self, name: str) -> Path:
        """Return what is locked while a remote's token is renewed or moved."""
        return private_folder(self._locations.state) / f"{name.casefold()}.token.lock"

    def store(self, name: str) -> TokenStore:
        """Return what keeps a remote's token, wherever that is at the time."""
        # One of environment or command line cannot be written to. (Not to be told by
        # its difference from the file's, which another process may just have renewed.)
        if blob := self._remotes.overrides(name).get("token"):
            return MemoryStore(Token.from_blob(blob))
        return _Kept(self._remotes, name, self._keyring(name))

    async def client_secret(self, name: str, options: RemoteOptions) -> str | None:
        """Return the application's secret; None if it has none.

        Raises:
            AcdError: it is in the keyring, which cannot be used.
        """
        if options.client_secret:
            return options.client_secret
        in_file = await asyncio.to_thread(self._remotes.in_file, name)
        if not in_file or in_file.get("token"):
            return None
        try:
            secret = await self._keyring(name).load_secret()
        except KeyringTrouble:
            if "token" in self._remotes.overrides(name):
                return None  # then the keyring may be of no concern here
            raise
        if secret is None:  # or it was moved just now
            in_file = await asyncio.to_thread(self._remotes.in_file, name)
            secret = in_file.get("client_secret")
        return secret

    async def add(
        self, name: str, values: Mapping[str, str], where: Where, part: str = ""
    ) -> None:
        """Add a remote to the configuration.

        Args:
            name: what to call it.
            values: its options, secrets included.
            where: its secrets are to be kept; the keyring gets nothing to keep from a
                remote that has none.
            part: its section as it stands in another file, secrets included; "" for
                one made of the values.

        Raises:
            Exists: there is a remote of that name.
            AcdError: the keyring or the file cannot be written.
        """
        if where == "file":
            await asyncio.to_thread(self._write, name, values, part)
            return
        kept = {key: values[key] for key in _KEYS if values.get(key)}
        public = {key: value for key, value in values.items() if key not in kept}
        if part:
            without = IniText(part)
            for key in _KEYS:
                without.unset(name, key)
            part = without.text
        async with self._locked(name):
            await asyncio.to_thread(self._remotes.check_free, name)
            ring = self._keyring(name)
            await asyncio.to_thread(self._changed, name)
            try:
                await ring.clear()  # what a remote of that name may have left there
                await _put(ring, kept)
                await asyncio.to_thread(self._write, name, public, part)
            except BaseException:
                with contextlib.suppress(AcdError):
                    await ring.clear()
                raise

    def _write(self, name: str, values: Mapping[str, str], part: str) -> None:
        if part:
            self._remotes.add_part(name, part)
        else:
            self._remotes.create(name, values)

    async def update(self, name: str, values: Mapping[str, str]) -> None:
        """Change options of a remote, its secrets where they are; "" removes one.

        Raises:
            NotFound: the file has no such remote.
            UsageError: a key or a value makes no sense.
            AcdError: the keyring or the file cannot be used.
        """
        async with self._locked(name):
            in_file = await asyncio.to_thread(self._remotes.own, name)
            kept = {key: values[key] for key in _KEYS if values.get(key)}
            changed: dict[str, str | None] = dict(values)
            ring, in_ring = self._keyring(name), not in_file.get("token")
            if kept and in_ring:
                await asyncio.to_thread(self._changed, name)
                await _put(ring, kept)
                changed |= dict.fromkeys(kept)
            await asyncio.to_thread(self._remotes.update, name, changed)
            gone = {key for key in _KEYS if values.get(key) == ""}
            # Where the file has them, the keyring may hold what a cut-off move left.
            with contextlib.nullcontext() if in_ring else contextlib.suppress(AcdError):
                await _drop(ring, gone)

    async def move(self, name: str, where: Where) -> None:
        """Move a remote's token and client secret.

        Raises:
            NotFound: the file has no such remote.
            AcdError: the keyring or the file cannot be used; they are where they were.
        """
        async with self._locked(name):
            ring = self._keyring(name)
            in_file = await asyncio.to_thread(self._remotes.in_file, name)
            kept = {key: in_file[key] for key in _KEYS if in_file.get(key)}
            if where == "keyring":
                await _put(ring, kept)
                nothing = dict.fromkeys(_KEYS)
                await asyncio.to_thread(self._remotes.update, name, nothing)
                return
            if "token" not in kept:
                kept = await _taken(ring) | kept
                if "token" not in kept:
                    raise SignInNeeded(
                        f"nobody is signed in to {name}:",
                        hint=f"`acd-tui config reconnect {name}` signs in",
                    )
                await asyncio.to_thread(self._remotes.update, name, kept)
            # What a move that was cut off has left there; it does no harm.
            with contextlib.suppress(AcdError):
                await ring.clear()

    async def keep(self, name: str, token: Token, where: Where | None = None) -> None:
        """Keep the token of a new sign-in.

        Args:
            name: of the remote.
            token: the new one.
            where: it is to be kept; None for where the old one is.

        Raises:
            NotFound: the file has no such remote.
            AcdError: the keyring or the file cannot be used.
        """
        async with self._locked(name):
            await asyncio.to_thread(self._changed, name)
            ring = self._keyring(name)
            kept = _Kept(self._remotes, name, ring)
            if where is None:
                await kept.save(token)
            elif where == "keyring":
                in_file = await asyncio.to_thread(self._remotes.own, name)
                await _put(ring, in_file | {"token": token.to_blob()})
                nothing = dict.fromkeys(_KEYS)
                await asyncio.to_thread(self._remotes.update, name, nothing)
            else:
                others: dict[str, str] = {}
                with contextlib.suppress(AcdError):  # it may be why the file is wanted
                    others = await _taken(ring)
                in_file = await asyncio.to_thread(self._remotes.own, name)
                found = others | in_file | {"token": token.to_blob()}
                changed = {key: found[key] for key in _KEYS if found.get(key)}
                await asyncio.to_thread(self._remotes.update, name, changed)
                with contextlib.suppress(AcdError):
                    await ring.clear()

    async def rename(self, name: str, new: str) -> None:
        """Give a remote another name, and its entries in the keyring too.

        Raises:
            NotFound: the file has no such remote.
            Exists: the new name is taken.
            AcdError: the keyring or the file cannot be used.
        """
        if name == new:
            return
        async with self._locked(name, new):
            await self._duplicate(name, new)
            await asyncio.to_thread(self._remotes.rename, name, new)
            with contextlib.suppress(AcdError):
                await self._keyring(name).clear()

    async def copy(self, name: str, new: str) -> None:
        """Add a remote with all that another one has; raises as `rename`."""
        async with self._locked(name, new):
            await self._duplicate(name, new)
            await asyncio.to_thread(self._remotes.copy, name, new)

    async def _duplicate(self, name: str, new: str) -> None:
        await asyncio.to_thread(self._remotes.check_free, new, name)
        in_file = await asyncio.to_thread(self._remotes.own, name)
        if not in_file.get("token"):
            await asyncio.to_thread(self._changed, new)
            kept, ring = await _taken(self._keyring(name)), self._keyring(new)
            await _drop(ring, set(_KEYS).difference(kept))
            await _put(ring, kept)

    async def export(self, name: str) -> str:
        """Return a section that rclone understands, token and client secret included.

        Raises:
            NotFound: there is no such remote.
            AcdError: the keyring cannot be used.
        """
        options = await asyncio.to_thread(self._remotes.get, name)
        values = await asyncio.to_thread(self._remotes.values, name)
        token = await self.store(name).load()
        if not values.get("token") and token is not None:
            values["token"] = token.to_blob()
        values["client_secret"] = await self.client_secret(name, options) or ""
        if options.auth_url != RemoteOptions().auth_url:
            values["auth_url"] = options.auth_url  # rclone knows no `region_tld`
        ini = IniText("")
        ini.set(name, "type", TYPE)
        for key, value in values.items():
            if value and key != "type":
                ini.set(name, key, value)
        return ini.text

    async def delete(self, name: str) -> None:
        """Remove a remote with its secrets.

        A keyring that is gone or locked does not keep a remote alive.

        Raises:
            NotFound: the file has no such remote.
            AcdError: the file cannot be used.
        """
        async with self._locked(name):
            await asyncio.to_thread(self._remotes.delete, name)
            with contextlib.suppress(AcdError):
                await self._keyring(name).clear()

    def _keyring(self, name: str) -> KeyringStore:
        home = self._locations.home
        return KeyringStore(name, scope=str(home) if home else "")

    @contextlib.asynccontextmanager
    async def _locked(self, *names: str) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as stack:
            # Always in one order, so that nobody waits for who waits for them; names
            # that differ in case may have the same file.
            for name in sorted({each.casefold() for each in names}):
                await stack.enter_async_context(held(self.lock_file(name), self._clock))
            yield


class _Kept:
    """A remote's token, in the file if there is one in it, else in the keyring."""

    def __init__(self, remotes: Remotes, name: str, ring: KeyringStore) -> None:
        self._remotes = remotes
        self._name = name
        self._ring = ring

    async def load(self) -> Token | None:
        if (token := await self._from_file()) is None:
            # Where neither has it, it may have moved to the file in between.
            token = await self._ring.load() or await self._from_file()
        return token

    async def save(self, token: Token) -> None:
        if await self._in_file():
            blob = token.to_blob()
            await asyncio.to_thread(self._remotes.write_token, self._name, blob)
        else:
            await self._ring.save(token)

    async def _from_file(self) -> Token | None:
        blob = await self._in_file()
        return Token.from_blob(blob) if blob else None

    async def _in_file(self) -> str | None:
        """Return what the file has; the keyring is not asked for a remote that is gone.

        Raises:
            NotFound: another process has removed or renamed the remote.
        """
        values = await asyncio.to_thread(self._remotes.values, self._name)
        return values.get("token")


async def _put(ring: KeyringStore, kept: Mapping[str, str]) -> None:
    """Keep secrets in the keyring, and see that it really has them."""
    if blob := kept.get("token"):
        token = Token.from_blob(blob)
        await ring.save(token)
        if await ring.load() != token:
            raise KeyringTrouble("the system's keyring does not keep what it is given")
    if secret := kept.get("client_secret"):
        await ring.save_secret(secret)
        if await ring.load_secret() != secret:
            raise KeyringTrouble("the system's keyring does not keep what it is given")


async def _drop(ring: KeyringStore, keys: Collection[str]) -> None:
    """Remove some of what the keyring has of a remote."""
    if "token" in keys:
        await ring.clear_token()
    if "client_secret" in keys:
        await ring.clear_secret()


async def _taken(ring: KeyringStore) -> dict[str, str]:
    """Return what the keyring has of a remote, as the file would have it."""
    token, secret = await ring.load(), await ring.load_secret()
    found = {"token": token.to_blob() if token else "", "client_secret": secret or ""}
    return {key: value for key, value in found.items() if value}
