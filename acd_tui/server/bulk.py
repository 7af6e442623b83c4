"""One change to many nodes: each by itself, each error under its id (amazon-drive-api.md §4.15)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from acd_tui.server import metadata, wire
from acd_tui.server.names import free_name
from acd_tui.server.selection import ALBUM
from acd_tui.server.tree import Tree, parents_of
from acd_tui.server.wire import NodeRow

MOST = 50
MOST_CHILDREN = 1200

Errors = dict[str, str]

_CODES = {
    "NODE_NOT_FOUND": "NodeNotFound",
    "NAME_ALREADY_EXISTS": "NameAlreadyExists",
    "PARENT_NODE_IN_TRASH": "ParentNodeInTrash",
}
_CODES_BY_STATUS = {400: "InvalidParent", 403: "ForbiddenAccess"}


def ids_of(given: Mapping[str, Any], field: str, most: int) -> list[str]:
    """The ids that a body names.

    Raises:
        ApiFault: 400, they are too many or no list of ids.
    """
    ids = given.get(field)
    if not isinstance(ids, list) or not all(isinstance(one, str) for one in ids):
        raise wire.bad_request(f"{field} is not a list of ids")
    if len(ids) > most:
        text = f"[{', '.join(ids)}]"
        raise metadata.constraint_fault(
            text, field, f"have length less than or equal to {most}"
        )
    return list(dict.fromkeys(ids))


def adds(given: Mapping[str, Any]) -> bool:
    """Whether a body says add rather than remove.

    Raises:
        ApiFault: 400, it says neither.
    """
    operation = given.get("op")
    if operation == "add":
        return True
    if operation == "remove":
        return False
    raise wire.bad_request("op is add or remove")


def _each(tree: Tree, ids: Sequence[str], work: Callable[[str], object]) -> Errors:
    """Do something with each; what went wrong with which."""
    errors: Errors = {}
    for node_id in ids:
        try:
            tree.attempt(partial(work, node_id))
        except wire.ApiFault as fault:
            errors[node_id] = _code(fault)
    return errors


def not_found(ids: Iterable[str]) -> Errors:
    """What is said of nodes that are not there."""
    return dict.fromkeys(ids, _CODES["NODE_NOT_FOUND"])


def _code(fault: wire.ApiFault) -> str:
    body = fault.body if isinstance(fault.body, dict) else {}
    known = _CODES.get(body.get("code", ""))
    return known or _CODES_BY_STATUS.get(fault.status, "ForbiddenAccess")


def children(tree: Tree, folder: NodeRow, ids: Sequence[str], *, add: bool) -> Errors:
    """Add children to a folder or an album, or remove them."""
    if folder.kind == ALBUM:
        return _members(tree, folder, ids, add=add)

    def change(node_id: str) -> None:
        row = tree.node(node_id)
        if add:
            tree.add_parent(row, folder.id)
        else:
            tree.remove_parent(row, folder.id)

    return _each(tree, ids, change)


def _members(tree: Tree, album: NodeRow, ids: Sequence[str], *, add: bool) -> Errors:
    def change(node_id: str) -> None:
        row = tree.node(node_id)
        if row.kind != "FILE":
            raise wire.forbidden("An album holds files")
        if add:
            statement = "INSERT OR IGNORE INTO members VALUES (?, ?)"
        else:
            statement = "DELETE FROM members WHERE album = ? AND node = ?"
        tree.connection.execute(statement, (album.num, row.num))

    errors = _each(tree, ids, change)
    tree.patch(album, {})
    return errors


def trash(tree: Tree, ids: Sequence[str]) -> Errors:
    """Put nodes into the trash, albums too."""
    return _each(tree, ids, lambda node_id: tree.trash(tree.node(node_id, albums=True)))


def restore(tree: Tree, ids: Sequence[str], *, rename: bool) -> Errors:
    """Take nodes out of the trash; under another name if theirs is taken and `rename`."""

    def change(node_id: str) -> None:
        row = tree.node(node_id, albums=True)
        try:
            tree.attempt(lambda: tree.restore(row))
        except wire.ApiFault as fault:
            if not rename or _code(fault) != "NameAlreadyExists":
                raise
            folders = [tree.node(parent) for parent in parents_of(row)]
            name = free_name(tree.connection, row.name or "", folders)
            tree.restore(tree.patch(row, {"name": name}))

    return _each(tree, ids, change)


def purge(tree: Tree, ids: Sequence[str]) -> Errors:
    """Delete nodes for good that are in the trash."""

    def change(node_id: str) -> None:
        row = tree.node(node_id, albums=True)
        if row.status != "TRASH" or row.kind == "ASSET":
            raise wire.forbidden("Only what is in the trash can be purged")
        tree.purge(row)

    return _each(tree, ids, change)
