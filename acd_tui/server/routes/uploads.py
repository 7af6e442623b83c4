"""Content on its way in: upload and overwrite (amazon-drive-api.md §4.5, §4.6, §4.15)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import metadata, partials, wire
from acd_tui.server.conditions import unchanged
from acd_tui.server.content_types import type_of
from acd_tui.server.multipart import (
    Data,
    Event,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)
from acd_tui.server.routes import resume
from acd_tui.server.service import authorised, json_object, node_answer, service_of
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.uploads import CutOff, Plan, Upload, new_content, new_file, refusal

_LARGEST_METADATA = 1024 * 1024
_MD5 = re.compile(r"[0-9a-fA-F]{32}")
_RAW_TYPES = {"", "application/x-www-form-urlencoded"}  # what says nothing


class _Receiver:
    """Takes a form apart; the content goes to disk as it comes.

    Args:
        incoming: where the content goes.
        begun: called with the metadata as soon as the content begins, if the metadata
            came first.
    """

    def __init__(
        self, incoming: Upload, begun: Callable[[bytes, Part], None] | None = None
    ) -> None:
        self._incoming = incoming
        self._begun = begun
        self._metadata = bytearray()
        self._part: Part | None = None
        self.content: Part | None = None

    @property
    def metadata(self) -> bytes:
        return bytes(self._metadata)

    async def receive(self, request: Request) -> Part:
        """Read the request to its end, behind the last boundary too; the content's head.

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
                events = parser.feed(chunk)
            except MultipartError:
                raise wire.bad_request("Cannot complete upload") from None
            for event in events:
                await self._handle(event)
        if not parser.finished:
            raise CutOff(400, wire.bad_request("Cannot read from request.").body)
        if self.content is None:
            raise wire.bad_request("Bytes not received for request.")
        return self.content

    async def _handle(self, event: Event) -> None:
        if isinstance(event, Data):
            await self._take(event.data)
        elif isinstance(event, Part):
            self._begin(event)

    def _begin(self, part: Part) -> None:
        self._part = part
        if part.name != "content":
            return
        if self.content is not None or part.filename is None or not part.content_type:
            message = '{"name":"content","Content-Type":"application/octet-stream"}'
            raise wire.ApiFault(400, {"message": message})
        self.content = part
        if self._metadata and self._begun is not None:
            self._begun(self.metadata, part)

    async def _take(self, data: bytes | memoryview) -> None:
        if self._part is self.content:
            await self._incoming.write(data)
        elif self._part is not None and self._part.name == "metadata":
            self._metadata += data
            if len(self._metadata) > _LARGEST_METADATA:
                raise wire.fault(413, "The metadata is too large")


async def upload(request: Request) -> Response:
    """Make a file, of a form or of a bare body."""
    grant = await authorised(request, "write")
    storage, query = service_of(request).storage, request.query_params
    incoming = Upload(storage, grant)
    incoming.refusal = refusal(incoming, storage, grant)
    sent = request.headers.get("content-type", "")
    async with incoming:
        if "name" in query and not sent.lower().startswith("multipart/form-data"):
            incoming.plan = _plan(query, grant, _described(request), sent)
            async for chunk in request.stream():
                await incoming.write(chunk)
        else:

            def begun(text: bytes, part: Part) -> None:
                given = json_object(text)
                incoming.plan = _plan(query, grant, given, part.content_type)

            receiver = _Receiver(incoming, begun)
            content = await receiver.receive(request)
            if incoming.plan is None:  # the metadata came last, or not at all
                begun(receiver.metadata, content)
        row = await new_file(incoming, storage, grant)
    return node_answer(request, grant, row, 201)


def _described(request: Request) -> dict[str, Any]:
    """What the query says of a bare body."""
    query = request.query_params
    given: dict[str, Any] = {"name": query["name"], "kind": query.get("kind") or "FILE"}
    if parent := query.get("parentNodeId"):
        given["parents"] = [parent]
    given["size"] = request.headers.get("content-length")
    return given


def _plan(
    query: Mapping[str, str], grant: Grant, given: dict[str, Any], sent: str | None
) -> Plan:
    """What a client wants, checked.

    Raises:
        ApiFault: it makes no sense, or is not allowed.
    """
    if given.get("kind", "FILE") != "FILE":
        raise wire.bad_request("Invalid Kind")
    taken = metadata.checked(given, grant.hidden)
    if "name" not in taken:
        raise wire.bad_request("name is required")
    if local_id := partials.checked_local_id(query.get("localId")):
        taken["local_id"] = local_id
    resolution = query.get("conflictResolution") or given.get("conflictResolution")
    return Plan(
        taken,
        type_of(taken["name"], None if (sent or "").lower() in _RAW_TYPES else sent),
        size=_size(given.get("size")),
        md5=_md5(given.get("md5")),
        deduplicate=query.get("suppress") != "deduplication",
        rename=resolution == "RENAME",
        content_date=_date(query.get("contentDate") or given.get("contentDate")),
    )


def _size(given: object) -> int | None:
    """A number of bytes; clients write it as text too."""
    if given is None or given == "":
        return None
    text = str(given)
    if isinstance(given, bool) or not re.fullmatch(r"[0-9]{1,18}", text):
        raise wire.bad_request("size is not a number of bytes")
    return int(text)


def _md5(given: object) -> str | None:
    if given is None or given == "":
        return None
    if not isinstance(given, str) or not _MD5.fullmatch(given):
        raise wire.bad_request("md5 is not an MD5 in hex")
    return given.lower()


def _date(given: object) -> int | None:
    """A moment, in milliseconds since 1970."""
    if given is None or given == "":
        return None
    try:
        moment = datetime.fromisoformat(str(given))
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return round(moment.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise wire.fault(
            400, "contentDate is no ISO 8601 date", "InvalidDateTimeFormat"
        ) from None


async def overwrite(request: Request) -> Response:
    """Give a file new content, or go on with an upload that broke off."""
    grant = await authorised(request, "write")
    if request.headers.get("content-range") is not None:
        return await resume.go_on(request, grant)
    storage = service_of(request).storage
    node_id = request.path_params["id"]
    condition = unchanged(request.headers.get("if-match"))
    incoming = Upload(storage, grant)

    def refuse(tree: Tree) -> None:
        row = tree.file(node_id)
        condition(row)
        tree.refuse_over(storage.quota, incoming.size - (row.size or 0))

    incoming.refusal = refuse
    async with incoming:
        content = await _Receiver(incoming).receive(request)
        row = await new_content(
            incoming,
            storage,
            node_id,
            content_type=lambda row: type_of(row.name or "", content.content_type),
            condition=condition,
        )
    return node_answer(request, grant, row)
