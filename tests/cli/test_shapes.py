"""What `--json` writes, held against what the help says it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pytest

from acd_tui.cli.shapes import SHAPES, Shape
from tests.cli.conftest import Command
from tests.cli.test_bad_invocations import ALL

KINDS: dict[str, tuple[type, ...]] = {
    "text": (str,),
    "number": (int, float),
    "bool": (bool,),
}


def wrong(value: Any, shape: Shape, at: str = "") -> list[str]:
    """Say where a document is not of a shape."""
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{at} is no array"]
        return [each for one in value for each in wrong(one, shape[0], f"{at}[]")]
    if isinstance(shape, dict):
        return wrong_object(value, shape, at)
    if shape.endswith("?") and value is None:
        return []
    if shape.startswith("as of "):
        return wrong(value, SHAPES[shape[len("as of ") :].rstrip("?")][""], at)
    kinds = KINDS[shape.rstrip("?")]
    fits = isinstance(value, kinds) and isinstance(value, bool) == (kinds == (bool,))
    return [] if fits else [f"{at} is no {shape}: {value!r}"]


def wrong_object(value: Any, shape: dict[str, Shape], at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at} is no object"]
    any_key = shape.get("*")
    known = {key.rstrip("?"): inner for key, inner in shape.items()}
    found = [f"{at}.{key} is missing" for key in shape if _lacks(value, key)]
    for key, inner in value.items():
        if key in known or any_key is not None:
            found += wrong(inner, known.get(key, any_key), f"{at}.{key}")
        else:
            found.append(f"{at}.{key} is not documented")
    return found


def _lacks(value: dict[str, Any], key: str) -> bool:
    return key != "*" and not key.endswith("?") and key not in value


def test_each_command_with_json_documents_it(here: Command) -> None:
    with_json = {
        " ".join(words)
        for words, command in ALL.items()
        for option in command.params
        if isinstance(option, click.Option) and "--json" in option.opts
    }
    assert set(SHAPES) == with_json
    said = here("mirror", "status", "--help").stdout.decode()
    assert "JSON, version 1:\n    {complete: bool, checked: text?" in said


def test_another_version_is_refused(here: Command, tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    assert here("size", "x", "--json=1").stdout == here("size", "--json", "x").stdout
    for version in ("2", "", "x"):
        result = here("size", ".", f"--json={version}")
        assert (result.returncode, result.stdout) == (2, b"")
        assert b"version 1" in result.stderr
    (tmp_path / "--json=7").mkdir()
    assert here("size", "--", "--json=7").returncode == 0


@pytest.fixture
def drive(here: Command, remote: str, tmp_path: Path) -> str:
    """A remote with something of everything that is listed."""
    up = tmp_path / "up"
    (up / "sub").mkdir(parents=True)
    (up / "a.txt").write_bytes(b"a")
    (up / "sub" / "b.txt").write_bytes(b"a")
    (up / "gone").write_bytes(b"gone")
    assert here("copy", "up", f"{remote}:t").returncode == 0
    assert here("trash", f"{remote}:t/gone").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    assert here("mkdir", f"{remote}:later").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    return remote


# In this order: some need what those before have left.
LINES = [
    *((name, "photos:t") for name in ("ls", "lsl", "lsd", "lsf", "md5sum", "tree")),
    ("lsjson", "photos:t"),
    ("lsjson", "-R", "--hash", "photos:"),
    ("size", "photos:"),
    ("about", "photos:"),
    ("du", "photos:"),
    ("search", "photos:", "txt"),
    ("search", "photos:", "trashed:yes", "gone"),
    ("dupes", "photos:"),
    ("dupes", "photos:", "--keep", "oldest"),
    ("dupes", "up", "--safe-to-free", "photos:"),
    ("trash-list", "photos:"),
    ("mirror", "status", "photos:"),
    ("mirror", "changes", "photos:"),
    ("check", "up", "photos:t"),
    ("check", "up", "photos:t", "-v"),
    ("copy", "up", "photos:t", "--dry-run", "-v"),
    ("queue", "add", "up", "photos:q"),
    ("queue", "limit"),
    ("queue", "pause", "--all"),
    ("queue", "resume", "--all"),
    ("queue", "list"),
    ("queue", "status"),
    ("queue", "priority", "high", "--all"),
    ("queue", "run"),
    ("queue", "retry", "--all"),
    ("queue", "cancel", "--all"),
    ("queue", "clear"),
    ("sync", "up", "photos:t", "--dry-run"),
    ("sync", "up", "photos:t", "--yes"),
    ("copy", "up", "photos:u"),
    ("rename", "photos:u/a.txt", "z.txt"),
    ("move", "photos:u", "photos:v"),
    ("move", "photos:v", "here", "--dry-run"),
    ("move", "photos:v", "here"),
    ("config", "list"),
    ("config", "show", "photos"),
    ("config", "show"),
    ("config", "keys"),
    ("doctor",),
]


def use(line: tuple[str, ...]) -> str:
    """Say which use of its command a command line is."""
    if line[0] == "move" and line[1].startswith("photos") == line[2].startswith(
        "photos"
    ):
        return "within one drive"
    if line == ("config", "show"):
        return "without NAME"
    uses = [option for option in line if option in {"--dry-run", "--safe-to-free"}]
    return uses[0] if uses and line[0] != "sync" else ""


def test_what_is_written_is_what_is_documented(here: Command, drive: str) -> None:
    for line in LINES:
        result = here(*line, "--json")
        name = next(" ".join(line[:n]) for n in (2, 1) if " ".join(line[:n]) in SHAPES)
        document = json.loads(result.stdout)
        assert wrong(document, SHAPES[name][use(line)]) == [], line
        if name != "queue list":
            assert document, line


def test_the_server_writes_what_is_documented(here: Command, tmp_path: Path) -> None:
    folder = str(tmp_path / "drive")
    assert here("server", "token", folder).returncode != 0  # there is none yet
    from acd_tui.server import admin

    admin.initialise(tmp_path / "drive", password="secret of the owner")
    for line in (
        ("user", folder, "add", "ann"),
        ("user", folder, "password", "ann"),
        ("user", folder, "list"),
        ("client", folder, "add", "app"),
        ("client", folder, "list"),
        ("cookies", folder),
        ("check", folder),
    ):
        result = here("server", *line, "--json")
        assert result.returncode == 0, result.stderr
        name = " ".join(word for word in ("server", *line[:1], *line[2:3]))
        shape = SHAPES[name][""]
        assert wrong(json.loads(result.stdout), shape) == [], line
