"""Content on its way out, whole or a range (amazon-drive-api.md §4.8, §4.9)."""

from __future__ import annotations

import errno
import os
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from acd_tui.server import index, wire, zero_copy
from acd_tui.server.content_types import UNKNOWN_TYPE, fits_header
from acd_tui.server.pictures import pictures_of
from acd_tui.server.ranges import Span, Unsatisfiable, parse_range
from acd_tui.server.service import authorised, service_of
from acd_tui.server.small import held_by
from acd_tui.server.storage import Storage
from acd_tui.server.wire import NodeRow

Current = Callable[[], Awaitable[tuple[NodeRow, bytes | None]]]

HAVE_CONTENT = frozenset({"FILE", "ASSET"})
_PIECE = 1024 * 1024
_UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\;=]')
_IN_ONE = 256 * 1024  # up to here a file is answered in one piece


async def download(request: Request) -> Response:
    """A file's content, or a range of it."""
    grant = await authorised(request, "read")
    storage = service_of(request).storage
    node_id = request.path_params["id"]

    async def current() -> tuple[NodeRow, bytes | None]:
        return await storage.node_and_bytes(grant, node_id)

    return await _content(request, storage, current)


async def linked(request: Request) -> Response:
    """The content a temporary link leads to; needs no token."""
    service = service_of(request)
    number, made = service.linked(request.path_params["token"])

    def find(db: sqlite3.Connection) -> tuple[NodeRow, bytes | None] | None:
        row = index.find_linked(db, number, made)
        return None if row is None else (row, held_by(db, row))

    async def current() -> tuple[NodeRow, bytes | None]:
        found = await service.storage.db.read(find)
        if found is None:
            raise wire.node_not_found()
        return found

    return await _content(request, service.storage, current)


async def _content(request: Request, storage: Storage, current: Current) -> Response:
    for _ in range(3):
        row, data = await current()
        if row.kind not in HAVE_CONTENT or row.content is None or row.size is None:
            raise wire.forbidden("Only a file has content")
        if box := request.query_params.get("viewBox"):
            return await pictures_of(request).answer(request, row, box)
        source = data if data is not None else storage.content.path(row.content)
        try:
            return await _answered(request, storage, row, source)
        except FileNotFoundError:
            continue  # overwritten a moment ago
    raise wire.fault(500, "The content is missing")


async def _answered(
    request: Request, storage: Storage, row: NodeRow, source: Path | bytes
) -> Response:
    size = row.size or 0
    headers = _headers(request, row)
    try:
        asked = request.headers.get("range")
        if request.headers.get("if-range", headers["etag"]) != headers["etag"]:
            asked = None
        span = parse_range(asked, size)
        if span and not span.length and _asks_until_416(request):
            raise Unsatisfiable
    except Unsatisfiable:
        raise wire.ApiFault(
            416,
            {"message": "The requested range is not satisfiable"},
            {"content-range": f"bytes */{size}"},
        ) from None
    status = 200 if span is None else 206
    if span is None:
        span = Span(0, size)
    else:
        last = span.start + span.length - 1
        place = f"{span.start}-{last}" if span.length else "*"
        headers["content-range"] = f"bytes {place}/{size}"
    headers["content-length"] = str(span.length)
    if isinstance(source, bytes):
        data = source[span.start :][: span.length]
        return Response(None if request.method == "HEAD" else data, status, headers)
    if request.method == "HEAD":
        await storage.in_thread(source.stat)  # what is not there is not promised
        return Response(None, status, headers)
    if span.length <= _IN_ONE:
        return Response(await storage.in_thread(_read, source, span), status, headers)
    file = await storage.in_thread(_open, source)
    return _FileAnswer(storage, file, span, status=status, headers=headers)


def _open(path: Path) -> BinaryIO:
    return path.open("rb", buffering=0)


def _read(path: Path, span: Span) -> bytes:
    with _open(path) as file:
        data = os.pread(file.fileno(), span.length, span.start)
    if len(data) != span.length:
        raise OSError("a content file is shorter than it should be")
    return data


async def _pieces(storage: Storage, file: BinaryIO, span: Span) -> AsyncIterator[bytes]:
    """Read from an open file, a MiB at a time, off the event loop."""
    file.seek(span.start)
    left = span.length
    while left > 0:
        piece = await storage.in_thread(file.read, min(_PIECE, left))
        if not piece:
            raise OSError(errno.EIO, "a content file is shorter than it should be")
        left -= len(piece)
        yield piece


class _FileAnswer(StreamingResponse):
    """Closes its file, however the answer ends."""

    def __init__(
        self,
        storage: Storage,
        file: BinaryIO,
        span: Span,
        *,
        status: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(_pieces(storage, file, span), status, headers)
        self._file = file
        self._span = span

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            if zero_copy.EXTENSION in scope.get("extensions", ()):
                await self._send_whole(send)
            else:
                await super().__call__(scope, receive, send)
        finally:
            self._file.close()

    async def _send_whole(self, send: Send) -> None:
        await send(
            {
                "type": "http.response.start",
                "status": self.status_code,
                "headers": self.raw_headers,
            }
        )
        await send(
            {
                "type": zero_copy.EXTENSION,
                "file": self._file,
                "offset": self._span.start,
                "count": self._span.length,
            }
        )


def _asks_until_416(request: Request) -> bool:
    """Tell whether this is acd_cli, whose `cat` reads on until there is no more.

    Of an empty file it would ask for the beginning for ever.
    """
    return request.headers.get("user-agent", "").startswith("acdcli.api/")


def _headers(request: Request, row: NodeRow) -> dict[str, str]:
    given = request.query_params
    content_type = given.get("responseContentType") or row.content_type or ""
    if not fits_header(content_type):
        content_type = UNKNOWN_TYPE
    headers = {
        "content-type": content_type,
        "accept-ranges": "bytes",
        "etag": f'"{row.md5}"',
        # Content of users must not become a page of this site.
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    disposition = given.get("responseContentDisposition", "")
    if fits_header(disposition):
        headers["content-disposition"] = disposition
    elif given.get("download", "").lower() == "true":
        headers["content-disposition"] = disposition_of(row.name or "")
    return headers


def disposition_of(name: str) -> str:
    """Save under that name; also for clients that cut the header at each `; ` and `=`."""
    plain = _UNSAFE.sub("_", name).encode("utf-8", "replace").decode("latin-1")
    coded = quote(name, safe="", errors="replace")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{coded}"
