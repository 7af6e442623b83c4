"""Requests that no honest program sends: torn, doubled, oversized, smuggled."""

from __future__ import annotations

import asyncio
import contextlib
import gzip
import resource
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from acd_tui.asgi import serving
from acd_tui.server import crowd, protocol
from acd_tui.server.app import create_app
from acd_tui.server.hosts import Hosts
from acd_tui.server.storage import Storage
from tests.server.conftest import Clocked, Drive
from tests.server_process import ServerProcess

pytestmark = pytest.mark.socket

HOST = b"Host: localhost\r\n"
NEXT = b"GET /healthz HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"
POST = b"POST /auth/o2/token HTTP/1.1\r\n" + HOST
GET = b"GET /healthz HTTP/1.1\r\n"


def answers(server: ServerProcess, request: bytes) -> list[bytes]:
    """The status of each answer to some bytes, until the server closes."""
    port = int(server.url.rpartition(":")[2])
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(request)
        with contextlib.suppress(ConnectionResetError):
            while piece := connection.recv(65536):
                received += piece
    return [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        b"Content-Length: 4\r\nContent-Length: 5\r\n",
        b"Content-Length: 4\r\nContent-Length: 4\r\n",
        b"Content-Length: 4, 4\r\n",
        b"Content-Length: +4\r\n",
        b"Content-Length: -1\r\n",
        b"Content-Length: 0x4\r\n",
        b"Content-Length: 99999999999999999999999\r\n",
        b"Transfer-Encoding: identity\r\n",
        b"Transfer-Encoding: xchunked\r\n",
        b"Transfer-Encoding: chunked, identity\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        b"Transfer-Encoding : chunked\r\n",
        b"Transfer-Encoding:\r\n chunked\r\n",
        b"X: a\r\n b\r\n",
        b"X: a\rContent-Length: 4\r\n",
        b"X: a\nContent-Length: 4\r\n",
        b"X: a\x00b\r\n",
    ],
)
def test_what_two_servers_could_understand_differently(
    shared_server: ServerProcess, head: bytes
) -> None:
    """One refusal, and nothing after it is taken for a request."""
    body = b"\r\n0\r\n\r\n" + NEXT
    assert answers(shared_server, POST + head + body) == [b"400"]


@pytest.mark.parametrize(
    "chunk",
    [
        b"fffffffffffffffff\r\n",
        b"0x4\r\nabcd\r\n",
        b"4\nabcd\n",
        b"-1\r\n",
        b"4\r\nabcde",
    ],
)
def test_chunks_that_are_none(shared_server: ServerProcess, chunk: bytes) -> None:
    head = b"Transfer-Encoding: chunked\r\n\r\n"
    assert answers(shared_server, POST + head + chunk + b"0\r\n\r\n" + NEXT) in (
        [b"400"],
        [b"400", b"400"],  # the parser saw the head first: the route answers as well
    )


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET /healthz HTTP/1.1\nHost: localhost\n\n", b"400"),
        (GET + b"\r\n", b"400"),
        (b"GET /healthz HTTP/1.0\r\n\r\n", b"400"),
        (b"GET /healthz HTTP/1.0\r\n" + HOST + b"\r\n", b"200"),
        (b"GET /healthz\r\n\r\n", b"400"),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
        (b"GET healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (b"GET /\xff\xfe HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (b"CONNECT evil.example:443 HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (b"GET /drive/v1/../../etc/passwd HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
        (b"GET /drive/v1/nodes/.. HTTP/1.1\r\n" + HOST + b"\r\n", b"401"),
        (b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n", b"404"),
        (b"OPTIONS /healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"405"),
        (b"TRACE /healthz HTTP/1.1\r\n" + HOST + b"Cookie: secret\r\n\r\n", b"405"),
        (b"FOO /healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (b"get /healthz HTTP/1.1\r\n" + HOST + b"\r\n", b"400"),
        (GET + b"Host: localhost\r\nHost: evil.example\r\n\r\n", b"400"),
        (GET + b"Host: evil.example\r\n\r\n", b"421"),
        (GET + b"Host: localhost/evil\r\n\r\n", b"421"),
        (GET + b"Host: evil@localhost\r\n\r\n", b"421"),
        (GET + b"Host: localhost:evil\r\n\r\n", b"421"),
        (GET + b"Host: loc\xe4lhost\r\n\r\n", b"421"),
        (GET + b"Host: localhost.evil.example\r\n\r\n", b"421"),
        (GET + b"Host: 127.0.0.1.evil.example\r\n\r\n", b"421"),
        (GET + b"Host: 2130706433\r\n\r\n", b"421"),
        (GET + b"Host: 192.0.2.1\r\n\r\n", b"421"),
        (GET + b"Host:\r\n\r\n", b"421"),
        (GET + b"Host: LOCALHOST.:80\r\n\r\n", b"200"),
        (GET + b"Host: [::1]:80\r\n\r\n", b"200"),
        (GET + HOST + b"a: b\r\n" * 5000 + b"\r\n", b"200"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (
            GET + HOST + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            b"Sec-WebSocket-Version: 13\r\nConnection: close\r\n\r\n",
            b"200",
        ),
        (
            b"POST /healthz HTTP/1.1\r\n" + HOST + b"Content-Length: 0\r\n"
            b"X-HTTP-Method-Override: GET\r\nX-HTTP-Method: GET\r\n\r\n",
            b"405",
        ),
    ],
)
def test_odd_requests(
    shared_server: ServerProcess, request_: bytes, status: bytes
) -> None:
    found = answers(shared_server, request_ + NEXT)
    assert found in ([status], [status, b"200"])


def test_a_trailer_is_no_header(shared_server: ServerProcess) -> None:
    body = b"Transfer-Encoding: chunked\r\n\r\n0\r\nHost: evil.example\r\n\r\n"
    assert answers(shared_server, POST + body + NEXT) == [b"400", b"200"]


def test_requests_in_a_row_are_answered_in_their_order(
    shared_server: ServerProcess,
) -> None:
    missing = b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n"
    post = POST + b"Content-Length: 4\r\n\r\nabcd"
    found = answers(shared_server, missing + post + missing + NEXT)
    assert found == [b"404", b"400", b"404", b"200"]


def test_packed_bodies_are_refused_and_not_stored(drive: Drive) -> None:
    bomb = gzip.compress(b"\0" * 10_000_000)
    for encoding in ("gzip", "x-gzip", "deflate", "br", "identity, gzip", "GZIP"):
        headers = {"Content-Encoding": encoding}
        for method, path in (
            ("POST", "nodes"),
            ("POST", "changes"),
            ("POST", f"{drive.c}nodes?name=f&kind=FILE"),
            ("POST", drive.server.token_url),
        ):
            refused = drive.call(method, path, content=bomb, headers=headers)
            assert refused.status_code == 415, (encoding, path, refused.text)
            assert refused.headers["accept-encoding"] == "identity"
    plain = drive.call("POST", "changes", headers={"Content-Encoding": "identity"})
    assert plain.status_code == 200
    assert drive.names("kind:FILE") == []


def test_paths_that_are_none(drive: Drive) -> None:
    drive.file("f", b"data")
    for place in (
        "%2F..%2F..%2Fetc%2Fpasswd",
        "..%2F..%2Fetc%2Fpasswd",
        "%2e%2e%2f%2e%2e%2f",
        "%00",
        "f%00.txt",
        "%ff%fe",
        "%zz%2",
        "%F0%9F%92%A9",
        "%E2%80%AE",
        "%ED%A0%80",  # half of a surrogate pair
        "'%20OR%20'1'='1",
        "-1",
        "a" * 20_000,
        "%C0%AF%C0%AE",
        "con",
        "*",
    ):
        for method, path in (
            ("GET", f"nodes/{place}"),
            ("PATCH", f"nodes/{place}"),
            ("GET", f"nodes/{place}/children"),
            ("PUT", f"trash/{place}"),
            ("POST", f"trash/{place}/restore"),
            ("GET", f"{drive.c}nodes/{place}/content"),
            ("PUT", f"{drive.c}nodes/{place}/content"),
            ("GET", f"{drive.c}templink/{place}"),
            ("GET", f"{drive.c}resume?localId={place}"),
        ):
            response = drive.call(method, path)
            assert response.status_code in {204, 400, 404, 405, 415}, (method, path)
            assert str(drive.server.directory) not in response.text


def test_what_is_nested_too_deep_or_too_large(drive: Drive) -> None:
    folder = drive.folder("folder")
    for text in (
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b'{"name":' + b"[" * 5000 + b"]" * 5000 + b"}",
        b"[]",
        b"null",
        b"1",
        b'"x"',
        b"NaN",
        b"{",
        b"\xff\xfe{}",
        b'{"name": "\\ud800"}',
        b'{"name": "a", "name": "b"',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
    ):
        for method, path in (
            ("POST", "nodes"),
            ("PATCH", f"nodes/{folder}"),
            ("POST", f"nodes/{folder}/children"),
            ("PATCH", f"nodes/{folder}/children"),
            ("PATCH", "trash"),
            ("POST", "bulk/nodes/purge"),
            ("POST", "bulk/nodeByDigest"),
            ("POST", "batchLink"),
        ):
            response = drive.call(method, path, content=text)
            expected = {400, 403} if b'"a": ' not in text else {200, 400, 403}
            assert response.status_code in expected, (method, path, text[:40])
            response.json()
    large = drive.call("POST", "nodes", content=b" " * 2_000_000)
    assert large.status_code == 413
    assert drive.node(folder)["name"] == "folder"


@contextlib.asynccontextmanager
async def guarded(tmp_path: Path) -> AsyncIterator[int]:
    """A server with the protocol that real ones have; its port."""
    storage = Storage(tmp_path / "drive")
    storage.open()
    try:
        app = create_app(storage)
        async with serving(app, http=protocol.GuardedProtocol) as served:
            yield int(served.url.rpartition(":")[2])
    finally:
        storage.close()


async def test_idle_connections_keep_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "most_connections", lambda: 5)
    async with guarded(tmp_path) as port:
        idle = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        idle[1][1].write(b"GET / HT")
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            assert (await client.get("/healthz")).status_code == 200
            with contextlib.suppress(ConnectionResetError):
                assert await idle[0][0].read() == b""  # the longest idle had to go
            for _ in range(20):
                idle.append(await asyncio.open_connection("127.0.0.1", port))
            assert (await client.get("/healthz")).status_code == 200
        for _, writer in idle:
            writer.close()


async def test_who_is_being_served_is_not_thrown_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crowd, "most_connections", lambda: 2)
    half = POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\n"
    async with guarded(tmp_path) as port:
        busy = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        for reader, writer in busy:
            writer.write(half)
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
        for reader, writer in busy:
            writer.write(b"abcde")
            assert (await reader.readuntil(b"\r\n")).startswith(b"HTTP/1.1 400 ")
            writer.close()


def test_connections_leave_descriptors_for_files(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limits = {"now": (1024, 4096)}

    def set_limit(_: int, limit: tuple[int, int]) -> None:
        limits["now"] = limit

    monkeypatch.setattr(resource, "getrlimit", lambda _: limits["now"])
    monkeypatch.setattr(resource, "setrlimit", set_limit)
    counted = crowd.most_connections.__wrapped__
    assert counted() == (4096 - 256) // 2
    assert limits["now"] == (4096, 4096)
    limits["now"] = (300, 300)
    assert counted() == 22
    limits["now"] = (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
    assert counted() == 4096

    def refused(_: int, __: tuple[int, int]) -> None:
        raise ValueError("not allowed to raise maximum limit")

    monkeypatch.setattr(resource, "setrlimit", refused)
    limits["now"] = (1024, 4096)
    assert counted() == (1024 - 256) // 2


async def test_slow_bodies_and_heads_are_given_up_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then keeps a body alive, but not a head."""
    monkeypatch.setattr(protocol, "_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(protocol, "_HEAD_SECONDS", 0.5)
    async with guarded(tmp_path) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET /healthz HTTP/1.1\r\n")
        with contextlib.suppress(OSError):
            async with asyncio.timeout(30):
                while not reader.at_eof():
                    writer.write(b"a: b\r\n")
                    await asyncio.sleep(0.05)
        assert reader.at_eof() or reader.exception() is not None
        writer.close()


def test_hosts() -> None:
    hosts = Hosts("https://drive.example:8443", ["NAS.local:80"], "0.0.0.0")
    for good in ("drive.example", "drive.example:8443", "nas.local", "203.0.113.9:80"):
        assert hosts.allows(good), good
    for bad in ("", ":80", "evil.example", "drive.example@evil.example", "[::1"):
        assert not hosts.allows(bad), bad
    # The public address goes out, whatever else a request says.
    assert hosts.base("http", "nas.local") == "https://drive.example:8443"
    assert not Hosts().allows("203.0.113.9")


@pytest.mark.parametrize(
    ("public_url", "allowed"),
    [
        ("drive.example", ()),
        ("ftp://drive.example", ()),
        ("https://user:password@drive.example", ()),
        ("https://drive.example/path", ()),
        ("https://dr\u00e4ve.example", ()),
        ("https://drive.example:port", ()),
        ("https://", ()),
        (None, ("",)),
        (None, ("a b",)),
        (None, ("user@host",)),
    ],
)
def test_names_that_cannot_be_ours(
    public_url: str | None, allowed: tuple[str, ...]
) -> None:
    from acd_tui.errors import UsageError

    with pytest.raises(UsageError):
        Hosts(public_url, allowed)


async def test_no_answer_is_taken_for_another_type(clocked: Clocked) -> None:
    for path in ("/ap/oa", "/nothing", "/drive/v1/nodes", "/healthz"):
        response = await clocked.client.get(path)
        assert response.headers.get_list("x-content-type-options") == ["nosniff"], path
