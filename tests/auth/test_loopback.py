"""The listener, request by request, as rclone's answers them."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import httpx
import pytest

from acd_tui.asgi import PortBusy, listen
from acd_tui.auth.loopback import Loopback
from acd_tui.auth.lwa import Application, SignInRefused
from acd_tui.errors import UsageError


@pytest.fixture
async def flow(application: Application) -> AsyncIterator[Loopback]:
    async with Loopback(application, port=0) as flow:
        yield flow


@pytest.fixture
async def browser(flow: Loopback) -> AsyncIterator[httpx.AsyncClient]:
    base = flow.start_url.removesuffix("/auth")
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        yield client


def is_closed(url: str) -> bool:
    parts = urlsplit(url)
    with socket.socket() as probe:
        return probe.connect_ex((parts.hostname, parts.port)) != 0


async def test_start_leads_to_the_service(
    flow: Loopback, browser: httpx.AsyncClient
) -> None:
    for start in ("/auth", f"/auth?state={flow.request.state}"):
        answer = await browser.get(start)
        assert answer.status_code == 307
        assert answer.headers["location"] == flow.request.url


async def test_start_with_a_stale_state(browser: httpx.AsyncClient) -> None:
    answer = await browser.get("/auth?state=stale")

    assert answer.status_code == 403
    assert answer.text == "State did not match - please try again\n"


@pytest.mark.parametrize("path", ["/favicon.ico", "/auth/", "/x?code=1"])
async def test_other_paths(browser: httpx.AsyncClient, path: str) -> None:
    assert (await browser.get(path)).status_code == 404


@pytest.mark.parametrize("method", ["HEAD", "POST", "PUT"])
async def test_other_verbs(
    flow: Loopback, browser: httpx.AsyncClient, method: str
) -> None:
    url = f"/?code=c&state={flow.request.state}"

    assert (await browser.request(method, url)).status_code in {404, 405}
    assert (await browser.get(url)).status_code == 200
    assert await flow.code() == "c"


async def test_success(application: Application) -> None:
    async with httpx.AsyncClient(trust_env=False) as browser:
        async with Loopback(application, port=0) as flow:
            start = flow.start_url
            url = start.removesuffix("auth")
            asking = asyncio.create_task(
                browser.get(f"{url}?code=the-code&state={flow.request.state}")
            )
            code = await flow.code()
        page = await asking

    assert code == "the-code"
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<h1>Success!</h1>" in page.text
    assert "All done. Please go back to acd-tui" in page.text
    assert page.text.rstrip().endswith("</html>")
    assert "the-code" not in page.text
    assert is_closed(start)


async def test_a_refusal_closes_the_port_once_its_page_is_sent(
    application: Application,
) -> None:
    async with httpx.AsyncClient(trust_env=False) as browser:
        async with Loopback(application, port=0) as flow:
            start = flow.start_url
            url = start.removesuffix("auth")
            asking = asyncio.create_task(
                browser.get(f"{url}?error=no&state={flow.request.state}")
            )
            with pytest.raises(SignInRefused, match="no"):
                await flow.code()
        page = await asking

    assert page.status_code == 400
    assert page.text.rstrip().endswith("</html>")
    assert is_closed(start)


async def test_without_a_code(flow: Loopback, browser: httpx.AsyncClient) -> None:
    page = await browser.get("/")

    assert page.status_code == 400
    assert "<h1>Failure!</h1>" in page.text
    assert "Error: Auth Error" in page.text
    assert "Description: No code returned by remote server" in page.text
    # Whoever opens the address by hand ends nothing.
    assert (await browser.get(f"/?code=c&state={flow.request.state}")).is_success
    assert await flow.code() == "c"


@pytest.mark.parametrize("state", ["", "wrong", "é"])
async def test_an_answer_to_another_sign_in_is_refused(
    flow: Loopback, browser: httpx.AsyncClient, state: str
) -> None:
    page = await browser.get("/", params={"code": "evil", "state": state})

    assert page.status_code == 400
    assert "Auth state doesn&#x27;t match" in page.text
    assert flow.request.state not in page.text
    assert flow.refused == 1
    await browser.get(f"/?code=good&state={flow.request.state}")
    assert await flow.code() == "good"


async def test_a_replayed_answer_changes_nothing(
    flow: Loopback, browser: httpx.AsyncClient
) -> None:
    await browser.get(f"/?code=first&state={flow.request.state}")
    await browser.get(f"/?code=second&state={flow.request.state}")

    assert await flow.code() == "first"


async def test_the_user_says_no(flow: Loopback, browser: httpx.AsyncClient) -> None:
    page = await browser.get(
        "/",
        params={
            "error": "access_denied",
            "error_description": "<script>alert(1)</script> no",
            "state": flow.request.state,
        },
    )

    assert page.status_code == 400
    assert "<script>" not in page.text
    assert "&lt;script&gt;" in page.text
    with pytest.raises(SignInRefused, match=r"no$"):
        await flow.code()


async def test_a_refusal_for_another_sign_in_ends_nothing(
    flow: Loopback, browser: httpx.AsyncClient
) -> None:
    await browser.get("/?error=access_denied&state=other")
    await browser.get(f"/?code=c&state={flow.request.state}")

    assert await flow.code() == "c"


async def test_another_host_name_is_not_served(
    flow: Loopback, browser: httpx.AsyncClient
) -> None:
    for path in ("/auth", f"/?code=c&state={flow.request.state}"):
        answer = await browser.get(path, headers={"Host": "evil.example"})
        assert answer.status_code == 404


async def test_pages_are_not_kept_or_leaked(
    flow: Loopback, browser: httpx.AsyncClient
) -> None:
    page = await browser.get("/")

    assert page.headers["cache-control"] == "no-store"
    assert page.headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in page.headers["content-security-policy"]


async def test_given_up_the_port_is_free(application: Application) -> None:
    async with Loopback(application, port=0) as flow:
        start = flow.start_url
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(flow.code(), 0.01)

    assert is_closed(start)


async def test_a_busy_port_is_named(application: Application) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortBusy, match=f"port {port} on 127.0.0.1"):
            async with Loopback(application, port=port):
                pass


async def test_an_application_that_cannot_ask_takes_no_port(
    application: Application,
) -> None:
    with pytest.raises(UsageError):
        async with Loopback(Application(""), port=0):
            pass
