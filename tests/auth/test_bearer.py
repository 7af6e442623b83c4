"""The token on requests: renewed in time, once, and never given to strangers."""

from __future__ import annotations

import asyncio
import dataclasses
import fcntl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.responses import JSONResponse, Response

from acd_tui.auth.bearer import BearerAuth
from acd_tui.auth.store import MemoryStore
from acd_tui.auth.token import Token
from acd_tui.errors import AcdError, SignInNeeded, Transient
from tests.auth.conftest import TokenService, granted
from tests.fakes import FakeClock

API = "https://drive.example/v1/"


class Drive:
    """A service that accepts some tokens; answers from memory."""

    def __init__(self, *accepted: str) -> None:
        self.accepted = set(accepted)
        self.seen: list[str | None] = []

    async def __call__(self, request: httpx.Request) -> httpx.Response:
        token = request.headers.get("Authorization")
        self.seen.append(token)
        await request.aread()
        good = token is not None and token.removeprefix("Bearer ") in self.accepted
        return httpx.Response(200 if good else 401)


class Setting:
    """A store, an auth and a client together."""

    def __init__(self, service: TokenService, clock: FakeClock, **options: Any) -> None:
        self.store = MemoryStore(
            Token("Atza|old", "Atzr|old", clock.now() + options.pop("left", 3000.0))
        )
        self.drive = Drive("Atza|old", "Atza|new")
        self.auth = BearerAuth(
            self.store, service.application(clock), [API], clock=clock, **options
        )
        self.client = httpx.AsyncClient(
            transport=httpx.MockTransport(self.drive), auth=self.auth
        )


@pytest.fixture
async def setting(
    service: TokenService, clock: FakeClock, tmp_path: Path
) -> AsyncIterator[Setting]:
    setting = Setting(service, clock, lock_file=tmp_path / "locks/token.lock")
    async with setting.client:
        yield setting


async def test_the_token_is_attached(setting: Setting, service: TokenService) -> None:
    assert (await setting.client.get(API)).status_code == 200
    assert setting.drive.seen == ["Bearer Atza|old"]
    assert service.forms == []


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/",
        "http://drive.example/v1/",
        "https://drive.example:444/",
        "https://drive.example.evil.example/",
        "https://sub.drive.example/",
    ],
)
async def test_strangers_do_not_get_it(setting: Setting, url: str) -> None:
    await setting.client.get(url)

    assert setting.drive.seen == [None]


async def test_a_host_that_was_allowed_gets_it(setting: Setting) -> None:
    setting.auth.allow("http://other.example:8080/cdproxy/")

    await setting.client.get("http://other.example:8080/elsewhere")

    assert setting.drive.seen == ["Bearer Atza|old"]


async def test_renewed_before_it_ends(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    clock.time += 2941

    await setting.client.get(API)

    assert setting.drive.seen == ["Bearer Atza|new"]
    assert setting.store.token is not None
    assert setting.store.token.access_token == "Atza|new"
    assert setting.store.token.refresh_token == "Atzr|new"
    assert len(service.forms) == 1


@pytest.mark.parametrize("hours", [-30, -5, -1, 1, 5, 30])
async def test_a_clock_that_is_set_wrong_by_hours(
    service: TokenService, clock: FakeClock, hours: int
) -> None:
    """The token came from a machine whose clock is right; it has ended, or has not."""
    for ended in (False, True):
        setting = Setting(service, clock, left=-10.0 if ended else 3000.0)
        setting.drive.accepted = {"Atza|new"} if ended else {"Atza|old", "Atza|new"}
        clock.time += hours * 3600
        async with setting.client:
            for _ in range(4):
                assert (await setting.client.get(API)).status_code == 200
                clock.time += 10
        clock.time -= hours * 3600
        # Renewed once at most: no clock makes it ask again with every call.
        assert len(service.forms) <= 1
        service.forms.clear()


async def test_renewed_earlier_for_an_upload(
    setting: Setting, clock: FakeClock
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    clock.time += 2750
    await setting.client.get(API)
    await setting.client.post(API, content=body())

    assert setting.drive.seen == ["Bearer Atza|old", "Bearer Atza|new"]


async def test_a_short_lived_token_is_not_renewed_for_every_upload(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    clock.time += 3000
    service.answer = granted("Atza|new", expires_in=50)
    for _ in range(5):
        await setting.client.post(API, content=body())

    assert len(service.forms) == 1


async def test_a_401_renews_once_and_repeats_once(
    setting: Setting, service: TokenService
) -> None:
    setting.drive.accepted = {"Atza|new"}

    answer = await setting.client.post(API, json={"a": 1})

    assert answer.status_code == 200
    assert setting.drive.seen == ["Bearer Atza|old", "Bearer Atza|new"]
    assert len(service.forms) == 1


async def test_a_second_401_goes_to_the_caller(
    setting: Setting, service: TokenService
) -> None:
    setting.drive.accepted = set()

    assert (await setting.client.get(API)).status_code == 401
    assert len(setting.drive.seen) == 2


async def test_a_streaming_body_is_not_repeated(
    setting: Setting, service: TokenService
) -> None:
    taken = []

    async def body() -> AsyncIterator[bytes]:
        taken.append(True)
        yield b"x"

    setting.drive.accepted = {"Atza|new"}

    assert (await setting.client.post(API, content=body())).status_code == 401
    assert taken == [True]
    assert (await setting.client.post(API, content=body())).status_code == 200
    assert setting.drive.seen == ["Bearer Atza|old", "Bearer Atza|new"]


async def test_renewal_without_end_is_given_up(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    setting.drive.accepted = set()
    service.answer = lambda _: granted(f"Atza|{len(service.forms)}")
    for _ in range(3):
        await setting.client.post(API, content=body())
    with pytest.raises(SignInNeeded):
        await setting.client.post(API, content=body())

    assert len(service.forms) == 3


async def test_many_at_once_renew_once(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    clock.time += 3000

    await asyncio.gather(*(setting.client.get(API) for _ in range(50)))

    assert len(service.forms) == 1


async def test_many_refused_at_once_renew_once(
    setting: Setting, service: TokenService
) -> None:
    setting.drive.accepted = {"Atza|new"}

    answers = await asyncio.gather(*(setting.client.get(API) for _ in range(50)))

    assert {answer.status_code for answer in answers} == {200}
    assert len(service.forms) == 1


async def test_a_refused_token_is_renewed_though_it_was_read_anew_meanwhile(
    setting: Setting, service: TokenService
) -> None:
    setting.drive.accepted = {"Atza|new"}
    kept = setting.store.token
    assert kept is not None

    async def read_anew(request: httpx.Request) -> httpx.Response:
        answer = await setting.drive(request)
        if not service.forms:
            # As a store gives it that reads it from a file or the keyring.
            setting.store.token = dataclasses.replace(kept)
            await setting.auth.look_again()
        return answer

    transport = httpx.MockTransport(read_anew)
    async with httpx.AsyncClient(transport=transport, auth=setting.auth) as client:
        assert (await client.get(API)).status_code == 200
    assert setting.drive.seen == ["Bearer Atza|old", "Bearer Atza|new"]


async def test_what_another_process_renewed_is_taken(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    await setting.client.get(API)
    setting.store.token = Token("Atza|new", "Atzr|theirs", clock.now() + 3600)
    setting.drive.accepted = {"Atza|new"}

    assert (await setting.client.get(API)).status_code == 200
    assert service.forms == []


async def test_two_processes_renew_once(
    service: TokenService, clock: FakeClock, tmp_path: Path
) -> None:
    """Two auths over one store and one lock file, as in two processes."""
    lock = tmp_path / "lock"
    one = Setting(service, clock, lock_file=lock, left=0.0)
    two = Setting(service, clock, lock_file=lock, left=0.0)
    two.auth._store = one.store
    async with one.client, two.client:
        await asyncio.gather(one.client.get(API), two.client.get(API))

    assert len(service.forms) == 1
    assert one.drive.seen == two.drive.seen == ["Bearer Atza|new"]


async def test_a_lock_held_for_ever_is_named(
    setting: Setting, clock: FakeClock, tmp_path: Path
) -> None:
    path = tmp_path / "locks/token.lock"
    path.parent.mkdir()
    clock.time += 3000
    with path.open("ab") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(Transient, match="another process"):
            await setting.client.get(API)


async def test_revoked(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    service.answer = JSONResponse({"error": "invalid_grant"}, 400)
    setting.drive.accepted = set()

    with pytest.raises(SignInNeeded, match="has run out, or was taken back"):
        await setting.client.get(API)


async def test_a_token_service_in_trouble(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    service.answer = Response(b"", 503)
    clock.time += 3000

    with pytest.raises(Transient):
        await setting.client.get(API)
    service.answer = granted("Atza|new")
    assert (await setting.client.get(API)).status_code == 200


async def test_never_signed_in(setting: Setting) -> None:
    setting.store.token = None

    with pytest.raises(SignInNeeded, match="not signed in"):
        await setting.client.get(API)


async def test_a_store_that_cannot_save_costs_nothing_yet(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    async def failing(token: Token) -> None:
        raise AcdError("the keyring is locked")

    setting.store.save = failing  # type: ignore[method-assign]
    clock.time += 3000

    assert (await setting.client.get(API)).status_code == 200
    # What is stored is the older one: it must not come back.
    setting.drive.accepted = {"Atza|third"}
    service.answer = granted("Atza|third")
    assert (await setting.client.get(API)).status_code == 200
    assert service.forms[-1]["refresh_token"] == "Atzr|new"


async def test_an_unwritable_lock_folder(
    service: TokenService, clock: FakeClock, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    setting = Setting(service, clock, lock_file=tmp_path / "file/lock", left=0.0)
    async with setting.client:
        with pytest.raises(AcdError, match="cannot open"):
            await setting.client.get(API)


async def test_a_store_that_locks_itself_does_not_end_what_runs(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    """As a desktop's keyring does after a while, in the middle of a long copy."""
    assert (await setting.client.get(API)).status_code == 200

    async def locked(*_: object) -> None:
        raise AcdError("the system's keyring is locked")

    setting.store.load = setting.store.save = locked  # type: ignore[method-assign,assignment]
    clock.time += 2941
    assert (await setting.client.get(API)).status_code == 200
    assert setting.drive.seen == ["Bearer Atza|old", "Bearer Atza|new"]
    assert len(service.forms) == 1


async def test_a_seal_is_of_the_sign_in_and_outlasts_its_renewals(
    setting: Setting, service: TokenService, clock: FakeClock
) -> None:
    seal = await setting.auth.seal(b"words")
    assert await setting.auth.seal(b"other words") != seal
    service.answer = granted("Atza|new", refresh_token=None)
    clock.time += 2990
    await setting.client.get(API)
    assert setting.drive.seen == ["Bearer Atza|new"]
    assert await setting.auth.seal(b"words") == seal
    setting.auth.use(Token("Atza|else", "Atzr|else", clock.now() + 3000))
    assert await setting.auth.seal(b"words") != seal


async def test_nobody_seals_without_a_sign_in(setting: Setting) -> None:
    setting.store.token = None
    with pytest.raises(SignInNeeded):
        await setting.auth.seal(b"words")
