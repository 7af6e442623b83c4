"""Properties of nodes (amazon-drive-api.md §4.12)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import metadata, wire
from acd_tui.server.routes.nodes import properties_of
from acd_tui.server.service import answer, authorised, base_of, json_of, service_of
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree


async def list_properties(request: Request) -> Response:
    """All properties of an owner; another application's are not to be seen."""
    grant = await authorised(request, "read")
    owned = await _owned(request, grant)
    return answer({"count": len(owned), "data": owned})


async def get_property(request: Request) -> Response:
    """One property."""
    grant = await authorised(request, "read")
    owned = await _owned(request, grant)
    key = request.path_params["key"]
    if key not in owned:
        raise _property_not_found()
    return answer(_property(request, owned[key]))


async def put_property(request: Request) -> Response:
    """Set one property."""
    grant = await authorised(request, "write")
    owner, key = _writable(request, grant), request.path_params["key"]
    given = await json_of(request)
    value = metadata.check_property(key, given.get("value"))

    def work(tree: Tree) -> None:
        row = tree.node(request.path_params["id"])
        owners = properties_of(row)
        owners.setdefault(owner, {})[key] = value
        metadata.check_count(owners)
        tree.patch(row, {"properties": owners})

    await service_of(request).storage.change(grant, work)
    return answer(_property(request, value), 201)


async def delete_property(request: Request) -> Response:
    """Forget one property."""
    grant = await authorised(request, "write")
    owner, key = _writable(request, grant), request.path_params["key"]

    def work(tree: Tree) -> None:
        row = tree.node(request.path_params["id"])
        owners = properties_of(row)
        if key not in owners.get(owner, {}):
            raise _property_not_found()
        del owners[owner][key]
        if not owners[owner]:
            del owners[owner]
        tree.patch(row, {"properties": owners})

    await service_of(request).storage.change(grant, work)
    return Response(status_code=204)


async def _owned(request: Request, grant: Grant) -> dict[str, str]:
    row = await service_of(request).storage.node(grant, request.path_params["id"])
    owner = request.path_params["owner"]
    return {} if owner in grant.hidden else properties_of(row).get(owner, {})


def _writable(request: Request, grant: Grant) -> str:
    owner: str = request.path_params["owner"]
    metadata.check_owner(owner, grant.hidden)
    return owner


def _property(request: Request, value: str) -> dict[str, str]:
    given = request.path_params
    path = f"nodes/{given['id']}/properties/{given['owner']}/{given['key']}"
    return {
        "key": given["key"],
        "location": f"{base_of(request)}/drive/v1/{path}",
        "value": value,
    }


def _property_not_found() -> wire.ApiFault:
    return wire.fault(404, "Property not found", "PROPERTY_NOT_FOUND")
