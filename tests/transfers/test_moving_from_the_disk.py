"""What a move trashes of a disk on which files change, but neither in size nor in time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, State
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, copy, run


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "f"
    file.write_bytes(b"old")
    os.utime(file, ns=(5, 5))
    return file


@pytest.fixture
def hashes(tmp_path: Path) -> Iterator[HashCache]:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    yield hashes
    hashes.close()


@pytest.fixture
def disk(rig: Rig, hashes: HashCache) -> LocalFileSystem:
    disk = LocalFileSystem("disk", hashes=hashes)
    rig.filesystems["disk"] = disk
    return disk


def rewrite(file: Path) -> None:
    """Change a file as who sets back its time does."""
    file.write_bytes(b"new")
    os.utime(file, ns=(5, 5))


async def moved(manager: TransferManager, file: Path) -> State:
    """Move a file to `there`, in a single attempt."""
    options = CopyOptions(move=True, attempts=1)
    request = copy(str(file), source="disk", policy=ConflictPolicy.FAIL)
    job = await run(manager, replace(request, options=options))
    (state,) = job.counts
    return state


@pytest.mark.usefixtures("disk")
async def test_what_was_rewritten_after_it_was_read_stays(
    rig: Rig, manager: TransferManager, file: Path
) -> None:
    wrote = rig.there.write

    async def write(
        path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        stored = await wrote(path, content, replacing=replacing)
        rewrite(file)
        return stored

    rig.there.write = write  # type: ignore[method-assign]
    assert await moved(manager, file) is State.FAILED
    assert file.read_bytes() == b"new"


async def test_what_was_rewritten_after_it_was_compared_stays(
    rig: Rig,
    manager: TransferManager,
    file: Path,
    disk: LocalFileSystem,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rig.there.put("/in/f", b"old")
    read = disk.md5

    async def md5(path: VPath) -> str:
        found = await read(path)
        rewrite(file)
        return found

    monkeypatch.setattr(disk, "md5", md5)
    assert await moved(manager, file) is State.FAILED
    assert file.read_bytes() == b"new"


@pytest.mark.usefixtures("disk")
async def test_what_was_rewritten_since_its_md5_was_looked_up_stays(
    rig: Rig, manager: TransferManager, file: Path, hashes: HashCache
) -> None:
    rig.there.put("/in/f", b"old")
    old = hashlib.md5(b"old", usedforsecurity=False).hexdigest()
    while hashes.get(file.stat(), "f") is None:  # it is too young at first
        hashes.put(file.stat(), "f", old)

    async def hook(operation: str, path: VPath) -> None:
        if (operation, path.name) == ("stat", "f"):
            rig.there.hook = None
            rewrite(file)

    rig.there.hook = hook
    assert await moved(manager, file) is State.FAILED
    assert file.read_bytes() == b"new"


@pytest.mark.usefixtures("disk")
@pytest.mark.parametrize("there", [False, True])
async def test_what_nobody_rewrites_goes(
    rig: Rig, manager: TransferManager, file: Path, there: bool
) -> None:
    if there:
        rig.there.put("/in/f", b"old")
    expected = State.SKIPPED if there else State.DONE
    assert await moved(manager, file) is expected
    assert not file.exists()
