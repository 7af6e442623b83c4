"""Where the account lives: remembered from run to run, for the same sign-in alone."""

from __future__ import annotations

import contextlib
import hmac
from collections.abc import AsyncIterator, Iterator
from typing import Any

import msgspec
import pytest
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from acd_tui.api.client import DriveClient
from acd_tui.api.errors import NodeNotFound, ServiceTrouble
from acd_tui.api.models import Remembered
from tests.api.conftest import Imitation, StaticAuth
from tests.fakes import FakeClock

NODE = {"id": "n", "kind": "FOLDER", "status": "AVAILABLE", "name": "n"}
DAY = 86400


class SignedIn(StaticAuth):
    """Somebody, whose words are told from anybody else's."""

    def __init__(self, who: str = "somebody") -> None:
        super().__init__()
        self.who = who

    async def seal(self, text: bytes) -> bytes:
        return hmac.digest(self.who.encode(), text, "sha256")

    async def look_again(self) -> None:
        pass


class Kept:
    """What is kept between two runs."""

    def __init__(self) -> None:
        self.answer: Remembered | None = None

    async def recall(self) -> Remembered | None:
        return self.answer

    async def remember(self, answer: Remembered | None) -> None:
        self.answer = answer


class World:
    """A service, another one, and one memory for all runs of the program."""

    def __init__(self, *services: Imitation, clock: FakeClock) -> None:
        self.here, self.there = services
        self.lives = self.here
        self.kept, self.clock = Kept(), clock
        self.asked = 0
        for each in services:
            each.answer = self._answer(each)

    def _answer(self, service: Imitation) -> Any:
        def answer(request: Request) -> Response:
            if request.url.path in {"/where", "/elsewhere"}:
                self.asked += 1
                url = self.lives.url
                return JSONResponse({"contentUrl": url, "metadataUrl": f"{url}/m"})
            return JSONResponse(NODE)

        return answer

    @contextlib.asynccontextmanager
    async def run(
        self, auth: SignedIn | None = None, path: str = "/where", tries: int = 10
    ) -> AsyncIterator[DriveClient]:
        async with DriveClient(
            endpoint_url=self.here.url + path,
            auth=auth or SignedIn(),
            clock=self.clock,
            memory=self.kept,
            tries=tries,
        ) as client:
            yield client

    async def look(self, auth: SignedIn | None = None, path: str = "/where") -> int:
        """Make a call in a run of its own; say how often the hosts were asked for."""
        before = self.asked
        async with self.run(auth, path) as client:
            assert (await client.nodes.get("n")).id == "n"
        return self.asked - before


@pytest.fixture
def world(service: Imitation, other_service: Imitation, clock: FakeClock) -> World:
    return World(service, other_service, clock=clock)


async def test_another_run_of_the_same_sign_in_does_not_ask(world: World) -> None:
    assert await world.look() == 1
    assert await world.look() == 0
    auth = SignedIn()
    assert await world.look(auth) == 0
    assert auth.allowed == [
        f"{world.here.url}/where",
        f"{world.here.url}/m/",
        f"{world.here.url}/",
    ]


async def test_after_three_days_it_asks(world: World) -> None:
    await world.look()
    world.clock.time += 2 * DAY
    assert await world.look() == 0
    world.clock.time += DAY
    assert await world.look() == 1
    assert await world.look() == 0
    world.clock.time -= 10 * DAY  # the clock was wrong, then or now
    assert await world.look() == 1


async def test_what_was_remembered_is_no_younger_for_being_remembered(
    world: World,
) -> None:
    await world.look()
    world.clock.time += 2 * DAY
    async with world.run() as client:
        await client.nodes.get("n")
        assert world.asked == 1
        world.clock.time += DAY
        await client.nodes.get("n")
        assert world.asked == 2


async def test_another_sign_in_or_address_is_not_led_by_it(world: World) -> None:
    await world.look()
    world.lives = world.there
    auth = SignedIn("somebody else")
    assert await world.look(auth) == 1
    assert f"{world.here.url}/m/" not in auth.allowed
    assert await world.look(SignedIn()) == 1
    auth = SignedIn()
    assert await world.look(auth, "/elsewhere") == 1


def forgeries(answer: Remembered, url: str) -> Iterator[Remembered]:
    for name in ("metadata_url", "content_url"):
        endpoint = msgspec.structs.replace(answer.endpoint, **{name: url})
        yield msgspec.structs.replace(answer, endpoint=endpoint)
    yield msgspec.structs.replace(answer, asked=answer.asked + 1)
    yield msgspec.structs.replace(answer, seal=b"")


async def test_what_somebody_else_wrote_there_gets_no_token(world: World) -> None:
    await world.look()
    whole = world.kept.answer
    assert whole is not None
    for forged in forgeries(whole, f"{world.there.url}/m/"):
        world.kept.answer = forged
        auth = SignedIn()
        assert await world.look(auth) == 1
        assert not any(url.startswith(world.there.url) for url in auth.allowed)
    assert world.there.seen == []


async def test_who_signs_in_meanwhile_is_asked_for(world: World) -> None:
    auth = SignedIn()
    async with world.run(auth) as client:
        await client.nodes.get("n")
        world.lives = world.there
        auth.who = "somebody else"
        await client.nodes.get("n")
    assert [seen.path for seen in world.there.seen] == ["/m/nodes/n"]


@pytest.mark.parametrize(
    "answer",
    [
        JSONResponse({"message": "no"}, 404),
        JSONResponse({"message": "no"}, 403),
        Response(b"", 301, {"Location": "http://elsewhere.invalid/"}),
        HTMLResponse("<html>We have moved", 404),
        HTMLResponse("\n<!doctype html><p>Parked"),
    ],
)
async def test_an_account_that_has_moved_is_found(
    world: World, answer: Response
) -> None:
    await world.look()
    world.lives = world.there
    at_home = world.here.answer

    def moved(request: Request) -> Any:
        return answer if request.url.path.startswith("/m/") else at_home(request)

    world.here.answer = moved
    assert await world.look() == 1
    assert await world.look() == 0
    assert [seen.path for seen in world.there.seen] == ["/m/nodes/n"] * 2


async def test_a_refusal_that_stands_is_told_and_costs_one_question(
    world: World,
) -> None:
    await world.look()
    at_home = world.here.answer

    def refused(request: Request) -> Any:
        missing = JSONResponse({"message": "no such node"}, 404)
        return missing if request.url.path.startswith("/m/") else at_home(request)

    world.here.answer = refused
    async with world.run() as client:
        for _ in range(3):
            with pytest.raises(NodeNotFound):
                await client.nodes.get("n")
    assert world.asked == 2


async def test_a_host_that_is_gone_is_asked_for_also_by_later_runs(
    world: World, clock: FakeClock
) -> None:
    await world.look()
    assert world.kept.answer is not None
    gone = "http://127.0.0.1:1/"
    world.lives = Imitation(url=gone)
    world.kept.answer = None
    async with world.run() as client:
        with pytest.raises(ServiceTrouble):
            await client.nodes.get("n")
    # The answer that led nowhere is not believed by the next run.
    assert world.kept.answer is None
    world.lives = world.here
    assert await world.look() == 1


async def test_without_a_way_to_know_the_sign_in_again_each_run_asks(
    world: World,
) -> None:
    for _ in range(2):
        async with DriveClient(
            endpoint_url=f"{world.here.url}/where",
            auth=StaticAuth(),
            clock=world.clock,
            memory=world.kept,
        ) as client:
            await client.nodes.get("n")
    assert world.asked == 2
