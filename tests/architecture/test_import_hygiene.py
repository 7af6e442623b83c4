"""What importing a module must not load: seen in a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest

TERMINAL = {"textual", "rich"}
HEAVY = {"httpx", "aiohttp", "uvicorn", "keyring", "sqlite3", "asyncio"}


def loaded_by(statement: str) -> set[str]:
    code = f"import sys\n{statement}\nprint(*{{m.split('.')[0] for m in sys.modules}})"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(result.stdout.split())


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
        ("acd_tui.server.app", TERMINAL | {"httpx", "keyring"}),
    ],
)
def test_imports_no_more_than_it_needs(module: str, banned: set[str]) -> None:
    assert loaded_by(f"import {module}") & banned == set()


def test_version_loads_no_command_line() -> None:
    loaded = loaded_by(
        "sys.argv = ['acd-tui', '--version']\nfrom acd_tui.__main__ import main\nmain()"
    )
    assert loaded & (TERMINAL | HEAVY | {"click"}) == set()
