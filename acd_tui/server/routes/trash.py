"""The trash (amazon-drive-api.md §4.13, §4.15)."""

from __future__ import annotations

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import bulk, cookies, resources, wire
from acd_tui.server.listing import listing
from acd_tui.server.selection import IN_TRASH
from acd_tui.server.service import (
    answer,
    authorised,
    base_of,
    json_of,
    node_answer,
    rendered,
    service_of,
    unseen,
)


async def list_trash(request: Request) -> Response:
    """What was put into the trash by itself."""
    grant = await authorised(request, "read")
    return await listing(request, grant, only=IN_TRASH, any_status=True)


async def trash_node(request: Request) -> Response:
    """Put a node into the trash; the body, if any, means nothing."""
    grant = await authorised(request, "write")
    node_id, albums = request.path_params["id"], resources.is_v2(request)
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.trash(tree.node(node_id, albums=albums))
    )
    location = f"{base_of(request)}/drive/v1/trash/{row.id}"
    more = msgspec.json.encode({"location": location})
    (node,) = rendered(request, grant, [row.view], request.query_params)
    return answer(msgspec.Raw(bytes(node)[:-1] + b"," + more[1:]))


async def restore_node(request: Request) -> Response:
    """Take a node out of the trash."""
    grant = await authorised(request, "write")
    node_id, albums = request.path_params["id"], resources.is_v2(request)
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.restore(tree.node(node_id, albums=albums))
    )
    return node_answer(request, grant, row)


async def change_trash(request: Request) -> Response:
    """Put many nodes into the trash, or take them out."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    ids, add = bulk.ids_of(given, "value", bulk.MOST), bulk.adds(given)
    rename = given.get("conflictResolution") == "RENAME"
    hidden = await unseen(request, grant, ids)
    ids = [one for one in ids if one not in hidden]
    errors = await service_of(request).storage.change(
        grant,
        lambda tree: (
            bulk.trash(tree, ids) if add else bulk.restore(tree, ids, rename=rename)
        ),
    )
    return answer({"errorMap": errors | bulk.not_found(hidden)})


async def purge_nodes(request: Request) -> Response:
    """Delete many nodes for good: for the users themselves, never for applications."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    if grant.client != cookies.CLIENT:
        raise wire.forbidden(
            "Insufficient permissions granted for operation: purgeNode"
        )
    ids = bulk.ids_of(given, "nodeIds", bulk.MOST)
    storage = service_of(request).storage
    errors = await storage.change(grant, lambda tree: bulk.purge(tree, ids))
    await storage.collect()
    return answer({"errorMap": errors})
