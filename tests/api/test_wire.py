"""The HTTP client underneath."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from acd_tui.api.wire import Client, Wire, problem, whole
from tests.peers.tls_front import make_certificates


class RenewingAuth(httpx.Auth):
    """Has a request that was refused sent once more."""

    async def async_auth_flow(self, request: httpx.Request):  # type: ignore[no-untyped-def]
        if (yield request).status_code == 401:
            yield request


@pytest.mark.socket
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_certificate_nobody_vouches_for_is_refused(
    tmp_path: Path, scheme: str
) -> None:
    _, key_and_certificate = make_certificates(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(key_and_certificate)
    heard: list[bytes] = []

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        heard.append(await reader.read(1))
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server, Client("test") as client:
        port = server.sockets[0].getsockname()[1]
        wire = Wire(scheme)
        with pytest.raises(httpx.HTTPError) as caught:
            await wire.handle_async_request(
                client.request("GET", f"https://localhost:{port}/")
            )
        await wire.aclose()

    words, _ = problem(caught.value)
    assert words.startswith("its certificate is not to be trusted (")
    assert heard == []


@pytest.mark.socket
async def test_a_certificate_that_ssl_cert_file_vouches_for_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority, key_and_certificate = make_certificates(tmp_path, ("localhost",))
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(key_and_certificate)

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, ssl=context)
    async with server, Client("test") as client:
        port = server.sockets[0].getsockname()[1]
        request = client.request("GET", f"https://localhost:{port}/")
        response = await client.send(request, auth=None)
        assert await whole(response) == b"ok"
        await response.aclose()


def test_authorities_are_read_only_for_connections_that_need_them() -> None:
    """Not as aiohttp is imported; and then `ssl` is as it was."""
    program = """
import ssl
import acd_tui.api.wire
from aiohttp import connector
for context in (connector._SSL_CONTEXT_VERIFIED, connector._SSL_CONTEXT_UNVERIFIED):
    assert not context.cert_store_stats()["x509"]
assert connector._SSL_CONTEXT_VERIFIED.verify_mode is ssl.CERT_REQUIRED
assert "set_default_verify_paths" not in vars(ssl.SSLContext)
assert acd_tui.api.wire.Wire("https").ssl_context.cert_store_stats()["x509"]
"""
    subprocess.run([sys.executable, "-c", program], check=True)


@pytest.mark.socket
async def test_a_refusal_that_cannot_be_read_leaves_no_connection_open() -> None:
    given_back = asyncio.Event()

    async def answer(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        await reader.readuntil(b"\r\n\r\n")
        head = b"HTTP/1.1 401 No\r\nContent-Encoding: gzip\r\nContent-Length: 100\r\n"
        writer.write(head + b"\r\nnot packed at all")
        assert not await reader.read()
        given_back.set()
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server, Client("test") as client:
        port = server.sockets[0].getsockname()[1]
        request = client.request("GET", f"http://127.0.0.1:{port}/")
        with pytest.raises(httpx.HTTPError) as caught:
            await client.send(request, auth=RenewingAuth())
        async with asyncio.timeout(5):
            await given_back.wait()
    assert isinstance(caught.value, httpx.DecodingError)
