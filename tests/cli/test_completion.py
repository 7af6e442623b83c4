"""Completing command lines: what is offered, and in real shells."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd_tui.cli import COMMANDS
from tests.cli.conftest import Command, define
from tests.program.terminal import terminal
from tests.server_process import running_server

NAMES = ("Pictures/two words/é (1).txt", "Pictures/a.txt", "Plans/b's $HOME.txt", "top")


@pytest.fixture
def known(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """A remote whose mirror is complete and that nobody can reach any more."""
    for name in NAMES:
        file = tmp_path / "up" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"x" * 1500)
    with running_server(tmp_path / "server") as server:
        define(monkeypatch, "photos", server, server.token())
        assert here("copy", "up", "photos:").returncode == 0
        assert here("mirror", "refresh", "photos:").returncode == 0
        server.kill()
        yield "photos"


def offered(here: Command, *words: str) -> tuple[str, list[str]]:
    """What may follow, and whether files of this machine may."""
    result = here("__complete", "--", *words)
    assert (result.returncode, result.stderr) == (0, b"")
    files, *lines = result.stdout.decode().splitlines()
    return files, [line.split("\t")[0] for line in lines]


def test_paths_of_a_drive_come_from_its_mirror(here: Command, known: str) -> None:
    assert offered(here, "ls", "photos:") == (
        "none",
        ["photos:Pictures/", "photos:Plans/", "photos:top"],
    )
    inside = ["photos:Pictures/two words/"]
    assert offered(here, "copy", "x", "photos:Pictures/t") == ("none", inside)
    assert offered(here, "photos:Pl")[1] == ["photos:Plans/"]
    assert offered(here, "ls", "photos:nowhere/") == ("none", [])
    assert offered(here, "ls", "photos:top/") == ("none", [])
    assert offered(here, "ls", "unknown:") == ("none", [])
    about = here("__complete", "--", "ls", "photos:t").stdout.decode()
    assert about == "none\nphotos:top\t1.5 KiB\n"


def test_nobody_is_offered_the_paths_of_who_was_signed_in_before(
    here: Command, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {"access_token": "other", "token_type": "bearer", "refresh_token": "one"}
    monkeypatch.setenv("RCLONE_CONFIG_PHOTOS_TOKEN", json.dumps(other))
    assert offered(here, "ls", f"{known}:") == ("none", [])


def test_remotes_are_offered_where_they_may_stand(here: Command, known: str) -> None:
    assert offered(here, "ls", "") == ("files", ["photos:"])
    assert offered(here, "ls", "./ph") == ("files", [])
    assert offered(here, "about", "ph") == ("none", ["photos:"])
    assert offered(here, "config", "show", "ph") == ("none", ["photos"])
    assert offered(here, "mirror", "status", "") == ("none", ["photos:"])
    assert "photos:" in offered(here, "")[1]
    assert offered(here, "-v", "ph") == ("none", ["photos:"])


def test_commands_options_and_values_are_offered(here: Command) -> None:
    assert offered(here, "")[1] == list(COMMANDS)
    assert offered(here, "tr")[1] == ["tree", "trash", "trash-list"]
    assert offered(here, "copy", "--conflict", "s")[1] == ["skip"]
    assert offered(here, "copy", "--conflict=s")[1] == ["--conflict=skip"]
    assert offered(here, "queue", "re")[1] == ["resume", "retry"]
    assert offered(here, "completion", "")[1] == ["bash", "zsh", "fish"]
    options = offered(here, "ls", "--")[1]
    assert {"--recursive", "--json", "--log-file", "--help"} <= set(options)
    assert not [each for each in options if each.startswith("--acd")]  # too many
    assert offered(here, "--ver")[1] == ["--version", "--verbose"]
    assert offered(here, "ls", "--log-file", "")[0] == "files"


def test_names_that_would_break_the_answer_are_left_out(
    here: Command, remote: str, tmp_path: Path
) -> None:
    up = tmp_path / "up"
    up.mkdir()
    for name in ("fine", "esc\x1b[2J", "bidi\u202e"):
        (up / name).write_bytes(b"")
    assert here("copy", "up", f"{remote}:").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    found = offered(here, "ls", "photos:")[1]
    assert "photos:fine" in found
    assert not [name for name in found if "\x1b" in name or "\u202e" in name]


@pytest.mark.parametrize("path", ["nothing", "text"])
def test_a_mirror_that_cannot_be_read_offers_nothing(
    path: str, here: Command, remote: str, home: Path
) -> None:
    folder = home / "acd-tui" / "cache" / "mirrors"
    folder.mkdir(parents=True)
    if path == "text":
        (folder / "photos.sqlite").write_text("this is no database" * 100)
    assert offered(here, "ls", "photos:") == ("none", [])
    assert (folder / "photos.sqlite").exists() == (path == "text")


# fish wants the terminal to be its own.
OWN = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
OWN += "os.execvp(sys.argv[1], sys.argv[1:])"
SHELLS = {
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
    "fish": ["fish", "--no-config", "-i"],
}
BEFORE = {
    "bash": "bind 'set bell-style none'",
    "zsh": "autoload -Uz compinit && compinit -u -D",
    "fish": "set -g fish_autosuggestion_enabled 0",
}


@pytest.mark.peer
@pytest.mark.parametrize("shell", SHELLS)
def test_a_shell_completes_step_by_step(
    shell: str, known: str, here: Command, tmp_path: Path
) -> None:
    if not shutil.which(shell):
        if os.environ.get("CI"):
            pytest.fail(f"{shell} is not installed")
        pytest.skip(f"{shell} is not installed")
    script = tmp_path / f"completion.{shell}"
    script.write_bytes(here("completion", shell).stdout)
    work = tmp_path / "work"
    (work / "local folder").mkdir(parents=True)
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "PS1": "$ ",
    }
    command = [sys.executable, "-c", OWN, *SHELLS[shell]]
    with terminal(command, cwd=work, env=environment) as there:
        there.burst(f"{BEFORE[shell]}; source {script}; echo rea''dy\r")
        there.wait_for("ready")

        def step(typed: str, expected: str) -> None:
            there.burst(typed + "\t")
            there.wait_for(expected)

        step("acd-tui comple", "acd-tui completion")
        there.burst("\x15")  # forget the line
        step("acd-tui ls pho", "acd-tui ls photos:")
        step("Pic", "photos:Pictures/")
        step("tw", "two")
        step("é", "txt")
        there.burst("\x01printf '<%s>' \r")
        there.wait_for("<acd-tui><ls><photos:Pictures/two words/é (1).txt>")
        step("acd-tui ls photos:Plans/", "HOME")
        there.burst("\x01printf '<%s>' \r")
        there.wait_for("<photos:Plans/b's $HOME.txt>")
        step("acd-tui copy local", "folder")
        there.burst("\x01printf '<%s>' \r")
        there.wait_for(lambda text: "<local folder" in text)
