"""Disks that take names of different spelling for one, as those of a Mac do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.disks import fold_names

pytestmark = pytest.mark.socket


def put(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Photo.JPG", "photo.jpg"),
        ("caf\u00e9.txt", "cafe\u0301.txt"),
        ("Photos/a", "photos/a"),
    ],
)
def test_sync_does_not_remove_what_the_drive_has_by_another_spelling(
    here: Command,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    theirs: str,
    ours: str,
) -> None:
    put(tmp_path / "src" / theirs, b"content")
    put(tmp_path / "src/new", b"new")
    assert here("copy", "src", f"{remote}:d").returncode == 0
    disk = tmp_path / "disk"
    put(disk / ours, b"content")
    put(disk / "old", b"old")
    monkeypatch.setattr("send2trash.send2trash", os.unlink)
    fold_names(monkeypatch, disk)
    done = here("sync", f"{remote}:d", "disk", "--yes")
    assert (disk / ours).read_bytes() == b"content"
    assert (disk / "new").exists()
    assert not (disk / "old").exists()
    assert done.returncode == 6
    name, other = (path.split("/")[0] for path in (ours, theirs))
    said = f"{name} is not removed: the disk takes it for {other}, which the source"
    assert said in done.stderr.decode()


@pytest.mark.parametrize("verb", ["copy", "move"])
@pytest.mark.parametrize(
    "transfers", ["1", "4"], ids=["one by one", "at the same time"]
)
def test_no_file_takes_the_place_of_its_twin(
    here: Command,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    transfers: str,
) -> None:
    # The drive takes `A` for `a`, too, but not one form of a letter for the other.
    twins = {"caf\u00e9": b"first", "cafe\u0301": b"second!"}
    for name, content in twins.items():
        put(tmp_path / "src" / name, content)
    assert here("copy", "src", f"{remote}:d").returncode == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    fold_names(monkeypatch, disk)
    done = here(verb, f"{remote}:d", "disk", "--transfers", transfers)
    assert done.returncode == 6
    assert b"is not replaced: the disk takes that name for" in done.stderr
    (stored,) = disk.iterdir()
    assert stored.read_bytes() == twins.pop(stored.name)
    ((left, content),) = twins.items()
    assert here("cat", f"{remote}:d/{left}").stdout == content
    again = here(verb, f"{remote}:d", "disk", "--conflict", "rename")
    assert again.returncode == 0, again.stderr.decode()
    found = {file.name: file.read_bytes() for file in disk.iterdir()}
    assert found == {stored.name: stored.read_bytes(), f"{left} (2)": content}


def test_a_copy_from_disk_to_disk_replaces_no_twin_either(
    here: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, content in {"README": b"first", "readme": b"second!"}.items():
        put(tmp_path / "src" / name, content)
    disk = tmp_path / "disk"
    disk.mkdir()
    fold_names(monkeypatch, disk)
    assert here("copy", "src", "disk").returncode == 6
    assert len(list(disk.iterdir())) == 1
    assert len(list((tmp_path / "src").iterdir())) == 2


@pytest.mark.parametrize("verb", ["copy", "move"])
@pytest.mark.parametrize("inside", ["a", "x/a"])
@pytest.mark.parametrize("wanted", [[], ["--include", "*.txt"]], ids=["all", "some"])
def test_no_folder_is_merged_into_its_twin(
    here: Command,
    remote: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    inside: str,
    wanted: list[str],
) -> None:
    twins = {"caf\u00e9": b"first", "cafe\u0301": b"second!"}
    for name, content in twins.items():
        put(tmp_path / "src" / name / f"{inside}.txt", content)
    assert here("copy", "src", f"{remote}:d").returncode == 0
    disk = tmp_path / "disk"
    disk.mkdir()
    fold_names(monkeypatch, disk)
    # As somebody would who wants it all, whatever is there.
    done = here(verb, f"{remote}:d", "disk", "--conflict", "overwrite", *wanted)
    assert done.returncode == 6
    assert b"is not copied: the disk takes the folder " in done.stderr
    (stored,) = disk.iterdir()
    assert (stored / f"{inside}.txt").read_bytes() == twins.pop(stored.name)
    ((left, content),) = twins.items()
    assert here("cat", f"{remote}:d/{left}/{inside}.txt").stdout == content


def test_a_folder_that_was_there_by_another_spelling_takes_what_comes(
    here: Command, remote: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "src/Photos/new", b"new")
    assert here("copy", "src", f"{remote}:d").returncode == 0
    disk = tmp_path / "disk"
    put(disk / "photos/old", b"old")
    fold_names(monkeypatch, disk)
    assert here("copy", f"{remote}:d", "disk").returncode == 0
    assert {each.name for each in (disk / "photos").iterdir()} == {"old", "new"}
