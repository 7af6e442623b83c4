"""JSON shapes and error bodies, as Amazon sent them (amazon-drive-api.md §3, §6)."""

from __future__ import annotations

import functools
import hashlib
import uuid
from base64 import urlsafe_b64encode
from collections.abc import Collection
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


def no_authorisation() -> ApiFault:
    """401, there is no token."""
    return fault(401, "No Auth Method Provided")


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


COLUMNS = ", ".join(f"n.{name}" for name in NodeRow._fields)
SELECT_NODES = f"SELECT {COLUMNS} FROM nodes n "  # noqa: S608 - names of columns
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def date(milliseconds: int) -> str:
    """A moment as Amazon wrote it: `2015-01-01T00:00:00.000Z`."""
    seconds, rest = divmod(milliseconds, 1000)
    minutes, second = divmod(seconds, 60)
    return f"{_minute(minutes)}:{second:02}.{rest:03}Z"


@functools.lru_cache(maxsize=4096)
def _minute(minutes: int) -> str:
    """A list has many dates, and most of them are close together."""
    try:
        moment = _EPOCH + timedelta(minutes=minutes)
    except OverflowError:
        moment = _EPOCH  # of a clock gone mad
    return f"{moment:%Y-%m-%dT%H:%M}"


def etag(node_id: str, version: int) -> str:
    """Eleven characters that change with the version."""
    digest = hashlib.blake2b(f"{node_id}:{version}".encode(), digest_size=8).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def node_json(
    row: NodeRow, account: str, hidden: Collection[str] = ()
) -> dict[str, Any]:
    """A node as JSON (amazon-drive-api.md §3.2).

    Args:
        row: the node.
        account: the id of the account it belongs to.
        hidden: owners whose properties the asking application may not see.
    """
    node: dict[str, Any] = {
        "id": row.id,
        "kind": row.kind,
        "status": row.status,
        "version": row.version,
        "eTagResponse": etag(row.id, row.version),
        "createdDate": date(row.created),
        "modifiedDate": date(row.modified),
        "createdBy": row.created_by,
        "parents": msgspec.Raw(row.parents.encode()),
        "labels": msgspec.Raw(row.labels.encode()),
        "restricted": False,
        "isShared": False,
        "ownerId": account,
    }
    if row.name is None:
        node["isRoot"] = True
    else:
        node["name"] = row.name
    if row.description is not None:
        node["description"] = row.description
    if row.properties is not None:
        owners = msgspec.json.decode(row.properties)
        node["properties"] = {k: v for k, v in owners.items() if k not in hidden}
    if row.kind == "FILE":
        node["contentProperties"] = _content_properties(row)
    if row.status != "AVAILABLE":
        node["exclusivelyTrashed"] = row.trashed is not None
        node["recursivelyTrashed"] = row.trashed is None
    return node


def _content_properties(row: NodeRow) -> dict[str, Any]:
    properties: dict[str, Any] = {
        "version": row.content_version,
        "size": row.size,
        "md5": row.md5,
        "contentType": row.content_type,
    }
    if row.extension:
        properties["extension"] = row.extension
    return properties
