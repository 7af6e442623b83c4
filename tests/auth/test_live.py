"""Signing in to the real server: by script, and with a real browser."""

from __future__ import annotations

import asyncio
import contextlib
import html
import json
import re
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest

from acd_tui.api.client import DriveClient
from acd_tui.auth.bearer import BearerAuth
from acd_tui.auth.lwa import Application, SignInRefused
from acd_tui.auth.sign_in import sign_in
from acd_tui.auth.store import MemoryStore
from acd_tui.auth.token import Token
from acd_tui.clock import SystemClock
from acd_tui.errors import SignInNeeded
from tests.chromium import Chromium, refuses_connections, running_chromium
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    with running_server(tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def application(server: ServerProcess) -> Application:
    return Application(
        server.client_id,
        server.client_secret,
        auth_url=server.auth_url,
        token_url=server.token_url,
    )


@contextlib.asynccontextmanager
async def signed_in(
    server: ServerProcess, application: Application, token: Token
) -> AsyncIterator[tuple[DriveClient, MemoryStore]]:
    store = MemoryStore(token)
    auth = BearerAuth(store, application, clock=SystemClock())
    async with DriveClient(
        endpoint_url=server.endpoint_url, auth=auth, clock=SystemClock()
    ) as client:
        yield client, store


def answered(page: str, **values: str) -> dict[str, str]:
    """Fill in a form: its hidden fields, and these."""
    hidden = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in hidden} | values


class Script:
    """Goes through the consent page without a browser."""

    def __init__(self, password: str, decision: str = "allow") -> None:
        self._values = {"email": "owner", "password": password, "decision": decision}
        self.done: asyncio.Task[None] | None = None

    def open(self, url: str) -> None:
        self.done = asyncio.create_task(self._go(url))

    async def _go(self, url: str) -> None:
        async with httpx.AsyncClient(follow_redirects=True, trust_env=False) as client:
            page = await client.get(url)
            form = answered(page.text, **self._values)
            await client.post(page.url.join("/ap/oa"), data=form)


async def test_by_script(server: ServerProcess, application: Application) -> None:
    script = Script(server.password)

    token = await sign_in(application, on_url=script.open, open_browser=False, port=0)

    async with signed_in(server, application, token) as (client, _):
        assert (await client.nodes.root()).is_root


async def test_the_user_says_no(
    server: ServerProcess, application: Application
) -> None:
    script = Script(server.password, "deny")

    with pytest.raises(SignInRefused):
        await sign_in(application, on_url=script.open, open_browser=False, port=0)


async def test_an_expired_token_is_renewed(
    server: ServerProcess, application: Application
) -> None:
    old = Token.from_blob(json.dumps(server.token(expires_in=-60)))

    async with signed_in(server, application, old) as (client, store):
        assert (await client.nodes.root()).is_root
        assert store.token is not None
        assert store.token.access_token != old.access_token


async def test_a_token_that_ended_early_is_renewed(
    server: ServerProcess, application: Application
) -> None:
    """The service says 401 although by the clock the token is good."""
    old = Token.from_blob(json.dumps(server.token()))
    wrong = Token("Atza|nonsense", old.refresh_token, old.expiry)

    async def body() -> AsyncIterator[bytes]:
        yield b"x"

    async with signed_in(server, application, wrong) as (client, _):
        root = await client.nodes.root()
        node = await client.content.upload(root.id, "early.txt", body(), 1)
        assert node.name == "early.txt"


async def test_a_revoked_token(server: ServerProcess, application: Application) -> None:
    async with signed_in(server, application, Token("Atza|x", "Atzr|x")) as (client, _):
        with pytest.raises(SignInNeeded):
            await client.nodes.root()


async def test_a_wrong_secret(server: ServerProcess) -> None:
    application = Application(
        server.client_id, "wrong", auth_url=server.auth_url, token_url=server.token_url
    )
    token = Token.from_blob(json.dumps(server.token()))

    with pytest.raises(SignInNeeded, match="refused"):
        await application.refresh(token)


@pytest.fixture
async def chromium(tmp_path: Path) -> AsyncIterator[Chromium]:
    async with running_chromium(tmp_path / "profile") as browser:
        yield browser


@pytest.mark.peer
async def test_with_a_real_browser(
    server: ServerProcess, application: Application, chromium: Chromium
) -> None:
    urls: list[str] = []
    shown = asyncio.Event()

    def on_url(url: str) -> None:
        urls.append(url)
        shown.set()

    waiting = asyncio.create_task(
        sign_in(application, on_url=on_url, open_browser=False, port=0)
    )
    await shown.wait()
    assert not refuses_connections(urls[0])

    await chromium.open(urls[0])
    assert "Sign in to your drive" in await chromium.text()
    await chromium.type("#email", "owner")
    await chromium.type("#password", "wrong")
    await chromium.click("button[value=allow]")
    assert not waiting.done()
    await chromium.type("#password", server.password)
    await chromium.click("button[value=allow]")

    token = await asyncio.wait_for(waiting, 60)
    assert refuses_connections(urls[0])
    # The page stayed whole although the listener is gone.
    assert "All done. Please go back to acd-tui" in await chromium.text()
    async with signed_in(server, application, token) as (client, _):
        assert (await client.nodes.root()).is_root
