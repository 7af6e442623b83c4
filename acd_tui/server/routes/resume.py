"""Uploads that broke off: how far they came, and going on (amazon-drive-api.md §4.7)."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import index, partials, wire
from acd_tui.server.partials import Partial
from acd_tui.server.ranges import parse_content_range
from acd_tui.server.service import (
    answer,
    authorised,
    base_of,
    node_answer,
    refuse_unseen,
    service_of,
)
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.uploads import CutOff, goes_on_at, new_file, resumed


async def progress(request: Request) -> Response:
    """How much of an upload has come; 204 if nothing has."""
    grant = await authorised(request, "write")
    storage = service_of(request).storage
    local_id = partials.checked_local_id(request.query_params.get("localId"))
    node_id = request.query_params.get("nodeId")
    if (local_id is None) == (not node_id):
        raise wire.bad_request("Either localId or nodeId is required")

    def find(db: sqlite3.Connection, user: int) -> tuple[Partial | None, str | None]:
        if local_id is None:
            return partials.of_node(db, user, node_id or ""), node_id
        known = partials.of_local_id(db, user, local_id)
        return known, partials.node_of_local_id(db, user, local_id)

    known, made = await storage.read(grant, find)
    if known is not None and known.owner == grant.owner:
        received = await storage.in_thread(storage.content.received, known.content)
        if received is not None:
            return _unfinished(request, known, received)
    if made is None or (known is not None and local_id is not None):
        return Response(status_code=204)
    await refuse_unseen(request, grant, [made])
    row = await storage.node(grant, made)
    if row.kind != "FILE" or row.size is None:
        raise wire.node_not_found()
    whole = _Progress(row.id, row.size, row.md5, row.created)
    return _answered(request, whole, row.size, "COMPLETED")


class _Progress(NamedTuple):
    node: str
    size: int
    md5: str | None
    started: int


def _unfinished(request: Request, known: Partial, received: int) -> Response:
    announced = _Progress(known.node, known.size, known.md5, known.started)
    return _answered(request, announced, goes_on_at(known, received), "IN_PROGRESS")


def _answered(
    request: Request, announced: _Progress, received: int, state: str
) -> Response:
    node = announced.node
    return answer(
        {
            "expectedBytes": announced.size,
            "started": wire.date(announced.started),
            "nodeId": node,
            "expectedMd5": announced.md5,
            "contentLink": f"{base_of(request)}/cdproxy/nodes/{node}/content",
            "uploadState": state,
            "receivedBytes": received,
        }
    )


async def go_on(request: Request, grant: Grant) -> Response:
    """Take more of an upload; with its last byte it becomes a node."""
    storage = service_of(request).storage
    place = parse_content_range(request.headers["content-range"])
    if place is None:
        raise wire.bad_request("Content-Range is not `bytes FIRST-LAST/SIZE`")
    known = await _known(storage, grant, request.path_params["id"])
    if place.size != known.size:
        raise wire.fault(400, f"The upload has {known.size} bytes", "FileSizeMismatch")
    length = request.headers.get("content-length")
    if length is not None and length != str(place.end - place.start):
        raise wire.bad_request("Content-Length and Content-Range do not agree")
    upload = await resumed(storage, grant, known, place.start)
    async with upload:
        async for chunk in request.stream():
            if upload.size + len(chunk) > place.end:
                raise CutOff(400, {"message": "More bytes than Content-Range says"})
            await upload.write(chunk)
        if upload.size < place.end:
            raise CutOff(400, {"message": "Cannot read from request."})
        if place.end < known.size:
            await upload.leave()
            return _unfinished(request, known, upload.size)
        row = await new_file(upload, storage, grant)
    return node_answer(request, grant, row, 201)


async def _known(storage: Storage, grant: Grant, node_id: str) -> Partial:
    """The upload that will be a node.

    Raises:
        ApiFault: 404 this application knows none, 409 it is done.
    """

    def find(db: sqlite3.Connection, user: int) -> tuple[Partial | None, bool]:
        row = index.get(db, user, node_id)
        made = row is not None and row.kind == "FILE"
        return partials.of_node(db, user, node_id), made

    known, made = await storage.read(grant, find)
    if made:
        raise partials.complete(node_id)
    if known is None or known.owner != grant.owner:
        raise wire.node_not_found()
    return known
