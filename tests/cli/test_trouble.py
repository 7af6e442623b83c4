"""What commands say and how they end when something is wrong."""

from __future__ import annotations

import importlib.abc
import itertools
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acd_tui.cli import built_in
from acd_tui.server import admin
from acd_tui.server.whereabouts import AlreadyServed
from tests.cli.conftest import Command
from tests.server_process import ServerProcess


@pytest.mark.parametrize(
    "arguments",
    [
        *((command, "nosuch:") for command in ("ls", "lsl", "lsd", "lsjson", "md5sum")),
        *((command, "nosuch:") for command in ("cat", "mkdir", "trash", "trash-list")),
        ("about", "nosuch:"),
        ("restore", "nosuch:", "x"),
        ("copy", "nosuch:", "."),
        ("copy", ".", "nosuch:"),
        ("config", "show", "nosuch"),
        ("config", "delete", "nosuch"),
    ],
    ids=" ".join,
)
def test_an_unknown_remote_is_a_usage_error(
    arguments: tuple[str, ...], here: Command
) -> None:
    result = here(*arguments)
    assert result.returncode == 2
    assert b"nosuch" in result.stderr
    assert b"hint: " in result.stderr
    assert b"config list" in result.stderr
    assert result.stdout == b""


@pytest.mark.parametrize(
    "arguments",
    [
        ("ls",),
        ("ls", "a", "b"),
        ("ls", ""),
        ("ls", "a*b:c"),
        ("ls", "--max-depth", "x", "."),
        ("lsjson", "--files-only", "--dirs-only", "."),
        ("cat",),
        ("cat", ".", "--offset", "one"),
        ("copy", "."),
        ("copy", ".", ".", "--conflict", "maybe"),
        ("copy", ".", "x", "--transfers", "0"),
        ("copy", ".", "x", "--ignore-existing", "--conflict", "overwrite"),
        ("copy", ".", "."),
        ("copy", ".", "inside"),
        ("trash",),
        ("trash-list", "photos:path"),
        ("trash-list", "/home"),
        ("restore", "photos:"),
        ("config", "nonsense"),
        ("config", "create"),
        ("config", "create", "a*b"),
        ("config", "create", "local"),
        ("config", "create", "photos", "nonsense"),
        ("config", "create", "photos", "no_such_key=1"),
        ("config", "create", "photos", "upload_wait_per_gb=soon"),
        ("config", "create", "photos", "token=nonsense"),
        ("config", "create", "photos", "type=s3"),
        ("authorize", "no_such_key=1"),
        ("nonsense",),
        ("--nonsense",),
        (),  # the panes, without a terminal
        ("demo",),
    ],
    ids=" ".join,
)
def test_usage_errors(arguments: tuple[str, ...], here: Command) -> None:
    result = here(*arguments)
    assert result.returncode == 2, result.stderr.decode()
    assert result.stderr
    assert result.stdout == b""


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("ls", "missing"), 3),
        (("lsjson", "missing"), 3),
        (("cat", "missing"), 4),
        (("trash", "missing"), 4),
        (("copy", "missing", "x"), 3),
        (("copy", ".", "file"), 1),
        (("lsd", "file"), 3),
        (("mkdir", "file"), 1),
        (("mkdir", "file/x"), 1),
    ],
    ids=str,
)
def test_exit_codes_are_rclones(
    arguments: tuple[str, ...], code: int, here: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    (folder / "file").write_bytes(b"x")
    result = here(*arguments, cwd=folder)
    assert result.returncode == code, result.stderr.decode()
    assert result.stderr.startswith(b"error: ")
    assert not result.stderr.splitlines()[0].endswith(b".")
    assert [each.name for each in folder.iterdir()] == ["file"]


def test_a_reader_that_goes_away_ends_it_quietly(tmp_path: Path) -> None:
    tree = tmp_path / "many"
    for number in range(200):
        folder = tree / f"folder {number:04d} {'x' * 100}"
        folder.mkdir(parents=True)
        for name in range(20):
            (folder / f"{'y' * 100}{name}").touch()
    with subprocess.Popen(
        [sys.executable, "-m", "acd_tui", "ls", str(tree)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline().startswith(b"        0 folder 0000")
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(timeout=60) == -signal.SIGPIPE  # as `ls` itself ends


def test_special_files_are_named_and_left_out(tmp_path: Path, acd: Command) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    (tree / "link").symlink_to("file")
    (tree / "file").write_bytes(b"x")
    os.mkfifo(tree / "pipe")
    result = acd("ls", "tree")
    assert result.returncode == 0
    assert result.stdout == b"        1 file\n"
    assert b"`link`" in result.stderr
    assert b"`pipe`" in result.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_one_may_not_write_to(tmp_path: Path, acd: Command) -> None:
    (tmp_path / "file").write_bytes(b"x")
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    result = acd("copy", "file", "locked")
    assert result.returncode == 6
    assert b"locked" in result.stderr


def test_a_home_that_cannot_be_made(
    tmp_path: Path, acd: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    monkeypatch.setenv("ACD_TUI_HOME", str(tmp_path / "file" / "home"))
    result = acd("ls", ".")
    assert result.returncode == 1
    assert b"hint: set ACD_TUI_HOME" in result.stderr


def test_nothing_one_types_ends_in_a_traceback(here: Command, tmp_path: Path) -> None:
    words = ["", "-", ":", "x:", "\x1b[31m", "\udcff", "--json", "-P"]
    for command, first in itertools.product(("ls", "copy", "config"), words):
        result = here(command, first, first)
        assert result.returncode in {1, 2, 3, 4, 6}, (command, first)


def test_a_name_that_the_encoding_leaves_no_utf8_is_named_and_the_rest_goes_up(
    remote: str, here: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "up"
    folder.mkdir()
    for name in (b"bad\xff", b"good"):
        (folder / os.fsdecode(name)).write_bytes(name)
    copy = ("copy", str(folder), f"{remote}:up")
    refused = here(*copy, "--acd-encoding", "Slash,Dot")
    assert refused.returncode == 6
    assert b"is no valid UTF-8" in refused.stderr
    assert here("ls", f"{remote}:up").stdout == b"        4 good\n"
    assert here(*copy).returncode == 0
    assert b"bad\xff" in here("ls", f"{remote}:up").stdout


def test_the_server_says_where_it_does_not_run(
    here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    refused = here("server", "check", "x")
    assert refused.returncode == 1
    assert b"runs on Linux and macOS alone" in refused.stderr


@pytest.mark.socket
def test_a_drive_is_reset_only_where_panes_open_and_nobody_uses_it(
    tmp_path: Path, here: Command, shared_server: ServerProcess
) -> None:
    drive, index = tmp_path / "drive", tmp_path / "drive" / "index.sqlite"
    admin.initialise(drive, password="of the owner")
    assert here("demo", "--dir", str(drive), "--reset").returncode == 2
    assert index.exists()
    with pytest.raises(AlreadyServed):
        built_in.reset(shared_server.directory)
    assert (shared_server.directory / "index.sqlite").exists()
    built_in.reset(drive)
    assert not drive.exists()


def test_ctrl_c_while_it_begins_is_heard(
    here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupting(importlib.abc.MetaPathFinder):
        def find_spec(self, fullname: str, *_: object) -> None:
            if fullname == "acd_tui.cli.group":
                raise KeyboardInterrupt

    monkeypatch.setattr(sys, "meta_path", [Interrupting(), *sys.meta_path])
    monkeypatch.delitem(sys.modules, "acd_tui.cli.group", raising=False)
    result = here("ls", "/")
    assert (result.returncode, result.stderr) == (130, b"interrupted\n")


@pytest.mark.skipif(sys.platform == "darwin", reason="names are UTF-8 there, always")
def test_a_name_that_the_locale_cannot_write_holds_nothing_else_up(
    remote: str, acd: Command, tmp_path: Path
) -> None:
    folder = tmp_path / "folder"
    (folder / "für").mkdir(parents=True)
    for name in ("für/a", "plain", "€"):
        (folder / name).write_bytes(b"x")
    assert acd("copy", str(folder), f"{remote}:up").returncode == 0
    locale = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

    result = subprocess.run(
        [sys.executable, "-m", "acd_tui", "copy", f"{remote}:up", "down"],
        cwd=tmp_path,
        env=os.environ | locale,  # which Python looks at when it starts
        capture_output=True,
        check=False,
        timeout=60,
    )

    said = result.stderr.decode()
    assert [entry.name for entry in (tmp_path / "down").iterdir()] == ["plain"]
    assert "/up/für is not copied: its name has characters that ascii lacks" in said
    assert "/up/€ is not copied: its name has characters that ascii lacks" in said
    assert result.returncode == 6
