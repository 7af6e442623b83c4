"""The grant: what is asked of the service, and what its answers become."""

from __future__ import annotations

import base64
import hashlib
import json
import socket
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from starlette.responses import JSONResponse, PlainTextResponse, Response

from acd_tui.auth.lwa import Application
from acd_tui.auth.token import Token
from acd_tui.errors import (
    LOOK_BETWEEN,
    AcdError,
    SignInNeeded,
    Transient,
    Unreachable,
    UsageError,
)
from tests.auth.conftest import TokenService, granted, no_secret_in
from tests.fakes import FakeClock

REDIRECT = "http://127.0.0.1:53682/"


def test_the_authorization_request(application: Application) -> None:
    request = application.authorization_request(REDIRECT)

    parts = urlsplit(request.url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    digest = hashlib.sha256(request.verifier.encode()).digest()
    assert parts.path == "/ap/oa"
    assert query == {
        "response_type": "code",
        "client_id": "an.id",
        "redirect_uri": REDIRECT,
        "scope": "clouddrive:read_all clouddrive:write",
        "state": request.state,
        "code_challenge": base64.urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
    }
    assert len(request.state) == 22
    assert application.authorization_request(REDIRECT).state != request.state


def test_an_address_with_a_query_of_its_own() -> None:
    application = Application("id", auth_url="https://proxy.example/auth?x=1")

    url = application.authorization_request(REDIRECT).url

    assert url.startswith("https://proxy.example/auth?x=1&response_type=code&")


@pytest.mark.parametrize("url", ["", "nonsense", "ftp://x", "http://[", "javascript:1"])
async def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError, match="auth_url"):
        Application("id", auth_url=url).authorization_request(REDIRECT)
    with pytest.raises(UsageError, match="token_url"):
        await Application("id", token_url=url).refresh(Token("a", "r"))


def test_no_client_id() -> None:
    with pytest.raises(UsageError, match="client_id"):
        Application("").authorization_request(REDIRECT)


async def test_the_exchange(
    service: TokenService, application: Application, clock: FakeClock
) -> None:
    request = application.authorization_request(REDIRECT)

    token = await application.exchange(request, "the|code")

    assert service.forms == [
        {
            "grant_type": "authorization_code",
            "code": "the|code",
            "redirect_uri": REDIRECT,
            "code_verifier": request.verifier,
            "basic": "an.id:a secret+%",
        }
    ]
    assert token == Token("Atza|new", "Atzr|new", clock.now() + 3600)


async def test_a_service_that_wants_the_secret_in_the_form(
    service: TokenService, application: Application
) -> None:
    def answer(form: dict[str, str]) -> Response:
        if form.get("client_secret") == "a secret+%":
            return granted("Atza|new")
        return JSONResponse({"error": "invalid_client"}, 401)

    service.answer = answer

    token = await application.refresh(Token("old", "Atzr|r"))

    assert token.access_token == "Atza|new"
    assert len(service.forms) == 2


async def test_an_application_without_a_secret(
    service: TokenService, clock: FakeClock
) -> None:
    application = service.application(clock, client_secret=None)

    await application.refresh(Token("old", "Atzr|r"))

    assert service.forms == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "Atzr|r",
            "client_id": "an.id",
        }
    ]


async def test_the_refresh_token_is_kept_where_none_is_repeated(
    service: TokenService, application: Application
) -> None:
    service.answer = granted("Atza|2", refresh_token=None, expires_in="60")

    token = await application.refresh(Token("old", "Atzr|r"))

    assert token.refresh_token == "Atzr|r"
    assert token.expiry == application.clock.now() + 60


async def test_the_samples_answer(
    service: TokenService, application: Application, samples: Path
) -> None:
    service.answer = Response((samples / "token-response.json").read_bytes())

    token = await application.refresh(Token("old", "r"))

    assert (token.access_token, token.refresh_token) == ("Atza|EXAMPLE", "Atzr|EXAMPLE")


ERRORS = json.loads((Path(__file__).parent / "samples/token-errors.json").read_text())


@pytest.mark.parametrize("entry", ERRORS)
async def test_refusals_are_final(
    service: TokenService, application: Application, entry: dict[str, object]
) -> None:
    body = json.dumps(entry["body"]) if entry["body"] else "<html>Unknown client_id"
    status = entry["status"]
    assert isinstance(status, int)
    service.answer = Response(body, status)

    with (
        pytest.raises(SignInNeeded, match="refused") as caught,
        no_secret_in("a secret", "Atzr|gone"),
    ):
        await application.refresh(Token("old", "Atzr|gone"))
    wrong_keys = isinstance(entry["body"], dict) and (
        entry["body"]["error"] == "invalid_client"
    )
    assert caught.value.hint == (
        "see whether client_id and client_secret are right"
        if wrong_keys
        else "sign in again"
    )


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_trouble_is_not(
    service: TokenService, application: Application, status: int
) -> None:
    service.answer = PlainTextResponse("Over Quota", status)

    with pytest.raises(Transient):
        await application.refresh(Token("old", "r"))


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, ""),
        (200, "[]"),
        (200, "null"),
        (200, "7"),
        (200, '{"access_token":5}'),
        (200, '{"access_token":""}'),
        (200, '{"access_token":"a","expires_in":"soon"}'),
        (200, '{"access_token":"a","refresh_token":[1]}'),
        (200, "access_token=a&token_type=bearer"),
        (200, "[" * 100_000),
        (404, "not here"),
        (403, "Authorization failed"),
    ],
)
async def test_what_is_no_token_service_is_named(
    service: TokenService, application: Application, status: int, body: str
) -> None:
    service.answer = Response(body, status, {"Location": "https://evil.example/"})

    with pytest.raises(AcdError, match=r"127\.0\.0\.1:[0-9]+ answered with") as caught:
        await application.refresh(Token("old", "r"))
    assert caught.value.hint == "see whether token_url is right"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (302, ""),
        (407, "<html>"),
        (511, "<html>"),
        (200, "\n<html>Please log in to the hotel's network</html>"),
    ],
)
async def test_a_network_that_wants_a_sign_in_of_its_own_takes_nobodys_away(
    service: TokenService, application: Application, status: int, body: str
) -> None:
    service.answer = Response(body, status, {"Location": "https://evil.example/"})

    with pytest.raises(Unreachable, match="something in between") as caught:
        await application.refresh(Token("old", "r"))
    assert caught.value.hint == LOOK_BETWEEN

    # Who signs in for the first time may have mistyped the address.
    request = application.authorization_request(REDIRECT)
    with pytest.raises(AcdError, match=r"answered with|in trouble") as first:
        await application.exchange(request, "code")
    assert not isinstance(first.value, Unreachable)


async def test_errors_with_status_200(
    service: TokenService, application: Application
) -> None:
    service.answer = JSONResponse({"error": "invalid_grant"})

    with pytest.raises(SignInNeeded):
        await application.refresh(Token("old", "r"))


async def test_an_unreachable_token_service(clock: FakeClock) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    application = Application("id", token_url=f"http://127.0.0.1:{port}/", clock=clock)

    with pytest.raises(Transient) as caught:
        await application.refresh(Token("old", "r"))

    assert caught.value.message == f"cannot reach 127.0.0.1:{port}: connection refused"


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:1", "socks5://x:1", "ftp://x:1"])
async def test_no_proxy_gets_the_secrets(
    application: Application, monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)

    assert (await application.refresh(Token("old", "r"))).access_token == "Atza|new"


async def test_nothing_to_refresh_with(application: Application) -> None:
    with pytest.raises(SignInNeeded):
        await application.refresh(Token("old"))


def test_the_secret_does_not_show(application: Application) -> None:
    assert "a secret" not in repr(application)
