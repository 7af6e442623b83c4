"""The real server in its own process, and accounts of it opened as filesystems."""

from __future__ import annotations

import contextlib
import itertools
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acd_tui.api.client import DriveClient
from acd_tui.auth.bearer import BearerAuth
from acd_tui.auth.lwa import Application
from acd_tui.auth.store import MemoryStore
from acd_tui.auth.token import Token
from acd_tui.clock import SystemClock
from acd_tui.drive.filesystem import DriveFileSystem
from acd_tui.drive.mirror import Mirror
from acd_tui.events import EventBus
from acd_tui.server import admin
from tests.server_process import ServerProcess, running_server


@dataclass
class Service:
    """A running server that gives out accounts."""

    server: ServerProcess
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_account(self) -> str:
        """Make a user with an empty drive; return the name."""
        name = f"user{next(self._numbers)}"
        admin.add_user(self.server.directory, name, "a password for tests")
        return name

    @contextlib.asynccontextmanager
    async def client(
        self, user: str, client_id: str = admin.APPLICATION
    ) -> AsyncIterator[DriveClient]:
        clock = SystemClock()
        blob = self.server.token(user=user, client_id=client_id)
        token = Token.from_blob(json.dumps(blob))
        application = Application(client_id, token_url=self.server.token_url)
        url = self.server.endpoint_url
        auth = BearerAuth(MemoryStore(token), application, clock=clock)
        async with DriveClient(endpoint_url=url, auth=auth, clock=clock) as client:
            yield client

    @contextlib.asynccontextmanager
    async def drive(
        self,
        user: str,
        mirror_file: Path,
        *,
        follow: bool = True,
        bus: EventBus | None = None,
        client_id: str = admin.APPLICATION,
        **options: Any,
    ) -> AsyncIterator[DriveFileSystem]:
        """Open an account.

        Args:
            user: whose.
            mirror_file: where its mirror is kept.
            follow: whether the change feed is followed in the background.
            bus: gets its events.
            client_id: of the application that the user has signed in with.
            options: further ones of `DriveFileSystem`.
        """
        async with self.client(user, client_id) as client:
            drive = DriveFileSystem(
                "drive",
                client,
                Mirror.open(mirror_file),
                bus=bus or EventBus(),
                clock=SystemClock(),
                **options,
            )
            if follow:
                await drive.open()
            try:
                yield drive
            finally:
                await drive.close()


@contextlib.contextmanager
def running_service(folder: Path) -> Iterator[Service]:
    """Run a server over a folder in `folder` meanwhile."""
    with running_server(folder) as server:
        yield Service(server)
