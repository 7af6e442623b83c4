"""A token service whose answers a test chooses."""

from __future__ import annotations

import base64
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acd_tui.asgi import serving
from acd_tui.auth.lwa import Application
from tests.fakes import FakeClock

Answer = Response | Callable[[dict[str, str]], Awaitable[Response] | Response]


@dataclass
class TokenService:
    """Answers at `/token`, and keeps what it was asked."""

    url: str = ""
    forms: list[dict[str, str]] = field(default_factory=list)
    answer: Answer = field(default_factory=lambda: granted("Atza|new"))

    async def handle(self, request: Request) -> Response:
        form = dict(parse_qsl((await request.body()).decode()))
        kind, _, packed = request.headers.get("authorization", "").partition(" ")
        if kind == "Basic":
            name, _, secret = base64.b64decode(packed).decode().partition(":")
            form |= {"basic": f"{unquote_plus(name)}:{unquote_plus(secret)}"}
        self.forms.append(form)
        if isinstance(self.answer, Response):
            return self.answer
        answer = self.answer(form)
        return answer if isinstance(answer, Response) else await answer

    def application(self, clock: FakeClock, **changes: Any) -> Application:
        facts: dict[str, Any] = {
            "client_id": "an.id",
            "client_secret": "a secret+%",
            "auth_url": f"{self.url}/ap/oa",
            "token_url": f"{self.url}/token",
            "clock": clock,
        }
        return Application(**facts | changes)


def granted(access: str, **changes: Any) -> Response:
    body = {
        "access_token": access,
        "token_type": "bearer",
        "expires_in": 3600,
        "refresh_token": "Atzr|new",
    }
    return JSONResponse({k: v for k, v in (body | changes).items() if v is not None})


@pytest.fixture
async def service() -> AsyncIterator[TokenService]:
    found = TokenService()
    app = Starlette(routes=[Route("/token", found.handle, methods=["POST"])])
    async with serving(app) as served:
        found.url = served.url
        yield found


@pytest.fixture
def application(service: TokenService, clock: FakeClock) -> Application:
    return service.application(clock)


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parent / "samples"


@contextlib.contextmanager
def no_secret_in(*texts: str) -> Any:
    """Fail if what is raised inside tells a secret."""
    try:
        yield
    except Exception as error:
        said = f"{error!r} {error.__cause__!r} {error.__context__!r}"
        for text in texts:
            assert text not in said
        raise
