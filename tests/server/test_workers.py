"""Several processes that serve one directory."""

from __future__ import annotations

import collections
import concurrent.futures
import contextlib
import hashlib
import itertools
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from acd_tui.server.admin import opened
from acd_tui.server.check import check
from acd_tui.server.whereabouts import AlreadyServed, locked
from tests.server.conftest import Drive
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket

WORKERS = 3


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with running_server(tmp_path, ["--workers", str(WORKERS)]) as server:
        yield server


def workers_of(server: ServerProcess) -> list[int]:
    text = Path(f"/proc/{server.pid}/task/{server.pid}/children").read_text("ascii")
    return [int(one) for one in text.split()]


def alive(pid: int) -> bool:
    try:
        state = (
            Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
        )
    except FileNotFoundError:
        return False
    return state != "Z"


def drive_of(server: ServerProcess) -> Drive:
    # Each request on a connection of its own, so that all workers get some.
    limits = httpx.Limits(max_keepalive_connections=0)
    client = httpx.Client(headers=server.headers(), timeout=30, limits=limits)
    return Drive(client, server, "owner")


def problems(server: ServerProcess) -> list[str]:
    with opened(server.directory) as storage:
        return check(storage).problems


def test_one_name_is_given_once_however_many_ask_for_it(server: ServerProcess) -> None:
    drive = drive_of(server)
    root = drive.root

    def make(number: int) -> int:
        body = {"name": f"folder {number % 20}", "kind": "FOLDER", "parents": [root]}
        return drive.call("POST", "nodes", json=body).status_code

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        codes = collections.Counter(pool.map(make, range(100)))

    assert codes == {201: 20, 409: 80}
    assert len(drive.names(f"parents:{root}")) == 20
    assert problems(server) == []


def test_every_worker_sees_at_once_what_another_has_done(server: ServerProcess) -> None:
    drive = drive_of(server)
    root = drive.root
    for number in range(30):
        data = os.urandom(1000 + number)
        file = drive.file(f"file {number}", data, root)
        assert drive.content(file).content == data
        assert len(drive.names(f"parents:{root}")) == number + 1
        drive.ok("PATCH", f"nodes/{file}", json={"name": f"renamed {number}"})
        assert drive.node(file)["name"] == f"renamed {number}"
        (line, _) = drive.changes()
        assert sum(node["kind"] == "FILE" for node in line["nodes"]) == number + 1


def test_a_worker_that_is_killed_is_replaced_and_nothing_is_lost(
    server: ServerProcess,
) -> None:
    drive = drive_of(server)
    before = set(workers_of(server))
    with writers(drive) as made:
        for pid in before:
            enough = len(made) + 10
            while len(made) < enough:
                time.sleep(0.01)
            os.kill(pid, signal.SIGKILL)
        while len(after := set(workers_of(server))) < WORKERS or before & after:
            time.sleep(0.01)

    for node, md5 in made.items():
        assert hashlib.md5(drive.content(node).content).hexdigest() == md5
    server.stop()
    server.start()
    assert problems(server) == []
    assert set(made) <= {node["id"] for node in all_nodes(drive_of(server))}


@contextlib.contextmanager
def writers(drive: Drive) -> Iterator[dict[str, str]]:
    """Upload meanwhile; what was acknowledged, as MD5 by id."""
    root = drive.root
    made: dict[str, str] = {}
    stop = threading.Event()

    def write(writer: int) -> None:
        for number in itertools.count():
            if stop.is_set():
                return
            data = os.urandom(3000)
            try:
                sent = drive.send(f"{writer} {number}", data, root)
            except httpx.HTTPError:
                continue
            assert sent.status_code == 201
            made[sent.json()["id"]] = hashlib.md5(data).hexdigest()

    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        writing = [pool.submit(write, number) for number in range(3)]
        try:
            yield made
        finally:
            stop.set()
        for one in writing:
            one.result()


def all_nodes(drive: Drive) -> list[dict[str, str]]:
    return [node for line in drive.changes() for node in line.get("nodes", [])]


def test_no_worker_outlives_a_server_that_is_killed(server: ServerProcess) -> None:
    workers = workers_of(server)
    assert len(workers) == WORKERS
    server.kill()
    server.start()  # at once, and on the same port
    while any(alive(pid) for pid in workers):
        time.sleep(0.01)
    assert drive_of(server).root


def test_failed_sign_ins_are_counted_together(server: ServerProcess) -> None:
    client = drive_of(server).client

    def guess(number: int) -> int:
        page = client.get(f"{server.url}/ap/signin")
        form = dict(re.findall(r'name="([^"]+)"\s+value="([^"]*)"', page.text))
        form |= {"email": "owner", "password": f"guess {number}"}
        sent = client.post(
            f"{server.url}/ap/signin", data=form, headers={"Origin": server.url}
        )
        return sent.status_code

    assert [guess(number) for number in range(7)] == [403] * 5 + [429] * 2


def test_a_stop_lets_an_upload_end(server: ServerProcess) -> None:
    drive = drive_of(server)
    first, go_on = threading.Event(), threading.Event()

    def body() -> Iterator[bytes]:
        yield b"a" * 100_000
        first.set()
        go_on.wait(30)
        yield b"b" * 100_000

    def send() -> int:
        target = f"{drive.c}nodes?name=slow&kind=FILE&parentNodeId={drive.root}"
        return drive.client.post(target, content=body()).status_code

    with concurrent.futures.ThreadPoolExecutor() as pool:
        upload = pool.submit(send)
        first.wait(30)
        ending = pool.submit(server.stop)
        while True:  # until nobody listens any more
            try:
                httpx.get(f"{drive.m}nodes")
            except httpx.ConnectError:
                break
            except httpx.TransportError:
                continue  # it was just being closed
        go_on.set()
        assert upload.result() in {200, 201}
        assert ending.result() == 0
    server.start()
    assert drive_of(server).names("kind:FILE") == ["slow"]


def test_what_counts_in_one_process_wants_one_process(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "acd_tui", "server", "run", str(tmp_path / "d")]
    refused = subprocess.run(
        [*command, "--port", "0", "--workers", "2", "--metrics"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert refused.returncode == 2
    assert "--workers" in refused.stderr


@pytest.mark.parametrize("delay", [0.3, 0.5, 0.7, 0.9, 1.2])
def test_a_kill_while_the_workers_come_up_leaves_none(
    tmp_path: Path, delay: float
) -> None:
    directory = tmp_path / "drive"
    command = [sys.executable, "-m", "acd_tui", "server", "run", str(directory)]
    process = subprocess.Popen(
        [*command, "--port", "0", "--workers", "2"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(delay)  # the moment is what this is about
    process.kill()
    process.wait()

    while True:
        try:
            with locked(directory):
                break
        except AlreadyServed:
            continue
