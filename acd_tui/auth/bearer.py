"""Puts the token on requests, renews it in time, and keeps it from strangers."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Iterable
from pathlib import Path

import httpx

from acd_tui.auth.lock import held
from acd_tui.auth.lwa import Application
from acd_tui.auth.store import TokenStore
from acd_tui.auth.token import LEEWAY, Token
from acd_tui.clock import Clock
from acd_tui.errors import AcdError, SignInNeeded

_STREAM_LEEWAY = 300.0
"""Before an upload, which cannot be repeated, the token must have some time left."""

_RENEWAL_PAUSE = 30.0
"""Seconds after a renewal in which a token of short life is taken as it is."""

_MOST_REJECTIONS = 3

_log = logging.getLogger(__name__)

Origin = tuple[str, str, int]


class BearerAuth(httpx.Auth):
    """Authorization of one remote's requests.

    Renewal is done by one task at a time, and by one process at a time where a lock
    file is given: whoever comes second finds the fresh token in the store. A request
    answered with 401 is repeated once with a renewed token, unless its body streams and
    is spent; then the next one gets the renewed token.

    Args:
        store: keeps the token.
        application: renews it.
        allowed_hosts: URLs whose scheme, host and port may have it; `allow` adds more.
        clock: tells whether it has run out.
        lock_file: held while renewing.
    """

    def __init__(
        self,
        store: TokenStore,
        application: Application,
        allowed_hosts: Iterable[str] = (),
        *,
        clock: Clock,
        lock_file: Path | None = None,
    ) -> None:
        self._store = store
        self._application = application
        self._clock = clock
        self._lock_file = lock_file
        self._lock = asyncio.Lock()
        self._token: Token | None = None
        self._unsaved = False
        self._renewed_at = float("-inf")
        self._rejections = 0
        self._rejected: Token | None = None
        self._origins: set[Origin] = set()
        # The last one: each call of the account wants it, and it stays the same.
        self._sealed: tuple[Token, bytes, bytes] | None = None
        for url in allowed_hosts:
            self.allow(url)

    def allow(self, url: str) -> None:
        """Let requests to that URL's scheme, host and port have the token."""
        self._origins.add(_origin(httpx.URL(url)))

    def use(self, token: Token) -> None:
        """Go on with a token that a new sign-in gave."""
        self._token = token
        self._rejections = 0
        self._unsaved = False

    async def seal(self, text: bytes) -> bytes:
        """Return what nobody without the sign-in can make of a text; see `Token.seal`.

        Raises:
            SignInNeeded: nobody is signed in.
        """
        token = await self._kept()
        if self._sealed is None or self._sealed[:2] != (token, text):
            self._sealed = token, text, token.seal(text)
        return self._sealed[2]

    async def look_again(self) -> None:
        """Take the sign-in that is kept now; another process may have another one."""
        async with self._lock:
            if not self._unsaved and (token := await self._store.load()) is not None:
                self._token = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        if _origin(request.url) not in self._origins:
            yield request  # a stranger's: without the token
            return
        streams = not isinstance(request.stream, httpx.ByteStream)
        token = await self._current(_STREAM_LEEWAY if streams else LEEWAY)
        request.headers["Authorization"] = f"Bearer {token.access_token}"
        response = yield request
        if response.status_code != 401:
            self._rejections = 0
            return
        self._count_rejection(token)
        if self._rejections > _MOST_REJECTIONS:
            raise SignInNeeded("the service refuses the sign-in", hint="sign in again")
        token = await self._renewed(token)
        if streams:
            return
        request.headers["Authorization"] = f"Bearer {token.access_token}"
        response = yield request
        if response.status_code != 401:
            self._rejections = 0

    def _count_rejection(self, token: Token) -> None:
        # Many calls under way with the same token are refused together.
        if token != self._rejected:
            self._rejected = token
            self._rejections += 1

    async def _kept(self) -> Token:
        token = self._token
        if token is None:
            async with self._lock:
                token = self._token = self._token or await self._store.load()
        if token is None:
            raise SignInNeeded("you are not signed in", hint="sign in first")
        return token

    async def _current(self, leeway: float) -> Token:
        token = await self._kept()
        if self._clock.monotonic() - self._renewed_at < _RENEWAL_PAUSE:
            leeway = 0.0
        if not token.access_token or token.expired(self._clock, leeway):
            return await self._renewed(token)
        return token

    async def _renewed(self, old: Token) -> Token:
        """Return a token that is not `old`, whoever renewed it."""
        async with self._lock:
            if self._token is not None and self._token != old:
                return self._token
            async with held(self._lock_file, self._clock):
                if (other := await self._of_another_process(old)) is not None:
                    self._token = other
                    return other
                token = await self._application.refresh(old)
                self._token = token
                self._renewed_at = self._clock.monotonic()
                await self._save(token)
                return token

    async def _of_another_process(self, old: Token) -> Token | None:
        if self._unsaved:
            return None  # what the store has is older than what we have
        try:
            stored = await self._store.load()
        except AcdError as error:
            # A keyring that locks itself must not end what runs for hours.
            _log.warning("the kept token cannot be read: %s", error.message)
            return None
        if (
            stored is None
            or stored.access_token == old.access_token
            or stored.expired(self._clock)
        ):
            return None
        return stored

    async def _save(self, token: Token) -> None:
        try:
            await self._store.save(token)
            self._unsaved = False
        except AcdError as error:
            # The token is good all the same; the next renewal tries to save again.
            self._unsaved = True
            _log.warning("the renewed token could not be saved: %s", error.message)


def _origin(url: httpx.URL) -> Origin:
    port = url.port or (443 if url.scheme == "https" else 80)
    return url.scheme, url.host, port
