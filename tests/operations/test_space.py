from __future__ import annotations

import pytest

from acd_tui.errors import Denied, FolderNotFound
from acd_tui.operations.space import Scan
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath

ROOT = VPath.parse("/here")


@pytest.fixture
def disk() -> MemoryFileSystem:
    disk = MemoryFileSystem()
    disk.put("/here/a/1", b"x" * 5)
    disk.put("/here/a/deep/2", b"x" * 7)
    disk.put("/here/3", b"x" * 100)
    disk.put_folder("/here/b")
    disk.put("/elsewhere", b"x")
    return disk


async def sums(scan: Scan, path: VPath) -> dict[str, tuple[int, int, int]]:
    return {u.entry.name: (u.size, u.files, u.folders) for u in await scan.usage(path)}


async def test_sums_of_every_folder(disk: MemoryFileSystem) -> None:
    scan = Scan(disk, ROOT)
    await scan.run()
    assert (scan.whole.size, scan.whole.files, scan.whole.folders) == (112, 3, 3)
    assert await sums(scan, ROOT) == {"a": (12, 2, 1), "b": (0, 0, 0), "3": (100, 1, 0)}
    assert await sums(scan, ROOT / "a") == {"1": (5, 1, 0), "deep": (7, 1, 0)}


async def test_what_cannot_be_looked_into_is_counted(disk: MemoryFileSystem) -> None:
    async def hook(operation: str, path: VPath) -> None:
        if path.name == "deep":
            raise Denied("not yours")

    disk.hook = hook
    scan, told = Scan(disk, ROOT), list[str]()
    await scan.run(told.append)
    assert (scan.missed, told, scan.whole.size) == (1, ["not yours"], 105)
    with pytest.raises(FolderNotFound):
        await Scan(disk, VPath.parse("/nowhere")).run()


async def test_what_was_trashed_counts_no_more(disk: MemoryFileSystem) -> None:
    scan = Scan(disk, ROOT)
    await scan.run()
    await disk.trash(ROOT / "a" / "1")
    scan.forget(ROOT / "a" / "1", 5)
    assert await sums(scan, ROOT) == {"a": (7, 1, 1), "b": (0, 0, 0), "3": (100, 1, 0)}
    await disk.trash(ROOT / "a")
    scan.forget(ROOT / "a", 0)
    assert (scan.whole.size, scan.whole.files, scan.whole.folders) == (100, 1, 1)
