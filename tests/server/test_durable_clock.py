"""A clock that jumps: forward, back, for a moment or for good."""

from __future__ import annotations

import json
import logging
from typing import Any

import httpx
import pytest

from acd_tui.server import admin
from tests.server.conftest import Clocked

pytestmark = pytest.mark.socket

HOUR = 3600.0
DAY = 24 * HOUR
YEAR = 365 * DAY


async def make(clocked: Clocked, name: str, **more: Any) -> dict[str, Any]:
    body = {"name": name, "kind": "FOLDER"} | more
    response = await clocked.client.post("/drive/v1/nodes", json=body)
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def upload(clocked: Clocked, name: str, data: bytes) -> dict[str, Any]:
    metadata = json.dumps({"name": name, "kind": "FILE"})
    response = await clocked.client.post(
        "/cdproxy/nodes?suppress=deduplication",
        files=[("metadata", (None, metadata)), ("content", ("x", data, "a/b"))],
    )
    assert response.status_code == 201, response.text
    made: dict[str, Any] = response.json()
    return made


async def node(clocked: Clocked, node_id: str) -> dict[str, Any]:
    found: dict[str, Any] = (
        await clocked.client.get(f"/drive/v1/nodes/{node_id}")
    ).json()
    return found


async def trashed(clocked: Clocked) -> str:
    """A folder in the trash."""
    made = await make(clocked, "old")
    await clocked.client.put(f"/drive/v1/trash/{made['id']}")
    return str(made["id"])


async def is_there(clocked: Clocked, node_id: str) -> bool:
    response = await clocked.client.get(f"/drive/v1/nodes/{node_id}")
    return response.status_code == 200


def renew(clocked: Clocked) -> None:
    """Sign in anew: a token of the time that it is now."""
    from acd_tui.server import accounts, tokens

    def token(db: Any) -> str:
        user = accounts.find_user(db, "owner")
        assert user is not None
        holder = tokens.Holder(user[0], admin.APPLICATION, tokens.DEFAULT_SCOPE)
        return tokens.issue_access(db, holder, clocked.clock.now())

    token_text = clocked.storage.db.write_now(token)
    clocked.client.headers["Authorization"] = f"Bearer {token_text}"


async def test_the_trash_is_purged_after_thirty_days(clocked: Clocked) -> None:
    """As ever: a server that looks every hour sees no jump."""
    old = await trashed(clocked)
    for _ in range(29):
        clocked.clock.advance(DAY)
        await clocked.storage.tidy()
    assert await is_there(clocked, old)

    for _ in range(2):
        clocked.clock.advance(DAY)
        await clocked.storage.tidy()

    assert not await is_there(clocked, old)


@pytest.mark.parametrize("jump", [40 * DAY, 10 * YEAR, 60 * YEAR])
async def test_a_jump_forward_purges_nothing(
    clocked: Clocked, jump: float, caplog: pytest.LogCaptureFixture
) -> None:
    await clocked.storage.tidy()
    old = await trashed(clocked)
    clocked.clock.time += jump
    with caplog.at_level(logging.WARNING):
        await clocked.storage.tidy()
    clocked.clock.advance(HOUR)
    await clocked.storage.tidy()
    assert "the clock went from" in caplog.text

    clocked.clock.time -= jump  # somebody has set it right
    for _ in range(48):
        clocked.clock.advance(HOUR)
        await clocked.storage.tidy()

    assert await is_there(clocked, old)


async def test_after_a_long_pause_it_is_purged_a_day_later(clocked: Clocked) -> None:
    await clocked.storage.tidy()
    old = await trashed(clocked)
    clocked.clock.time += 60 * DAY  # the server was off
    for hours in range(25):
        renew(clocked)
        assert await is_there(clocked, old), hours
        await clocked.storage.tidy()
        clocked.clock.advance(HOUR)

    assert not await is_there(clocked, old)


async def test_a_server_that_runs_on_sundays_purges(clocked: Clocked) -> None:
    await clocked.storage.tidy()
    old = await trashed(clocked)
    for _ in range(5):
        clocked.clock.time += 7 * DAY
        await clocked.storage.tidy()

    assert not await is_there(clocked, old)


async def test_time_that_goes_back_makes_no_node_older(clocked: Clocked) -> None:
    folder = await make(clocked, "folder")
    file = await upload(clocked, "file", b"one")
    checkpoint = (await changes(clocked))[0]["checkpoint"]
    clocked.clock.time -= 20 * YEAR
    renew(clocked)

    for made in (folder, file):
        path = f"/drive/v1/nodes/{made['id']}"
        await clocked.client.patch(path, json={"description": "new"})
        await clocked.client.put(f"{path}/properties/acdtui/k", json={"value": "v"})
    path = f"/cdproxy/nodes/{file['id']}/content"
    await clocked.client.put(path, files={"content": ("x", b"two", "a/b")})
    await clocked.client.put(f"/drive/v1/trash/{folder['id']}")

    for made in (folder, file):
        now = await node(clocked, made["id"])
        assert now["modifiedDate"] >= made["modifiedDate"]
        assert now["version"] > made["version"]
    feed = await changes(clocked, checkpoint=checkpoint)
    assert {n["id"] for n in feed[0]["nodes"]} == {folder["id"], file["id"]}
    assert feed[0]["checkpoint"] != checkpoint
    assert feed[0]["reset"] is False
    younger = await make(clocked, "younger")
    assert younger["createdDate"] < folder["createdDate"]


async def changes(clocked: Clocked, **body: Any) -> list[dict[str, Any]]:
    response = await clocked.client.post("/drive/v1/changes", json=body)
    return [json.loads(line) for line in response.text.splitlines() if line]


async def test_a_token_of_the_future_dies_when_the_clock_is_set_right(
    clocked: Clocked,
) -> None:
    clocked.clock.time += 5 * YEAR
    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 401
    renew(clocked)
    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200
    clocked.clock.time -= 5 * YEAR

    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 401
    renew(clocked)
    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200


async def test_a_small_step_back_hurts_nobody(clocked: Clocked) -> None:
    renew(clocked)
    clocked.clock.time -= 0.9 * HOUR

    assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200


async def test_a_refresh_token_outlives_every_jump(clocked: Clocked) -> None:
    issued = admin.issue_token(clocked.storage.directory)
    form = {
        "grant_type": "refresh_token",
        "refresh_token": issued["refresh_token"],
        "client_id": admin.APPLICATION,
        "client_secret": clocked.client_secret,
    }
    for jump in (30 * YEAR, -45 * YEAR):
        clocked.clock.time += jump
        await clocked.storage.tidy()
        response = await clocked.client.post("/auth/o2/token", data=form)
        assert response.status_code == 200, response.text
        clocked.client.headers["Authorization"] = (
            f"Bearer {response.json()['access_token']}"
        )
        assert (await clocked.client.get("/drive/v1/nodes")).status_code == 200


async def test_a_link_of_the_future_leads_nowhere(clocked: Clocked) -> None:
    clocked.clock.time += YEAR
    renew(clocked)
    file = await upload(clocked, "file", b"content")
    path = f"/drive/v1/nodes/{file['id']}"
    found = await clocked.client.get(path, params={"tempLink": "true"})
    link = found.json()["tempLink"]
    async with httpx.AsyncClient() as anybody:
        assert (await anybody.get(link)).content == b"content"
        clocked.clock.time -= YEAR
        assert (await anybody.get(link)).status_code == 404


async def test_a_list_token_of_another_time_is_refused(clocked: Clocked) -> None:
    for jump in (DAY, -DAY):
        renew(clocked)
        for name in "abc":
            await make(clocked, f"{name}{jump}")
        asked = {"limit": "1"}
        first = await clocked.client.get("/drive/v1/nodes", params=asked)
        clocked.clock.time += jump
        renew(clocked)
        more = asked | {"startToken": first.json()["nextToken"]}

        again = await clocked.client.get("/drive/v1/nodes", params=more)

        assert again.status_code == 400


@pytest.mark.parametrize("now", [0.0, 1e6, 4e9, 250e9])
async def test_every_call_works_at_any_time(clocked: Clocked, now: float) -> None:
    clocked.clock.time = now
    renew(clocked)

    file = await upload(clocked, "file", b"content")
    folder = await make(clocked, "folder")
    path = f"/drive/v1/nodes/{file['id']}"
    found = await clocked.client.get(path, params={"tempLink": "true"})

    assert found.status_code == 200
    assert found.json()["createdDate"] == file["createdDate"]
    assert (await changes(clocked))[-1]["end"] is True
    for _ in range(2):
        response = await clocked.client.put(f"/drive/v1/trash/{folder['id']}")
        assert response.status_code == 200
    await clocked.storage.tidy()
