"""`search` and `mirror` against a real server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from acd_tui.clock import SystemClock
from tests.cli.conftest import Command
from tests.server_process import ServerProcess

pytestmark = pytest.mark.socket


@pytest.fixture
def filled(tmp_path: Path, remote: str, here: Command) -> str:
    """A remote with a few files that the mirror knows."""
    tree = tmp_path / "tree"
    for name, content in {
        "Beach.JPG": b"x" * 2000,
        "my films/beach.mp4": b"y" * 5000,
        "my films/draft beach.mp4": b"z",
        "notes\x1b[31m.txt": b"",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    assert here("copy", "tree", f"{remote}:").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    return remote


def test_search_finds_by_words_from_the_mirror(
    filled: str, here: Command, unplug: Callable[[], None]
) -> None:
    # Nobody answers there: the mirror is all there is.
    unplug()
    found = here("search", f"{filled}:", "beach")
    assert found.returncode == 0
    assert found.stdout.splitlines() == [
        b"photos:Beach.JPG",
        b"photos:my films/beach.mp4",
        b"photos:my films/draft beach.mp4",
    ]
    assert found.stderr == b""

    some = here("search", f"{filled}:", "beach", "-draft", "-l", "-ext:jpg")
    (line,) = some.stdout.splitlines()
    assert line.startswith(b"     5000 ")
    assert line.endswith(b" photos:my films/beach.mp4")

    (each,) = json.loads(
        here("search", f"{filled}:", 'in:"/my films" size:>1k', "--json").stdout
    )
    assert each["path"] == "my films/beach.mp4"
    assert each["size"] == 5000
    assert each["trashed"] is False
    assert len(each["md5"]) == 32

    first = here("search", f"{filled}:", "beach", "--limit", "2")
    assert len(first.stdout.splitlines()) == 2
    assert b"there are more than 2" in first.stderr


def test_what_is_known_needs_no_sign_in_and_has_an_age(
    filled: str, here: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("RCLONE_CONFIG_PHOTOS_TOKEN")
    later = SystemClock().now() + 7500
    monkeypatch.setattr(SystemClock, "now", lambda self: later)
    for command in (("search", f"{filled}:", "beach"), ("du", f"{filled}:")):
        found = here(*command)
        assert found.returncode == 0, found.stderr.decode()
        assert b"as photos: was 2h 05m ago" in found.stderr
    assert here("ls", f"{filled}:").returncode == 7


def test_search_that_finds_nothing_or_makes_no_sense(
    filled: str, here: Command
) -> None:
    nothing = here("search", f"{filled}:", "nowhere")
    assert (nothing.returncode, nothing.stdout) == (1, b"")
    assert b"nothing matches; `fuzzy:" in nothing.stderr
    empty = here("search", f"{filled}:", "--json", "--", "-e", "-a", "-m")
    assert (empty.returncode, json.loads(empty.stdout)) == (1, [])
    bad = here("search", f"{filled}:", "beach", "size:>1x")
    assert bad.returncode == 2
    assert b"`size:>1x` at character 7: '1x' is not a size" in bad.stderr
    missing = here("search", f"{filled}:", "in:/x\x1b")
    assert missing.returncode == 3
    assert "there is no folder /x\u241b".encode() in missing.stderr
    not_utf8 = here("search", f"{filled}:", b"\xff")
    assert not_utf8.returncode == 2
    assert here("search", f"{filled}:").returncode == 2
    assert here("search", "nowhere:", "x").returncode == 2


def test_search_of_the_trash(filled: str, here: Command) -> None:
    assert here("trash", f"{filled}:my films").returncode == 0
    assert here("mirror", "refresh", f"{filled}:").returncode == 0
    assert len(here("search", f"{filled}:", "beach").stdout.splitlines()) == 1
    found = here("search", f"{filled}:", "beach", "trashed:yes", "--json")
    paths = {each["path"] for each in json.loads(found.stdout)}
    assert paths == {"my films/beach.mp4", "my films/draft beach.mp4"}


def test_a_drive_that_was_never_read(remote: str, here: Command) -> None:
    found = here("search", f"{remote}:", "x")
    assert found.returncode == 1
    assert b"was never read as a whole" in found.stderr
    status = json.loads(here("mirror", "status", f"{remote}:", "--json").stdout)
    assert (status["complete"], status["nodes"], status["age"]) == (False, 0, None)
    shown = here("mirror", "status", f"{remote}:").stdout.decode()
    assert "not complete" in shown
    assert "never" in shown


def test_mirror_refresh_rebuild_and_status(
    filled: str, here: Command, shared_server: ServerProcess
) -> None:
    known = json.loads(here("mirror", "status", f"{filled}:", "--json").stdout)
    assert known["complete"]
    assert known["nodes"] == 6
    assert 0 <= known["age"] < 60
    assert known["bytes"] > 4096
    assert known["problem"] is None
    rebuilt = here("mirror", "rebuild", f"{filled}:")
    assert rebuilt.returncode == 0
    assert b"6 files and folders, all up to date" in rebuilt.stderr
    assert here("search", f"{filled}:", "draft").returncode == 0
    assert (
        "State:    complete" in here("mirror", "status", f"{filled}:").stdout.decode()
    )
    assert here("mirror", "status", "local:").returncode == 2


def test_a_rebuild_that_fails_leaves_what_is_known(
    filled: str, here: Command, unplug: Callable[[], None]
) -> None:
    unplug()
    for verb in ("rebuild", "refresh"):
        assert here("mirror", verb, f"{filled}:").returncode == 5
    assert here("search", f"{filled}:", "draft").returncode == 0
