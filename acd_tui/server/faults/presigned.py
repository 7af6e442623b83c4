"""Content on another host that wants no Authorization (amazon-drive-api.md §4.8)."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

import msgspec
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Scope

from acd_tui.server.faults import rules
from acd_tui.server.faults.effects import Exchange, asked_aside, send_answer
from acd_tui.server.faults.errors import ONE_AUTH, UNSIGNED, CannedError

PREFIX = "/s3/"
_LINK = "/cdproxy/templink/"
_OTHER_NAMES = {"127.0.0.1": "localhost", "localhost": "127.0.0.1"}


async def redirect(app: ASGIApp, exchange: Exchange, rule: rules.Redirect) -> None:
    """Lead to where the content is."""
    scope = exchange.scope
    token = await _token(app, scope)
    if token is None:
        await exchange.by(app)
        return
    signature = secrets.token_hex(32)
    where = (
        f"{rule.to or _elsewhere(scope)}{PREFIX}{token}"
        f"?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Signature={signature}"
    )
    await send_answer(exchange.send, CannedError(302), {"location": where})


async def _token(app: ASGIApp, scope: Scope) -> str | None:
    """The part of a temporary link that names and opens the content."""
    path: str = scope["path"]
    if path.startswith(_LINK):
        return path.removeprefix(_LINK)
    node = path.rsplit("/nodes/", maxsplit=1)[-1].split("/", maxsplit=1)[0]
    status, body = await asked_aside(
        app, scope, f"/drive/v1/nodes/{node}", b"tempLink=true"
    )
    link = msgspec.json.decode(body).get("tempLink") if status == 200 else None
    return urlsplit(link).path.removeprefix(_LINK) if link else None


def _elsewhere(scope: Scope) -> str:
    host = Headers(scope=scope).get("host", "")
    name, colon, port = host.partition(":")
    return f"{scope['scheme']}://{_OTHER_NAMES.get(name, name)}{colon}{port}"


async def serve(app: ASGIApp, exchange: Exchange) -> None:
    """Be that host."""
    headers = Headers(scope=exchange.scope)
    if "authorization" in headers:
        await send_answer(exchange.send, ONE_AUTH)
    elif "x-amz-access-token" in headers:
        await send_answer(exchange.send, UNSIGNED)
    else:
        path = _LINK + exchange.scope["path"].removeprefix(PREFIX)
        inside = dict(exchange.scope) | {"path": path, "raw_path": path.encode()}
        await app(inside, exchange.receive, exchange.send)
