"""From one address to all of a server's."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
from starlette.responses import JSONResponse, Response

from acd_tui.api.discovery import discover
from acd_tui.api.errors import ApiError, ServiceTrouble
from acd_tui.errors import UsageError
from tests.api.conftest import Imitation
from tests.server_process import running_server


def test_the_real_server(tmp_path: Path) -> None:
    import asyncio

    with running_server(tmp_path) as server:
        found = asyncio.run(discover(f" {server.url}/ "))

        assert found == {
            "endpoint_url": server.endpoint_url,
            "auth_url": server.auth_url,
            "token_url": server.token_url,
        }


@pytest.mark.parametrize(
    "answer",
    [
        Response(b"<html>", 200),
        Response(b"<html>", 401),
        JSONResponse([], 401),
        JSONResponse({"detail": "no"}, 401),
        Response(b"[" * 100_000, 401),
        Response(b"", 302, {"Location": "/"}),
    ],
)
async def test_something_else(service: Imitation, answer: Response) -> None:
    service.answer = lambda _: answer

    with pytest.raises(ApiError, match="no Amazon Drive"):
        await discover(service.url)


async def test_nothing_there() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]

    with pytest.raises(ServiceTrouble, match=f"127.0.0.1:{port}: connection refused"):
        await discover(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("url", ["", "nonsense", "http://[", "ftp://x", "http://"])
async def test_no_address(url: str) -> None:
    with pytest.raises(UsageError, match="no web address"):
        await discover(url)
