"""One request and its answer: paced, sent once, and told what became of it."""

from __future__ import annotations

import contextlib
import email.utils
import logging
from collections.abc import Iterator

import httpx

from acd_tui.api import wire
from acd_tui.api.errors import ServiceTrouble, Silent, Unreached, from_response
from acd_tui.api.pacer import Pacer
from acd_tui.clock import Clock

_LARGEST_ERROR = 64 * 1024

_BROKEN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError)

_log = logging.getLogger(__name__)


class Answer:
    """An answer whose body is yet to be read, and to be closed.

    Attributes:
        response: its head, and the way to its body.
    """

    def __init__(
        self, response: httpx.Response, exchanges: Exchanges, ticket: int
    ) -> None:
        self.response = response
        self._exchanges, self._ticket = exchanges, ticket

    @contextlib.contextmanager
    def reading(self) -> Iterator[httpx.Response]:
        """Name what breaks while the body is read, and let it set the pace."""
        with self._exchanges.watched(self.response.request, self._ticket):
            yield self.response

    async def whole(self) -> bytes:
        """Read the body, decompressed, and close it.

        Raises:
            ServiceTrouble: it broke off.
        """
        try:
            with self.reading() as response:
                return await wire.whole(response)
        finally:
            await self.close()

    async def close(self) -> None:
        await self.response.aclose()


class Exchanges:
    """Sends requests, each once; what comes back, or does not, sets the pace.

    Args:
        http: keeps the connections; follows no redirect.
        clock: tells how far off a time is that the service gives.
        pacer: the pace shared by all calls.
    """

    def __init__(self, http: wire.Client, clock: Clock, pacer: Pacer) -> None:
        self._http, self._clock, self._pacer = http, clock, pacer

    async def begin(
        self,
        request: httpx.Request,
        auth: httpx.Auth | None,
        expected: frozenset[int] = frozenset(),
    ) -> Answer:
        """Wait for one's turn, send, and look at how the answer begins.

        Args:
            request: from `wire.Client.request`.
            auth: None for an address that must not see the token.
            expected: statuses outside 2xx that the caller deals with.

        Raises:
            ApiError: see its classes.
        """
        ticket = await self._pacer.wait()
        with self.watched(request, ticket):
            response = await self._http.send(request, auth=auth)
            _log.debug("%s %s: %d", request.method, request.url, response.status_code)
            try:
                await self._check(response, ticket, expected)
            except BaseException:
                await response.aclose()
                raise
        return Answer(response, self, ticket)

    @contextlib.contextmanager
    def watched(self, request: httpx.Request, ticket: int) -> Iterator[None]:
        """Name what breaks a request or its answer, and let it set the pace."""
        try:
            try:
                yield
            except _BROKEN as error:
                raise _named(request, error) from error
        except ServiceTrouble as trouble:
            # A host that is not there asks nobody to slow down, and back-off would
            # outlast its absence.
            if not isinstance(trouble, Unreached):
                self._pacer.failed(ticket, trouble.retry_after, why=trouble.message)
            _log.info(
                "%s %s: %s (status %d, request %s)",
                request.method,
                request.url.host,
                trouble.message,
                trouble.status,
                trouble.request_id,
            )
            raise

    async def _check(
        self, response: httpx.Response, ticket: int, expected: frozenset[int]
    ) -> None:
        status = response.status_code
        if not response.is_success and status not in expected:
            error = from_response(
                status,
                await _beginning(response),
                request_id=response.headers.get("x-amzn-RequestId"),
                retry_after=self._retry_after(response),
            )
            if isinstance(error, ServiceTrouble):
                raise error
            self._pacer.succeeded(ticket)
            raise error
        self._pacer.succeeded(ticket)

    def _retry_after(self, response: httpx.Response) -> float | None:
        text = response.headers.get("Retry-After", "").strip()
        if text.isdecimal():
            return float(text[:9])
        try:
            at = email.utils.parsedate_to_datetime(text).timestamp()
        except (ValueError, OverflowError, TypeError):
            return None
        return max(0.0, at - self._clock.now())


def content_length(response: httpx.Response) -> int | None:
    """Return how many bytes an answer's body is to have, if it says so."""
    text = response.headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _named(request: httpx.Request, error: Exception) -> ServiceTrouble:
    """Name the host and the problem where a request or an answer broke."""
    words, connected = wire.problem(error)
    where = request.url.netloc.decode("ascii", "replace")
    if connected:
        kind = Silent if words == wire.NO_ANSWER else ServiceTrouble
        return kind(f"lost {where}: {words}")
    return Unreached(
        f"cannot reach {where}: {words}",
        hint="see whether the address is right and the server runs",
    )


async def _beginning(response: httpx.Response) -> bytes:
    """Read as much of an error's body as anybody wants to know."""
    data = b""
    async for piece in response.aiter_bytes():
        data += piece
        if len(data) >= _LARGEST_ERROR:
            break
    return data
