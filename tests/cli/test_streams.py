"""Where output goes, how much of it there is, and what if nobody takes it."""

from __future__ import annotations

import os
import pty
import re
import signal
import stat
import subprocess
import sys
from pathlib import Path

import click
import pytest

from acd_tui.cli import COMMANDS, help_text
from acd_tui.cli.group import cli
from acd_tui.errors import Full
from tests.cli.conftest import Command

PROGRAM = [sys.executable, "-m", "acd_tui"]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "a").write_bytes(b"x")
    return tree


def shell(line: str, tree: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", f'acd-tui() {{ "{sys.executable}" -m acd_tui "$@"; }}; {line}'],
        cwd=tree,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", ["ls .", "--help", "--version", "ls --help"])
def test_a_pipe_without_a_reader_ends_it_as_it_ends_others(
    arguments: str, tree: Path
) -> None:
    # The reader is gone before the first byte.
    ended = shell(
        f"{{ sleep 0; acd-tui {arguments}; }} | :; echo ${{PIPESTATUS}}", tree
    )
    assert ended.stderr == ""
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(
        [*PROGRAM, *arguments.split()],
        stdout=write,
        stderr=subprocess.PIPE,
        cwd=tree,
        timeout=60,
        check=False,
    )
    os.close(write)
    assert (process.returncode, process.stderr) == (-signal.SIGPIPE, b"")


def test_a_full_disk_is_said(tree: Path) -> None:
    ended = shell("acd-tui ls . > /dev/full", tree)
    assert ended.returncode == 8
    assert ended.stderr.splitlines() == [
        "error: cannot write the output: No space left on device",
        f"hint: {Full.advice}",
    ]


def test_a_closed_output_is_said(tree: Path) -> None:
    ended = shell("acd-tui ls . >&-", tree)
    assert ended.returncode == 1
    assert ended.stderr.startswith("error: there is no standard output to write to\n")


@pytest.mark.parametrize("closed", ["2>&-", "2>/dev/full"])
def test_nobody_need_listen_to_errors(closed: str, tree: Path) -> None:
    ended = shell(f"acd-tui ls nosuch {closed}", tree)
    assert (ended.returncode, ended.stdout) == (3, "")


@pytest.mark.parametrize("line", ["acd-tui", "acd-tui sync . x"])
@pytest.mark.parametrize("closed", ["<&-", "2>&-", ">&-"])
def test_a_closed_stream_is_no_surprise(line: str, closed: str, tree: Path) -> None:
    (tree / "x").mkdir()
    ended = shell(f"{line} {closed}", tree)
    assert ended.returncode in {1, 2}
    assert "unexpected" not in ended.stderr


def test_the_help_at_once_is_the_help_of_the_group(here: Command) -> None:
    said = here("--help").stdout.decode()
    assert said == help_text()
    assert here("-v", "--help").stdout.decode() == said
    for param in cli.params:
        hidden = isinstance(param, click.Option) and param.hidden
        assert hidden or all(option in said for option in param.opts)
    assert all(len(line) <= 80 for line in said.splitlines())
    assert all(f"\n  {name} " in said for name in COMMANDS)


def test_more_is_said_on_request(here: Command, remote: str) -> None:
    assert here("ls", f"{remote}:").stderr == b""
    said = here("ls", f"{remote}:", "-vv").stderr
    assert re.search(rb"DEBUG acd_tui.api.exchange: [A-Z]+ http://127.0.0.1:", said)
    assert b"DEBUG" in here("-vv", "ls", f"{remote}:").stderr
    assert b"DEBUG" not in here("-v", "ls", f"{remote}:").stderr


def test_the_log_goes_where_it_is_sent(
    here: Command, home: Path, remote: str, tmp_path: Path
) -> None:
    log = tmp_path / "my.log"
    assert here("ls", f"{remote}:", "-vv", "--log-file", "my.log").returncode == 0
    first = log.read_text()
    assert "GET http" in first
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert not list(home.rglob("acd-tui.log"))
    log.chmod(0o644)
    here("--log-file", "my.log", "ls", f"{remote}:")
    assert log.read_text().startswith(first)
    assert stat.S_IMODE(log.stat().st_mode) == 0o644  # as its owner wants it


@pytest.mark.parametrize("place", ["missing/log", "file/log"])
def test_a_log_that_cannot_be_written_is_said(
    place: str, here: Command, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    result = here("ls", ".", "--log-file", place)
    assert result.returncode == 1
    assert result.stderr.startswith(f"error: cannot write {place}: ".encode())


def test_a_device_is_no_file_to_be_changed(here: Command) -> None:
    before = Path("/dev/null").stat().st_mode
    assert here("ls", ".", "--log-file", "/dev/null").returncode == 0
    assert Path("/dev/null").stat().st_mode == before


def on_a_terminal(
    arguments: list[str], tree: Path, environment: dict[str, str]
) -> bytes:
    """Run a command whose three streams are a terminal; return what it drew."""
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [*PROGRAM, *arguments],
        stdin=follower,
        stdout=follower,
        stderr=follower,
        cwd=tree,
        env=os.environ | {"TERM": "xterm-256color"} | environment,
    ) as process:
        os.close(follower)
        drawn = b""
        while True:
            try:
                piece = os.read(leader, 65536)
            except OSError:  # Linux says so when the other side is closed
                break
            if not piece:
                break
            drawn += piece
        process.wait(timeout=60)
    os.close(leader)
    return drawn


def test_colours_are_for_terminals_that_want_them(tree: Path) -> None:
    assert b"\x1b[31m" in on_a_terminal(["no-such"], tree, {})
    plain = on_a_terminal(["no-such"], tree, {"NO_COLOR": "1"})
    assert b"error: " in plain
    assert b"\x1b" not in plain
    assert b"\x1b" not in on_a_terminal(["no-such"], tree, {"TERM": "dumb"})
