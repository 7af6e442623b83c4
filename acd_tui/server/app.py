"""The application: its route table, and what becomes of every kind of error."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from acd_tui.errors import Full
from acd_tui.server import wire
from acd_tui.server.access_log import AccessLog
from acd_tui.server.door import Door
from acd_tui.server.faults.middleware import Faults, operations
from acd_tui.server.faults.watched import FaultFile
from acd_tui.server.health import Health
from acd_tui.server.hosts import Hosts
from acd_tui.server.limits import Rate, RateLimit
from acd_tui.server.metrics import Metrics
from acd_tui.server.observed import Observed
from acd_tui.server.pictures import Pictures
from acd_tui.server.routes import (
    account,
    changes,
    downloads,
    nodes,
    oauth,
    operation,
    photos,
    properties,
    resume,
    search,
    signin,
    tokens,
    trash,
    uploads,
)
from acd_tui.server.service import Service, fault_answer
from acd_tui.server.storage import Storage

_V1 = "/drive/v1"
_CD = "/cdproxy"
_NODE = _V1 + "/nodes/{id}"
_CHILD = _NODE + "/children/{child}"
_PROPERTIES = _NODE + "/properties/{owner}"

# In this order they are looked at: first what most requests are for.
ROUTES = [
    Route(_V1 + "/nodes", nodes.list_nodes, methods=["GET"]),
    Route(_NODE, nodes.get_node, methods=["GET"]),
    Route(_CD + "/nodes", uploads.upload, methods=["POST"]),
    Route(_CD + "/nodes/{id}/content", downloads.download, methods=["GET"]),
    Route(_CD + "/nodes/{id}/content", uploads.overwrite, methods=["PUT"]),
    Route(_V1 + "/nodes", nodes.create_folder, methods=["POST"]),
    Route(_NODE, nodes.patch_node, methods=["PATCH"]),
    Route("/ap/oa", oauth.consent_page, methods=["GET"]),
    Route("/ap/oa", oauth.consent, methods=["POST"]),
    Route("/auth/o2/token", tokens.token, methods=["POST"]),
    Route("/auth/o2/tokeninfo", tokens.token_info, methods=["GET"]),
    Route("/user/profile", tokens.profile, methods=["GET"]),
    Route(_V1 + "/account/endpoint", account.endpoint, methods=["GET"]),
    Route(_V1 + "/account/info", account.info, methods=["GET"]),
    Route(_V1 + "/account/quota", account.quota, methods=["GET"]),
    Route(_V1 + "/account/usage", account.usage, methods=["GET"]),
    Route(_NODE, nodes.replace_node, methods=["PUT"]),
    Route(_NODE, nodes.purge_node, methods=["DELETE"]),
    Route(_NODE + "/children", nodes.list_children, methods=["GET"]),
    Route(_NODE + "/children", nodes.move_child, methods=["POST"]),
    Route(_NODE + "/children", nodes.change_children, methods=["PATCH"]),
    Route(_CHILD, nodes.add_child, methods=["PUT"]),
    Route(_CHILD, nodes.remove_child, methods=["DELETE"]),
    Route(_PROPERTIES, properties.list_properties, methods=["GET"]),
    Route(_PROPERTIES + "/{key}", properties.get_property, methods=["GET"]),
    Route(_PROPERTIES + "/{key}", properties.put_property, methods=["PUT"]),
    Route(_PROPERTIES + "/{key}", properties.delete_property, methods=["DELETE"]),
    Route(_V1 + "/trash", trash.list_trash, methods=["GET"]),
    Route(_V1 + "/trash", trash.change_trash, methods=["PATCH"]),
    Route(_V1 + "/bulk/nodes/purge", trash.purge_nodes, methods=["POST"]),
    Route(_V1 + "/trash/{id}", trash.trash_node, methods=["PUT"]),
    Route(_V1 + "/trash/{id}/restore", trash.restore_node, methods=["POST"]),
    Route(_V1 + "/changes", changes.changes, methods=["POST"]),
    Route(_CD + "/resume", resume.progress, methods=["GET"]),
    Route(_CD + "/templink/{token}", downloads.linked, methods=["GET"]),
    Route(_CD + "/batch/{token}", photos.batch, methods=["GET"]),
    Route(_V1 + "/batchLink", photos.batch_link, methods=["POST"]),
    Route(_V1 + "/bulk/nodeByDigest", photos.nodes_by_digest, methods=["POST"]),
    Route(_NODE + "/contentRedirection", photos.content_redirection, methods=["GET"]),
    Route(_V1 + "/search", search.search, methods=["GET"]),
    Route(_V1 + "/search/aggregation", search.aggregation, methods=["GET"]),
    Route("/v1/thumbnail/{id}", photos.thumbnail, methods=["GET"]),
    Route("/photos/auth/token", signin.token, methods=["GET"]),
    Route("/ap/signin", signin.page, methods=["GET"]),
    Route("/ap/signin", signin.enter, methods=["POST"]),
    Route("/ap/signout", signin.leave, methods=["POST"]),
    Route("/healthz", operation.health, methods=["GET"]),
]

_METRICS = Route("/metrics", operation.metrics, methods=["GET"])


def fault_file(path: Path) -> FaultFile:
    """Open a file of faults.

    Raises:
        UsageError: it makes no sense.
        Denied: it cannot be read.
    """
    return FaultFile(path, operations([*ROUTES, _METRICS]))


def create_app(  # noqa: PLR0913 - all that `server run` takes
    storage: Storage,
    *,
    public_url: str | None = None,
    allowed_hosts: Collection[str] = (),
    bound: str = "127.0.0.1",
    rate: Rate | None = None,
    faults: Path | None = None,
    access_log: AccessLog | None = None,
    metrics: Metrics | None = None,
) -> Starlette:
    """The server over an open storage.

    Args:
        storage: opened, and closed, by the caller.
        public_url: the address under which a proxy shows it to the world.
        allowed_hosts: further host names it answers to.
        bound: the address it listens on.
        rate: how many requests each application may make for each user.
        faults: a file of rules that make requests go wrong; the protocol has to be
            `ReachableProtocol` then.
        access_log: told of each request.
        metrics: told of each request, and shown.

    Raises:
        UsageError: `public_url` is no address, or `faults` makes no sense.
        Denied: `faults` cannot be read.
    """
    hosts = Hosts(public_url, allowed_hosts, bound)
    limit = None if rate is None else RateLimit(rate, storage.clock)
    service = Service(storage, hosts, limit)
    routes = ROUTES if metrics is None else [*ROUTES, _METRICS]
    watching = [one for one in (access_log, metrics) if one is not None]
    middleware = [Middleware(Door, hosts=hosts)]
    if watching:
        middleware.insert(0, Middleware(Observed, observers=watching))
    if faults is not None:
        file = fault_file(faults)
        middleware.append(Middleware(Faults, file=file, routes=routes, service=service))
    app = Starlette(
        routes=routes,
        middleware=middleware,
        exception_handlers={
            wire.ApiFault: _fault,
            HTTPException: _http_error,
            ClientDisconnect: _gone,
            Full: _full,
        },
    )
    app.router.redirect_slashes = False
    app.state.service = service
    app.state.pictures = Pictures(storage)
    app.state.pictures.start()
    app.state.health = Health(storage)
    app.state.metrics = metrics
    return app


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
