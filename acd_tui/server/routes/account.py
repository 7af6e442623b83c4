"""Account: discovery, information, quota, usage (amazon-drive-api.md §2)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import index, wire
from acd_tui.server.service import answer, authorised, base_of, service_of


async def endpoint(request: Request) -> Response:
    """Where metadata and content are to be found."""
    await authorised(request, "read")
    base = base_of(request)
    return answer(
        {
            "contentUrl": f"{base}/cdproxy/",
            "metadataUrl": f"{base}/drive/v1/",
            "customerExists": True,
        }
    )


async def info(request: Request) -> Response:
    """The state of the account."""
    await authorised(request, "read")
    return answer({"termsOfUse": "1.0.0", "status": "ACTIVE"})


async def quota(request: Request) -> Response:
    """How much room there is."""
    grant = await authorised(request, "read")
    storage = service_of(request).storage
    total, available = await storage.room(grant)
    return answer(
        {
            "quota": total,
            "available": available,
            "lastCalculated": wire.date(storage.now()),
            "benefits": [],
            "plans": [],
            "grants": [],
        }
    )


async def usage(request: Request) -> Response:
    """Bytes and files by class."""
    grant = await authorised(request, "read")
    storage = service_of(request).storage
    by_class = await storage.read(
        grant, lambda db, user: index.usage(db, user, grant.classes)
    )
    body: dict[str, object] = {"lastCalculated": wire.date(storage.now())}
    for name in ("other", "doc", "photo", "video"):
        size, count = by_class.get(name, (0, 0))
        amount = {"bytes": size, "count": count}
        body[name] = {"total": amount, "billable": amount}
    return answer(body)
