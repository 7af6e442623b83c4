"""Nodes, trash and account: what is asked, and what is made of the answer."""

from __future__ import annotations

import json
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from acd_tui.api.client import DriveClient
from acd_tui.api.errors import BadAnswer, BadRequest, NodeNotFound, StaleToken
from tests.api.conftest import Imitation

STALE = {"message": "Next token is expired"}


def row(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"n{number}",
        "name": f"{number}",
        "kind": "FILE",
        "status": "AVAILABLE",
        "parents": ["p"],
    } | more


def pages(*tokens_and_rows: tuple[str | None, list[int]]) -> list[Response]:
    return [
        JSONResponse(
            {"count": 99, "data": [row(n) for n in rows]}
            | ({"nextToken": token} if token else {})
        )
        for token, rows in tokens_and_rows
    ]


async def listed(client: DriveClient) -> list[list[str]]:
    return [[node.id for node in page] async for page in client.nodes.children("p")]


async def test_all_pages(client: DriveClient, service: Imitation) -> None:
    service.in_turn(*pages(("t1", [1, 2]), ("t2", [3]), (None, [])))

    assert await listed(client) == [["n1", "n2"], ["n3"]]
    assert [seen.query.get("startToken") for seen in service.seen] == [None, "t1", "t2"]
    assert {seen.query["filters"] for seen in service.seen} == {'parents:"p"'}
    assert {seen.query["limit"] for seen in service.seen} == {"200"}


async def test_a_stale_token_starts_over_without_repeating(
    client: DriveClient, service: Imitation
) -> None:
    service.in_turn(
        *pages(("t1", [1, 2])),
        JSONResponse(STALE, 400),
        *pages(("u1", [1, 2, 4]), (None, [3])),
    )

    assert await listed(client) == [["n1", "n2"], ["n4"], ["n3"]]


async def test_a_token_that_is_always_stale(
    client: DriveClient, service: Imitation
) -> None:
    service.answer = lambda request: (
        JSONResponse(STALE, 400)
        if "startToken" in request.query_params
        else pages(("t", [1]))[0]
    )

    with pytest.raises(StaleToken):
        await listed(client)


async def test_a_page_that_took_several_tries_is_not_trusted(
    client: DriveClient, service: Imitation
) -> None:
    service.in_turn(
        *pages(("t1", [1])),
        Response(b"", 503),
        *pages((None, [])),  # rows went missing
        *pages(("t1", [1]), (None, [2])),
    )

    assert await listed(client) == [["n1"], ["n2"]]


async def test_a_listing_in_a_circle(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: pages(("same", []))[0]

    with pytest.raises(BadAnswer, match="circle"):
        await listed(client)


async def test_the_root(client: DriveClient, service: Imitation) -> None:
    root = {"id": "r", "kind": "FOLDER", "isRoot": True, "parents": []}
    service.in_turn(
        JSONResponse({"data": [row(1), root]}),
        JSONResponse({"data": [{"id": "q", "kind": "FOLDER"}]}),
        JSONResponse({"data": []}),
    )

    assert (await client.nodes.root()).id == "r"
    assert (await client.nodes.root()).id == "q"
    with pytest.raises(NodeNotFound):
        await client.nodes.root()
    assert service.seen[0].query["filters"] == "isRoot:true"


async def test_a_lookup_takes_the_best_row(
    client: DriveClient, service: Imitation
) -> None:
    rows = [
        row(1, name="A B", status="TRASH"),
        row(2, name="A B", parents=["elsewhere"]),
        row(3, name="a b"),
        row(4, name="A B", status="PENDING"),
        row(5, name="A B"),
    ]
    service.answer = lambda _: JSONResponse({"data": rows})

    found = await client.nodes.lookup("p", "A B")

    assert found is not None
    assert found.id == "n5"
    assert service.seen[0].query["filters"] == 'parents:"p" AND name:"A\\ B"'

    del rows[2:]
    assert await client.nodes.lookup("p", "A B") is None


@pytest.mark.parametrize(
    "name", ["a b", "\r\n\t\x7f", "é／‛", "%2B+&=#?", 'q"\\', "\U0001f600", "a;b,c"]
)
async def test_any_name_can_be_looked_up(
    client: DriveClient, service: Imitation, name: str
) -> None:
    from acd_tui.api.filters import child_named

    service.answer = lambda _: JSONResponse({"data": []})

    await client.nodes.lookup("p", name)

    assert service.seen[0].query["filters"] == child_named("p", name)


async def test_requests_that_change(client: DriveClient, service: Imitation) -> None:
    service.answer = lambda _: JSONResponse(row(1))

    await client.nodes.create_folder("f", "p")
    await client.nodes.rename("n", "new")
    await client.nodes.move("n", "old", "new")
    await client.nodes.add_parent("n", "p2")
    await client.nodes.remove_parent("n", "p")
    await client.nodes.put_property("n", "acdtui", "mtime", "5")
    await client.trash.add("n")
    await client.trash.restore("n")
    await client.nodes.get("n", temp_link=True)

    assert [
        (seen.method, seen.path, json.loads(seen.body or "null"))
        for seen in service.seen
    ] == [
        ("POST", "/m/nodes", {"name": "f", "kind": "FOLDER", "parents": ["p"]}),
        ("PATCH", "/m/nodes/n", {"name": "new"}),
        ("POST", "/m/nodes/new/children", {"fromParent": "old", "childId": "n"}),
        ("PUT", "/m/nodes/p2/children/n", None),
        ("DELETE", "/m/nodes/p/children/n", None),
        ("PUT", "/m/nodes/n/properties/acdtui/mtime", {"value": "5"}),
        ("PUT", "/m/trash/n", None),
        ("POST", "/m/trash/n/restore", None),
        ("GET", "/m/nodes/n", None),
    ]
    assert service.seen[-1].query == {"tempLink": "true"}
    assert service.seen[6].headers["content-length"] == "0"


async def test_the_trash_is_listed(client: DriveClient, service: Imitation) -> None:
    service.in_turn(*pages(("t", [1]), (None, [2])))

    got = [node.id async for page in client.trash.list() for node in page]

    assert got == ["n1", "n2"]
    assert {seen.path for seen in service.seen} == {"/m/trash"}


async def test_the_account(client: DriveClient, service: Imitation) -> None:
    def answer(request: Request) -> Response:
        return JSONResponse(
            {
                "/m/account/quota": {"quota": 10, "available": 4},
                "/m/account/info": {"status": "ACTIVE"},
                "/m/account/usage": {"doc": {"total": {"bytes": 6, "count": 1}}},
            }[request.url.path]
        )

    service.answer = answer

    assert (await client.account.quota()).available == 4
    assert (await client.account.info()).status == "ACTIVE"
    assert (await client.account.usage()).doc.total.bytes == 6


async def test_a_name_that_is_no_text(client: DriveClient) -> None:
    with pytest.raises(BadRequest, match="no text"):
        await client.nodes.rename("n", "\udcff")
