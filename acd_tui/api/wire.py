"""The HTTP client underneath: httpx's words over aiohttp's connections.

httpx's own pool costs several times the processor time a request and gets slower with
each open connection.
"""

from __future__ import annotations

import contextlib
import errno
import functools
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from typing import Self
from urllib.parse import urlsplit

import httpx

from acd_tui.authorities import trusted

# aiohttp reads the authorities one trusts as it is imported, and twice: a sixth of what a
# small command takes. That is for connections that are given no context. Ours are; others
# would know no authority.
ssl.SSLContext.set_default_verify_paths = lambda self: None  # type: ignore[method-assign]  # noqa: ARG005
try:
    import aiohttp
    import yarl
finally:
    del ssl.SSLContext.set_default_verify_paths

_PIECE = 256 * 1024
"""Bytes read from a connection at a time."""

_CONNECTIONS = 100

_IDLE_SECONDS = 4.0
"""Kept shorter than servers keep idle connections (uvicorn: 5 s), so that no upload
goes out on a connection that is just being closed."""

TIMEOUT = httpx.Timeout(connect=15.0, read=60.0, write=60.0, pool=None)
PATIENT = httpx.Timeout(connect=15.0, read=300.0, write=300.0, pool=None)
"""For what takes the service minutes to begin to answer: an upload is hashed and copied
after its last byte (§5.4), the changes of a big account are gathered (§4.14)."""


NO_ANSWER = "no answer in time"
"""The words of `problem` for that."""


class Wire(httpx.AsyncBaseTransport):
    """Connections of aiohttp's: large reads, no cookies, every failure as httpx's.

    Args:
        scheme: of the addresses it will be asked for.
    """

    def __init__(self, scheme: str) -> None:
        self.ssl_context = trusted(scheme)
        self._session: aiohttp.ClientSession | None = None

    def _opened(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            limit=_CONNECTIONS, keepalive_timeout=_IDLE_SECONDS, ssl=self.ssl_context
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            read_bufsize=_PIECE,
            auto_decompress=False,
        )
        return self._session

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        session = self._session or self._opened()
        body, timeout = request.stream, request.extensions["timeout"]
        with _failing_as_httpx(request):
            response = await session.request(
                request.method,
                yarl.URL(str(request.url), encoded=True),
                headers=[
                    (name.decode("ascii"), value.decode("ascii"))
                    for name, value in request.headers.raw
                ],
                data=(request.content or None)
                if isinstance(body, httpx.ByteStream)
                else body,
                allow_redirects=False,
                timeout=_timeout(timeout["connect"], timeout["read"]),
            )
        return httpx.Response(
            response.status,
            headers=response.raw_headers,
            stream=_Body(response, request),
            request=request,
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()


class _Body(httpx.AsyncByteStream):
    """An answer's body, that can be had whole as well."""

    def __init__(
        self, response: aiohttp.ClientResponse, request: httpx.Request
    ) -> None:
        self._response, self._request = response, request

    async def __aiter__(self) -> AsyncIterator[bytes]:
        with _failing_as_httpx(self._request):
            async for piece in self._response.content.iter_chunked(_PIECE):
                yield piece

    async def whole(self) -> bytes:
        with _failing_as_httpx(self._request):
            return await self._response.read()

    async def aclose(self) -> None:
        with _failing_as_httpx(self._request):
            self._response.release()
            await self._response.wait_for_close()


@contextlib.contextmanager
def _failing_as_httpx(request: httpx.Request) -> Iterator[None]:
    """Raise what goes wrong as httpx's; what it was, `problem` finds in its cause."""
    try:
        yield
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise httpx.TransportError(str(error), request=request) from error


@functools.lru_cache(4)
def _timeout(connect: float | None, read: float | None) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(sock_connect=connect, sock_read=read)


async def whole(response: httpx.Response) -> bytes:
    """Read an answer's body, decompressed.

    As `httpx.Response.aread` does, which hands a short one through six generators.

    Raises:
        httpx.HTTPError: it broke off, or is not packed as it says.
    """
    if (
        isinstance(response.stream, _Body)
        and "Content-Encoding" not in response.headers
    ):
        return await response.stream.whole()
    return await response.aread()


class Client:
    """Sends requests as `httpx.AsyncClient` would, without what no call of ours needs.

    For each request that one merges defaults and looks at cookies, redirects, proxies
    and hooks, which takes as long as all the rest of a small one.
    """

    def __init__(self, user_agent: str) -> None:
        self._wires: dict[str, Wire] = {}
        self._headers = {
            "Accept": "*/*",
            "User-Agent": user_agent,
            "Accept-Encoding": "gzip, deflate",
        }

    def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
        stream: httpx.AsyncByteStream | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> httpx.Request:
        """Make a request to be sent, by default with `TIMEOUT`.

        Raises:
            httpx.InvalidURL: `url` is none.
        """
        return httpx.Request(
            method,
            _address(url, tuple((params or {}).items())),
            headers=self._headers | dict(headers or {}),
            content=content,
            stream=stream,
            extensions={"timeout": (timeout or TIMEOUT).as_dict()},
        )

    async def send(
        self, request: httpx.Request, *, auth: httpx.Auth | None
    ) -> httpx.Response:
        """Send a request; the answer's body is yet to be read, and to be closed.

        Args:
            request: from `request`.
            auth: puts the token on it; None for an address that must not see that.
        """
        if auth is None:
            return await self._sent(request)
        async with contextlib.aclosing(auth.async_auth_flow(request)) as flow:
            request = await anext(flow)
            while True:
                response = await self._sent(request)
                try:
                    request = await flow.asend(response)
                    # The connection is free for the next try when this one is read.
                    await response.aread()
                except StopAsyncIteration:
                    return response
                except BaseException:
                    await response.aclose()
                    raise

    async def _sent(self, request: httpx.Request) -> httpx.Response:
        scheme = request.url.scheme
        if scheme not in self._wires:
            self._wires[scheme] = Wire(scheme)
        return await self._wires[scheme].handle_async_request(request)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for wire in self._wires.values():
            await wire.aclose()


@functools.lru_cache(64)
def _address(url: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Return an address; all uploads go to one, and to parse it takes as long as the rest.

    Raises:
        httpx.InvalidURL: `url` is none.
    """
    return httpx.URL(url, params=params) if params else httpx.URL(url)


def is_web_address(url: str) -> bool:
    """Whether `url` names a host to ask over HTTP or HTTPS."""
    try:
        urlsplit(url)  # the stricter one about brackets
        parts = httpx.URL(url)
    except (ValueError, httpx.InvalidURL):
        return False
    return parts.scheme in {"http", "https"} and bool(parts.host)


def problem(error: BaseException) -> tuple[str, bool]:
    """Say in a few words what stopped a request, and whether there was a connection.

    The libraries wrap and rename; what happened stands at the end of the chain.
    """
    chain = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    connecting = any(
        isinstance(link, aiohttp.ClientConnectorError | httpx.ConnectError)
        for link in chain
    )
    for link in chain:
        if words := _words(link):
            return words, not connecting
    if any(isinstance(link, TimeoutError | httpx.TimeoutException) for link in chain):
        connecting = any(isinstance(e, aiohttp.ConnectionTimeoutError) for e in chain)
        return NO_ANSWER, not connecting
    return "the connection broke", not connecting


def _words(error: BaseException) -> str | None:
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        return _words(error.certificate_error)
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not to be trusted ({error.verify_message})"
    for kind, words in _KINDS:
        if isinstance(error, kind):
            return words
    if isinstance(error, OSError) and isinstance(error.errno, int):
        return _ERRNOS.get(error.errno)
    return None


_KINDS: tuple[tuple[type[BaseException], str], ...] = (
    (socket.gaierror, "no such host name, or no network"),
    (aiohttp.ClientConnectorDNSError, "no such host name, or no network"),
    (ssl.SSLError, "no TLS connection"),
    (aiohttp.ServerDisconnectedError, "the connection was closed without an answer"),
    (aiohttp.ClientResponseError, "what came back is not HTTP"),
    (aiohttp.ClientPayloadError, "the answer broke off"),
)
_ERRNOS = {
    errno.ECONNREFUSED: "connection refused",
    errno.ECONNRESET: "the connection was reset",
    errno.EPIPE: "the connection was reset",
    errno.EHOSTUNREACH: "no route to it",
    errno.ENETUNREACH: "no network",
    errno.EMFILE: "too many open files",
}
