from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from acd_tui.asgi import PortBusy, listen, serving
from acd_tui.errors import Denied

pytestmark = pytest.mark.socket


async def hello(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"hello"})


async def get(port: int) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    return answer


async def test_serves_on_a_free_port_and_lets_go_of_it() -> None:
    async with serving(hello) as served:
        assert served.url == f"http://127.0.0.1:{served.port}"
        assert b"hello" in await get(served.port)
    with pytest.raises(ConnectionRefusedError):
        await get(served.port)


async def test_a_busy_port_is_named_with_what_to_do() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(PortBusy, match=f"port {port} ") as caught:
            async with serving(hello, port=port):
                pass
    assert "ss -ltnp" in (caught.value.hint or "")


def test_an_address_of_another_machine_is_refused() -> None:
    with pytest.raises(Denied, match=r"cannot listen on 192\.0\.2\.1"):
        listen("192.0.2.1", 0)
