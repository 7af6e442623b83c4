"""The application: its route table, and what becomes of every kind of error."""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acd_tui.errors import Full
from acd_tui.server import wire
from acd_tui.server.hosts import Hosts
from acd_tui.server.routes import (
    account,
    changes,
    content,
    nodes,
    oauth,
    properties,
    tokens,
    trash,
)
from acd_tui.server.service import Service, fault_answer
from acd_tui.server.storage import Storage

_log = logging.getLogger(__name__)
_V1 = "/drive/v1"
_CD = "/cdproxy"
_NODE = _V1 + "/nodes/{id}"
_CHILD = _NODE + "/children/{child}"
_PROPERTIES = _NODE + "/properties/{owner}"

ROUTES = [
    Route("/ap/oa", oauth.consent_page, methods=["GET"]),
    Route("/ap/oa", oauth.consent, methods=["POST"]),
    Route("/auth/o2/token", tokens.token, methods=["POST"]),
    Route("/auth/o2/tokeninfo", tokens.token_info, methods=["GET"]),
    Route("/user/profile", tokens.profile, methods=["GET"]),
    Route(_V1 + "/account/endpoint", account.endpoint, methods=["GET"]),
    Route(_V1 + "/account/info", account.info, methods=["GET"]),
    Route(_V1 + "/account/quota", account.quota, methods=["GET"]),
    Route(_V1 + "/account/usage", account.usage, methods=["GET"]),
    Route(_V1 + "/nodes", nodes.list_nodes, methods=["GET"]),
    Route(_V1 + "/nodes", nodes.create_folder, methods=["POST"]),
    Route(_NODE, nodes.get_node, methods=["GET"]),
    Route(_NODE, nodes.patch_node, methods=["PATCH"]),
    Route(_NODE, nodes.purge_node, methods=["DELETE"]),
    Route(_NODE + "/children", nodes.list_children, methods=["GET"]),
    Route(_NODE + "/children", nodes.move_child, methods=["POST"]),
    Route(_CHILD, nodes.add_child, methods=["PUT"]),
    Route(_CHILD, nodes.remove_child, methods=["DELETE"]),
    Route(_PROPERTIES, properties.list_properties, methods=["GET"]),
    Route(_PROPERTIES + "/{key}", properties.get_property, methods=["GET"]),
    Route(_PROPERTIES + "/{key}", properties.put_property, methods=["PUT"]),
    Route(_PROPERTIES + "/{key}", properties.delete_property, methods=["DELETE"]),
    Route(_V1 + "/trash", trash.list_trash, methods=["GET"]),
    Route(_V1 + "/trash/{id}", trash.trash_node, methods=["PUT"]),
    Route(_V1 + "/trash/{id}/restore", trash.restore_node, methods=["POST"]),
    Route(_V1 + "/changes", changes.changes, methods=["POST"]),
    Route(_CD + "/nodes", content.upload, methods=["POST"]),
    Route(_CD + "/nodes/{id}/content", content.overwrite, methods=["PUT"]),
    Route(_CD + "/nodes/{id}/content", content.download, methods=["GET"]),
    Route(_CD + "/templink/{token}", content.linked, methods=["GET"]),
]


def create_app(
    storage: Storage,
    *,
    public_url: str | None = None,
    allowed_hosts: Collection[str] = (),
    bound: str = "127.0.0.1",
) -> Starlette:
    """The server over an open storage.

    Args:
        storage: opened, and closed, by the caller.
        public_url: the address under which a proxy shows it to the world.
        allowed_hosts: further host names it answers to.
        bound: the address it listens on.

    Raises:
        UsageError: `public_url` is no address.
    """
    hosts = Hosts(public_url, allowed_hosts, bound)
    app = Starlette(
        routes=ROUTES,
        middleware=[Middleware(_Door, hosts=hosts)],
        exception_handlers={
            wire.ApiFault: _fault,
            HTTPException: _http_error,
            ClientDisconnect: _gone,
            Full: _full,
        },
    )
    app.router.redirect_slashes = False
    app.state.service = Service(storage, hosts)
    return app


class _Door:
    """Refuses foreign host names; lets nothing out but answers."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def numbered(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                number = str(uuid.uuid4()).encode()
                message["headers"].append((b"x-amzn-requestid", number))
            await send(message)

        failure = await self._failure(scope, receive, numbered)
        if failure is not None and not started:
            await fault_answer(failure)(scope, receive, numbered)

    async def _failure(
        self, scope: Scope, receive: Receive, send: Send
    ) -> wire.ApiFault | None:
        """Have a request answered; what to answer instead if that failed."""
        if not self._is_ours(scope):
            return wire.ApiFault(421, {"message": "This is not the host you look for"})
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops and this has taken too long; whoever asks may try again.
            return wire.ApiFault(503, {"message": "The server is stopping"})
        except Exception:  # noqa: BLE001 - the border: nothing but JSON goes out
            # Of an answer that has begun uvicorn sees that it is cut short.
            _log.exception("%s %s failed", scope["method"], scope["path"])
            return wire.ApiFault(500, {"message": "Internal failure"})
        return None

    def _is_ours(self, scope: Scope) -> bool:
        named = Request(scope).headers.getlist("host")
        return len(named) == 1 and self._hosts.allows(named[0])


async def _fault(_: Request, error: Exception) -> Response:
    assert isinstance(error, wire.ApiFault)
    return fault_answer(error)


async def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == 404:
        return fault_answer(wire.no_such_operation())
    return fault_answer(
        wire.ApiFault(
            error.status_code, {"message": error.detail}, dict(error.headers or {})
        )
    )


async def _gone(_: Request, __: Exception) -> Response:
    """Answer a client that is no longer there to hear it."""
    return Response(status_code=400)


async def _full(_: Request, __: Exception) -> Response:
    return fault_answer(wire.disk_full())
