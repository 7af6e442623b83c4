"""Lists of nodes: what is asked for, a page at a time (amazon-drive-api.md §4.1)."""

from __future__ import annotations

import sqlite3
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Hashable, Sequence
from dataclasses import replace
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import index, resources, wire
from acd_tui.server.classes import within
from acd_tui.server.node_list import Cursor, JoinedPage, NodeList, Page
from acd_tui.server.query import (
    Combined,
    Condition,
    Order,
    QueryError,
    parse_filter,
    parse_sort,
)
from acd_tui.server.selection import Scope, Selection, select
from acd_tui.server.service import (
    base_of,
    fingerprint,
    is_plain,
    json_response,
    rendered,
    service_of,
)
from acd_tui.server.tokens import Grant

_PAGE = 200
_FURTHEST = 9999
_TOKEN = struct.Struct(">QQQ8s")
_TOKEN_SECONDS = 600


async def listing(
    request: Request,
    grant: Grant,
    *,
    folder: str | None = None,
    only: Condition | None = None,
    any_status: bool = False,
    assets: bool = False,
) -> Response:
    """Answer with one page.

    Args:
        request: its filters, sort, limit, offset, startToken, asset, fields, tempLink count.
        grant: of whose nodes.
        folder: only children of this folder.
        only: a condition besides the filter.
        any_status: also nodes that are not AVAILABLE.
        assets: also assets, each for itself.
    """
    service = service_of(request)
    key = _key(request, grant)
    known = service.answers.get(key)
    if known is not None:
        newest = await service.storage.read(grant, index.sequence)
        if newest == known.sequence:
            return json_response(known.body)
    selection = selected(
        request,
        grant,
        folder=folder,
        only=only,
        any_status=any_status,
        scope=Scope(albums=resources.is_v2(request), assets=assets),
    )
    page, sequence = await page_of(request, grant, selection)
    body = msgspec.json.encode(page)
    service.answers.put(key, sequence, body)
    return json_response(body)


def _key(request: Request, grant: Grant) -> tuple[Hashable, ...]:
    """All that an answer depends on, but for the nodes."""
    url = request.scope["path"], request.scope["query_string"]
    return (*url, base_of(request), grant.user, grant.hidden, grant.scopes)


def selected(
    request: Request,
    grant: Grant,
    *,
    folder: str | None = None,
    only: Condition | None = None,
    any_status: bool = False,
    scope: Scope,
    order: Sequence[Order] = (),
) -> Selection:
    """What a request asks for; `order` is how to sort if it does not say.

    Raises:
        ApiFault: 400, the filter or the order is none.
    """
    given = request.query_params
    try:
        condition = parse_filter(given.get("filters", ""))
        if only is not None:
            condition = (
                only if condition is None else Combined("AND", (only, condition))
            )
        selection = select(
            condition,
            parse_sort(given.get("sort", "")) or order,
            root=grant.root,
            folder=folder,
            any_status=any_status,
            scope=scope,
        )
    except QueryError as error:
        raise wire.bad_request(f"Invalid filter: {error}") from None
    if grant.classes is None:
        return selection
    return replace(selection, where=f"{selection.where}{within(grant.classes)}")


async def page_of(
    request: Request, grant: Grant, selection: Selection
) -> tuple[dict[str, Any], int]:
    """The page of a selection that a request asks for, and the number of the last change.

    Raises:
        ApiFault: 400, a limit, offset or token that cannot be.
    """
    given = request.query_params
    service = service_of(request)
    limit = _number(given.get("limit"), "limit", _PAGE, 1)
    offset = _number(given.get("offset"), "offset", 0, 0)
    if offset + min(limit, _PAGE) > _FURTHEST:
        raise wire.bad_request("Offset + limit cannot be greater than 9999")
    same = fingerprint(
        request.scope["path"], given.get("filters", ""), given.get("sort", "")
    )
    now = int(service.storage.clock.now())
    cursor = _cursor(given.get("startToken", ""), same, now)
    asked = NodeList(grant.user, selection, cursor, offset)
    most = min(limit, _PAGE)
    with_assets = resources.wants_assets(given)
    joined = not with_assets and is_plain(request, grant)

    def read(
        db: sqlite3.Connection, user: int
    ) -> tuple[Page | JoinedPage, resources.Assets | None, int]:
        sequence = index.sequence(db, user)
        if joined:
            return asked.joined(db, most, grant.hidden), None, sequence
        page = asked.page(db, most)
        found = resources.assets_of(db, page.rows) if with_assets else None
        return page, found, sequence

    page, assets, sequence = await service.storage.read(grant, read)
    data = (
        msgspec.Raw(page.nodes)
        if isinstance(page, JoinedPage)
        else rendered(request, grant, page.rows, given, assets=assets)
    )
    body: dict[str, Any] = {"count": page.total, "data": data}
    if page.after is not None:
        token = _TOKEN.pack(page.after, page.total, now, same)
        body["nextToken"] = urlsafe_b64encode(token).rstrip(b"=").decode()
    return body, sequence


def _number(text: str | None, name: str, default: int, least: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
        raise wire.bad_request(f"{name} is not a number from {least}")
    return int(text)


def _cursor(token: str, same: bytes, now: int) -> Cursor | None:
    if not token:
        return None
    try:
        after, count, issued, of = _TOKEN.unpack(urlsafe_b64decode(token + "=="))
    except (ValueError, struct.error):
        raise wire.bad_request("Invalid startToken") from None
    if of != same or after >= 2**62 or count >= 2**62:
        raise wire.bad_request("The startToken belongs to another query")
    if not 0 <= now - issued <= _TOKEN_SECONDS:
        raise wire.bad_request("Next token is expired")
    return Cursor(after, count)
