"""A remote that cannot be reached, does not let one in, or is worked on by others."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.api import pacer
from acd_tui.server import admin
from tests.cli.conftest import Command, define
from tests.server_process import FaultFile, ServerProcess, running_server

pytestmark = pytest.mark.socket


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ServerProcess]:
    """A server of this test's own, and a remote `photos` on it."""
    with running_server(tmp_path) as server:
        define(monkeypatch, "photos", server, server.token())
        yield server


COMMANDS: list[tuple[str, ...]] = [
    ("ls", "photos:"),
    ("lsjson", "photos:"),
    ("cat", "photos:a.txt"),
    ("mkdir", "photos:new"),
    ("copy", "photos:", "down"),
    ("copy", "a.txt", "photos:"),
    ("trash", "photos:a.txt"),
    ("trash-list", "photos:"),
    ("restore", "photos:", "x"),
    ("about", "photos:"),
]


@pytest.mark.timeout(300)
def test_a_server_that_is_gone_is_a_temporary_error(
    server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    assert acd("copy", "a.txt", "photos:").returncode == 0
    server.kill()
    for command in COMMANDS[:2]:
        result = acd(*command)
        assert result.returncode == 5, (command, result.stderr.decode())
        # What is shown, if anything, is what was known: see `test_offline`.
        assert b"cannot reach 127.0.0.1" in result.stderr


def test_what_a_server_answers_that_is_asked_again_is_said(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacer, "_TOLD", 1)  # not after some seconds
    faults = FaultFile(tmp_path / "faults.toml")
    with running_server(tmp_path, faults.arguments) as server:
        define(monkeypatch, "photos", server, server.token())
        faults.set(
            {"operation": "quota", "first": 1, "do": "answer"}
            | {"error": "503-empty", "when": "start"}
        )
        listed = here("ls", "photos:")
    assert listed.returncode == 0, listed.stderr
    assert b"photos: the service is in trouble (503); it is asked" in listed.stderr


@pytest.mark.timeout(300)
def test_a_revoked_sign_in_is_told_from_other_errors(
    server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_bytes(b"hello")
    admin.set_password(server.directory, "owner", "another password entirely")
    for command in COMMANDS:
        result = acd(*command)
        assert result.returncode == 7, (command, result.stderr.decode())
        assert b"error: " in result.stderr
        assert b"Atz" not in result.stderr
    assert not (tmp_path / "down").exists()


def test_what_others_changed_is_seen_at_once(
    server: ServerProcess, acd: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    define(monkeypatch, "elsewhere", server, server.token())
    (tmp_path / "a.txt").write_bytes(b"hello")
    assert acd("ls", "photos:").stdout == b""
    assert acd("copy", "a.txt", "elsewhere:").returncode == 0
    assert acd("ls", "photos:").stdout == b"        5 a.txt\n"
    assert acd("trash", "elsewhere:a.txt").returncode == 0
    assert acd("ls", "photos:").stdout == b""


def many(folder: Path, number: int) -> Path:
    folder.mkdir()
    for each in range(number):
        (folder / f"{each:04d}").write_bytes(b"x" * 4000)
    return folder


def test_ctrl_c_finishes_what_is_under_way_and_keeps_the_rest(
    server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    many(tmp_path / "many", 1500)
    with subprocess.Popen(
        [sys.executable, "-m", "acd_tui", "copy", "-v", "many", "photos:m"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"done: photos:m/")
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().decode()
        assert process.wait(timeout=60) == 130
    assert "finishing the files under way" in said
    assert "left in the queue" in said
    assert "Traceback" not in said
    there = json.loads(acd("lsjson", "photos:m").stdout)
    assert 0 < len(there) < 1500
    assert {each["Size"] for each in there} == {4000}


def test_two_copies_at_a_time_both_end(
    server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    many(tmp_path / "many", 300)
    many(tmp_path / "few", 3)
    with subprocess.Popen(
        [sys.executable, "-m", "acd_tui", "copy", "-v", "many", "photos:m"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as first:
        assert first.stderr is not None
        first.stderr.readline()
        second = acd("copy", "few", "photos:f", "--json")
        first.stderr.read()
        assert first.wait(timeout=60) == 0
    assert second.returncode == 0, second.stderr.decode()
    assert json.loads(second.stdout)["files"]["done"] == 3
    assert len(json.loads(acd("lsjson", "photos:f").stdout)) == 3
    assert len(json.loads(acd("lsjson", "photos:m").stdout)) == 300


def test_what_is_no_file_is_left_out_alone(
    server: ServerProcess, acd: Command, tmp_path: Path
) -> None:
    tree = many(tmp_path / "tree", 2)
    (tree / "link").symlink_to("nowhere")
    os.mkfifo(tree / "pipe")
    result = acd("copy", "tree", "photos:", "--json")
    assert result.returncode == 0
    assert json.loads(result.stdout)["files"]["done"] == 2
    assert json.loads(result.stdout)["problems"] == []
    assert len(json.loads(result.stdout)["left_out"]) == 2
    assert b"pipe" in result.stderr
