"""The client of one account: finds its hosts and joins the sections."""

from __future__ import annotations

from collections.abc import Callable
from types import TracebackType
from typing import Self

import httpx

import acd_tui
from acd_tui.api import wire
from acd_tui.api.account import Account
from acd_tui.api.changes import Changes
from acd_tui.api.content import Content
from acd_tui.api.hosts import Hosts, Memory
from acd_tui.api.models import Endpoint
from acd_tui.api.nodes import Nodes
from acd_tui.api.pacer import Pacer
from acd_tui.api.transport import MOST_TRIES, Transport
from acd_tui.api.trash import Trash
from acd_tui.clock import Clock


class DriveClient:
    """Amazon Drive as one signed-in customer sees it.

    Use it as an async context manager, in one event loop.

    Attributes:
        account: state, quota, usage.
        nodes: metadata.
        trash: what was trashed.
        content: bytes.
        changes: what happened.
    """

    def __init__(
        self,
        *,
        endpoint_url: str,
        auth: httpx.Auth,
        clock: Clock,
        memory: Memory | None = None,
        tries: int = MOST_TRIES,
        hindered: Callable[[str | None], None] = lambda _: None,
        user_agent: str = f"acd-tui/{acd_tui.__version__}",
    ) -> None:
        self._http = wire.Client(user_agent)
        self._hosts = Hosts(endpoint_url, self._ask, auth, clock, memory=memory)
        self._transport = Transport(
            self._http,
            auth,
            clock,
            addresses=self._hosts,
            pacer=Pacer(clock, hindered=hindered),
            tries=tries,
        )
        self.account = Account(self._transport)
        self.nodes = Nodes(self._transport)
        self.trash = Trash(self._transport)
        self.content = Content(self._transport, self._hosts)
        self.changes = Changes(self._transport, self._hosts)

    async def __aenter__(self) -> Self:
        await self._http.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._http.__aexit__(kind, error, traceback)

    async def endpoint(self) -> Endpoint:
        """Return where the account lives; see `Hosts`."""
        return await self._hosts.endpoint()

    async def seal(self, *words: str) -> bytes:
        """Return what only this sign-in, at this service, can make of some words.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        return await self._hosts.seal(*words)

    async def look_again(self) -> None:
        """Take the sign-in that is kept now, if others may have changed it."""
        await self._hosts.look_again()

    async def _ask(self, endpoint_url: str) -> Endpoint:
        return (await self._transport.absolute(endpoint_url)).read(Endpoint)
