"""JSON shapes and error bodies, as Amazon sent them (amazon-drive-api.md §3, §6)."""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import msgspec


class ApiFault(Exception):
    """A request that is answered with an error.

    Attributes:
        status: of the answer.
        body: of the answer, as JSON; bytes go out as they are, as XML.
        headers: more of them.
    """

    def __init__(
        self,
        status: int,
        body: dict[str, Any] | bytes,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status, body)
        self.status = status
        self.body = body
        self.headers = headers or {}


def fault(
    status: int, message: str, code: str = "", info: dict[str, Any] | None = None
) -> ApiFault:
    """An error with all its keys."""
    body: dict[str, Any] = {
        "logref": str(uuid.uuid4()),
        "message": message,
        "code": code,
    }
    if info:
        body["info"] = info
    return ApiFault(status, body)


def bad_request(message: str) -> ApiFault:
    """400, what was sent makes no sense."""
    return fault(400, message)


def no_such_operation() -> ApiFault:
    """404, nothing is at that path."""
    return ApiFault(404, b"<UnknownOperationException/>")


def node_not_found() -> ApiFault:
    """404, no such node."""
    return fault(404, "Node not found", "NODE_NOT_FOUND")


def name_taken(name: str, parent: str, node: str) -> ApiFault:
    """409, a node of that name is in that folder; the text has the name in lower case."""
    return fault(
        409,
        f"Node with the name {name.lower()} already exists under parentId {parent} "
        f"conflicting NodeId: {node}",
        "NAME_ALREADY_EXISTS",
        {"nodeId": node},
    )


def duplicate_content(node: str) -> ApiFault:
    """409, a file has the same content."""
    return fault(
        409,
        f"Node with the same content already exists conflicting NodeId: {node}",
        "MD5_DUPLICATE",
        {"nodeId": node},
    )


def parent_missing() -> ApiFault:
    """400, in Amazon's words."""
    return bad_request("One of the parentId doesn't exists")


def parent_in_trash(status: int = 403) -> ApiFault:
    """The folder is in the trash."""
    return fault(status, "Parent node is in trash", "PARENT_NODE_IN_TRASH")


def over_quota() -> ApiFault:
    """403, the user's quota is used up."""
    return fault(
        403, "File size exceeds account allowance.", "NO_ACTIVE_SUBSCRIPTION_FOUND"
    )


def disk_full() -> ApiFault:
    """403, the disk is full: repeating it will not help."""
    return fault(403, "No room left for the content.", "INSUFFICIENT_STORAGE")


def forbidden(message: str) -> ApiFault:
    """403, and it will stay so."""
    return ApiFault(403, {"message": message})


def token_expired() -> ApiFault:
    """401, the token is too old or unknown."""
    return ApiFault(401, {"message": "Token has expired"})


def no_authorisation(*, front: bool = False) -> ApiFault:
    """401, there is no token; where metadata is served it has a body of its own."""
    if front:
        return ApiFault(401, {"Message": "No Auth Method Provided"})
    return fault(401, "No Auth Method Provided")


# What answers need of a node: its number, its place in the change feed, kind, status, the
# beginning of its JSON, its properties as JSON. No class: a list has 200 of them, and the
# change feed of a large drive a million.
NodeView = tuple[int, int, str, str, str, str | None]


class NodeRow(NamedTuple):
    """A row of `nodes`, in the order of `COLUMNS`."""

    num: int
    id: str
    kind: str
    name: str | None
    status: str
    trashed: int | None
    version: int
    created: int
    modified: int
    created_by: str
    description: str | None
    labels: str
    properties: str | None
    parents: str
    changed: int
    content: str | None
    content_version: int | None
    size: int | None
    md5: str | None
    content_type: str | None
    extension: str | None
    local_id: str | None
    content_date: int | None
    media: str | None
    settings: str | None
    json: str

    @property
    def view(self) -> NodeView:
        return (
            self.num,
            self.changed,
            self.kind,
            self.status,
            self.json,
            self.properties,
        )


COLUMNS = ", ".join(f"n.{name}" for name in NodeRow._fields)
VIEWED = "n.num, n.changed, n.kind, n.status, n.json, n.properties"
SELECT_NODES = f"SELECT {COLUMNS} FROM nodes n "  # noqa: S608 - names of columns
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date(milliseconds: int) -> str:
    """A moment as Amazon wrote it: `2015-01-01T00:00:00.000Z`."""
    moment = _EPOCH + timedelta(milliseconds=milliseconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def etag(row: NodeRow) -> str:
    """Eleven characters that change with the version; `json` has the same."""
    return f"{row.id[:5]}{row.version % 2**24:06x}"


def nodes_json(views: Iterable[NodeView], hidden: Collection[str] = ()) -> list[str]:
    """Nodes as JSON (amazon-drive-api.md §3.2).

    Args:
        views: of the nodes.
        hidden: owners whose properties the asking application may not see.
    """
    # Of most properties no text search finds the name of another application.
    suspect = re.compile("|".join(map(re.escape, hidden))).search if hidden else None
    return [
        f'{json},"properties":{properties}}}'
        if properties is not None and (suspect is None or suspect(properties) is None)
        else json + _seen(properties, hidden)
        for _, _, _, _, json, properties in views
    ]


def _seen(properties: str | None, hidden: Collection[str]) -> str:
    """The end of a node's JSON, with those properties that may be seen."""
    if properties is None:
        return "}"
    owners = msgspec.json.decode(properties, type=dict[str, Any])
    seen = {name: keys for name, keys in owners.items() if name not in hidden}
    return f',"properties":{msgspec.json.encode(seen).decode()}}}'
