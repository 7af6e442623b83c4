"""Bytes: upload, overwrite, download (amazon-drive-api.md §4.5, 4.6, 4.8, 4.9)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable

import httpx

from acd_tui.api.errors import ApiError, BadAnswer, Cut
from acd_tui.api.exchange import content_length
from acd_tui.api.models import Node
from acd_tui.api.multipart import UploadBody
from acd_tui.api.transport import Addresses, Transport, encode, section
from acd_tui.errors import Changed

_MOST_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_DEALT_WITH = _REDIRECTS | {416}
_SIGNED = ("X-Amz-Algorithm", "Signature")
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_UNSATISFIED = re.compile(r"bytes \*/(\d+)")


class Content:
    """`nodes/…/content` of the content host."""

    def __init__(self, transport: Transport, addresses: Addresses) -> None:
        self._transport = transport
        self._addresses = addresses

    async def upload(
        self,
        parent_id: str,
        name: str,
        body: AsyncIterable[bytes],
        size: int,
        *,
        content_type: str | None = None,
        properties: dict[str, dict[str, str]] | None = None,
        suppress_deduplication: bool = True,
    ) -> Node:
        """Make a file; sent once, never repeated.

        Args:
            parent_id: the folder.
            name: as the service is to store it.
            body: the bytes, in pieces of 256 KiB to 1 MiB.
            size: how many there are.
            content_type: MIME type.
            properties: `{owner: {key: value}}`.
            suppress_deduplication: False to be told where the bytes are already.

        Returns:
            The new node; `content_properties` may be missing for a while.

        Raises:
            NameConflict: the name is taken.
            DuplicateContent: the drive has these bytes.
            OverQuota: no room.
            ServiceTrouble: with `body_sent` the file may appear nevertheless (§5.4).
            Changed: `body` gave fewer or more bytes than `size`.
        """
        metadata: dict[str, object] = {
            "name": name,
            "kind": "FILE",
            "parents": [parent_id],
        }
        if properties:
            metadata["properties"] = properties
        form = UploadBody(
            body,
            size,
            metadata=encode(metadata),
            filename=name,
            content_type=content_type,
        )
        return await self._send(
            "POST", "nodes", form, suppress_deduplication=suppress_deduplication
        )

    async def overwrite(
        self,
        node_id: str,
        body: AsyncIterable[bytes],
        size: int,
        *,
        name: str,
        content_type: str | None = None,
    ) -> Node:
        """Replace a file's bytes; its id, name and parents stay.

        Raises:
            NodeNotFound: the file is gone.
            OverQuota: no room.
            ServiceTrouble: as for `upload`.
            Changed: as for `upload`.
        """
        form = UploadBody(
            body, size, metadata=None, filename=name, content_type=content_type
        )
        path = f"nodes/{section(node_id)}/content"
        return await self._send("PUT", path, form, suppress_deduplication=True)

    async def _send(
        self, method: str, path: str, form: UploadBody, *, suppress_deduplication: bool
    ) -> Node:
        params = {"suppress": "deduplication"} if suppress_deduplication else {}
        reply = await self._transport.upload(method, path, params, form)
        try:
            return reply.read(Node)
        except BadAnswer as odd:
            odd.body_sent = form.finished
            raise

    @contextlib.asynccontextmanager
    async def open(
        self, node_id: str, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a file's bytes from `offset` on.

        Large files are redirected to other hosts, which do not get the token (§4.8).

        Raises:
            NodeNotFound: there is no such file.
            Changed: the file is shorter than `offset`.
            ServiceTrouble: it cannot be opened; while reading, that it broke off.
        """

        async def url() -> str:
            return await self._url(node_id)

        async with self._opened(url, offset, with_token=True) as pieces:
            yield pieces

    async def short(self, node_id: str, size: int) -> bytes | None:
        """Get all bytes of a small file, at less cost than `open`.

        Args:
            node_id: the file.
            size: how many bytes it has.

        Returns:
            None if that is not how the service answers; `open` it then.

        Raises:
            NodeNotFound: there is no such file.
            ServiceTrouble: it cannot be opened, or broke off.
        """

        async def request() -> httpx.Request:
            return self._request(await self._url(node_id), 0)

        return await self._transport.short(request, size, expected=_REDIRECTS)

    async def _url(self, node_id: str) -> str:
        path = f"nodes/{section(node_id)}/content"
        return (await self._addresses.endpoint()).content_url + path

    @contextlib.asynccontextmanager
    async def open_link(
        self, temp_link: str, *, offset: int = 0
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Open a node's `temp_link`, without the token (§4.9).

        Raises:
            NodeNotFound: the link has expired; ask for the node again.
            Changed: the file is shorter than `offset`.
            ServiceTrouble: as for `open`.
        """
        if not temp_link.startswith(("http://", "https://")):
            raise ApiError("the service gave a link that is no web address")

        async def url() -> str:
            return temp_link

        async with self._opened(url, offset, with_token=False) as pieces:
            yield pieces

    @contextlib.asynccontextmanager
    async def _opened(
        self, start: Callable[[], Awaitable[str]], offset: int, *, with_token: bool
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        get: Callable[[], Awaitable[str]] = start
        for _ in range(_MOST_REDIRECTS):
            auth = self._transport.auth if with_token else None

            async def request(
                get: Callable[[], Awaitable[str]] = get,
            ) -> httpx.Request:
                return self._request(await get(), offset)

            async with self._transport.stream(
                request, auth=auth, expected=_DEALT_WITH
            ) as response:
                if response.status_code not in _REDIRECTS:
                    yield _pieces(response, offset)
                    return
                target = _target(response)
                with_token = with_token and _same_origin(response.url, target)

                async def get(target: str = str(target)) -> str:
                    return target

        raise ApiError("the service redirects in a circle")

    def _request(self, url: str, offset: int) -> httpx.Request:
        # Raw bytes are wanted: packed ones could neither be resumed nor counted.
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        try:
            return self._transport.http.request("GET", url, headers=headers)
        except httpx.InvalidURL as error:
            raise ApiError("the service gave a link that is no web address") from error


def _target(response: httpx.Response) -> httpx.URL:
    try:
        target = response.url.join(response.headers["Location"])
    except (KeyError, httpx.InvalidURL) as error:
        raise ApiError("the service redirects to nowhere") from error
    if target.scheme not in {"http", "https"} or not target.host:
        raise ApiError("the service redirects to something that is no web address")
    if response.url.scheme == "https" and target.scheme == "http":
        raise ApiError("the service redirects to an address without encryption")
    return target


def _same_origin(one: httpx.URL, other: httpx.URL) -> bool:
    if any(key in other.params for key in _SIGNED):
        return False  # S3: "Only one auth mechanism allowed"
    return (one.scheme, one.host, _port(one)) == (
        other.scheme,
        other.host,
        _port(other),
    )


def _port(url: httpx.URL) -> int:
    return url.port or (443 if url.scheme == "https" else 80)


async def _pieces(response: httpx.Response, offset: int) -> AsyncIterator[bytes]:
    """Yield what the answer holds from `offset` of the file on, to the file's end."""
    status = response.status_code
    if status == 416:
        found = _UNSATISFIED.fullmatch(response.headers.get("Content-Range", ""))
        if found and int(found[1]) == offset:
            return
        raise Changed("the file is shorter than it was")
    skip, expected = _extent(response, offset)
    got = 0
    async for piece in response.aiter_raw():
        got += len(piece)
        if skip >= len(piece):
            skip -= len(piece)
            continue
        yield piece[skip:] if skip else piece
        skip = 0
    if expected is not None and got != expected:
        raise Cut(f"the answer broke off after {got} of {expected} bytes")
    if skip:
        raise Changed("the file is shorter than it was")


def _extent(response: httpx.Response, offset: int) -> tuple[int, int | None]:
    """Return how many bytes to leave out at the start, and how many should come."""
    expected = content_length(response)
    if response.status_code != 206:
        return offset, expected  # the range was not honoured: this is the whole file
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None or int(found[1]) != offset:
        raise BadAnswer("the service sent another part of the file than asked for")
    if found[3] != "*":
        # To the file's end, whatever part of it the service chose to send.
        expected = int(found[3]) - offset
    return 0, expected
