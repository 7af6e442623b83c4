"""Nodes and their children (amazon-drive-api.md §4.1-4.4, §4.10, §4.11)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import bulk, metadata, partials, resources, wire
from acd_tui.server.conditions import unchanged
from acd_tui.server.listing import listing
from acd_tui.server.selection import ALBUM, in_album
from acd_tui.server.service import (
    answer,
    authorised,
    json_of,
    node_answer,
    refuse_unseen,
    service_of,
    unseen,
)
from acd_tui.server.tokens import Grant
from acd_tui.server.tree import Tree
from acd_tui.server.wire import NodeRow


async def list_nodes(request: Request) -> Response:
    """Nodes that a filter means."""
    grant = await authorised(request, "read")
    return await listing(request, grant)


async def list_children(request: Request) -> Response:
    """Children of a folder that a filter means; of a file its assets, if asked for."""
    grant = await authorised(request, "read")
    row = await _node(request, grant)
    if row.kind == ALBUM:
        return await listing(request, grant, only=in_album(row.num))
    assets = row.kind == "FILE" and resources.wants_assets(request.query_params)
    return await listing(request, grant, folder=row.id, assets=assets)


async def _node(request: Request, grant: Grant) -> NodeRow:
    return await service_of(request).storage.node(
        grant, request.path_params["id"], albums=resources.is_v2(request)
    )


async def get_node(request: Request) -> Response:
    """One node."""
    grant = await authorised(request, "read")
    row = await _node(request, grant)
    assets = None
    if resources.wants_assets(request.query_params):
        assets = await service_of(request).storage.read(
            grant, lambda db, _: resources.assets_of(db, [row.view])
        )
    return node_answer(request, grant, row, assets=assets)


async def create_folder(request: Request) -> Response:
    """Make a folder or, in V2, an album."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    v2 = resources.note_version(request, given)
    kind = given.get("kind")
    if kind != "FOLDER" and not (v2 and kind == ALBUM):
        raise wire.bad_request("Invalid Kind")
    taken = metadata.checked(given, grant.hidden)
    if "name" not in taken:
        raise wire.bad_request("name is required")
    if local_id := partials.checked_local_id(request.query_params.get("localId")):
        taken["local_id"] = local_id

    def work(tree: Tree) -> NodeRow:
        if kind == ALBUM:
            return tree.create(ALBUM, taken, (), grant.owner)
        parents = tree.parents(taken.get("parents", ()))
        return tree.create("FOLDER", taken, parents, grant.owner)

    row = await service_of(request).storage.change(grant, work)
    return node_answer(request, grant, row, 201)


async def patch_node(request: Request) -> Response:
    """Change name, labels, description, parents, properties or settings."""
    grant = await authorised(request, "write")
    given = await json_of(request)

    def merged(row: NodeRow, owned: metadata.Properties) -> metadata.Properties:
        owners = properties_of(row)
        for owner, values in owned.items():
            owners[owner] = owners.get(owner, {}) | values
        return owners

    return await _changed(request, grant, given, merged)


async def replace_node(request: Request) -> Response:
    """Set all of labels, description and properties; what is not given is emptied."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    given = {"labels": [], "description": "", "properties": {}} | given

    def replaced(row: NodeRow, owned: metadata.Properties) -> metadata.Properties:
        kept = properties_of(row).items()
        return {owner: own for owner, own in kept if owner in grant.hidden} | owned

    return await _changed(request, grant, given, replaced)


async def _changed(
    request: Request,
    grant: Grant,
    given: dict[str, Any],
    combined: Callable[[NodeRow, metadata.Properties], metadata.Properties],
) -> Response:
    v2 = resources.note_version(request, given)
    if given.get("contentProperties") is not None:
        raise wire.forbidden("contentProperties cannot be changed")
    changes = metadata.checked(given, grant.hidden)
    settings = metadata.checked_settings(given.get("settings")) if v2 else {}
    condition = unchanged(request.headers.get("if-match"))

    def work(tree: Tree) -> NodeRow:
        row = tree.node(request.path_params["id"], albums=v2)
        condition(row)
        # A client may say that a node is what it is, as one does of a pending upload.
        if given.get("status") is not None and given["status"] != row.status:
            raise wire.forbidden("The status changes by way of the trash alone")
        if "properties" in changes:
            owners = combined(row, changes["properties"])
            metadata.check_count(owners)
            changes["properties"] = owners
        if settings:
            changes["settings"] = settings_of(row) | settings
        return tree.patch(row, changes)

    row = await service_of(request).storage.change(grant, work)
    return node_answer(request, grant, row)


def settings_of(row: NodeRow) -> dict[str, bool]:
    """What a user has marked a node as."""
    if row.settings is None:
        return {}
    return msgspec.json.decode(row.settings, type=dict[str, bool])


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


async def change_children(request: Request) -> Response:
    """Add many children to a folder or an album, or remove them."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    v2 = resources.note_version(request, given)
    ids = bulk.ids_of(given, "value", bulk.MOST_CHILDREN)
    add = bulk.adds(given)
    hidden = await unseen(request, grant, ids)
    errors = await service_of(request).storage.change(
        grant,
        lambda tree: bulk.children(
            tree,
            tree.node(request.path_params["id"], albums=v2),
            [one for one in ids if one not in hidden],
            add=add,
        ),
    )
    return answer({"errorMap": errors | bulk.not_found(hidden)})


async def move_child(request: Request) -> Response:
    """Move a node from one folder to another."""
    grant = await authorised(request, "write")
    given = await json_of(request)
    from_parent, child = given.get("fromParent"), given.get("childId")
    if not isinstance(from_parent, str) or not isinstance(child, str):
        raise wire.bad_request("fromParent and childId are required")
    await refuse_unseen(request, grant, [child])
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
