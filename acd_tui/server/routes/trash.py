"""The trash (amazon-drive-api.md §4.13)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server.routes.nodes import listing
from acd_tui.server.selection import IN_TRASH
from acd_tui.server.service import authorised, node_answer, service_of


async def list_trash(request: Request) -> Response:
    """What was put into the trash by itself."""
    grant = await authorised(request, "read")
    return await listing(request, grant, only=IN_TRASH, any_status=True)


async def trash_node(request: Request) -> Response:
    """Put a node into the trash; the body, if any, means nothing."""
    grant = await authorised(request, "write")
    node_id = request.path_params["id"]
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.trash(tree.node(node_id))
    )
    return node_answer(request, grant, row)


async def restore_node(request: Request) -> Response:
    """Take a node out of the trash."""
    grant = await authorised(request, "write")
    node_id = request.path_params["id"]
    row = await service_of(request).storage.change(
        grant, lambda tree: tree.restore(tree.node(node_id))
    )
    return node_answer(request, grant, row)
