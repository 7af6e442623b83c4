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
