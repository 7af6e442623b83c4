"""Content: upload, overwrite, download (amazon-drive-api.md §4.5, §4.6, §4.8, §4.9)."""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send

from acd_tui.server import index, metadata, wire
from acd_tui.server.multipart import (
    Data,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)
from acd_tui.server.ranges import Span, Unsatisfiable, parse_range
from acd_tui.server.service import authorised, json_object, node_answer, service_of
from acd_tui.server.storage import (
    Storage,
    Upload,
    file_pieces,
    new_content,
    new_file,
)
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

_LARGEST_METADATA = 1024 * 1024
_IN_ONE = 256 * 1024  # up to here a file is answered in one piece
_ASK_EARLY = 1024 * 1024  # from here a refusal shall not wait for the end
_TYPES = mimetypes.MimeTypes()
_UNKNOWN_TYPE = "application/octet-stream"
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]{1,255}")


@dataclass(slots=True)
class _Form:
    """What an upload's body held besides its content."""

    metadata: bytearray
    content: Part | None = None

    @property
    def content_type(self) -> str:
        return (self.content.content_type if self.content else None) or _UNKNOWN_TYPE


async def upload(request: Request) -> Response:
    """Make a file."""
    grant = await authorised(request, "write")
    storage = service_of(request).storage
    incoming = storage.upload()

    def described(form: _Form) -> dict[str, Any]:
        given = json_object(bytes(form.metadata))
        if given.get("kind", "FILE") != "FILE":
            raise wire.bad_request("Invalid Kind")
        taken = metadata.checked(given, grant.hidden)
        if "name" not in taken:
            raise wire.bad_request("name is required")
        return taken

    async def ask_early(form: _Form) -> None:
        if not form.metadata:
            return
        taken = described(form)

        def work(tree: Tree) -> None:
            tree.refuse_over(storage.quota, incoming.size)
            tree.refuse_name(taken["name"], tree.parents(taken.get("parents", ())))

        now = storage.now()
        await storage.read(grant, lambda db, user: work(Tree(db, user, now)))

    try:
        form = await _received(request, incoming, ask_early)
        taken = described(form)
        row = await new_file(
            storage,
            grant,
            incoming,
            taken,
            _type_of(taken["name"], form.content_type),
            deduplicate=request.query_params.get("suppress") != "deduplication",
        )
    except Exception:
        await incoming.discard()
        raise
    return node_answer(request, grant, row, 201)


async def overwrite(request: Request) -> Response:
    """Give a file new content."""
    grant = await authorised(request, "write")
    storage = service_of(request).storage
    node_id = request.path_params["id"]
    incoming = storage.upload()

    async def ask_early(form: _Form) -> None:
        def work(tree: Tree) -> None:
            row = tree.file(node_id)
            tree.refuse_over(storage.quota, incoming.size - (row.size or 0))

        now = storage.now()
        await storage.read(grant, lambda db, user: work(Tree(db, user, now)))

    try:
        form = await _received(request, incoming, ask_early)
        name = (await storage.node(grant, node_id)).name or ""
        row = await new_content(
            storage, grant, incoming, node_id, _type_of(name, form.content_type)
        )
    except Exception:
        await incoming.discard()
        raise
    return node_answer(request, grant, row)


async def _received(
    request: Request, incoming: Upload, ask_early: Callable[[_Form], Awaitable[None]]
) -> _Form:
    """Take the body apart; the content goes to `incoming`.

    The request is read to its end, behind the last boundary too.

    Raises:
        ApiFault: the body is no whole multipart form, or not one of these.
    """
    try:
        parser = MultipartParser(boundary_of(request.headers.get("content-type", "")))
    except MultipartError as error:
        raise wire.fault(415, str(error)) from None
    form = _Form(bytearray())
    asked_at = 0
    part: Part | None = None
    async for chunk in request.stream():
        try:
            events = list(parser.feed(chunk))
        except MultipartError:
            raise wire.bad_request("Cannot complete upload") from None
        for event in events:
            if isinstance(event, Part):
                part = _known(event, form)
            elif isinstance(event, Data) and part is not None:
                await _take(event.data, part, form, incoming)
        if incoming.size - asked_at >= _ASK_EARLY and form.content is part:
            await ask_early(form)
            asked_at = incoming.size * 2
    if not parser.finished:
        raise wire.bad_request("Cannot read from request.")
    if form.content is None:
        raise wire.bad_request("Bytes not received for request.")
    return form


def _known(part: Part, form: _Form) -> Part:
    if part.name == "content":
        if form.content is not None or part.filename is None or not part.content_type:
            raise wire.ApiFault(
                400,
                {
                    "message": '{"name":"content","Content-Type":'
                    '"application/octet-stream"}'
                },
            )
        form.content = part
    return part


async def _take(data: bytes, part: Part, form: _Form, incoming: Upload) -> None:
    if part is form.content:
        await incoming.write(data)
    elif part.name == "metadata":
        form.metadata += data
        if len(form.metadata) > _LARGEST_METADATA:
            raise wire.fault(413, "The metadata is too large")


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
    return _FileAnswer(storage, file, span.length, status, headers)


def _read(file: BinaryIO, span: Span) -> bytes:
    with file:
        file.seek(span.start)
        data = file.read(span.length)
    if len(data) != span.length:
        raise OSError("a content file is shorter than it should be")
    return data


class _FileAnswer(StreamingResponse):
    """Closes its file, however the answer ends."""

    def __init__(
        self,
        storage: Storage,
        file: BinaryIO,
        length: int,
        status: int,
        headers: dict[str, str],
    ) -> None:
        super().__init__(file_pieces(storage, file, length), status, headers)
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
