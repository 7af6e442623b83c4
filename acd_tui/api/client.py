"""The client of one account: finds its hosts and joins the sections."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

import httpx

import acd_tui
from acd_tui.api import wire
from acd_tui.api.account import Account
from acd_tui.api.changes import Changes
from acd_tui.api.content import Content
from acd_tui.api.errors import BadAnswer, Forbidden
from acd_tui.api.models import Endpoint
from acd_tui.api.nodes import Nodes
from acd_tui.api.pacer import Pacer
from acd_tui.api.transport import MOST_TRIES, OriginBound, Transport
from acd_tui.api.trash import Trash
from acd_tui.clock import Clock
from acd_tui.errors import UsageError

_ENDPOINT_AGE = 3 * 86400.0
"""Seconds for which the hosts are remembered; Amazon's advice is 3 to 5 days (§2.1)."""


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
        tries: int = MOST_TRIES,
        user_agent: str = f"acd-tui/{acd_tui.__version__}",
    ) -> None:
        self._endpoint_url = endpoint_url
        self._auth = auth
        self._allow(endpoint_url)
        self._clock = clock
        self._http = wire.Client(user_agent)
        self._known: Endpoint | None = None
        self._known_until = 0.0
        self._asking = asyncio.Lock()
        self._transport = Transport(
            self._http, auth, clock, addresses=self, pacer=Pacer(clock), tries=tries
        )
        self.account = Account(self._transport)
        self.nodes = Nodes(self._transport)
        self.trash = Trash(self._transport)
        self.content = Content(self._transport, self)
        self.changes = Changes(self._transport, self)

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
        """Return where the account lives; asked once in three days.

        Raises:
            Forbidden: the customer never accepted Amazon Drive's terms.
            BadAnswer: the addresses are not usable.
            ServiceTrouble: it cannot be asked.
        """
        async with self._asking:
            if self._known is None or self._clock.monotonic() >= self._known_until:
                self._known = await self._ask()
                self._known_until = self._clock.monotonic() + _ENDPOINT_AGE
            return self._known

    async def _ask(self) -> Endpoint:
        if not wire.is_web_address(self._endpoint_url):
            raise UsageError(
                f"{self._endpoint_url!r} is no web address",
                hint="look at endpoint_url of this remote",
            )
        reply = await self._transport.absolute(self._endpoint_url)
        found = reply.read(Endpoint)
        if not found.customer_exists:
            raise Forbidden(
                "this account has no Amazon Drive",
                hint="accept Amazon Drive's terms on its web site first",
                status=403,
            )
        for url in (found.metadata_url, found.content_url):
            self._check(url)
            self._allow(url)
        return found

    def _allow(self, url: str) -> None:
        if isinstance(self._auth, OriginBound) and wire.is_web_address(url):
            self._auth.allow(url)

    def _check(self, url: str) -> None:
        if not wire.is_web_address(url):
            raise BadAnswer("the service does not say where the account's files are")
        if url.startswith("http:") and self._endpoint_url.startswith("https:"):
            raise BadAnswer("the service wants the token sent without encryption")

    def doubt(self) -> None:
        """Have the next `endpoint` ask again: the host known so far is gone."""
        self._known = None
