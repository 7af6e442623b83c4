"""What importing a module must not load: seen in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TERMINAL = {"textual", "rich"}
HEAVY = {"httpx", "aiohttp", "uvicorn", "keyring", "sqlite3", "asyncio"}


def loaded_by(statement: str) -> set[str]:
    say = "names = {n.split('.')[0] for n, m in sys.modules.items() if m}"
    say += "; print(*names, file=sys.stderr)"
    result = subprocess.run(
        [sys.executable, "-c", f"import sys\n{statement}\n{say}"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(result.stderr.splitlines()[-1].split())


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("acd_tui", TERMINAL | HEAVY | {"click"}),
        ("acd_tui.cli", TERMINAL | HEAVY | {"click", "logging"}),
        ("acd_tui.cli.group", TERMINAL | HEAVY),
        ("acd_tui.cli.completion", TERMINAL | HEAVY),
        ("acd_tui.cli.doctor", TERMINAL | HEAVY),
        ("acd_tui.cli.shapes", TERMINAL | HEAVY | {"click"}),
        ("acd_tui.cli.files", TERMINAL | HEAVY),
        ("acd_tui.cli.lists", TERMINAL | HEAVY),
        ("acd_tui.cli.tree", TERMINAL | HEAVY),
        ("acd_tui.cli.size", TERMINAL | HEAVY),
        ("acd_tui.cli.transfers", TERMINAL | HEAVY),
        ("acd_tui.cli.search", TERMINAL | HEAVY),
        ("acd_tui.cli.du", TERMINAL | HEAVY),
        ("acd_tui.cli.dupes", TERMINAL | HEAVY),
        ("acd_tui.cli.mirror", TERMINAL | HEAVY),
        ("acd_tui.cli.config", TERMINAL | HEAVY),
        ("acd_tui.cli.demo", TERMINAL | HEAVY),
        ("acd_tui.cli.server", TERMINAL | HEAVY),
        ("acd_tui.transfers.manager", TERMINAL | {"httpx", "uvicorn", "keyring"}),
        # httpx brings its own command line, and rich and click with it.
        ("acd_tui.session", {"textual"}),
        ("acd_tui.session.glance", {"textual", "httpx", "aiohttp", "keyring"}),
        ("acd_tui.server.app", TERMINAL | {"httpx", "keyring"}),
    ],
)
def test_imports_no_more_than_it_needs(module: str, banned: set[str]) -> None:
    assert loaded_by(f"import {module}") & banned == set()


RUN = """sys.argv = ['acd-tui', *{arguments!r}]
from acd_tui.__main__ import main
try:
    main()
except SystemExit as end:
    assert not end.code
"""
NETWORK = {"httpx", "aiohttp", "uvicorn", "starlette", "keyring"}


@pytest.mark.parametrize("argument", ["--version", "--help", "-h"])
def test_what_is_said_at_once_loads_no_command_line(argument: str) -> None:
    loaded = loaded_by(RUN.format(arguments=[argument]))
    assert loaded & (TERMINAL | HEAVY | {"click", "logging", "msgspec"}) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["ls", "."],
        ["lsf", "-R", "."],
        ["tree", "."],
        ["size", "."],
        ["du", "."],
        ["ls", "--help"],
        ["copy", "--help"],
        ["queue", "list"],
        ["config", "list"],
        ["completion", "bash"],
        ["__complete", "--", "ls", "x"],
    ],
    ids=" ".join,
)
def test_commands_without_a_drive_load_nothing_for_drives(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded = loaded_by(RUN.format(arguments=arguments))
    assert loaded & (TERMINAL | NETWORK) == set()


@pytest.mark.parametrize(
    "arguments",
    [
        ["mirror", "status", "photos:"],
        ["search", "photos:", "x"],
        ["du", "photos:"],
        ["dupes", "photos:"],
    ],
    ids=" ".join,
)
def test_what_the_mirror_answers_loads_nothing_of_the_network(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RCLONE_CONFIG_PHOTOS_TYPE", "amazon cloud drive")
    run = RUN.format(arguments=arguments).replace("assert not end.code", "pass")
    loaded = loaded_by(run)
    assert "msgspec" in loaded  # the mirror was asked
    assert loaded & (TERMINAL | NETWORK) == set()


WITHOUT_POSIX = """
import importlib, pkgutil
import asyncio, subprocess, tempfile, webbrowser, multiprocessing, logging.handlers
import click, httpx, aiohttp, keyring.backends.fail, msgspec, oauthlib.oauth2
import platformdirs, send2trash, starlette.applications, textual.app, textual.widgets
import tomlkit, uvicorn, humanize, rich.syntax, nacl.secret
import acd_tui

sys.platform = "win32"
sys.modules["msvcrt"] = type(sys)("msvcrt")
for name in ("fcntl", "grp", "pty", "pwd", "resource", "syslog", "termios", "tty"):
    sys.modules[name] = None
for module in pkgutil.walk_packages(acd_tui.__path__, "acd_tui."):
    if not module.name.startswith("acd_tui.server"):
        importlib.import_module(module.name)
"""


def test_all_but_the_server_can_be_imported_without_posix() -> None:
    """Whoever takes the program to Windows is not to stumble over imports."""
    assert "acd_tui" in loaded_by(WITHOUT_POSIX)
