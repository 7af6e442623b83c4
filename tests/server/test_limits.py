"""Where there is no more room, no more time, or more than anyone may send."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd_tui.asgi import serving
from acd_tui.db import DatabaseError
from acd_tui.errors import Full
from acd_tui.server import admin
from acd_tui.server.app import create_app
from acd_tui.server.check import check
from acd_tui.server.storage import Storage
from tests.disks import small_disk
from tests.server.conftest import Clocked, Drive, new_drive
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A disk of six MiB."""
    with small_disk(tmp_path, 6) as small:
        yield small


def fill(drive: Drive, size: int) -> None:
    """Send files of a size until one is refused."""
    for number in range(1000):
        response = drive.send(f"{size}-{number}", os.urandom(size))
        if response.status_code != 201:
            assert response.status_code == 403
            assert response.json()["code"] == "INSUFFICIENT_STORAGE"
            return
    raise AssertionError("the disk does not get full")


def test_a_full_disk(small: Path) -> None:
    with running_server(small) as server:
        drive = new_drive(server)
        with drive.client:
            content = os.urandom(100_000)
            node = drive.file("kept", content)
            refused = drive.send("large", os.urandom(10_000_000))
            assert refused.json()["code"] == "INSUFFICIENT_STORAGE"
            drive.file("fits again", os.urandom(1_000_000))
            for size in (200_000, 5_000, 0):
                fill(drive, size)
            refused = drive.call(
                "PUT",
                f"{drive.c}nodes/{node}/content",
                files={"content": ("f", os.urandom(300_000), "a/b")},
            )
            assert refused.status_code == 403
            assert drive.ok("GET", "account/quota")["available"] == 0
            # What makes room, or needs none, goes on.
            assert drive.content(node).content == content
            drive.ok("PATCH", f"nodes/{node}", json={"name": "renamed"})
            drive.ok("PUT", f"trash/{drive.folder('empty')}")
            for stop in (server.kill, server.stop):
                stop()
                server.start()
                assert drive.content(node).content == content
            removed = admin.remove_user(server.directory, drive.user)
            assert removed > 10
        with admin.opened(server.directory) as storage:
            assert check(storage).problems == []
        drive = new_drive(server)
        with drive.client:
            drive.file("room again", os.urandom(3_000_000))


def post(data: bytes, name: str = "f") -> dict[str, Any]:
    """What `httpx` takes to upload."""
    metadata = json.dumps({"name": name, "kind": "FILE"})
    return {
        "files": [("metadata", (None, metadata)), ("content", ("x", data, "a/b"))],
    }


async def uploaded(clocked: Clocked, data: bytes) -> str:
    response = await clocked.client.post("/cdproxy/nodes", **post(data))
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


async def test_an_overwrite_stands_although_the_old_content_cannot_be_removed(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch
) -> None:
    node = await uploaded(clocked, b"old")
    path = f"/cdproxy/nodes/{node}/content"

    async def full() -> None:
        raise Full("no room left")

    with monkeypatch.context() as patched:
        patched.setattr(clocked.storage, "collect", full)
        response = await clocked.client.put(path, files=post(b"new")["files"][1:])

    assert response.status_code == 200, response.text
    assert (await clocked.client.get(path)).content == b"new"
    assert check(clocked.storage).problems == []


@pytest.mark.parametrize("size", [4, 5_000_000])
async def test_after_a_commit_that_may_have_happened_the_content_is_kept(
    clocked: Clocked, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    db, data = clocked.storage.db, os.urandom(size)
    write_now, write = db.write_now, db.write

    def failing_now(*arguments: Any) -> None:
        write_now(*arguments)
        raise DatabaseError("disk I/O error")

    async def failing(*arguments: Any) -> None:
        await write(*arguments)
        raise DatabaseError("disk I/O error")

    with monkeypatch.context() as patched:
        patched.setattr(db, "write_now", failing_now)
        patched.setattr(db, "write", failing)
        response = await clocked.client.post("/cdproxy/nodes", **post(data))

    assert response.status_code == 500
    await clocked.storage.sweep()  # as the next start does
    listed = await clocked.client.get("/drive/v1/nodes", params={"filters": "name:f"})
    (node,) = listed.json()["data"]
    found = await clocked.client.get(f"/cdproxy/nodes/{node['id']}/content")
    assert found.content == data
    assert check(clocked.storage).problems == []


def test_nobody_else_may_read_what_is_kept(tmp_path: Path) -> None:
    directory = tmp_path / "drive"
    directory.mkdir(mode=0o755)
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            drive.file("f", b"data")
        for _ in range(2):
            files = [path for path in directory.rglob("*") if path.is_file()]
            assert {"index.sqlite", "index.sqlite-wal"} <= {file.name for file in files}
            readable = [file for file in files if file.stat().st_mode & 0o077]
            assert readable == []
            # One that was made under a lax umask is put right.
            server.stop()
            (directory / "index.sqlite").chmod(0o644)
            server.start()


@pytest.mark.parametrize(
    "beginning",
    [
        b"GET /",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /auth/o2/token HTTP/1.1\r\nHost: localhost\r\n"
        b"Transfer-Encoding: chunked\r\n\r\n1;",
    ],
)
def test_a_head_without_end(shared_server: ServerProcess, beginning: bytes) -> None:
    port = int(shared_server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        connection.sendall(beginning)
        with pytest.raises(OSError, match=r"reset|Broken pipe"):
            connection.sendall(b"a" * 100_000_000)


def test_two_hosts_in_one_request(shared_server: ServerProcess) -> None:
    port = int(shared_server.url.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        hosts = b"Host: localhost\r\nHost: evil.example\r\n"
        connection.sendall(b"GET /ap/oa HTTP/1.1\r\n" + hosts + b"\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 400 ")


async def test_what_does_not_come_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from acd_tui.server import protocol

    for name in ("_LOOK_SECONDS", "_HEAD_SECONDS", "_BODY_SECONDS"):
        monkeypatch.setattr(protocol, name, 0.02)
    storage = Storage(tmp_path / "drive")
    storage.open()
    try:
        app = create_app(storage)
        async with serving(app, http=protocol.GuardedProtocol) as served:
            port = int(served.url.rpartition(":")[2])
            for request in (
                b"",
                b"GET / HT",
                b"POST /auth/o2/token HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 5\r\n\r\nab",
            ):
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.write(request)
                async with asyncio.timeout(30):
                    with contextlib.suppress(ConnectionResetError):
                        assert await reader.read() == b""
                writer.close()
    finally:
        storage.close()


async def test_a_request_the_stop_cuts_off_is_answered(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    storage = Storage(tmp_path / "drive")
    storage.open()
    try:
        async with serving(create_app(storage), grace=1) as served:
            port = int(served.url.rpartition(":")[2])
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(
                b"POST /auth/o2/token HTTP/1.1\r\nHost: localhost\r\n"
                b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nab"
            )
            assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
        assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
        assert "Traceback" not in caplog.text
    finally:
        storage.close()
