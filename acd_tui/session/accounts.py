"""Remotes opened: from options and a token to a filesystem with a mirror."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, cast

from acd_tui.auth.store import MemoryStore, TokenStore, keyring_problem
from acd_tui.auth.token import Token
from acd_tui.clock import Clock
from acd_tui.config.options import RemoteOptions
from acd_tui.config.remotes import Remotes
from acd_tui.drive import belonging
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.drive.mirror import Mirror
from acd_tui.errors import SignInNeeded, Transient, Unreachable
from acd_tui.events import EventBus
from acd_tui.locations import Locations, private_folder
from acd_tui.session.events import Hindered
from acd_tui.session.offline import NoClient
from acd_tui.session.ownership import sealer
from acd_tui.session.secrets import Secrets, Where

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient
    from acd_tui.auth.bearer import BearerAuth
    from acd_tui.auth.lwa import Application


def application(options: RemoteOptions, secret: str | None = None) -> Application:
    """Return what the service knows us as with these options.

    Args:
        options: of a remote.
        secret: the client secret, where the options do not hold it.
    """
    from acd_tui.auth.lwa import Application

    return Application(
        options.client_id,
        options.client_secret or secret or None,
        auth_url=options.auth_url,
        token_url=options.token_url,
    )


class Accounts:
    """Opens remotes, keeps their secrets, and closes them again.

    Attributes:
        secrets: where these are kept.
    """

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
        self._tries = tries
        self._offline = offline
        self._locations = locations
        self._remotes = remotes
        self._bus = bus
        self._clock = clock
        self.secrets = Secrets(locations, remotes, clock, changed=self._disown)
        self._open: dict[str, contextlib.AsyncExitStack] = {}
        self._signed_in: dict[str, tuple[BearerAuth, DriveFileSystem]] = {}

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
        async with contextlib.AsyncExitStack() as stack:
            auth: BearerAuth | None = None
            if not self._offline:
                auth = await self._bearer(name, options, token)
            mirror = await self._mirror(name, stack)
            if auth is None:
                if not await mirror.is_of(sealer(options, token)):
                    await self._ask_whose(name, options, token, mirror)
                drive = self._drive(
                    name, options, cast("DriveClient", NoClient()), mirror
                )
            else:
                client = await stack.enter_async_context(
                    self._client(name, options, auth, mirror)
                )
                drive = self._drive(name, options, client, mirror)
                await self._see_whose(name, drive)
                await drive.open()
                self._signed_in[name] = auth, drive
            stack.push_async_callback(drive.close)
            self._open[name] = stack.pop_all()
        return drive

    def _drive(
        self, name: str, options: RemoteOptions, client: DriveClient, mirror: Mirror
    ) -> DriveFileSystem:
        return DriveFileSystem(
            name,
            client,
            mirror,
            bus=self._bus,
            clock=self._clock,
            encoding=options.encoding,
            upload_wait_per_gb=options.upload_wait_per_gb,
            templink_threshold=options.templink_threshold,
        )

    async def _ask_whose(
        self, name: str, options: RemoteOptions, token: Token | None, mirror: Mirror
    ) -> None:
        """Ask the service once whose drive it is that a mirror is of."""
        auth = await self._bearer(name, options, token)
        async with self._client(name, options, auth, mirror) as client:
            await self._see_whose(name, self._drive(name, options, client, mirror))

    async def _see_whose(self, name: str, drive: DriveFileSystem) -> None:
        """Show nobody the drive of who was signed in before him."""
        try:
            await drive.see_whose()
        except Transient as error:
            raise Unreachable(
                f"what is known of {name}: is not shown: since it was read somebody has"
                f" signed in anew, and whose drive it is now is not told"
                f" ({error.message})",
                hint="try again once the service answers",
            ) from error

    async def _mirror(self, name: str, stack: contextlib.AsyncExitStack) -> Mirror:
        path = self.mirror_file(name)
        mirror = await asyncio.to_thread(Mirror.open, path, clock=self._clock)
        stack.push_async_callback(mirror.close)
        return mirror

    async def _bearer(
        self, name: str, options: RemoteOptions, token: Token | None
    ) -> BearerAuth:
        from acd_tui.auth.bearer import BearerAuth

        if token is not None:
            store: TokenStore = MemoryStore(token)
            secret = options.client_secret or None
        else:
            store = self.secrets.store(name)
            secret = await self.secrets.client_secret(name, options)
        if await store.load() is None:
            raise SignInNeeded(
                f"nobody is signed in to {name}:",
                hint=f"sign in again in the panes, or `acd-tui config reconnect {name}`",
            )
        return BearerAuth(
            store,
            application(options, secret),
            [options.endpoint_url],
            clock=self._clock,
            lock_file=self.secrets.lock_file(name),
        )

    def _client(
        self, name: str, options: RemoteOptions, auth: BearerAuth, mirror: Mirror
    ) -> DriveClient:
        from acd_tui.api.client import DriveClient
        from acd_tui.api.transport import MOST_TRIES

        return DriveClient(
            endpoint_url=options.endpoint_url,
            auth=auth,
            clock=self._clock,
            memory=mirror,
            tries=self._tries or MOST_TRIES,
            hindered=lambda why: self._bus.publish(Hindered(name, why)),
        )

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
        values = options.values() | {"token": token.to_blob()}
        await self.secrets.add(name, values, secrets)

    async def renew(self, name: str, token: Token, where: Where | None = None) -> None:
        """Keep a new token, and go on with it.

        Args:
            name: of the remote.
            token: of the new sign-in.
            where: it is to be kept; None for where the old one is.
        """
        if "token" not in self._remotes.overrides(name):  # it would beat what is kept
            await self.secrets.keep(name, token, where)
        if name in self._signed_in:
            auth, drive = self._signed_in[name]
            auth.use(token)
            with contextlib.suppress(Transient):  # then the feed asks again
                await drive.see_whose()

    async def sign_in_options(self, name: str) -> dict[str, str]:
        """Return what signing in to a remote takes, its client secret included."""
        options = await asyncio.to_thread(self._remotes.get, name)
        values = options.values()
        values.pop("token", None)
        values["client_secret"] = await self.secrets.client_secret(name, options) or ""
        return {key: value for key, value in values.items() if value}

    async def remove(self, name: str) -> None:
        """Remove a remote with its secrets and its mirror; the drive is not touched.

        Raises:
            NotFound: the file has no such remote.
        """
        await self.secrets.delete(name)
        await asyncio.to_thread(self._remove_mirror, name)

    async def rename(self, name: str, new: str) -> None:
        """Give a remote another name, with its secrets and its mirror.

        Raises:
            NotFound: the file has no such remote.
            Exists: the new name is taken.
            AcdError: the keyring or the file cannot be used.
        """
        await self.secrets.rename(name, new)
        await asyncio.to_thread(self._rename_mirror, name, new)

    def _rename_mirror(self, name: str, new: str) -> None:
        old = self.mirror_file(name)
        if old.with_name(old.name + "-wal").exists():
            # Somebody has it open, or died so; it is filled again under the new name.
            self._remove_mirror(name)
        elif old.exists():
            old.replace(self.mirror_file(new))

    def _remove_mirror(self, name: str) -> None:
        path = self.mirror_file(name)
        for end in ("", "-wal", "-shm"):
            path.with_name(path.name + end).unlink(missing_ok=True)

    async def keyring_problem(self) -> str | None:
        """Say why the system's keyring cannot be used; None if it can."""
        return await asyncio.to_thread(keyring_problem)

    def _disown(self, name: str) -> None:
        belonging.disown(self._locations.mirror_file(name))

    def mirror_file(self, name: str) -> Path:
        """Return where the local copy of a remote's tree is kept."""
        private_folder(self._locations.cache)
        file = self._locations.mirror_file(name)
        private_folder(file.parent)
        return file

    async def close_one(self, name: str) -> None:
        """Close a remote; nothing if it is not open."""
        self._signed_in.pop(name, None)
        if stack := self._open.pop(name, None):
            await stack.aclose()

    async def close(self) -> None:
        """Close all remotes."""
        for name in tuple(self._open):
            await self.close_one(name)
