"""Signing in as a whole, with and without a browser on this machine."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from acd_tui.auth import sign_in as module
from acd_tui.auth.lwa import Application, SignInRefused
from acd_tui.auth.sign_in import begin_elsewhere, finish_pasted, sign_in
from acd_tui.auth.token import Token
from acd_tui.errors import UsageError
from tests.auth.conftest import TokenService


class Browser:
    """Follows the start page and answers in the user's place."""

    def __init__(self, answer: str = "code=c") -> None:
        self.answer = answer
        self.task: asyncio.Task[None] | None = None

    def open(self, url: str) -> None:
        self.task = asyncio.create_task(self._go(url))

    async def _go(self, url: str) -> None:
        async with httpx.AsyncClient(trust_env=False) as client:
            start = await client.get(url)
            query = httpx.URL(start.headers["location"]).params
            await client.get(
                f"{query['redirect_uri']}?{self.answer}&state={query['state']}"
            )


async def test_from_the_start_page_to_the_token(
    application: Application, service: TokenService
) -> None:
    browser = Browser()

    token = await sign_in(application, on_url=browser.open, open_browser=False, port=0)

    assert token.access_token == "Atza|new"
    [form] = service.forms
    assert form["code"] == "c"
    assert form["redirect_uri"].startswith("http://127.0.0.1:")
    assert len(form["code_verifier"]) >= 43


async def test_refused(application: Application) -> None:
    browser = Browser("error=access_denied")

    with pytest.raises(SignInRefused, match="access_denied"):
        await sign_in(application, on_url=browser.open, open_browser=False, port=0)


async def test_the_browser_is_opened_at_the_start_page(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown, opened = [], asyncio.Event()
    loop = asyncio.get_running_loop()

    def show(url: str) -> bool:
        shown.append(url)
        loop.call_soon_threadsafe(opened.set)
        return True

    monkeypatch.setattr(module, "show_in_browser", show)
    urls: list[str] = []
    task = asyncio.create_task(
        sign_in(application, on_url=urls.append, open_browser=True, port=0)
    )
    await opened.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert shown == urls
    assert shown[0].endswith("/auth")  # no secret on another program's command line


def test_without_a_display_no_browser_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("sys.platform", "linux")

    assert not module.show_in_browser("http://127.0.0.1:1/auth")


async def test_the_address_pasted_from_another_machine(
    application: Application, service: TokenService
) -> None:
    request = begin_elsewhere(application)
    assert request.redirect_uri == "http://127.0.0.1:53682/"

    token = await finish_pasted(
        application,
        request,
        f" {request.redirect_uri}?code=a%7Cb&state={request.state}\n",
    )

    assert token.access_token == "Atza|new"
    assert service.forms[0]["code"] == "a|b"


async def test_a_pasted_token(application: Application, service: TokenService) -> None:
    request = begin_elsewhere(application)

    token = await finish_pasted(application, request, Token("mine").to_blob())

    assert token == Token("mine")
    assert service.forms == []


@pytest.mark.parametrize(
    "pasted",
    ["", "hello", "http://127.0.0.1:53682/", "https://example.com/?a=b", "http://["],
)
async def test_pasted_nonsense(application: Application, pasted: str) -> None:
    with pytest.raises(UsageError):
        await finish_pasted(application, begin_elsewhere(application), pasted)


async def test_pasted_nonsense_is_told_what_was_expected(
    application: Application,
) -> None:
    request = begin_elsewhere(application)
    with pytest.raises(UsageError, match="neither the address") as caught:
        await finish_pasted(application, request, "rubbish")
    assert "http://" in (caught.value.hint or "")
    with pytest.raises(UsageError, match="this is not a token"):
        await finish_pasted(application, request, '{"a": 1}')


async def test_pasted_from_another_sign_in(
    application: Application, service: TokenService
) -> None:
    request = begin_elsewhere(application)

    with pytest.raises(SignInRefused, match="another sign-in"):
        await finish_pasted(application, request, "http://127.0.0.1/?code=c&state=x")
    with pytest.raises(SignInRefused, match="because"):
        await finish_pasted(
            application,
            request,
            f"http://127.0.0.1/?error_description=because&state={request.state}",
        )
    assert service.forms == []
