"""The change stream: lines of any length, cut anywhere."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.responses import JSONResponse, Response, StreamingResponse

from acd_tui.api.changes import lines
from acd_tui.api.client import DriveClient
from acd_tui.api.errors import BadRequest, Cut
from acd_tui.api.models import ChangeSet
from tests.api.conftest import Imitation


async def read(client: DriveClient, checkpoint: str | None = None) -> list[ChangeSet]:
    return [change async for change in client.changes.stream(checkpoint)]


async def read_until_cut(client: DriveClient) -> list[ChangeSet]:
    got: list[ChangeSet] = []

    async def go() -> None:
        async for change in client.changes.stream(None):
            got.append(change)

    with pytest.raises(Cut):
        await go()
    return got


async def test_to_the_end(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: Response(
        b'{"checkpoint":"C1","reset":true,"nodes":[{"id":"a"}],"statusCode":200}\n'
        b"\n\r\n  \n"
        b'{"checkpoint":"C2","reset":false,"nodes":[{"id":"b"}],"statusCode":200}\n'
        b'{"end":true}\n'
    )

    first, second = await read(client)

    assert (first.checkpoint, first.reset, second.reset) == ("C1", True, False)
    assert [node.id for node in second.nodes] == ["b"]
    sent = json.loads(service.seen[0].body)
    assert sent["includePurged"] == "true"
    assert "checkpoint" not in sent


async def test_from_a_checkpoint(
    client: DriveClient, service: Imitation, samples: Path
) -> None:
    checkpoints = json.loads((samples / "changes-checkpoints.json").read_text())
    service.answer = lambda _: Response(b'{"end":true}')

    assert await read(client, checkpoints["official_page"]) == []
    assert (
        json.loads(service.seen[0].body)["checkpoint"] == checkpoints["official_page"]
    )


async def test_samples(client: DriveClient, service: Imitation, samples: Path) -> None:
    whole = (samples / "changes-stream.ndjson").read_bytes()
    cut = (samples / "changes-stream-cut.ndjson").read_bytes()
    corrupt = (samples / "changes-corrupt.txt").read_bytes()

    service.answer = lambda _: Response(whole)
    assert [change.checkpoint for change in await read(client)] == ["foo"]
    service.answer = lambda _: Response(cut)
    assert [change.checkpoint for change in await read_until_cut(client)] == ["foo"]
    service.answer = lambda _: Response(corrupt)
    assert await read_until_cut(client) == []


@pytest.mark.parametrize(
    "rest",
    [
        b"",
        b'{"checkpoint":"C2","nodes":[',
        b'{"statusCode":503}\n{"end":true}\n',
        b"<html>gateway</html>\n",
        b"[]\n",
    ],
)
async def test_a_cut_comes_after_the_good_lines(
    client: DriveClient, service: Imitation, rest: bytes
) -> None:
    good = b'{"checkpoint":"C1","nodes":[{"id":"a"}],"statusCode":200}\n'
    service.answer = lambda _: Response(good + rest)

    assert [change.checkpoint for change in await read_until_cut(client)] == ["C1"]


async def test_lines_arrive_as_they_come(
    client: DriveClient, service: Imitation
) -> None:
    seen = asyncio.Event()

    async def slowly() -> AsyncIterator[bytes]:
        yield b'{"checkpoint":"C1","nodes":[],"statusCode":200}\n'
        await asyncio.wait_for(seen.wait(), 10)  # goes on once the first was read
        yield b'{"end":true}\n'

    service.answer = lambda _: StreamingResponse(slowly())
    got = []
    async for change in client.changes.stream("C0"):
        got.append(change.checkpoint)
        seen.set()

    assert got == ["C1"]


async def test_a_line_of_many_megabytes(
    client: DriveClient, service: Imitation
) -> None:
    nodes = [{"id": f"id{i}", "name": "x" * 100} for i in range(100_000)]
    line = json.dumps({"checkpoint": "C", "nodes": nodes, "statusCode": 200}).encode()
    service.answer = lambda _: Response(line + b'\n{"end":true}\n')

    [change] = await read(client)

    assert len(change.nodes) == 100_000


async def test_a_refused_checkpoint(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: JSONResponse({"message": "bad checkpoint"}, 400)

    with pytest.raises(BadRequest):
        await read(client, "nonsense")


async def test_starting_is_tried_again(client: DriveClient, service: Imitation) -> None:
    service.in_turn(Response(b"", 429), Response(b'{"end":true}'))

    assert await read(client) == []


@given(st.binary(), st.lists(st.integers(0, 60)))
async def test_lines_do_not_depend_on_the_pieces(data: bytes, cuts: list[int]) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        start = 0
        for cut in [*sorted(cuts), len(data)]:
            yield data[start:cut]
            start = max(start, cut)

    expected = [row for row in (row.strip() for row in data.split(b"\n")) if row]
    assert [line async for line in lines(pieces())] == expected


async def test_a_web_page_in_its_place_is_named(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: Response(b"<html>\n<title>Hotel</title>")

    with pytest.raises(Cut, match="what came back is a web page"):
        await read(client)
