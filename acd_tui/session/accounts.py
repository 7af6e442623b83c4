"""Remotes opened: from options and a token to a filesystem with a mirror."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import Literal

from acd_tui.api.client import DriveClient
from acd_tui.api.transport import MOST_TRIES
from acd_tui.auth.bearer import BearerAuth
from acd_tui.auth.lwa import Application
from acd_tui.auth.store import (
    FileStore,
    KeyringStore,
    MemoryStore,
    TokenStore,
    keyring_problem,
)
from acd_tui.auth.token import Token
from acd_tui.clock import Clock
from acd_tui.config.options import RemoteOptions
from acd_tui.config.remotes import Remotes
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.drive.mirror import Mirror
from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.events import EventBus
from acd_tui.locations import Locations, private_folder

Where = Literal["keyring", "file"]
"""Where a remote's secrets are kept."""


def application(options: RemoteOptions, secret: str | None = None) -> Application:
    """Return what the service knows us as with these options.

    Args:
        options: of a remote.
        secret: the client secret, where the options do not hold it.
    """
    return Application(
        options.client_id,
        options.client_secret or secret or None,
        auth_url=options.auth_url,
        token_url=options.token_url,
    )


class Accounts:
    """Opens remotes, keeps their secrets, and closes them again."""

    def __init__(
        self,
        locations: Locations,
        remotes: Remotes,
        bus: EventBus,
        clock: Clock,
        *,
        tries: int | None = None,
        offline: bool = False,
    ) -> None:
        self._tries = tries or MOST_TRIES
        self._offline = offline
        self._locations = locations
        self._remotes = remotes
        self._bus = bus
        self._clock = clock
        self._open: dict[str, contextlib.AsyncExitStack] = {}
        self._auths: dict[str, BearerAuth] = {}

    async def open(
        self, name: str, options: RemoteOptions, token: Token | None = None
    ) -> DriveFileSystem:
        """Open a remote.

        Args:
            name: what it is called.
            options: its configuration.
            token: to work with in this run; None takes the one that is kept.

        Raises:
            SignInNeeded: there is no token.
            AcdError: the keyring or the mirror cannot be used.
        """
        store = MemoryStore(token) if token else await self._store(name, options)
        if not self._offline and await store.load() is None:
            raise SignInNeeded(
                f"nobody is signed in to {name}:",
                hint="sign in again in the panes, or set the remote up anew",
            )
        async with contextlib.AsyncExitStack() as stack:
            auth = BearerAuth(
                store,
                await self._application(options, store),
                [options.endpoint_url],
                clock=self._clock,
                lock_file=private_folder(self._locations.state) / f"{name}.token.lock",
            )
            client = await stack.enter_async_context(
                DriveClient(
                    endpoint_url=options.endpoint_url,
                    auth=auth,
                    clock=self._clock,
                    tries=self._tries,
                )
            )
            mirror = await self._mirror(name, stack)
            drive = DriveFileSystem(
                name,
                client,
                mirror,
                bus=self._bus,
                clock=self._clock,
                encoding=options.encoding,
                upload_wait_per_gb=options.upload_wait_per_gb,
                templink_threshold=options.templink_threshold,
            )
            if not self._offline:
                await drive.open()
            stack.push_async_callback(drive.close)
            self._auths[name] = auth
            self._open[name] = stack.pop_all()
        return drive

    async def _mirror(self, name: str, stack: contextlib.AsyncExitStack) -> Mirror:
        path = self.mirror_file(name)
        mirror = await asyncio.to_thread(Mirror.open, path, clock=self._clock)
        stack.push_async_callback(mirror.close)
        return mirror

    async def _application(
        self, options: RemoteOptions, store: TokenStore
    ) -> Application:
        secret = None
        if not options.client_secret and isinstance(store, KeyringStore):
            secret = await store.load_secret()
        return application(options, secret)

    async def _store(self, name: str, options: RemoteOptions) -> TokenStore:
        in_file = await asyncio.to_thread(self._remotes.in_file, name)
        if in_file.get("token"):
            return FileStore(
                lambda: self._remotes.read_token(name),
                lambda blob: self._remotes.write_token(name, blob),
            )
        if options.token:  # of the environment, which we cannot write to
            return MemoryStore(Token.from_blob(options.token))
        return KeyringStore(name)

    async def add(
        self, name: str, options: RemoteOptions, token: Token, *, secrets: Where
    ) -> None:
        """Add a remote to the configuration, signed in.

        With the keyring, neither token nor client secret touch the file.

        Raises:
            Exists: there is a remote of that name.
            UsageError: that cannot be a remote's name.
            AcdError: the keyring or the file cannot be written.
        """
        values = options.values()
        values.pop("token", None)
        if secrets == "file":
            values["token"] = token.to_blob()
            await asyncio.to_thread(self._remotes.create, name, values)
            return
        secret = values.pop("client_secret", None)
        await asyncio.to_thread(self._remotes.create, name, values)
        try:
            store = KeyringStore(name)
            await store.save(token)
            if secret:
                await store.save_secret(secret)
        except BaseException:
            await asyncio.to_thread(self._remotes.delete, name)
            raise

    async def renew(self, name: str, token: Token) -> None:
        """Keep a new token where the remote keeps its secrets, and go on with it."""
        options = await asyncio.to_thread(self._remotes.get, name)
        await (await self._store(name, options)).save(token)
        if name in self._auths:
            self._auths[name].use(token)

    async def sign_in_options(self, name: str) -> dict[str, str]:
        """Return what signing in to a remote takes, its client secret included."""
        options = await asyncio.to_thread(self._remotes.get, name)
        values = options.values()
        values.pop("token", None)
        store = await self._store(name, options)
        if not options.client_secret and isinstance(store, KeyringStore):
            values["client_secret"] = await store.load_secret() or ""
        return {key: value for key, value in values.items() if value}

    async def remove(self, name: str) -> None:
        """Remove a remote with its secrets and its mirror; the drive is not touched.

        Raises:
            NotFound: the file has no such remote.
        """
        options = await asyncio.to_thread(self._remotes.get, name)
        store = await self._store(name, options)
        if isinstance(store, KeyringStore):
            # A keyring that is gone or locked must not keep a remote alive.
            with contextlib.suppress(AcdError):
                await store.clear()
        await asyncio.to_thread(self._remotes.delete, name)
        for end in ("", "-wal", "-shm"):
            path = self.mirror_file(name)
            path.with_name(path.name + end).unlink(missing_ok=True)

    async def keyring_problem(self) -> str | None:
        """Say why the system's keyring cannot be used; None if it can."""
        return await asyncio.to_thread(keyring_problem)

    def mirror_file(self, name: str) -> Path:
        """Return where the local copy of a remote's tree is kept."""
        private_folder(self._locations.cache)
        return private_folder(self._locations.cache / "mirrors") / f"{name}.sqlite"

    async def close_one(self, name: str) -> None:
        """Close a remote; nothing if it is not open."""
        self._auths.pop(name, None)
        if stack := self._open.pop(name, None):
            await stack.aclose()

    async def close(self) -> None:
        """Close all remotes."""
        for name in tuple(self._open):
            await self.close_one(name)
