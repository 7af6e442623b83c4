"""Nodes and their children (amazon-drive-api.md §4.1-4.4, §4.10, §4.11)."""

from __future__ import annotations

import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import index, metadata, wire
from acd_tui.server.query import (
    Combined,
    Condition,
    QueryError,
    parse_filter,
    parse_sort,
)
from acd_tui.server.selection import Selection, select
from acd_tui.server.service import (
    answer,
    authorised,
    fingerprint,
    json_of,
    node_answer,
    rendered,
    service_of,
)
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow

_PAGE = 200
_FURTHEST = 9999
_TOKEN = struct.Struct(">QQQ8s")
_TOKEN_SECONDS = 600


async def list_nodes(request: Request) -> Response:
    """Nodes that a filter means."""
    grant = await authorised(request, "read")
    return await listing(request, grant)


async def list_children(request: Request) -> Response:
    """Children of a folder that a filter means."""
    grant = await authorised(request, "read")
    storage = service_of(request).storage
    row = await storage.node(grant, request.path_params["id"])
    return await listing(request, grant, folder=row.id)


async def listing(
    request: Request,
    grant: Grant,
    *,
    folder: str | None = None,
    only: Condition | None = None,
    any_status: bool = False,
) -> Response:
    """Answer with one page.

    Args:
        request: its filters, sort, limit, offset, startToken, fields, tempLink count.
        grant: of whose nodes.
        folder: only children of this folder.
        only: a condition besides the filter.
        any_status: also nodes that are not AVAILABLE.
    """
    given = request.query_params
    service = service_of(request)
    try:
        condition = parse_filter(given.get("filters", ""))
        if only is not None:
            condition = only if condition is None else _both(only, condition)
        selection: Selection = select(
            condition,
            parse_sort(given.get("sort", "")),
            root=grant.root,
            folder=folder,
            any_status=any_status,
        )
    except QueryError as error:
        raise wire.bad_request(f"Invalid filter: {error}") from None
    limit = _number(given.get("limit"), "limit", _PAGE, 1)
    offset = _number(given.get("offset"), "offset", 0, 0)
    if offset + min(limit, _PAGE) > _FURTHEST:
        raise wire.bad_request("Offset + limit cannot be greater than 9999")
    same = fingerprint(
        request.url.path, given.get("filters", ""), given.get("sort", "")
    )
    now = int(service.storage.clock.now())
    cursor = _cursor(given.get("startToken", ""), same, now)
    page = await service.storage.read(
        grant,
        lambda db, user: index.page(
            db,
            user,
            selection,
            limit=min(limit, _PAGE),
            cursor=cursor,
            offset=offset,
        ),
    )
    body = {"count": page.total, "data": rendered(request, grant, page.rows, given)}
    if page.after is not None:
        token = _TOKEN.pack(page.after, page.total, now, same)
        body["nextToken"] = urlsafe_b64encode(token).rstrip(b"=").decode()
    return answer(body)


def _both(one: Condition, other: Condition) -> Condition:
    return Combined("AND", (one, other))


def _number(text: str | None, name: str, default: int, least: int) -> int:
    if not text:
        return default
    if not text.isascii() or not text.isdigit() or len(text) > 18 or int(text) < least:
        raise wire.bad_request(f"{name} is not a number from {least}")
    return int(text)


def _cursor(token: str, same: bytes, now: int) -> index.Cursor | None:
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
    return index.Cursor(after, count)


async def get_node(request: Request) -> Response:
    """One node."""
    grant = await authorised(request, "read")
    row = await service_of(request).storage.node(grant, request.path_params["id"])
    return node_answer(request, grant, row)


async def create_folder(request: Request) -> Response:
    """Make a folder."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    if given.get("kind") != "FOLDER":
        raise wire.bad_request("Invalid Kind")
    taken = metadata.checked(given, grant.hidden)
    if "name" not in taken:
        raise wire.bad_request("name is required")

    def work(tree: Tree) -> NodeRow:
        parents = tree.parents(taken.get("parents", ()))
        return tree.create("FOLDER", taken, parents, grant.owner)

    row = await service_of(request).storage.change(grant, work)
    return node_answer(request, grant, row, 201)


async def patch_node(request: Request) -> Response:
    """Change name, labels, description, parents or properties."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    if "contentProperties" in given:
        raise wire.forbidden("contentProperties cannot be changed")
    changes = metadata.checked(given, grant.hidden)

    def work(tree: Tree) -> NodeRow:
        row = tree.node(request.path_params["id"])
        if "properties" in changes:
            owners = properties_of(row)
            for owner, owned in changes["properties"].items():
                owners[owner] = owners.get(owner, {}) | owned
            metadata.check_count(owners)
            return tree.patch(row, changes | {"properties": owners})
        return tree.patch(row, changes)

    row = await service_of(request).storage.change(grant, work)
    return node_answer(request, grant, row)


def properties_of(row: NodeRow) -> dict[str, dict[str, str]]:
    """All properties of a node, by owner."""
    if row.properties is None:
        return {}
    return msgspec.json.decode(row.properties, type=dict[str, dict[str, str]])


async def purge_node(request: Request) -> Response:
    """Delete for good: never granted to applications."""
    grant = await authorised(request, "write")
    await service_of(request).storage.node(grant, request.path_params["id"])
    raise wire.forbidden("Insufficient permissions granted for operation: purgeNode")


async def move_child(request: Request) -> Response:
    """Move a node from one folder to another."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    from_parent, child = given.get("fromParent"), given.get("childId")
    if not isinstance(from_parent, str) or not isinstance(child, str):
        raise wire.bad_request("fromParent and childId are required")
    to_parent = request.path_params["id"]
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.move(tree.node(child), from_parent, to_parent)
    )
    return node_answer(request, grant, row)


async def add_child(request: Request) -> Response:
    """Let a folder hold a node as well."""
    grant = await authorised(request, "write")
    parent, child = request.path_params["id"], request.path_params["child"]
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.add_parent(tree.node(child), parent)
    )
    return node_answer(request, grant, row)


async def remove_child(request: Request) -> Response:
    """Let a folder hold a node no more."""
    grant = await authorised(request, "write")
    parent, child = request.path_params["id"], request.path_params["child"]
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.remove_parent(tree.node(child), parent)
    )
    return node_answer(request, grant, row)
