"""One call: retried, paced, and its failures in words."""

from __future__ import annotations

import asyncio
import socket

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from acd_tui.api import wire
from acd_tui.api.client import DriveClient
from acd_tui.api.errors import (
    ApiError,
    BadAnswer,
    BadRequest,
    Forbidden,
    NameConflict,
    NodeNotFound,
    ServiceTrouble,
    Unauthorized,
    Unreached,
)
from acd_tui.errors import UsageError
from tests.api.conftest import Imitation, StaticAuth, Wire
from tests.fakes import FakeClock

NODE = {"id": "n", "name": "x", "kind": "FOLDER", "status": "AVAILABLE"}
SPORADIC = {"message": "Authorization header requires 'Credential' parameter."}


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_trouble_is_tried_again(
    client: DriveClient, service: Imitation, clock: FakeClock, status: int
) -> None:
    service.in_turn(
        Response(b"", status), Response(b"<html>", status), JSONResponse(NODE)
    )

    node = await client.nodes.get("n")

    assert node.name == "x"
    assert len(service.seen) == 3


@pytest.mark.parametrize("status", [302, 407, 511])
async def test_what_stands_in_between_is_as_good_as_no_connection(
    client: DriveClient, service: Imitation, status: int
) -> None:
    page = Response(b"<html>", status, {"Location": "https://hotel.example/"})
    service.in_turn(page, JSONResponse(NODE))

    assert (await client.nodes.get("n")).id == "n"

    service.in_turn(page)
    with pytest.raises(Unreached, match=f"something in between .*{status}"):
        await client.nodes.get("n")


async def test_a_sporadic_403_is_tried_again(
    client: DriveClient, service: Imitation
) -> None:
    service.in_turn(JSONResponse(SPORADIC, 403), JSONResponse(NODE))

    assert (await client.nodes.get("n")).id == "n"


async def test_trouble_without_end_is_given_up_after_ten_tries(
    client: DriveClient, service: Imitation, clock: FakeClock
) -> None:
    service.in_turn(JSONResponse({"message": "Rate exceeded"}, 429))

    with pytest.raises(ServiceTrouble) as caught:
        await client.nodes.get("n")

    assert len(service.seen) == 10
    assert caught.value.message == (
        "the service asks for fewer requests (429): Rate exceeded"
    )
    assert caught.value.status == 429


async def test_retry_after_is_obeyed(
    client: DriveClient, service: Imitation, clock: FakeClock
) -> None:
    service.in_turn(
        Response(b"", 429, headers={"Retry-After": "77"}), JSONResponse(NODE)
    )
    before = clock.monotonic()

    await client.nodes.get("n")

    assert clock.monotonic() - before >= 77


async def test_retry_after_as_a_date(
    client: DriveClient, service: Imitation, clock: FakeClock
) -> None:
    clock.time = 1_700_000_000.0
    service.in_turn(
        Response(b"", 503, headers={"Retry-After": "Tue, 14 Nov 2023 22:14:20 GMT"}),
        JSONResponse(NODE),
    )

    await client.nodes.get("n")

    assert clock.time >= 1_700_000_060.0


@pytest.mark.parametrize("value", ["soon", "-5", "", "9" * 400, "Tue, 99 Foo 2023"])
async def test_a_senseless_retry_after_does_no_harm(
    client: DriveClient, service: Imitation, value: str
) -> None:
    service.in_turn(
        Response(b"", 503, headers={"Retry-After": value}), JSONResponse(NODE)
    )
    if value.isdecimal():  # an eternity: the caller is told at once
        with pytest.raises(ServiceTrouble) as caught:
            await client.nodes.get("n")
        assert caught.value.retry_after == 999_999_999
    else:
        assert (await client.nodes.get("n")).id == "n"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, BadRequest),
        (401, Unauthorized),
        (403, Forbidden),
        (404, NodeNotFound),
        (409, NameConflict),
        (413, ApiError),
    ],
)
async def test_a_refusal_is_final(
    client: DriveClient, service: Imitation, status: int, kind: type[ApiError]
) -> None:
    body = {"message": "no", "code": "NAME_ALREADY_EXISTS"}
    service.in_turn(JSONResponse(body, status, {"x-amzn-RequestId": "r-7"}))

    with pytest.raises(kind) as caught:
        await client.nodes.get("n")

    assert len(service.seen) == 1
    assert caught.value.request_id == "r-7"


async def test_an_unreachable_host_is_named_soon(clock: FakeClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with DriveClient(
        endpoint_url=f"http://127.0.0.1:{port}/e", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(Unreached) as caught:
            await client.nodes.root()

    assert caught.value.message == f"cannot reach 127.0.0.1:{port}: connection refused"
    assert sum(clock.slept) <= 2


async def test_a_host_that_was_away_is_not_waited_for_once_it_is_back(
    clock: FakeClock,
) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    async with DriveClient(
        endpoint_url=f"http://127.0.0.1:{port}/e", auth=StaticAuth(), clock=clock
    ) as client:
        for _ in range(20):
            with pytest.raises(Unreached):
                await client.nodes.root()

    assert max(clock.slept) < 1


async def test_an_unknown_host_is_named(clock: FakeClock) -> None:
    async with DriveClient(
        endpoint_url="http://no-such-host.invalid/e", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(ServiceTrouble) as caught:
            await client.nodes.root()

    assert caught.value.message == (
        "cannot reach no-such-host.invalid: no such host name, or no network"
    )


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x/", "http://", "http://[::1"])
async def test_an_address_that_is_none(url: str, clock: FakeClock) -> None:
    async with DriveClient(endpoint_url=url, auth=StaticAuth(), clock=clock) as client:
        with pytest.raises(UsageError, match="no web address"):
            await client.nodes.root()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (b"", "the connection was reset"),
        (b"SSH-2.0-OpenSSH_9\r\n", "what came back is not HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{", "the answer broke off"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{",
            "the answer broke off",
        ),
    ],
)
async def test_a_broken_connection_is_put_into_words(
    wire: Wire, clock: FakeClock, answer: bytes, words: str
) -> None:
    wire.answers = [answer] * 20
    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(ServiceTrouble) as caught:
            await client.nodes.get("n")

    assert caught.value.message in {
        f"lost {wire.url.removeprefix('http://')}: {words}",
        f"lost {wire.url.removeprefix('http://')}: the connection was closed without "
        "an answer",
    }
    assert not isinstance(caught.value, Unreached)
    # Twice as often where the connections themselves repeat a request without answer.
    assert len([r for r in wire.reads if b"/nodes/n" in r]) in {10, 20}


async def test_a_service_that_does_not_answer_is_not_asked_ten_times(
    client: DriveClient, service: Imitation, monkeypatch: pytest.MonkeyPatch
) -> None:
    await client.endpoint()

    async def never(_: Request) -> Response:
        await asyncio.sleep(3600)
        raise AssertionError

    service.answer = never
    monkeypatch.setattr(wire, "TIMEOUT", httpx.Timeout(5.0, read=0.05))

    with pytest.raises(ServiceTrouble, match="no answer in time"):
        await client.nodes.get("n")
    assert len(service.seen) == 3


async def test_a_web_page_instead_of_json(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: Response(b"<html>Please log in to the hotel's network")

    with pytest.raises(BadAnswer, match="not Amazon Drive's JSON"):
        await client.nodes.get("n")


async def test_calls_wait_together(
    client: DriveClient, service: Imitation, clock: FakeClock
) -> None:
    """While the service wants peace for one call, others stay away too."""
    await client.endpoint()
    times: list[float] = []

    def answer(_: Request) -> Response:
        times.append(clock.monotonic())
        if len(times) == 1:
            return Response(b"", 429, headers={"Retry-After": "50"})
        return JSONResponse(NODE)

    service.answer = answer
    first = asyncio.create_task(client.nodes.get("a"))
    while not times:
        await asyncio.sleep(0.001)
    await asyncio.sleep(0)
    await first
    await client.nodes.get("b")

    assert all(later - times[0] >= 50 for later in times[1:])


async def test_the_endpoint_is_asked_once_by_many(
    client: DriveClient, service: Imitation, auth: StaticAuth
) -> None:
    service.answer = lambda _: JSONResponse(NODE)

    await asyncio.gather(*(client.nodes.get("n") for _ in range(20)))

    assert {seen.path for seen in service.seen} == {"/m/nodes/n"}
    assert auth.allowed == [
        f"{service.url}/endpoint",
        f"{service.url}/m/",
        f"{service.url}/c/",
    ]


async def test_the_endpoint_is_asked_again_after_three_days(
    wire: Wire, clock: FakeClock
) -> None:
    def asked() -> int:
        return sum(b" /endpoint " in read for read in wire.reads)

    async with DriveClient(
        endpoint_url=f"{wire.url}/endpoint", auth=StaticAuth(), clock=clock
    ) as client:
        await client.endpoint()
        clock.time += 2 * 86400
        await client.endpoint()
        assert asked() == 1
        clock.time += 86400
        await client.endpoint()
        assert asked() == 2


@pytest.mark.parametrize(
    "answer",
    [
        {},
        {"contentUrl": "ftp://x/", "metadataUrl": "ftp://x/"},
        {"contentUrl": 5, "metadataUrl": None},
        {"contentUrl": "http://[", "metadataUrl": "http://["},
        {"contentUrl": "http://a:b:c/", "metadataUrl": "http://x:99999999/"},
    ],
)
async def test_senseless_hosts(
    service: Imitation, clock: FakeClock, answer: dict[str, object]
) -> None:
    service.answer = lambda _: JSONResponse(answer)
    async with DriveClient(
        endpoint_url=f"{service.url}/other", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(BadAnswer):
            await client.nodes.root()


async def test_a_customer_without_a_drive(service: Imitation, clock: FakeClock) -> None:
    service.answer = lambda _: JSONResponse({"customerExists": False})
    async with DriveClient(
        endpoint_url=f"{service.url}/other", auth=StaticAuth(), clock=clock
    ) as client:
        with pytest.raises(Forbidden, match="no Amazon Drive"):
            await client.nodes.root()


async def test_cookies_are_not_kept(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: JSONResponse(NODE, headers={"Set-Cookie": "a=b"})

    await client.nodes.get("n")
    await client.nodes.get("n")

    assert "cookie" not in service.seen[-1].headers


async def test_packed_answers_are_unpacked(
    client: DriveClient, service: Imitation
) -> None:
    import gzip

    packed = gzip.compress(b'{"id":"n","name":"packed"}')
    service.answer = lambda _: Response(packed, headers={"Content-Encoding": "gzip"})

    assert (await client.nodes.get("n")).name == "packed"


@pytest.mark.parametrize("node_id", ["a/b", "../trash/x", "é ?#", "%2e%2e"])
async def test_ids_are_one_part_of_the_path(
    client: DriveClient, service: Imitation, node_id: str
) -> None:
    def answer(request: Request) -> Response:
        raw: bytes = request.scope["raw_path"]
        assert raw.count(b"/") == 3, raw
        return JSONResponse(NODE)

    service.answer = answer

    await client.nodes.get(node_id)
    assert service.seen[0].path == f"/m/nodes/{node_id}"


@pytest.mark.parametrize("node_id", ["", ".", "..", "..."])
async def test_ids_that_no_node_has(client: DriveClient, node_id: str) -> None:
    with pytest.raises(NodeNotFound):
        await client.nodes.get(node_id)


async def test_many_calls_at_once_share_connections(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda _: JSONResponse(NODE)

    await asyncio.gather(*(client.nodes.get("n") for _ in range(300)))

    assert len(service.seen) == 300


async def test_a_call_is_sent_as_often_as_was_asked_for(
    service: Imitation, clock: FakeClock
) -> None:
    service.in_turn(JSONResponse({"message": "Rate exceeded"}, 429))
    async with DriveClient(
        endpoint_url=f"{service.url}/endpoint", auth=StaticAuth(), clock=clock, tries=3
    ) as client:
        with pytest.raises(ServiceTrouble):
            await client.nodes.get("n")

    assert len(service.seen) == 3
