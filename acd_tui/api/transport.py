"""One call: find the address, send, and send again where that may help."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Protocol, TypeVar, runtime_checkable
from urllib.parse import quote

import httpx
import msgspec

from acd_tui.api import models, wire
from acd_tui.api.errors import (
    ApiError,
    BadAnswer,
    BadRequest,
    NodeNotFound,
    ServiceTrouble,
    Silent,
    Unauthorized,
    Unreached,
)
from acd_tui.api.exchange import Answer, Exchanges, content_length
from acd_tui.api.multipart import UploadBody
from acd_tui.api.pacer import LONGEST_HOLD, Pacer
from acd_tui.clock import Clock

M = TypeVar("M", bound=msgspec.Struct)
T = TypeVar("T")

MOST_TRIES = 10
"""Of one call; a 429 that never ends is a ban (§5.3)."""

MOST_CONNECTS = 3
"""Tries to get a connection at all: who looks at an unreachable host wants to know."""

MOST_SILENCES = 3
"""Tries that get no answer: each takes a minute, and what is tried again later anyway
need not keep its caller for ten."""

_CONNECT_PAUSE = 0.25
"""Seconds before the second of them; twice that before the third."""

_REFUSALS = frozenset({400, 403, 429, 503})
"""Statuses that say that nothing was done; after others an upload may appear (§5.4)."""


@runtime_checkable
class OriginBound(Protocol):
    """An `httpx.Auth` that gives the token to known addresses only."""

    def allow(self, url: str) -> None:
        """Let requests to that URL's scheme, host and port have the token."""


class Addresses(Protocol):
    """Finds out where the account lives.

    Attributes:
        recalled: whether what is known is from an earlier run.
    """

    recalled: bool

    async def endpoint(self) -> models.Endpoint: ...

    async def doubt(self) -> None:
        """Have the next `endpoint` ask again: the host known so far is gone."""


class Reply:
    """The body of an answer with status 2xx.

    Attributes:
        status: HTTP status.
        data: the body, decompressed.
        tries: how often the call was sent.
    """

    def __init__(self, status: int, data: bytes, tries: int) -> None:
        self.status = status
        self.data = data
        self.tries = tries

    def read(self, kind: type[M]) -> M:
        """Read the body as JSON.

        Raises:
            BadAnswer: it is none.
        """
        try:
            return models.decode(kind, self.data)
        except ValueError as error:
            raise BadAnswer(
                "what came back is not Amazon Drive's JSON",
                hint="see whether the address is right and nothing stands in between",
                status=self.status,
            ) from error


class Transport:
    """Sends the calls of all sections, at one pace.

    Args:
        http: keeps the connections; follows no redirect.
        auth: puts the token on requests.
        clock: drives the back-off.
        addresses: where metadata and content live.
        pacer: the pace shared by all calls.
        tries: how often a call is sent before it has failed.
    """

    def __init__(
        self,
        http: wire.Client,
        auth: httpx.Auth,
        clock: Clock,
        *,
        addresses: Addresses,
        pacer: Pacer,
        tries: int = MOST_TRIES,
    ) -> None:
        self.http = http
        self.auth = auth
        self._clock = clock
        self._addresses = addresses
        self._exchanges = Exchanges(http, clock, pacer)
        self._tries = tries

    async def metadata(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: object = None,
    ) -> Reply:
        """Call the metadata host.

        Args:
            method: HTTP verb.
            path: below the metadata URL, with ids quoted.
            params: query parameters.
            body: what to send as JSON.

        Raises:
            ApiError: see its classes.
        """
        content = None if body is None else encode(body)
        headers = {} if content is None else {"Content-Type": "application/json"}

        async def request() -> httpx.Request:
            url = (await self._addresses.endpoint()).metadata_url + path
            return self.http.request(
                method, url, params=params, content=content, headers=headers
            )

        return await self._called(request)

    async def absolute(self, url: str) -> Reply:
        """GET a URL with the token on it, such as that of the account's endpoint."""

        async def request() -> httpx.Request:
            return self.http.request("GET", url)

        return await self._called(request)

    async def upload(
        self, method: str, path: str, params: Mapping[str, str], body: UploadBody
    ) -> Reply:
        """Send a multipart body to the content host, once.

        Raises:
            ServiceTrouble: with `body_sent` telling whether the file may be there.
            AcdError: whatever the content's source raised.
        """
        url = (await self._addresses.endpoint()).content_url + path
        request = self.http.request(
            method,
            url,
            params=params,
            stream=body,
            headers=body.headers,
            timeout=wire.PATIENT,
        )
        try:
            answer = await self._exchanges.begin(request, self.auth)
            data = await answer.whole()
        except ServiceTrouble as trouble:
            if body.error is not None:
                raise body.error from trouble
            trouble.body_sent = (
                body.finished
                and trouble.status not in _REFUSALS
                and not isinstance(trouble, Unreached)
            )
            if isinstance(trouble, Unreached):
                await self._addresses.doubt()
            raise
        except Unauthorized as refused:
            # The token was renewed meanwhile, but the body is spent.
            raise ServiceTrouble(
                "the sign-in ran out at the start of the upload", status=refused.status
            ) from refused
        except NodeNotFound as lost:
            if not self._addresses.recalled:
                raise
            await self._addresses.doubt()
            raise ServiceTrouble(
                "uploads may have another address now", status=lost.status
            ) from lost
        finally:
            await body.aclose()
        return Reply(answer.response.status_code, data, 1)

    @contextlib.asynccontextmanager
    async def stream(
        self,
        request: Callable[[], Awaitable[httpx.Request]],
        *,
        auth: httpx.Auth | None,
        expected: frozenset[int] = frozenset(),
    ) -> AsyncIterator[httpx.Response]:
        """Open an answer of any length; tried again until one begins.

        Args:
            request: makes the request, anew for each try.
            auth: None for an address that must not see the token.
            expected: statuses outside 2xx that the caller deals with.
        """
        answer = await self._answered(request, auth, expected)
        try:
            with answer.reading() as response:
                yield response
        finally:
            await answer.close()

    async def short(
        self,
        request: Callable[[], Awaitable[httpx.Request]],
        size: int,
        *,
        expected: frozenset[int] = frozenset(),
    ) -> bytes | None:
        """Get an answer of so many bytes, at less cost than `stream`.

        Args:
            request: as for `stream`.
            size: bytes of the body, as it is sent.
            expected: as for `stream`.

        Returns:
            None if it is another answer, or does not say how long it is.
        """
        answer = await self._answered(request, self.auth, expected)
        response = answer.response
        if response.status_code == 200 and content_length(response) == size:
            return await answer.whole()
        await answer.close()
        return None

    async def _answered(
        self,
        request: Callable[[], Awaitable[httpx.Request]],
        auth: httpx.Auth | None,
        expected: frozenset[int],
    ) -> Answer:
        """Send until an answer begins."""

        async def begin(request: httpx.Request) -> Answer:
            return await self._exchanges.begin(request, auth, expected)

        answer, _ = await self._retried(request, begin)
        return answer

    async def _called(self, request: Callable[[], Awaitable[httpx.Request]]) -> Reply:
        async def whole(request: httpx.Request) -> tuple[int, bytes]:
            answer = await self._exchanges.begin(request, self.auth)
            data = await answer.whole()
            if self._addresses.recalled and data.lstrip()[:1] == b"<":
                raise ApiError("what came back is a web page")
            return answer.response.status_code, data

        (status, data), tries = await self._retried(request, whole)
        return Reply(status, data, tries)

    async def _retried(
        self,
        request: Callable[[], Awaitable[httpx.Request]],
        send: Callable[[httpx.Request], Awaitable[T]],
    ) -> tuple[T, int]:
        """Send until there is no trouble; also returns how often it was sent."""
        tries = Tries(self._tries)
        while True:
            # Finding out the address has had tries of its own.
            built = await request()
            try:
                return await send(built), tries.made + 1
            except ServiceTrouble as trouble:
                if isinstance(trouble, Unreached):
                    await self._addresses.doubt()
                if tries.exhausted_by(trouble):
                    raise
                if isinstance(trouble, Unreached):
                    await self._clock.sleep(_CONNECT_PAUSE * tries.made)
            except ApiError as error:
                error.unsure = tries.unsure
                # By hosts that an earlier run was told of: perhaps it has moved since.
                if not self._addresses.recalled:
                    raise
                await self._addresses.doubt()


class Tries:
    """How often one call was sent, and whether that is enough."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._unconnected = self._silent = 0
        self.made = 0
        self.unsure = False  # whether one may have been carried out

    def exhausted_by(self, trouble: ServiceTrouble) -> bool:
        """Count a failure; True if the call is to be given up."""
        self.made += 1
        unconnected = isinstance(trouble, Unreached)
        self._unconnected += unconnected
        self._silent += isinstance(trouble, Silent)
        self.unsure |= not unconnected and trouble.status not in _REFUSALS
        return (
            self.made >= self._most
            or self._unconnected >= MOST_CONNECTS
            or self._silent >= MOST_SILENCES
            or (trouble.retry_after or 0.0) > LONGEST_HOLD
        )


def encode(body: object) -> bytes:
    """Write JSON.

    Raises:
        BadRequest: a name in it is no Unicode text.
    """
    try:
        return msgspec.json.encode(body)
    except (UnicodeEncodeError, ValueError) as error:
        raise BadRequest("the name holds bytes that are no text") from error


def section(node_id: str) -> str:
    """Return a node's id as one part of a URL's path.

    Raises:
        ApiError: no node can have that id.
    """
    if not node_id.strip("."):
        raise NodeNotFound("no node has such an id", status=404)
    return quote(node_id, safe="")
