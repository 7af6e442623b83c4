"""Large files that the kernel sends: to slow clients, to those that leave, to many."""

from __future__ import annotations

import asyncio
import hashlib
import os
import signal
import socket
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from acd_tui.server import zero_copy
from tests.server.conftest import Drive, new_drive, until
from tests.server_process import running_server

pytestmark = pytest.mark.socket

_MIB = 2**20


@pytest.fixture
def alone(tmp_path: Path) -> Iterator[Drive]:
    """A drive whose server has no other clients."""
    with running_server(tmp_path) as server:
        drive = new_drive(server)
        with drive.client:
            yield drive


class Client:
    """Asks for a file, with little room for it, and reads only when told to."""

    def __init__(self, drive: Drive, *nodes: str) -> None:
        host, _, port = drive.server.url.removeprefix("http://").rpartition(":")
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        self._socket.settimeout(30)
        self._socket.connect((host, int(port)))
        token = drive.client.headers["Authorization"]
        for node in nodes:
            path = f"/cdproxy/nodes/{node}/content"
            head = (
                f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\nAuthorization: {token}"
            )
            self._socket.sendall(f"{head}\r\n\r\n".encode())
        self._file = self._socket.makefile("rb")

    def head(self) -> int:
        """Read an answer's head; the length of what follows."""
        assert self._file.readline() == b"HTTP/1.1 200 OK\r\n"
        length = 0
        while (line := self._file.readline()) != b"\r\n":
            name, _, value = line.partition(b":")
            if name == b"content-length":
                length = int(value)
        return length

    def read(self, count: int) -> bytes:
        return self._file.read(count)

    def leave(self, *, abruptly: bool = False) -> None:
        if abruptly:
            self._socket.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
            )
        self._file.close()
        self._socket.close()


def _md5(data: bytes) -> str:
    return hashlib.md5(data).hexdigest()


def _open_files(pid: int) -> list[str]:
    names = []
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            names.append(str(link.readlink()))
        except FileNotFoundError:
            continue
    return sorted(names)


def test_a_client_that_stops_reading_gets_all_and_holds_up_nobody(
    alone: Drive,
) -> None:
    data = os.urandom(12 * _MIB)
    node = alone.file("f", data)
    # More of them than there are threads.
    slow = [Client(alone, node) for _ in range(24)]
    assert {one.head() for one in slow} == {len(data)}

    assert _md5(alone.content(node).content) == _md5(data)

    for one in slow:
        assert _md5(one.read(len(data))) == _md5(data)
        one.leave()


def test_one_connection_goes_on_after_a_large_file(drive: Drive) -> None:
    first, second = os.urandom(20 * _MIB), os.urandom(3 * _MIB)
    nodes = drive.file("first", first), drive.file("second", second)
    client = Client(drive, nodes[0], nodes[1], nodes[0])  # all asked for at once

    for data in (first, second, first):
        assert client.head() == len(data)
        assert _md5(client.read(len(data))) == _md5(data)
    client.leave()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("abruptly", [False, True])
def test_of_a_client_that_leaves_nothing_stays(alone: Drive, abruptly: bool) -> None:
    node = alone.file("f", os.urandom(40 * _MIB))
    alone.content(node, Range="bytes=0-0")
    pid = int(alone.server.pid)
    before = _open_files(pid)
    clients = [Client(alone, node) for _ in range(5)]
    for client in clients:
        client.head()
        client.read(100_000)
    assert len(_open_files(pid)) > len(before)

    for client in clients:
        client.leave(abruptly=abruptly)

    until(lambda: len(_open_files(pid)) <= len(before))
    assert alone.content(node, Range="bytes=0-0").status_code == 206


def test_a_content_that_has_become_shorter_is_no_whole_answer(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with log.open("w") as errors, running_server(tmp_path, stderr=errors) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(2 * _MIB)
            node = drive.file("f", data)
            (file,) = [
                path
                for path in (server.directory / "content").glob("??/*")
                if path.stat().st_size == len(data)
            ]
            os.truncate(file, _MIB)
            client = Client(drive, node)

            assert client.head() == len(data)
            assert client.read(len(data)) == data[:_MIB]  # and then the end
            client.leave()
            assert drive.names() != []
    assert "shorter than it should be" in log.read_text()


def test_a_stop_lets_a_slow_download_end(tmp_path: Path) -> None:
    with running_server(tmp_path) as server, ThreadPoolExecutor(1) as stopping:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(20 * _MIB)
            client = Client(drive, drive.file("f", data))
            assert client.head() == len(data)
            stopped = stopping.submit(server.stop)
            assert _md5(client.read(len(data))) == _md5(data)
            client.leave()
            assert stopped.result() == 0


def test_a_stop_does_not_wait_for_ever(tmp_path: Path) -> None:
    log = tmp_path / "stderr"
    with (
        log.open("w") as errors,
        running_server(tmp_path, ["--grace", "0.5"], stderr=errors) as server,
    ):
        drive = new_drive(server)
        with drive.client:
            client = Client(drive, drive.file("f", os.urandom(20 * _MIB)))
            client.head()
            os.kill(server.pid, signal.SIGTERM)
            assert server.stop() == 0
            client.leave()
    assert "Traceback" not in log.read_text()


def test_what_was_sent_is_counted(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    with running_server(tmp_path, ["--access-log", str(path)]) as server:
        drive = new_drive(server)
        with drive.client:
            data = os.urandom(2 * _MIB)
            drive.content(drive.file("f", data))
            until(lambda: path.exists() and path.read_text().count("\n") >= 2)
    sent = path.read_text().splitlines()[1].split(" ")[8]
    assert sent == str(len(data))


async def test_who_left_before_the_first_byte_is_no_failure(tmp_path: Path) -> None:
    ours, theirs = socket.socketpair()
    with theirs:
        _, writer = await asyncio.open_connection(sock=ours)
        writer.transport.abort()
        await writer.wait_closed()
    (tmp_path / "f").write_bytes(b"bytes")
    cycle = SimpleNamespace(transport=writer.transport, disconnected=False)
    with (tmp_path / "f").open("rb") as file:
        await zero_copy._send(cast(RequestResponseCycle, cycle), file, 0, 5)
    assert cycle.disconnected
