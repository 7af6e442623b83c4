"""Nodes that are told otherwise than they are (amazon-drive-api.md §5.5)."""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.types import ASGIApp, Message, Scope

from acd_tui.clock import Clock
from acd_tui.server.faults import rules
from acd_tui.server.faults.effects import Exchange, asked_aside

Json = dict[str, Any]
Change = Callable[[Json], Awaitable[None]]

_FOLDER = re.compile(r'parents:\s*"?([A-Za-z0-9_-]{22})')
_OF_CHILDREN = re.compile(r"/nodes/([^/]+)/children$")


class Listings:
    """The effects of these rules; they need to know what time it is."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def wrong_md5(
        self, app: ASGIApp, exchange: Exchange, _: rules.WrongMd5
    ) -> None:
        """Give files the MD5 of something else."""

        async def change(body: Json) -> None:
            for node in _nodes(body):
                properties = node.get("contentProperties") or {}
                if "md5" in properties:
                    other = hashlib.md5(properties["md5"].encode())  # noqa: S324 - it is to be wrong
                    properties["md5"] = other.hexdigest()

        await rewritten(app, exchange, change)

    async def pending(
        self, app: ASGIApp, exchange: Exchange, rule: rules.Pending
    ) -> None:
        """Say that files are not ready."""

        async def change(body: Json) -> None:
            for node in _nodes(body):
                there = (node.get("kind"), node.get("status")) == ("FILE", "AVAILABLE")
                if there and self._younger(node, "modifiedDate", rule.seconds):
                    node["status"] = "PENDING"
                    node.pop("contentProperties", None)

        await rewritten(app, exchange, change)

    async def stale(self, app: ASGIApp, exchange: Exchange, rule: rules.Stale) -> None:
        """Leave out what is new, and tell of what is no longer there."""
        scope = exchange.scope
        folder = _folder(scope)

        async def change(page: Json) -> None:
            rows = page.get("data")
            if not isinstance(rows, list):
                return
            before = len(rows)
            if rule.fresh is not None:
                rows = [
                    row
                    for row in rows
                    if "isRoot" in row
                    or not self._younger(row, "createdDate", rule.fresh)
                ]
            if not _parameters(scope).get("startToken"):
                rows += await self._trashed(app, scope, rule.trashed)
                rows += await self._strays(app, scope, folder, rule.strays)
            if rule.parents and folder is not None:
                for row in rows:
                    row["parents"] = [_other(folder)]
            page["data"] = rows
            page["count"] += len(rows) - before

        await rewritten(app, exchange, change)

    def _younger(self, node: Json, key: str, seconds: float | None) -> bool:
        if seconds is None:
            return True
        if key not in node:
            return False
        age = self._clock.now() - datetime.fromisoformat(node[key]).timestamp()
        return age < seconds

    async def _trashed(
        self, app: ASGIApp, scope: Scope, seconds: float | None
    ) -> list[Json]:
        given = _parameters(scope)
        asked = given.get("filters", "")
        if seconds is None or "status:" in asked:
            return []
        filters = f"({asked}) AND status:TRASH" if asked else "status:TRASH"
        rows = await _rows(app, scope, scope["path"], given | {"filters": filters})
        return [row for row in rows if self._younger(row, "modifiedDate", seconds)]

    async def _strays(
        self, app: ASGIApp, scope: Scope, folder: str | None, count: int
    ) -> list[Json]:
        if folder is None or not count:
            return []
        given = {
            key: value
            for key, value in _parameters(scope).items()
            if key not in {"filters", "sort"}
        }
        rows = await _rows(app, scope, "/drive/v1/nodes", given)
        elsewhere = (
            row
            for row in rows
            if folder not in row.get("parents", [folder]) and "name" in row
        )
        return [row for row, _ in zip(elsewhere, range(count), strict=False)]


async def _rows(
    app: ASGIApp, scope: Scope, path: str, given: dict[str, str]
) -> list[Json]:
    query = {key: given[key] for key in given if key not in {"limit", "offset"}}
    status, body = await asked_aside(app, scope, path, urlencode(query).encode())
    if status != 200:
        return []
    rows: list[Json] = msgspec.json.decode(body)["data"]
    return rows


def _parameters(scope: Scope) -> dict[str, str]:
    return dict(parse_qsl(scope["query_string"].decode("latin-1")))


def _folder(scope: Scope) -> str | None:
    """The folder whose children are asked for."""
    if found := _OF_CHILDREN.search(scope["path"]):
        return found[1]
    found = _FOLDER.search(_parameters(scope).get("filters", ""))
    return found[1] if found else None


def _other(node_id: str) -> str:
    """An id that looks like one and is nobody's."""
    digest = hashlib.blake2b(node_id.encode(), digest_size=16).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def _nodes(body: Json) -> list[Json]:
    """The nodes in an answer: of a list, of a line of changes, or the one it is."""
    for key in ("data", "nodes"):
        if isinstance(body.get(key), list):
            return [node for node in body[key] if isinstance(node, dict)]
    return [body] if "kind" in body else []


async def rewritten(app: ASGIApp, exchange: Exchange, change: Change) -> None:
    """Change a good answer's JSON, all of it or line by line."""
    start: Message | None = None
    body = bytearray()

    async def send(message: Message) -> None:
        nonlocal start
        if message["type"] == "http.response.start":
            kind = dict(message["headers"]).get(b"content-type", b"")
            if message["status"] < 300 and kind.startswith(b"application/json"):
                start = message
                return
        if start is None:
            await exchange.send(message)
            return
        body.extend(message.get("body", b""))
        if message.get("more_body"):
            return
        data = await _changed(bytes(body), change)
        await exchange.send({**start, "headers": _resized(start["headers"], len(data))})
        await exchange.send({"type": "http.response.body", "body": data})

    await exchange.over(send=send).by(app)


async def _changed(data: bytes, change: Change) -> bytes:
    lines = []
    for line in data.split(b"\n"):
        if line.strip():
            body = msgspec.json.decode(line)
            if isinstance(body, dict):
                await change(body)
            line = msgspec.json.encode(body)  # noqa: PLW2901 - the same, changed
        lines.append(line)
    return b"\n".join(lines)


def _resized(
    headers: list[tuple[bytes, bytes]], length: int
) -> list[tuple[bytes, bytes]]:
    size = (b"content-length", str(length).encode())
    return [pair if pair[0] != b"content-length" else size for pair in headers]
