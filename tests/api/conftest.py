"""A service that does on demand what no well-behaved one would."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from acd_tui.api.client import DriveClient
from acd_tui.asgi import serving
from tests.fakes import FakeClock

Handler = Callable[[Request], Awaitable[Response] | Response]
VERBS = ["GET", "POST", "PUT", "PATCH", "DELETE"]


@dataclass
class Seen:
    """One request as it arrived."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class StaticAuth(httpx.Auth):
    """Puts a token on every request, and counts where it is allowed to."""

    def __init__(self) -> None:
        self.allowed: list[str] = []

    def allow(self, url: str) -> None:
        self.allowed.append(url)

    async def async_auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]
        request.headers["Authorization"] = "Bearer Atza|secret"
        yield request


@dataclass
class Imitation:
    """A web service whose answers a test chooses."""

    url: str = ""
    seen: list[Seen] = field(default_factory=list)
    answer: Handler = field(default=lambda _: JSONResponse({}))

    async def handle(self, request: Request) -> Response:
        if request.url.path == "/endpoint":
            return JSONResponse(
                {"contentUrl": f"{self.url}/c/", "metadataUrl": f"{self.url}/m"}
            )
        self.seen.append(
            Seen(
                request.method,
                request.scope["path"],
                dict(request.query_params),
                {name.lower(): value for name, value in request.headers.items()},
                await request.body(),
            )
        )
        answer = self.answer(request)
        return answer if isinstance(answer, Response) else await answer

    def in_turn(self, *answers: Response) -> None:
        """Answer one request after the other; the last answer stays."""
        left = list(answers)
        self.answer = lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextlib.asynccontextmanager
async def imitated() -> AsyncIterator[Imitation]:
    imitation = Imitation()
    app = Starlette(routes=[Route("/{rest:path}", imitation.handle, methods=VERBS)])
    async with serving(app) as served:
        imitation.url = served.url
        yield imitation


@pytest.fixture
async def service() -> AsyncIterator[Imitation]:
    async with imitated() as imitation:
        yield imitation


@pytest.fixture
async def other_service() -> AsyncIterator[Imitation]:
    async with imitated() as imitation:
        yield imitation


@pytest.fixture
def auth() -> StaticAuth:
    return StaticAuth()


@pytest.fixture
async def client(
    service: Imitation, auth: StaticAuth, clock: FakeClock
) -> AsyncIterator[DriveClient]:
    async with DriveClient(
        endpoint_url=f"{service.url}/endpoint", auth=auth, clock=clock
    ) as client:
        yield client


@dataclass
class Wire:
    """A TCP server that answers with bytes as they are, and keeps what came in."""

    url: str
    reads: list[bytes]
    answers: list[bytes]


@pytest.fixture
async def wire() -> AsyncIterator[Wire]:
    """Answers connection after connection with the bytes a test puts in."""
    found = Wire("", [], [])

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.read(1 << 20)
            found.reads.append(first)
            if b" /endpoint " in first:
                body = (
                    f'{{"contentUrl":"{found.url}/c","metadataUrl":"{found.url}/m/"}}'
                )
                answer = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n"
                writer.write(f"{answer}Connection: close\r\n\r\n{body}".encode())
            elif found.answers:
                answer_bytes = found.answers.pop(0)
                if not answer_bytes:
                    writer.transport.abort()
                writer.write(answer_bytes)
            with contextlib.suppress(ConnectionError):
                await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    found.url = f"http://127.0.0.1:{port}"
    async with server:
        yield found


@pytest.fixture
def samples() -> Path:
    return Path(__file__).parent / "samples"
