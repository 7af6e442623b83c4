"""Folders on a disk that takes names of different spelling for one."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.model import State
from acd_tui.vfs.path import VPath
from tests.disks import fold_names
from tests.transfers.conftest import Rig, copy, run


async def test_what_lies_beside_a_folder_is_looked_for_once(
    rig: Rig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("A", "B", "C", "C/d", "C/d/e"):
        rig.here.put(f"/d/{name}/f", name.encode())
    disk = tmp_path / "disk"
    (disk / "c/D").mkdir(parents=True)
    fold_names(monkeypatch, disk)
    listed: list[str] = []

    async def note(operation: str, path: VPath) -> None:
        if operation == "list":
            listed.append(str(path))

    rig.here.hook = note
    with contextlib.closing(HashCache.open(tmp_path / "hashes.sqlite")) as hashes:
        rig.filesystems["there"] = LocalFileSystem("there", hashes=hashes)
        manager = await rig.started()
        job = await run(manager, copy("/d", to=str(disk), contents=True))
        assert (job.counts, job.problems) == ({State.DONE: 5}, ())
    assert (disk / "c/D/e/f").read_bytes() == b"C/d/e"
    # Once as it is copied itself, and once more for the names in it.
    assert max(listed.count(path) for path in listed) == 2
