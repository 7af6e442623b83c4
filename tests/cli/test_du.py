"""`du` of a drive and of a local folder."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from acd_tui.cli import du
from acd_tui.errors import Denied
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.cli.conftest import Command

pytestmark = pytest.mark.socket

EXPECTED = [
    {"path": "b", "size": 3000, "files": 2, "folders": 2},
    {"path": "a", "size": 500, "files": 3, "folders": 0},
    {"path": "", "size": 3507, "files": 6, "folders": 4},
]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for name, size in {
        "a/1": 500,
        "a/2": 0,
        "a/3": 0,
        "b/x": 1000,
        "b/\x1b[1m/deep/y": 2000,
        "top": 7,
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(os.urandom(size))
    return tree


def test_a_drive_from_its_mirror(
    tree: Path, remote: str, here: Command, unplug: Callable[[], None]
) -> None:
    assert here("copy", "tree", f"{remote}:t").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    unplug()
    found = here("du", f"{remote}:t", "--json")
    assert (found.returncode, found.stderr) == (0, b"")
    assert json.loads(found.stdout) == EXPECTED
    (whole,) = json.loads(here("du", f"{remote}:t", "--max-depth=0", "--json").stdout)
    assert whole == EXPECTED[-1]
    shown = here("du", f"{remote}:", "--max-depth", "9", "--sort", "name")
    assert [line.split(b"  ")[-1] for line in shown.stdout.splitlines()] == [
        b"photos:t",
        b"photos:t/a",
        b"photos:t/b",
        "photos:t/b/\u241b[1m".encode(),
        "photos:t/b/\u241b[1m/deep".encode(),
        b"photos:",
    ]
    assert shown.stdout.splitlines()[-1].split() == b"3.4 KiB 6 5 photos:".split()
    for missing in ("nowhere", "t/top", "t/top/x"):
        assert here("du", f"{remote}:{missing}").returncode == 3


def test_a_local_folder_is_looked_through(tree: Path, here: Command) -> None:
    assert json.loads(here("du", "tree", "--json").stdout) == EXPECTED
    by_count = json.loads(here("du", "tree", "--sort", "count", "--json").stdout)
    assert [each["path"] for each in by_count] == ["a", "b", ""]
    (tree / "loop").symlink_to(tree)
    assert here("du", "tree").returncode == 0
    assert here("du", "nowhere").returncode == 3


class Closed(MemoryFileSystem):
    """Has a folder that cannot be looked into."""

    async def list(self, path: VPath) -> Sequence[Entry]:
        if path.name == "closed":
            raise Denied("no entry here")
        return await super().list(path)


async def test_what_cannot_be_looked_into_is_told() -> None:
    closed = Closed()
    closed.put("/closed/a", b"123")
    closed.put("/b/c", b"1")
    missed: list[str] = []
    found = await du._scanned(closed, VPath(), 1, missed)
    assert [(str(held.path), held.size, held.files) for held in found] == [
        ("/", 1, 1),
        ("/b", 1, 1),
        ("/closed", 0, 0),
    ]
    assert missed == ["no entry here"]


def test_a_drive_that_was_never_read(remote: str, here: Command) -> None:
    found = here("du", f"{remote}:")
    assert found.returncode == 5
    assert b"mirror refresh" in found.stderr
