"""Secrets stay out of logs, errors and what shows of an object."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest
from starlette.responses import JSONResponse

from acd_tui.auth.bearer import BearerAuth
from acd_tui.auth.lwa import Application
from acd_tui.auth.store import MemoryStore
from acd_tui.auth.token import Token
from acd_tui.errors import AcdError
from tests.auth.conftest import TokenService
from tests.fakes import FakeClock

CANARIES = ("canary-access", "canary-refresh", "canary-secret")


async def test_a_refused_renewal_tells_no_secret(
    service: TokenService, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    service.answer = JSONResponse(
        {"error": "invalid_grant", "error_description": "Atzr|canary-refresh is bad"},
        400,
    )
    application = service.application(clock, client_secret="canary-secret")
    token = Token("Atza|canary-access", "Atzr|canary-refresh", 0.0)
    auth = BearerAuth(
        MemoryStore(token), application, ["https://drive.example/"], clock=clock
    )
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    async with httpx.AsyncClient(transport=transport, auth=auth) as client:
        with pytest.raises(AcdError) as caught:
            await client.get("https://drive.example/")

    shown = "".join(traceback.format_exception(caught.value))
    for text in (shown, caplog.text, repr(application), repr(token), repr(auth)):
        for canary in CANARIES:
            assert canary not in text


async def test_a_failed_exchange_tells_no_secret(
    service: TokenService, clock: FakeClock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    application: Application = service.application(
        clock, client_secret="canary-secret", token_url="http://127.0.0.1:9/"
    )
    request = application.authorization_request("http://127.0.0.1:53682/")

    code = CANARIES[0]
    with pytest.raises(AcdError) as caught:
        await application.exchange(request, code)

    shown = "".join(traceback.format_exception(caught.value))
    assert "canary" not in shown + caplog.text
    assert request.verifier not in shown + caplog.text
