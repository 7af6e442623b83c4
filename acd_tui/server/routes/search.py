"""The search of pictures that Amazon Photos clients use (amazon-drive-api.md §4.15)."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import wire
from acd_tui.server.facets import CATEGORIES, GROUPS, facets_of
from acd_tui.server.listing import page_of, selected
from acd_tui.server.query import Order
from acd_tui.server.selection import Scope
from acd_tui.server.service import answer, authorised, service_of

_SCOPE = Scope(albums=True, search=True)
_NEWEST_FIRST = (Order("contentProperties.contentDate", descending=True),)


async def search(request: Request) -> Response:
    """Files that a filter means, and how many there are of each sort."""
    request.scope["v2"] = True
    grant = await authorised(request, "read")
    selection = selected(request, grant, scope=_SCOPE, order=_NEWEST_FIRST)
    group = _group(request)
    body, _ = await page_of(request, grant, selection)
    body["aggregations"] = await service_of(request).storage.read(
        grant, lambda db, user: facets_of(db, user, selection, group)
    )
    body["nodeToSearchScoreMap"] = {}
    return answer(body)


async def aggregation(request: Request) -> Response:
    """How many files there are of each sort, in one category."""
    grant = await authorised(request, "read")
    category = request.query_params.get("category", "")
    if category not in CATEGORIES:
        raise wire.bad_request(f"category is one of {', '.join(sorted(CATEGORIES))}")
    selection = selected(request, grant, scope=_SCOPE)
    group = _group(request)
    facets = await service_of(request).storage.read(
        grant, lambda db, user: facets_of(db, user, selection, group)
    )
    return answer({"aggregations": facets.get(category, [])})


def _group(request: Request) -> str:
    group = request.query_params.get("groupByForTime") or "year"
    if group not in GROUPS:
        raise wire.bad_request(f"groupByForTime is one of {', '.join(GROUPS)}")
    return group
