"""`dupes` of a drive and of local folders, against a real server."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Command

pytestmark = pytest.mark.socket

SAME, OTHER = b"same" * 300, b"other" * 100


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "tree"
    for name, content in {
        "a.jpg": SAME,
        "in/b.jpg": SAME,
        "in/c\x1b.jpg": SAME,
        "x": OTHER,
        "alone": b"alone",
        "empty1": b"",
        "empty2": b"",
    }.items():
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).write_bytes(content)
    return tree


@pytest.fixture
def filled(tree: Path, remote: str, here: Command) -> str:
    assert here("copy", "tree", f"{remote}:").returncode == 0
    assert here("mirror", "refresh", f"{remote}:").returncode == 0
    return remote


def paths(here: Command, *arguments: str) -> list[list[str]]:
    result = here("dupes", "--json", *arguments)
    assert result.returncode == 0, result.stderr.decode()
    found = json.loads(result.stdout)
    return [[each["path"] for each in group["files"]] for group in found]


def names(here: Command, place: str) -> set[str]:
    found = json.loads(here("lsjson", "-R", place).stdout)
    return {each["Path"] for each in found if not each["IsDir"]}


def test_in_a_drive_from_its_mirror(
    filled: str, here: Command, unplug: Callable[[], None]
) -> None:
    unplug()
    found = here("dupes", f"{filled}:", "--keep", "shortest")
    assert found.returncode == 0
    head, *files = found.stdout.decode().splitlines()
    assert head.startswith("3 × 1.2 KiB, 2.3 KiB wasted, md5 ")
    assert files == [
        "  = photos:a.jpg",
        "  - photos:in/b.jpg",
        "  - photos:in/c\u241b.jpg",
    ]
    assert b"1 group, 2 files too many" in found.stderr
    assert paths(here, f"{filled}:in") == [["photos:in/b.jpg", "photos:in/c\u241b.jpg"]]
    assert here("dupes", f"{filled}:nowhere").returncode == 3
    assert here("dupes", f"{filled}:", f"{filled}:in").stdout.count(b"photos:in/b") == 1


def test_across_a_drive_and_local_folders(
    filled: str, tree: Path, here: Command, tmp_path: Path
) -> None:
    assert here("trash", f"{filled}:in").returncode == 0
    local = tmp_path / "local"
    local.mkdir()
    (local / "new").write_bytes(OTHER)
    (local / "unique").write_bytes(b"unique")
    (local / "link").symlink_to(local / "new")
    os.link(local / "new", local / "new too")
    assert here("mirror", "refresh", f"{filled}:").returncode == 0
    assert paths(here, "local", f"{filled}:") == [[str(local / "new"), "photos:x"]]
    assert paths(here, "local") == []
    assert paths(here, "local", "local/../local") == []


def test_trash_keeps_one_and_can_be_turned_back(
    filled: str, here: Command, unplug: Callable[[], None]
) -> None:
    before = names(here, f"{filled}:")
    arguments = ("dupes", f"{filled}:", "--trash", "--keep", "first-path")
    asked = here(*arguments)
    assert asked.returncode == 2
    assert b"no terminal to ask on" in asked.stderr
    assert names(here, f"{filled}:") == before
    assert here("dupes", f"{filled}:", "--trash").returncode == 2

    done = here(*arguments, "--yes")
    assert done.returncode == 0, done.stderr.decode()
    assert b"trashed 2 of 2 files" in done.stderr
    assert before - names(here, f"{filled}:") == {"in/b.jpg", "in/c\u241b.jpg"}
    assert here("restore", f"{filled}:", "in/b.jpg").returncode == 0
    assert paths(here, f"{filled}:", "--keep", "oldest") == [
        ["photos:a.jpg", "photos:in/b.jpg"]
    ]
    unplug()
    assert here(*arguments, "--yes").returncode == 5


@pytest.mark.parametrize(
    "trash", [".local/share/Trash", ".Trash-1000", "data/Trash", ".Trash"]
)
def test_what_lies_in_a_trash_counts_for_nothing(
    tree: Path, here: Command, monkeypatch: pytest.MonkeyPatch, trash: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tree / "data"))
    lies = tree / trash / "files"
    lies.mkdir(parents=True)
    (lies / "x").write_bytes(OTHER)
    (tree / "in" / "Trash").mkdir()
    (tree / "in" / "Trash" / "x").write_bytes(OTHER)
    local = str(tree)
    assert [f"{local}/in/Trash/x", f"{local}/x"] in paths(here, local)
    assert any(f"{lies}/x" in group for group in paths(here, str(lies), local))


def test_what_is_safe_to_free(
    filled: str, tree: Path, here: Command, unplug: Callable[[], None]
) -> None:
    (tree / "not up there").write_bytes(b"new")
    (tree / "x").write_bytes(OTHER[:-1] + b"!")  # of the same size
    found = here("dupes", "tree", "--safe-to-free", f"{filled}:")
    assert found.returncode == 0
    assert set(found.stdout.decode().splitlines()) == {
        f"{tree}/a.jpg",
        f"{tree}/alone",
        f"{tree}/in/b.jpg",
        f"{tree}/in/c\x1b.jpg",
    }
    assert b"4 of 6 files are in photos:, 3.5 KiB can be freed" in found.stderr
    (one,) = json.loads(
        here("dupes", "tree", "--safe-to-free", f"{filled}:in", "--json").stdout
    )[:1]
    assert one["there"].startswith("photos:in/")
    for wrong in (("--keep", "newest"), ("--keep", "newest", "--trash")):
        result = here("dupes", "tree", "--safe-to-free", f"{filled}:", *wrong)
        assert result.returncode == 2
    assert here("dupes", f"{filled}:", "--safe-to-free", f"{filled}:").returncode == 2
    assert here("dupes", "tree", "--safe-to-free", "tree").returncode == 1
    unplug()
    nobody = here("dupes", "tree", "--safe-to-free", f"{filled}:")
    assert (nobody.returncode, nobody.stdout) == (5, b"")


def test_a_local_file_that_changed_is_read_again(
    filled: str, tree: Path, here: Command
) -> None:
    local = tree / "in" / "b.jpg"
    everything = paths(here, "tree", f"{filled}:")
    assert str(local) in {path for group in everything for path in group}
    local.write_bytes(SAME[::-1])
    everything = paths(here, "tree", f"{filled}:")
    assert str(local) not in {path for group in everything for path in group}
