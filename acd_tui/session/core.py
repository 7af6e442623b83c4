"""One run of the program: its settings, filesystems, queue and undo, opened as one."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.clock import Clock, SystemClock
from acd_tui.config import file as settings_file
from acd_tui.config.remotes import Remotes
from acd_tui.config.settings import Settings
from acd_tui.db import Database
from acd_tui.errors import AcdError, UsageError
from acd_tui.events import EventBus
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.locations import Locations, private_folder
from acd_tui.operations import Operations
from acd_tui.transfers.manager import TransferManager
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.auth.token import Token
    from acd_tui.config.options import RemoteOptions
    from acd_tui.session.accounts import Accounts
    from acd_tui.session.secrets import Where

LOCAL = "local"
"""What the disk of this machine is called among the filesystems."""

_LOOK_SECONDS = 1.0  # at least between two looks whether a remote is still there


@dataclass(frozen=True, slots=True)
class GivenRemote:
    """A remote of this run only, that no file knows (the built-in drive).

    Attributes:
        options: its configuration.
        token: already signed in with.
    """

    options: RemoteOptions
    token: Token = field(repr=False)


class Session:
    """The program's parts, alive.

    Attributes:
        locations: where its files are.
        settings: what the user prefers.
        bus: where changes of folders and of the queue are told.
        remotes: the configured remotes.
        transfers: the queue.
        operations: changes that can be undone.
        tries: how often one call of a remote is sent before it has failed; None for
            the usual number. To be set before the first remote is opened.
        offline: whether remotes are to answer from what is known of them alone. To be
            set before the first remote is opened.
    """

    def __init__(
        self,
        locations: Locations,
        settings: Settings,
        *,
        clock: Clock,
        given: Mapping[str, GivenRemote],
        remotes: Remotes | None = None,
    ) -> None:
        self.locations = locations
        self.settings = settings
        self.clock = clock
        self.bus = EventBus()
        self.remotes = remotes or Remotes(locations.remotes_file)
        self._given = dict(given)
        self._stack = contextlib.AsyncExitStack()
        self._filesystems: dict[str, FileSystem] = {}
        self._opening: dict[str, asyncio.Lock] = {}
        self._looked: dict[str, float] = {}
        self._gone: set[str] = set()
        self._accounts: Accounts | None = None
        self.tries: int | None = None
        self.offline = False

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls,
        locations: Locations,
        *,
        clock: Clock | None = None,
        given: Mapping[str, GivenRemote] | None = None,
        remotes: Remotes | None = None,
    ) -> AsyncIterator[Session]:
        """Open everything that needs no network; remotes are opened when asked for.

        The queue stands still until `transfers.start`.

        Args:
            locations: where the program's files are.
            clock: None for the system's.
            given: remotes of this run only.
            remotes: the configured ones; None for those of `locations`.

        Raises:
            AcdError: a settings file or a database cannot be used.
        """
        settings = await asyncio.to_thread(settings_file.load, locations.settings_file)
        session = cls(
            locations,
            settings,
            clock=clock or SystemClock(),
            given=given or {},
            remotes=remotes,
        )
        async with session._stack:
            await session._open()
            yield session

    async def _open(self) -> None:
        state = private_folder(self.locations.state)
        hashes = await asyncio.to_thread(
            HashCache.open, private_folder(self.locations.cache) / "hashes.sqlite"
        )
        self._stack.push_async_callback(asyncio.to_thread, hashes.close)
        local = LocalFileSystem(LOCAL, hashes=hashes)
        self._filesystems[LOCAL] = local
        self._stack.push_async_callback(asyncio.to_thread, local.close)
        journal = await self._database(state / "undo.sqlite", "operations")
        self.operations = Operations(self.filesystem, journal, bus=self.bus)
        queue = await self._database(state / "queue.sqlite", "transfers", durable=True)
        self.transfers = TransferManager(
            queue,
            self.filesystem,
            self.bus,
            self.clock,
            lock_file=state / "queue.lock",
            slots=self.settings.transfers.slots,
        )
        self._stack.push_async_callback(self._close_accounts)
        self._stack.push_async_callback(self.transfers.close)

    @property
    def accounts(self) -> Accounts:
        """The remotes; what they need is imported when one is first asked for."""
        if self._accounts is None:
            from acd_tui.session.accounts import Accounts

            self._accounts = Accounts(
                self.locations,
                self.remotes,
                self.bus,
                self.clock,
                tries=self.tries,
                offline=self.offline,
            )
        return self._accounts

    async def _close_accounts(self) -> None:
        if self._accounts is not None:
            await self._accounts.close()

    async def _database(
        self, path: Path, package: str, *, durable: bool = False
    ) -> Database:
        database = Database(
            path,
            files(f"acd_tui.{package}") / "schema",
            synchronous="FULL" if durable else "NORMAL",
        )
        await asyncio.to_thread(database.open)
        self._stack.push_async_callback(asyncio.to_thread, database.close)
        return database

    @property
    def opened(self) -> Mapping[str, FileSystem]:
        """The filesystems that are open, by their names."""
        return self._filesystems

    def remote_names(self) -> list[str]:
        """Return the names of all remotes, those of this run first."""
        configured = self.remotes.names()
        return [*self._given, *(n for n in configured if n not in self._given)]

    async def give(self, name: str, remote: GivenRemote) -> None:
        """Add a remote for this run only."""
        self._given[name] = remote
        await self.transfers.filesystem_ready(name)

    async def withdraw(self, name: str) -> None:
        """Close a remote of this run and forget it."""
        async with self._opening.setdefault(name, asyncio.Lock()):
            self._given.pop(name, None)
            self._filesystems.pop(name, None)
            await self.accounts.close_one(name)

    async def add_remote(
        self, name: str, options: RemoteOptions, token: Token, *, secrets: Where
    ) -> None:
        """Add a remote to the configuration, signed in; see `Accounts.add`."""
        await self.accounts.add(name, options, token, secrets=secrets)
        await self.transfers.filesystem_ready(name)

    async def renew_token(
        self, name: str, token: Token, where: Where | None = None
    ) -> None:
        """Go on with the token of a new sign-in to a remote; see `Accounts.renew`."""
        await self.accounts.renew(name, token, where)
        await self.transfers.filesystem_ready(name)

    async def rename_remote(self, name: str, new: str) -> None:
        """Give a remote another name: also its secrets, mirror, history and undo.

        Raises:
            NotFound: the file has no such remote.
            Exists: the new name is taken.
            Denied: transfers of it are yet to be done.
            AcdError: the keyring or the file cannot be used.
        """
        async with self._opening.setdefault(name, asyncio.Lock()):
            self._filesystems.pop(name, None)
            await self.accounts.close_one(name)
            await self.transfers.refuse_unfinished(name)
            await self.accounts.rename(name, new)
            try:
                await self.transfers.rename_filesystem(name, new)
            except AcdError:
                # Another process has queued something meanwhile, by the old name.
                await self.accounts.rename(new, name)
                raise
            await self.operations.rename_filesystem(name, new)

    async def delete_remote(self, name: str) -> None:
        """Remove a remote with its secrets and its mirror.

        Raises:
            NotFound: the file has no such remote.
            Denied: transfers of it are yet to be done.
        """
        async with self._opening.setdefault(name, asyncio.Lock()):
            await self.transfers.refuse_unfinished(name)
            self._filesystems.pop(name, None)
            await self.accounts.close_one(name)
            await self.accounts.remove(name)

    async def filesystem(self, name: str) -> FileSystem:
        """Return a filesystem by its name, opened when first asked for.

        Raises:
            UsageError: there is no such remote, or not any more.
            SignInNeeded: nobody is signed in to it.
            AcdError: its configuration or its mirror cannot be used.
        """
        async with self._opening.setdefault(name, asyncio.Lock()):
            if name not in self._filesystems:
                self._filesystems[name] = await self._open_remote(name)
            elif name != LOCAL and name not in self._given:
                await self._refuse_gone(name)
            return self._filesystems[name]

    async def _refuse_gone(self, name: str) -> None:
        """Refuse an open remote that another process has renamed or removed since.

        What it is being used for goes on; whatever is new would be noted under a name
        that nobody finds again.

        Raises:
            UsageError: it is gone.
        """
        now = self.clock.monotonic()
        if now - self._looked.get(name, 0.0) >= _LOOK_SECONDS:
            self._looked[name] = now
            with contextlib.suppress(
                AcdError
            ):  # as long as nobody can tell, it is there
                there = name in await asyncio.to_thread(self.remotes.names)
                (self._gone.discard if there else self._gone.add)(name)
        if name in self._gone:
            raise UsageError(
                f"there is no remote called {name} any more",
                hint="another program has renamed or removed it since it was opened; "
                "`acd-tui config list` shows what there is",
            )

    async def glance(self, name: str, path: VPath, count: int) -> Sequence[Entry]:
        """Return the first entries of a folder of a remote that is not open yet.

        Empty where it is open, where nothing is known of it, and where it has a problem:
        `filesystem` will tell.
        """
        file = self.locations.mirror_file(name)
        if name in self._filesystems or not file.exists():
            return ()
        from acd_tui.session.glance import glance
        from acd_tui.session.ownership import sealer

        try:
            options = await self._options(name)
            given = self._given.get(name)
            seal = sealer(options, given.token if given else None)
            return await asyncio.to_thread(
                glance, file, options, path, count, seal=seal
            )
        except AcdError:
            return ()

    async def _options(self, name: str) -> RemoteOptions:
        if name in self._given:
            return self._given[name].options
        return await asyncio.to_thread(self.remotes.get, name)

    async def _open_remote(self, name: str) -> FileSystem:
        if name in self._given:
            given = self._given[name]
            return await self.accounts.open(name, given.options, given.token)
        if name not in await asyncio.to_thread(self.remotes.names):
            raise UsageError(
                f"there is no remote called {name}",
                hint="see `acd-tui config list`, or add it with `acd-tui config create`",
            )
        options = await asyncio.to_thread(self.remotes.get, name)
        return await self.accounts.open(name, options)
