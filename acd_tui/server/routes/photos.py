"""What else Amazon Photos clients ask for (amazon-drive-api.md §4.15)."""

from __future__ import annotations

import sqlite3
import struct
import time
import zlib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from functools import partial
from hmac import compare_digest
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from acd_tui.server import bulk, index, resources, wire
from acd_tui.server.archive import Member, packed
from acd_tui.server.pictures import pictures_of
from acd_tui.server.routes.downloads import HAVE_CONTENT
from acd_tui.server.service import (
    Service,
    answer,
    authorised,
    base_of,
    json_of,
    rendered,
    service_of,
    unseen,
)
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.wire import NodeRow

_MOST_LINKS = 1200
_MOST_DIGESTS = 1200
_ARCHIVE_SECONDS = 3600
_LONGEST_TOKEN = 32 * 1024
_THUMBNAIL = "256"
_PASSED_ON = {
    "download",
    "viewBox",
    "responseContentType",
    "responseContentDisposition",
}


async def content_redirection(request: Request) -> Response:
    """Lead to the content, by a link that needs no sign-in."""
    grant = await authorised(request, "read")
    row = await _own(request, grant)
    if row.status != "AVAILABLE":
        raise wire.node_not_found()
    suffix = request.query_params.get("querySuffix", "").lstrip("?&")
    try:
        asked = parse_qsl(suffix, max_num_fields=20)
    except ValueError:
        raise wire.bad_request("querySuffix cannot be read") from None
    passed = urlencode([(name, value) for name, value in asked if name in _PASSED_ON])
    link = service_of(request).link(base_of(request), row.num)
    return RedirectResponse(f"{link}?{passed}" if passed else link, 302)


async def thumbnail(request: Request) -> Response:
    """A picture, made small."""
    grant = await authorised(request, "read")
    row = await _own(request, grant)
    box = request.query_params.get("viewBox") or _THUMBNAIL
    return await pictures_of(request).answer(request, row, box)


async def _own(request: Request, grant: Grant) -> NodeRow:
    """The node of a path, which has content and belongs to whom the request says."""
    owner = request.query_params.get("ownerId") or grant.account
    if owner != grant.account:
        raise wire.node_not_found()
    storage = service_of(request).storage
    row = await storage.node(grant, request.path_params["id"])
    if row.kind not in HAVE_CONTENT or row.content is None:
        raise wire.forbidden("Only a file has content")
    return row


async def nodes_by_digest(request: Request) -> Response:
    """The files that have one of some MD5s."""
    grant = await authorised(request, "read")
    given = await json_of(request)
    resources.note_version(request, given)
    if str(given.get("digestType") or "MD5").upper() != "MD5":
        raise wire.bad_request("digestType is MD5")
    digests = bulk.ids_of(given, "digestList", _MOST_DIGESTS)
    views = await service_of(request).storage.read(
        grant, lambda db, user: index.with_md5(db, user, digests, grant.classes)
    )
    nodes = rendered(request, grant, views, request.query_params)
    return answer({"count": len(nodes), "data": nodes})


async def batch_link(request: Request) -> Response:
    """A link to a zip file of many files; it needs no sign-in, for an hour."""
    grant = await authorised(request, "read")
    given = await json_of(request)
    ids = bulk.ids_of(given, "nodeIds", _MOST_LINKS)
    hidden = await unseen(request, grant, ids)
    service = service_of(request)

    def numbers_of(db: sqlite3.Connection, user: int) -> list[int]:
        rows = (index.get(db, user, one) for one in ids if one not in hidden)
        return sorted(row.num for row in rows if row is not None and row.content)

    numbers = await service.storage.read(grant, numbers_of)
    if not numbers:
        raise wire.node_not_found()
    token = _archive_token(service, numbers)
    return answer({"links": {"content": f"{base_of(request)}/cdproxy/batch/{token}"}})


def _archive_token(service: Service, numbers: list[int]) -> str:
    expires = int(service.storage.clock.now()) + _ARCHIVE_SECONDS
    steps = [b - a for a, b in zip([0, *numbers], numbers, strict=False)]
    payload = struct.pack(">Q", expires) + zlib.compress(msgspec.json.encode(steps), 9)
    tagged = payload + service.signed("batch", payload)
    return urlsafe_b64encode(tagged).rstrip(b"=").decode()


def _archived(service: Service, token: str) -> tuple[list[int], int]:
    """The numbers of the files in an archive, and when its link was made.

    Raises:
        ApiFault: 404, the link is none of ours or too old.
    """
    try:
        raw = urlsafe_b64decode(token[:_LONGEST_TOKEN].encode() + b"==")
    except ValueError:
        raise wire.node_not_found() from None
    payload, tag = raw[:-18], raw[-18:]
    if len(payload) < 8 or not compare_digest(tag, service.signed("batch", payload)):
        raise wire.node_not_found()
    (expires,) = struct.unpack(">Q", payload[:8])
    if not service.in_time(expires, _ARCHIVE_SECONDS):
        raise wire.node_not_found()
    numbers, last = [], 0
    for step in msgspec.json.decode(zlib.decompress(payload[8:]), type=list[int]):
        last += step
        numbers.append(last)
    return numbers, expires - _ARCHIVE_SECONDS


async def batch(request: Request) -> Response:
    """The zip file that a link leads to."""
    service = service_of(request)
    storage = service.storage
    numbers, made = _archived(service, request.path_params["token"])

    def find(db: sqlite3.Connection) -> list[NodeRow]:
        rows = (index.find_linked(db, number, made) for number in numbers)
        return [row for row in rows if row is not None and row.content]

    members = [_member(storage, row) for row in await storage.db.read(find)]
    headers = {
        "content-disposition": 'attachment; filename="photos.zip"',
        "x-content-type-options": "nosniff",
    }
    pieces = _pieces(storage, members)
    return StreamingResponse(pieces, 200, headers, "application/zip")


def _member(storage: Storage, row: NodeRow) -> Member:
    assert row.content is not None
    moment = time.gmtime(min(max(row.modified // 1000, 315532800), 4354819198))[:6]
    opened = partial(storage.opened, row.content)
    return Member(row.name or "", opened, row.size or 0, moment)


async def _pieces(storage: Storage, members: list[Member]) -> AsyncIterator[bytes]:
    pieces = packed(members)
    while (piece := await storage.in_thread(next, pieces, None)) is not None:
        if piece:
            yield piece
