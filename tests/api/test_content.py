"""Bytes both ways, also where the other side misbehaves."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from acd_tui.api.client import DriveClient
from acd_tui.api.content import Content
from acd_tui.api.errors import (
    ApiError,
    BadAnswer,
    Cut,
    NameConflict,
    NodeNotFound,
    OverQuota,
    ServiceTrouble,
    Unreached,
)
from acd_tui.errors import Changed, Denied
from tests.api.conftest import Imitation, StaticAuth, Wire
from tests.fakes import FakeClock

NODE = {"id": "n", "name": "x", "kind": "FILE", "status": "AVAILABLE"}
BYTES = bytes(range(256)) * 4096


async def pieces(data: bytes, size: int = 1 << 18) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def endless() -> AsyncIterator[bytes]:
    while True:
        yield bytes(1 << 16)
        await asyncio.sleep(0)


async def fetched(content: Content, node_id: str = "n", offset: int = 0) -> bytes:
    async with content.open(node_id, offset=offset) as source:
        return b"".join([piece async for piece in source])


async def linked(content: Content, url: str, offset: int = 0) -> bytes:
    async with content.open_link(url, offset=offset) as source:
        return b"".join([piece async for piece in source])


def ranged(data: bytes) -> Callable[[Request], Response]:
    """Serve bytes as a good server does."""

    def answer(request: Request) -> Response:
        wanted = request.headers.get("range")
        if wanted is None:
            return Response(data)
        start = int(wanted.removeprefix("bytes=").removesuffix("-"))
        if start >= len(data):
            return Response(b"", 416, {"Content-Range": f"bytes */{len(data)}"})
        head = {"Content-Range": f"bytes {start}-{len(data) - 1}/{len(data)}"}
        return Response(data[start:], 206, head)

    return answer


async def test_an_upload_arrives_whole(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: JSONResponse(NODE, 201)

    node = await client.content.upload(
        "p",
        'a "b"\r\n.bin',
        pieces(BYTES),
        len(BYTES),
        content_type="image/png",
        properties={"acdtui": {"mtime": "17"}},
    )

    assert node.id == "n"
    [seen] = service.seen
    assert (seen.method, seen.path) == ("POST", "/c/nodes")
    assert seen.query == {"suppress": "deduplication"}
    assert "transfer-encoding" not in seen.headers
    assert int(seen.headers["content-length"]) == len(seen.body)
    assert BYTES in seen.body
    assert (
        b'{"name":"a \\"b\\"\\r\\n.bin","kind":"FILE","parents":["p"],'
        b'"properties":{"acdtui":{"mtime":"17"}}}'
    ) in seen.body


async def test_an_overwrite_sends_content_alone(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: JSONResponse(NODE)

    await client.content.overwrite("n", pieces(b""), 0, name="x")

    [seen] = service.seen
    assert (seen.method, seen.path) == ("PUT", "/c/nodes/n/content")
    assert b"metadata" not in seen.body
    assert seen.headers["content-length"] != "0"


async def test_deduplication_can_be_left_on(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: JSONResponse(NODE, 201)

    await client.content.upload("p", "x", pieces(b"1"), 1, suppress_deduplication=False)

    assert service.seen[0].query == {}


async def test_a_small_upload_leaves_in_one_write(wire: Wire, clock: FakeClock) -> None:
    wire.answers = [b'HTTP/1.1 201 Created\r\nContent-Length: 10\r\n\r\n{"id":"n"}']
    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        await client.content.upload("p", "x", pieces(b"small"), 5)

    upload = wire.reads[-1]
    assert upload.startswith(b"POST /c/nodes?")
    assert upload.endswith(b"--\r\n")
    assert b"small" in upload


@pytest.mark.parametrize("status", [302, 407, 408, 429, 500, 503, 504, 511])
async def test_an_upload_is_never_repeated(
    client: DriveClient, service: Imitation, status: int
) -> None:
    service.answer = lambda _: Response(b"", status)

    with pytest.raises(ServiceTrouble) as caught:
        await client.content.upload("p", "x", pieces(b"1"), 1)

    assert len(service.seen) == 1
    # Those say that it was not taken, or come from what stands in between.
    assert caught.value.body_sent is (status in {408, 500, 504})


@pytest.mark.parametrize("overwrite", [False, True])
async def test_no_answer_after_all_was_sent(
    wire: Wire, clock: FakeClock, overwrite: bool
) -> None:
    wire.answers = [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]
    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        source = pieces(b"small")
        if overwrite:
            call = client.content.overwrite("n", source, 5, name="x")
        else:
            call = client.content.upload("p", "x", source, 5)
        with pytest.raises(ServiceTrouble) as caught:
            await call

    assert caught.value.body_sent
    assert not isinstance(caught.value, Unreached)
    assert len(wire.answers) == 1  # sent once


async def test_a_connection_lost_within_the_body(wire: Wire, clock: FakeClock) -> None:
    wire.answers = [b""]

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1 << 20)
            await asyncio.sleep(0)

    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(ServiceTrouble) as caught:
            await client.content.upload("p", "x", endless(), 1 << 40)

    assert not caught.value.body_sent


async def test_what_the_source_raises_comes_out(
    client: DriveClient, service: Imitation
) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield b"x"
        raise Denied("cannot read the disk")

    with pytest.raises(Denied, match="cannot read the disk"):
        await client.content.upload("p", "x", failing(), 100)
    with pytest.raises(Changed):
        await client.content.upload("p", "x", pieces(b"123"), 2)


async def test_refusals_of_an_upload(client: DriveClient, service: Imitation) -> None:
    clash = {"code": "NAME_ALREADY_EXISTS", "info": {"nodeId": "other"}}
    service.in_turn(
        JSONResponse(clash, 409),
        JSONResponse({"code": "NO_ACTIVE_SUBSCRIPTION_FOUND"}, 403),
        JSONResponse({"message": "Token has expired"}, 401),
        Response(b"<html>"),
    )

    with pytest.raises(NameConflict) as caught:
        await client.content.upload("p", "x", pieces(b"1"), 1)
    assert caught.value.node_id == "other"
    with pytest.raises(OverQuota):
        await client.content.upload("p", "x", pieces(b"1"), 1)
    with pytest.raises(ServiceTrouble) as trouble:
        await client.content.upload("p", "x", pieces(b"1"), 1)
    assert trouble.value.status == 401  # start over: the token is a fresh one now
    with pytest.raises(BadAnswer) as odd:
        await client.content.upload("p", "x", pieces(b"1"), 1)
    assert odd.value.body_sent


async def test_an_early_refusal_stops_the_sending(wire: Wire, clock: FakeClock) -> None:
    body = b'{"code":"NAME_ALREADY_EXISTS","info":{"nodeId":"o"}}'
    wire.answers = [
        b"HTTP/1.1 409 Conflict\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body)
    ]
    closed = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(NameConflict):
            await client.content.upload("p", "x", endless(), 1 << 40)
    await asyncio.wait_for(closed.wait(), 10)


async def test_a_cancelled_upload_closes_its_source(
    client: DriveClient, service: Imitation
) -> None:
    begun, closed = asyncio.Event(), asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"x"
                begun.set()
                await asyncio.sleep(0.01)
        finally:
            closed.set()

    task = asyncio.create_task(client.content.upload("p", "x", endless(), 1 << 40))
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await asyncio.wait_for(closed.wait(), 10)


async def test_a_name_that_is_no_text(client: DriveClient, service: Imitation) -> None:
    with pytest.raises(ApiError, match="no text"):
        await client.content.upload("p", "\udcff", pieces(b"1"), 1)


@pytest.mark.parametrize("offset", [0, 1, 65536, len(BYTES) - 1, len(BYTES)])
async def test_a_download_from_anywhere(
    client: DriveClient, service: Imitation, offset: int
) -> None:
    service.answer = ranged(BYTES)

    data = await fetched(client.content, offset=offset)

    assert hashlib.md5(data).digest() == hashlib.md5(BYTES[offset:]).digest()
    [seen] = service.seen
    assert seen.headers["accept-encoding"] == "identity"
    assert seen.headers.get("range") == (f"bytes={offset}-" if offset else None)


async def test_a_server_that_knows_no_ranges(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: Response(BYTES)

    assert await fetched(client.content, offset=1000) == BYTES[1000:]


async def test_a_file_shorter_than_what_is_there(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = ranged(b"short")

    with pytest.raises(Changed):
        await fetched(client.content, offset=100)
    service.answer = lambda _: Response(b"short")
    with pytest.raises(Changed):
        await fetched(client.content, offset=100)


@pytest.mark.parametrize(
    "content_range", ["bytes 0-9/10", "bytes x", "", "bytes 5-9/10 "]
)
async def test_another_part_than_asked_for(
    client: DriveClient, service: Imitation, content_range: str
) -> None:
    head = {"Content-Range": content_range} if content_range else {}
    service.answer = lambda _: Response(b"12345", 206, head)

    if content_range.strip() == "bytes 5-9/10":
        assert await fetched(client.content, offset=5) == b"12345"
    else:
        with pytest.raises(BadAnswer):
            await fetched(client.content, offset=5)


async def test_a_part_that_does_not_reach_the_end(
    client: DriveClient, service: Imitation
) -> None:
    head = {"Content-Range": "bytes 5-7/10"}
    service.answer = lambda _: Response(b"678", 206, head)

    with pytest.raises(Cut, match="3 of 5"):
        await fetched(client.content, offset=5)


async def test_a_cut_body(wire: Wire, clock: FakeClock) -> None:
    wire.answers = [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nonly this"]
    got = []
    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:

        async def read() -> None:
            async with client.content.open("n") as source:
                async for piece in source:
                    got.append(piece)

        with pytest.raises(ServiceTrouble):
            await read()

    assert b"".join(got) in {b"", b"only this"}


async def test_opening_is_tried_again(client: DriveClient, service: Imitation) -> None:
    service.in_turn(Response(b"", 503), Response(b"abc"))

    assert await fetched(client.content) == b"abc"


async def test_nobody_has_to_read_to_the_end(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: StreamingResponse(endless())

    async with client.content.open("n") as source:
        assert await anext(source)


async def test_a_short_file_is_had_at_once(
    client: DriveClient, service: Imitation
) -> None:
    service.in_turn(Response(b"", 503), Response(b"abc"))

    assert await client.content.short("n", 3) == b"abc"

    request = service.seen[-1]
    assert request.path == "/c/nodes/n/content"
    assert request.headers["authorization"] == "Bearer Atza|secret"
    assert request.headers["accept-encoding"] == "identity"


async def test_what_is_not_answered_as_a_short_file_is_not_read(
    client: DriveClient, service: Imitation
) -> None:
    for answer in (
        StreamingResponse(endless()),
        Response(b"abcd"),
        Response(b"", 302, {"Location": f"{service.url}/elsewhere"}),
    ):
        service.in_turn(answer)
        assert await client.content.short("n", 3) is None

    service.in_turn(Response(b"abc"))
    assert await client.content.short("n", 3) == b"abc"


async def test_a_short_file_that_is_cut(wire: Wire, clock: FakeClock) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
    wire.answers = [head + b"only this"]
    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(ServiceTrouble, match="broke off"):
            await client.content.short("n", 10)


async def test_a_redirect_to_another_host_does_not_get_the_token(
    client: DriveClient, service: Imitation, other_service: Imitation
) -> None:
    target = f"{other_service.url}/bucket/file?X-Amz-Algorithm=AWS4"
    service.answer = lambda _: Response(b"", 302, {"Location": target})
    other_service.answer = ranged(BYTES)

    assert await fetched(client.content, offset=7) == BYTES[7:]

    assert "authorization" in service.seen[0].headers
    [seen] = other_service.seen
    assert "authorization" not in seen.headers
    assert seen.headers["range"] == "bytes=7-"
    assert seen.query == {"X-Amz-Algorithm": "AWS4"}


async def test_a_redirect_on_the_same_host_keeps_the_token_unless_signed(
    client: DriveClient, service: Imitation
) -> None:
    def answer(request: Request) -> Response:
        if request.url.path.endswith("/content"):
            return Response(b"", 307, {"Location": "/plain"})
        if request.url.path == "/plain":
            return Response(b"", 307, {"Location": "/signed?X-Amz-Algorithm=a"})
        return Response(b"there")

    service.answer = answer

    assert await fetched(client.content) == b"there"
    assert ["authorization" in seen.headers for seen in service.seen] == [
        True,
        True,
        False,
    ]


@pytest.mark.parametrize(
    ("location", "words"),
    [
        (None, "nowhere"),
        ("file:///etc/passwd", "no web address"),
        ("/again", "circle"),
    ],
)
async def test_senseless_redirects(
    client: DriveClient, service: Imitation, location: str | None, words: str
) -> None:
    head = {"Location": location} if location else {}
    service.answer = lambda _: Response(b"", 302, head)

    with pytest.raises(ApiError, match=words):
        await fetched(client.content)


async def test_a_temporary_link_never_gets_the_token(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = ranged(BYTES)

    assert await linked(client.content, f"{service.url}/templink/abc", 9) == BYTES[9:]
    assert "authorization" not in service.seen[0].headers


async def test_an_expired_link(client: DriveClient, service: Imitation) -> None:
    service.in_turn(Response(b"", 404))

    with pytest.raises(NodeNotFound):
        await linked(client.content, f"{service.url}/templink/abc")


@pytest.mark.parametrize(
    "link",
    ["", "nonsense", "file:///etc/passwd", "http://[", "http://a:b:c/", "https://"],
)
async def test_a_link_that_is_none(client: DriveClient, link: str) -> None:
    with pytest.raises(ApiError):
        await linked(client.content, link)
