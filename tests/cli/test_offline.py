"""A server that is down: what is known is still there, with its age."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.clock import SystemClock
from tests.cli.conftest import Command, define
from tests.server_process import ServerProcess, running_server

pytestmark = pytest.mark.socket


@pytest.fixture
def server(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, here: Command
) -> Iterator[ServerProcess]:
    """A server that was killed when the drive `photos` on it had been read."""
    tree = tmp_path / "tree"
    (tree / "sub").mkdir(parents=True)
    (tree / "a.txt").write_bytes(b"same")
    (tree / "sub" / "b.txt").write_bytes(b"same")
    with running_server(tmp_path / "server") as server:
        define(monkeypatch, "photos", server, server.token())
        assert here("copy", "tree", "photos:").returncode == 0
        assert here("mirror", "refresh", "photos:").returncode == 0
        server.kill()
        yield server


def test_a_drive_that_is_known_is_shown_as_it_was(
    server: ServerProcess, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    later = SystemClock().now() + 7500
    monkeypatch.setattr(SystemClock, "now", lambda self: later)
    for command, said in {
        ("ls", "photos:"): b"        4 a.txt\n        4 sub/b.txt\n",
        ("lsf", "-R", "photos:"): b"a.txt\nsub/\nsub/b.txt\n",
        ("size", "--json", "photos:sub"): b'{"count":1,"bytes":4,"sizeless":0}\n',
        ("tree", "--noreport", "photos:sub"): "/\n└── b.txt\n".encode(),
        ("check", "tree", "photos:"): b"",
    }.items():
        shown = here(*command)
        # Not 0: what is there now, nobody has said.
        assert (shown.returncode, shown.stdout) == (5, said), shown.stderr.decode()
        assert b"cannot reach 127.0.0.1" in shown.stderr
        assert b"; as photos: was 2h 05m ago" in shown.stderr
    for command in (
        ("search", "photos:", "b"),
        ("du", "photos:"),
        ("dupes", "photos:"),
    ):
        shown = here(*command)
        assert shown.returncode == 0
        assert b"as photos: was 2h 05m ago" in shown.stderr
        assert b"b" in shown.stdout


def test_differences_are_told_and_what_is_not_there(
    server: ServerProcess, here: Command, tmp_path: Path
) -> None:
    (tmp_path / "tree" / "a.txt").write_bytes(b"else")
    compared = here("check", "tree", "photos:")
    assert (compared.returncode, compared.stdout) == (1, b"* a.txt\n")
    assert here("ls", "photos:nowhere").returncode == 3


def test_what_would_have_to_ask_says_so(server: ServerProcess, here: Command) -> None:
    for command in (
        ("cat", "photos:a.txt"),
        ("mkdir", "photos:new"),
        ("sync", "tree", "photos:", "-n"),
        ("trash", "photos:a.txt"),
    ):
        refused = here(*command)
        assert (refused.returncode, refused.stdout) == (5, b"")
        assert b"error: cannot reach 127.0.0.1" in refused.stderr


@pytest.mark.timeout(300)
def test_what_was_queued_starts_when_the_server_is_back(
    server: ServerProcess, here: Command, tmp_path: Path
) -> None:
    queued = here("queue", "add", "tree", "photos:later")
    assert queued.returncode == 0, queued.stderr.decode()
    port = int(server.url.rpartition(":")[2])
    with socket.create_server(("127.0.0.1", port), reuse_port=False) as nobody:
        nobody.settimeout(60)
        running = subprocess.Popen(
            [sys.executable, "-m", "acd_tui", "queue", "run"], cwd=tmp_path
        )
        nobody.accept()[0].close()  # it has asked, and got no answer
    assert running.poll() is None
    server.start()
    assert running.wait(120) == 0
    listed = here("ls", "photos:later")
    assert listed.stdout == b"        4 a.txt\n        4 sub/b.txt\n"
