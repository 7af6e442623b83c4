"""Content: upload, overwrite, download (amazon-drive-api.md §4.5, §4.6, §4.8, §4.9)."""

from __future__ import annotations

import errno
import mimetypes
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from acd_tui.server import index, metadata, wire
from acd_tui.server.multipart import (
    Data,
    Event,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)
from acd_tui.server.ranges import Span, Unsatisfiable, parse_range
from acd_tui.server.service import authorised, json_object, node_answer, service_of
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.uploads import Upload, new_content, new_file
from acd_tui.server.wire import NodeRow

_LARGEST_METADATA = 1024 * 1024
_PIECE = 1024 * 1024
_IN_ONE = 256 * 1024  # up to here a file is answered in one piece
_ASK_EARLY = 1024 * 1024  # from here a refusal shall not wait for the end
_TYPES = mimetypes.MimeTypes()
_UNKNOWN_TYPE = "application/octet-stream"
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]{1,255}")


class _Receiver:
    """Takes an upload's body apart; the content goes to disk as it comes.

    Args:
        incoming: where the content goes.
        ask_early: called now and then with the metadata, so that what will be refused
            is refused before all of a large file has come.
    """

    def __init__(
        self, incoming: Upload, ask_early: Callable[[bytes], Awaitable[None]]
    ) -> None:
        self._incoming = incoming
        self._ask_early = ask_early
        self._ask_at = _ASK_EARLY
        self._metadata = bytearray()
        self._content: Part | None = None
        self._part: Part | None = None

    @property
    def metadata(self) -> bytes:
        return bytes(self._metadata)

    @property
    def content_type(self) -> str:
        return (self._content and self._content.content_type) or _UNKNOWN_TYPE

    async def receive(self, request: Request) -> None:
        """Read the request to its end, behind the last boundary too.

        Raises:
            ApiFault: the body is no whole multipart form, or not one of these.
        """
        try:
            boundary = boundary_of(request.headers.get("content-type", ""))
        except MultipartError as error:
            raise wire.fault(415, str(error)) from None
        parser = MultipartParser(boundary)
        async for chunk in request.stream():
            try:
                events = list(parser.feed(chunk))
            except MultipartError:
                raise wire.bad_request("Cannot complete upload") from None
            for event in events:
                await self._handle(event)
        if not parser.finished:
            raise wire.bad_request("Cannot read from request.")
        if self._content is None:
            raise wire.bad_request("Bytes not received for request.")

    async def _handle(self, event: Event) -> None:
        if isinstance(event, Part):
            self._begin(event)
        elif isinstance(event, Data) and self._part is not None:
            await self._take(event.data, self._part)

    def _begin(self, part: Part) -> None:
        self._part = part
        if part.name != "content":
            return
        if self._content is not None or part.filename is None or not part.content_type:
            message = '{"name":"content","Content-Type":"application/octet-stream"}'
            raise wire.ApiFault(400, {"message": message})
        self._content = part

    async def _take(self, data: bytes, part: Part) -> None:
        if part is self._content:
            await self._incoming.write(data)
            if self._incoming.size >= self._ask_at:
                self._ask_at *= 2
                await self._ask_early(self.metadata)
        elif part.name == "metadata":
            self._metadata += data
            if len(self._metadata) > _LARGEST_METADATA:
                raise wire.fault(413, "The metadata is too large")


async def upload(request: Request) -> Response:
    """Make a file."""
    grant = await authorised(request, "write")
    storage = service_of(request).storage
    incoming = Upload(storage)

    async def ask_early(text: bytes) -> None:
        if not text:
            return
        taken = _described(text, grant)

        def work(tree: Tree) -> None:
            tree.refuse_over(storage.quota, incoming.size)
            tree.refuse_name(taken["name"], tree.parents(taken.get("parents", ())))

        await storage.ask(grant, work)

    receiver = _Receiver(incoming, ask_early)
    async with incoming:
        await receiver.receive(request)
        taken = _described(receiver.metadata, grant)
        row = await new_file(
            storage,
            grant,
            incoming,
            taken,
            content_type=_type_of(taken["name"], receiver.content_type),
            deduplicate=request.query_params.get("suppress") != "deduplication",
        )
    return node_answer(request, grant, row, 201)


def _described(text: bytes, grant: Grant) -> dict[str, Any]:
    given = json_object(text)
    if given.get("kind", "FILE") != "FILE":
        raise wire.bad_request("Invalid Kind")
    taken = metadata.checked(given, grant.hidden)
    if "name" not in taken:
        raise wire.bad_request("name is required")
    return taken


async def overwrite(request: Request) -> Response:
    """Give a file new content."""
    grant = await authorised(request, "write")
    storage = service_of(request).storage
    node_id = request.path_params["id"]
    incoming = Upload(storage)

    def work(tree: Tree) -> str:
        row = tree.file(node_id)
        tree.refuse_over(storage.quota, incoming.size - (row.size or 0))
        return row.name or ""

    async def ask_early(_: bytes) -> None:
        await storage.ask(grant, work)

    receiver = _Receiver(incoming, ask_early)
    async with incoming:
        await receiver.receive(request)
        name = await storage.ask(grant, work)
        row = await new_content(
            storage,
            grant,
            incoming,
            node_id,
            content_type=_type_of(name, receiver.content_type),
        )
    return node_answer(request, grant, row)


def _type_of(name: str, sent: str) -> str:
    """The type a client names, or where it says nothing the one of the extension."""
    if _HEADER_VALUE.fullmatch(sent) and sent.lower() != _UNKNOWN_TYPE:
        return sent
    return _TYPES.guess_type("x." + name.rpartition(".")[2])[0] or _UNKNOWN_TYPE


async def download(request: Request) -> Response:
    """A file's content, or a range of it."""
    grant = await authorised(request, "read")
    storage = service_of(request).storage
    node_id = request.path_params["id"]

    async def current() -> NodeRow:
        return await storage.node(grant, node_id)

    return await _content(request, storage, current)


async def linked(request: Request) -> Response:
    """The content a temporary link leads to; needs no token."""
    service = service_of(request)
    number = service.linked(request.path_params["token"])

    async def current() -> NodeRow:
        row = await service.storage.db.read(lambda db: index.find(db, number))
        if row is None or row.status != "AVAILABLE":
            raise wire.node_not_found()
        return row

    return await _content(request, service.storage, current)


async def _content(
    request: Request, storage: Storage, current: Callable[[], Awaitable[NodeRow]]
) -> Response:
    for _ in range(3):
        row = await current()
        if row.kind != "FILE" or row.content is None or row.size is None:
            raise wire.forbidden("Only a file has content")
        try:
            file = await storage.in_thread(_open, storage, row.content)
        except FileNotFoundError:
            continue  # overwritten a moment ago
        return await _answered(request, storage, row, file)
    raise wire.fault(500, "The content is missing")


def _open(storage: Storage, content: str) -> BinaryIO:
    return storage.content.path(content).open("rb", buffering=0)


async def _answered(
    request: Request, storage: Storage, row: NodeRow, file: BinaryIO
) -> Response:
    size = row.size or 0
    headers = _headers(request, row)
    try:
        asked = request.headers.get("range")
        if request.headers.get("if-range", headers["etag"]) != headers["etag"]:
            asked = None
        span = parse_range(asked, size)
    except Unsatisfiable:
        file.close()
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
    if request.method == "HEAD":
        file.close()
        return Response(None, status, headers)
    if span.length <= _IN_ONE:
        return Response(await storage.in_thread(_read, file, span), status, headers)
    file.seek(span.start)
    return _FileAnswer(storage, file, span.length, status=status, headers=headers)


def _read(file: BinaryIO, span: Span) -> bytes:
    with file:
        file.seek(span.start)
        data = file.read(span.length)
    if len(data) != span.length:
        raise OSError("a content file is shorter than it should be")
    return data


async def _pieces(
    storage: Storage, file: BinaryIO, length: int
) -> AsyncIterator[bytes]:
    """Read from an open file, a MiB at a time, off the event loop."""
    while length > 0:
        piece = await storage.in_thread(file.read, min(_PIECE, length))
        if not piece:
            raise OSError(errno.EIO, "a content file is shorter than it should be")
        length -= len(piece)
        yield piece


class _FileAnswer(StreamingResponse):
    """Closes its file, however the answer ends."""

    def __init__(
        self,
        storage: Storage,
        file: BinaryIO,
        length: int,
        *,
        status: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(_pieces(storage, file, length), status, headers)
        self._file = file

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._file.close()


def _headers(request: Request, row: NodeRow) -> dict[str, str]:
    given = request.query_params
    content_type = given.get("responseContentType") or row.content_type or ""
    if not _HEADER_VALUE.fullmatch(content_type):
        content_type = _UNKNOWN_TYPE
    headers = {
        "content-type": content_type,
        "accept-ranges": "bytes",
        "etag": f'"{row.md5}"',
        # Content of users must not become a page of this site.
        "content-security-policy": "default-src 'none'; sandbox",
        "x-content-type-options": "nosniff",
    }
    disposition = given.get("responseContentDisposition", "")
    if _HEADER_VALUE.fullmatch(disposition):
        headers["content-disposition"] = disposition
    elif given.get("download", "").lower() == "true":
        name = quote(row.name or "", safe="")
        headers["content-disposition"] = f"attachment; filename*=UTF-8''{name}"
    return headers
