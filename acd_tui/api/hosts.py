"""Where an account lives (amazon-drive-api.md §2.1): asked for, and remembered.

The token goes to these hosts, so what was remembered is believed only with the seal of
the sign-in on it: neither another account's answer nor a file that somebody else has
written leads it anywhere.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from typing import Protocol, runtime_checkable

import httpx

from acd_tui.api import wire
from acd_tui.api.errors import BadAnswer, Forbidden
from acd_tui.api.models import Endpoint, Remembered, words_to_seal
from acd_tui.api.transport import OriginBound
from acd_tui.clock import Clock
from acd_tui.errors import UsageError

_AGE = 3 * 86400.0
"""Seconds for which the hosts are remembered; Amazon's advice is 3 to 5 days (§2.1)."""


class Memory(Protocol):
    """Keeps such an answer; what goes wrong with that is its own affair."""

    async def recall(self) -> Remembered | None: ...

    async def remember(self, answer: Remembered | None) -> None:
        """Keep an answer; None: forget the one that is kept."""


@runtime_checkable
class Sealing(Protocol):
    """An `httpx.Auth` that knows its own words again, as long as the sign-in is one."""

    async def seal(self, text: bytes) -> bytes:
        """Return what nobody without the sign-in can make of a text."""

    async def look_again(self) -> None:
        """Take the sign-in that is kept now; another process may have another one."""


class Hosts:
    """Finds out where an account lives.

    Args:
        endpoint_url: what is asked.
        ask: gets a URL's answer, with the token on the request.
        auth: of the account; is told which addresses are its.
        clock: tells how old an answer is.
        memory: what earlier runs were told; None if there is nothing of the kind.

    Attributes:
        recalled: whether what is known is from an earlier run.
    """

    def __init__(
        self,
        endpoint_url: str,
        ask: Callable[[str], Awaitable[Endpoint]],
        auth: httpx.Auth,
        clock: Clock,
        *,
        memory: Memory | None,
    ) -> None:
        self._endpoint_url, self._ask, self._auth = endpoint_url, ask, auth
        # Found out once: to ask a protocol takes longer than the seal, which each call
        # wants.
        self._sealing = auth if isinstance(auth, Sealing) else None
        self._clock, self._memory = clock, memory
        self._own_key = secrets.token_bytes()
        self._known: Remembered | None = None
        self._known_until = 0.0
        self._recalled_once = False
        self._doubted = False
        self._asking = asyncio.Lock()
        self.recalled = False
        if isinstance(auth, OriginBound) and wire.is_web_address(endpoint_url):
            auth.allow(endpoint_url)

    async def endpoint(self) -> Endpoint:
        """Return where the account lives; asked once in three days.

        Raises:
            Forbidden: the customer never accepted Amazon Drive's terms.
            BadAnswer: the addresses are not usable.
            ServiceTrouble: it cannot be asked.
            SignInNeeded: nobody is signed in.
        """
        async with self._asking:
            known = self._known or await self._recall()
            if (
                known is None
                or self._clock.monotonic() >= self._known_until
                or not await self._is_ours(known)
            ):
                known = await self._asked()
            self._known = known
            return known.endpoint

    async def seal(self, *words: str) -> bytes:
        """Return what only this sign-in, at this service, can make of some words.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        text = words_to_seal(self._endpoint_url, *words)
        if self._sealing is not None:
            return await self._sealing.seal(text)
        return self._own_key + text  # known again in this run alone

    async def look_again(self) -> None:
        """Take the sign-in that is kept now, if others may have changed it."""
        if self._sealing is not None:
            await self._sealing.look_again()

    async def doubt(self) -> None:
        """Have the next `endpoint` ask again, if need be that of another run."""
        self._known = None
        self.recalled = False
        if self._memory is not None and not self._doubted:
            self._doubted = True
            await self._memory.remember(None)

    async def _recall(self) -> Remembered | None:
        """Return what an earlier run was told, if it was this sign-in and lately."""
        if self._memory is None or self._doubted or self._recalled_once:
            return None
        self._recalled_once = True
        known = await self._memory.recall()
        if known is None or not await self._is_ours(known):
            return None
        age = self._clock.now() - known.asked
        if not 0 <= age < _AGE:
            return None
        self._known_until = self._clock.monotonic() + _AGE - age
        self.recalled = True
        self._allow(known.endpoint)
        return known

    async def _asked(self) -> Remembered:
        if not wire.is_web_address(self._endpoint_url):
            raise UsageError(
                f"{self._endpoint_url!r} is no web address",
                hint="look at endpoint_url of this remote",
            )
        while True:
            whose = await self.seal()
            found = await self._ask(self._endpoint_url)
            if whose == await self.seal():  # nobody else has signed in meanwhile
                break
        if not found.customer_exists:
            raise Forbidden(
                "this account has no Amazon Drive",
                hint="accept Amazon Drive's terms on its web site first",
                status=403,
            )
        for url in (found.metadata_url, found.content_url):
            self._check(url)
        self._allow(found)
        now = self._clock.now()
        known = Remembered(found, now, await self._seal_of(found, now))
        self._known_until = self._clock.monotonic() + _AGE
        self._doubted = self.recalled = False
        if self._memory is not None:
            await self._memory.remember(known)
        return known

    async def _is_ours(self, known: Remembered) -> bool:
        seal = await self._seal_of(known.endpoint, known.asked)
        return secrets.compare_digest(known.seal, seal)

    async def _seal_of(self, found: Endpoint, asked: float) -> bytes:
        return await self.seal(found.metadata_url, found.content_url, repr(asked))

    def _allow(self, found: Endpoint) -> None:
        if isinstance(self._auth, OriginBound):
            self._auth.allow(found.metadata_url)
            self._auth.allow(found.content_url)

    def _check(self, url: str) -> None:
        if not wire.is_web_address(url):
            raise BadAnswer("the service does not say where the account's files are")
        if url.startswith("http:") and self._endpoint_url.startswith("https:"):
            raise BadAnswer("the service wants the token sent without encryption")
