"""The change feed (amazon-drive-api.md §4.14)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from acd_tui.server import histories, index, wire
from acd_tui.server.service import authorised, json_of, service_of
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant

_CHUNK = 2000
_LARGEST_CHUNK = 10_000
_QUIET_SECONDS = 15.0


class _Place(NamedTuple):
    """Where a line ends, and whether what was known before is to be forgotten."""

    history: bytes
    sequence: int
    reset: bool


async def changes(request: Request) -> Response:
    """All that changed since a checkpoint, one JSON object per line."""
    grant = await authorised(request, "read")
    given = await json_of(request)
    checkpoint = given.get("checkpoint")
    if checkpoint is not None and not isinstance(checkpoint, str):
        raise wire.bad_request("checkpoint is not a string")
    chunk = min(_positive(given.get("chunkSize"), "chunkSize", _CHUNK), _LARGEST_CHUNK)
    most = _positive(given.get("maxNodes"), "maxNodes", 2**62)
    purged = str(given.get("includePurged", "false")).lower() == "true"
    storage = service_of(request).storage
    lines = _lines(
        storage, grant, checkpoint or "", chunk=chunk, most=most, purged=purged
    )
    return StreamingResponse(lines, media_type="application/json;charset=utf-8")


def _positive(value: object, name: str, default: int) -> int:
    """A number, also where it comes as a string."""
    if value is None:
        return default
    text = str(value)
    if isinstance(value, bool) or not text.isascii() or not text.isdigit():
        raise wire.bad_request(f"{name} is not a number")
    if len(text) > 18 or int(text) < 1:
        raise wire.bad_request(f"{name} is not a number from 1")
    return int(text)


async def _lines(
    storage: Storage,
    grant: Grant,
    checkpoint: str,
    *,
    chunk: int,
    most: int,
    purged: bool,
) -> AsyncIterator[bytes]:
    history, known = await storage.read(
        grant,
        lambda db, user: (
            histories.last(db, user),
            histories.place_of(db, user, checkpoint),
        ),
    )
    reset, after = known is None, known or 0
    first = True
    step = asyncio.ensure_future(
        _step(storage, grant, after, min(chunk, most), purged=purged)
    )
    try:
        while True:
            while not (await asyncio.wait({step}, timeout=_QUIET_SECONDS))[0]:
                yield b"\n"  # so that nobody takes us for dead
            newest, rows = step.result()
            done = len(rows) < min(chunk, most)
            after = newest if done else rows[-1][1]
            most -= len(rows)
            finished = done or most <= 0
            if not finished:  # look for more while this is on its way
                limit = min(chunk, most)
                step = asyncio.ensure_future(
                    _step(storage, grant, after, limit, purged=purged)
                )
            if rows or first:
                place = _Place(history, after, reset and first)
                yield await storage.in_thread(_line, grant, rows, place)
            first = False
            if finished:
                break
    finally:
        step.cancel()
    # Cut short by maxNodes it does not say that all is told.
    yield b'{"end":true}\n' if done else b'{"end":false}\n'


async def _step(
    storage: Storage, grant: Grant, after: int, limit: int, *, purged: bool
) -> tuple[int, list[wire.NodeView]]:
    """The next nodes, and the number of the last change at that moment."""
    return await storage.read(
        grant,
        lambda db, user: (
            index.sequence(db, user),
            index.changed_since(
                db, user, after, limit=limit, purged=purged, classes=grant.classes
            ),
        ),
    )


def _line(grant: Grant, rows: list[wire.NodeView], place: _Place) -> bytes:
    nodes = ",".join(wire.nodes_json(rows, grant.hidden))
    checkpoint = histories.checkpoint(place.history, place.sequence)
    return (
        f'{{"checkpoint":"{checkpoint}","reset":'
        f'{"true" if place.reset else "false"},"nodes":[{nodes}],"statusCode":200}}\n'
    ).encode()
