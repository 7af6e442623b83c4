"""For whoever runs the server: is it well, and how much does it do."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from acd_tui.server import wire
from acd_tui.server.forwarded import FORWARDED, is_loopback
from acd_tui.server.health import Health
from acd_tui.server.metrics import Metrics

_UNCACHED = {"cache-control": "no-store"}


async def health(request: Request) -> Response:
    """200 or 503, for load balancers and the like; says nothing more."""
    asked: Health = request.app.state.health
    good = await asked.good()
    return JSONResponse(
        {"status": "ok" if good else "unavailable"}, 200 if good else 503, _UNCACHED
    )


async def metrics(request: Request) -> Response:
    """Numbers for Prometheus; for this machine, or with the token."""
    counted: Metrics = request.app.state.metrics
    at_home = is_loopback(request.scope) and FORWARDED not in request.scope
    if not at_home and not counted.opened_by(request.headers.get("authorization", "")):
        raise wire.no_such_operation()
    return PlainTextResponse(
        counted.text(),
        headers=_UNCACHED,
        media_type="text/plain; version=0.0.4; charset=utf-8",
    )
