from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.errors import Denied, FolderNotFound
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.operations.space import Held, Scan
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import Asked

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
    found = (await scan.usage(path, Asked())).first
    return {each.entry.name: (each.size, each.files, each.folders) for each in found}


async def test_sums_of_every_folder(disk: MemoryFileSystem) -> None:
    scan = Scan(disk, ROOT)
    await scan.run()
    assert (scan.whole.size, scan.whole.files, scan.whole.folders) == (112, 3, 3)
    assert await sums(scan, ROOT) == {"a": (12, 2, 1), "b": (0, 0, 0), "3": (100, 1, 0)}
    assert await sums(scan, ROOT / "a") == {"1": (5, 1, 0), "deep": (7, 1, 0)}


def by_path(scan: Scan) -> list[Held]:
    return sorted(scan.held, key=lambda held: held.path)


async def test_a_disk_as_its_listings_say(tmp_path: Path) -> None:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    disk = LocalFileSystem(hashes=hashes)
    root = tmp_path / "tree"
    for name, size in {"a/1": 5, "a/deep/2": 7, "a/\x1b[1m/3": 11, "4": 100}.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(b"x" * size)
    (root / "link").symlink_to(root / "a")
    (root / "gone").symlink_to(root / "nowhere")
    (root / "closed").mkdir(mode=0)
    scan, listed = (
        Scan(disk, VPath.parse(str(root))),
        Scan(disk, VPath.parse(str(root))),
    )
    told: list[str] = []
    await scan.run(told.append)
    await listed._walk(lambda _: None)
    assert by_path(scan) == by_path(listed)
    assert scan.whole.size == 123
    assert (scan.whole.files, scan.whole.folders) == (6, 4)
    assert await sums(scan, scan.root / "a") == {
        "1": (5, 1, 0),
        "deep": (7, 1, 0),
        "␛[1m": (11, 1, 0),
    }
    with pytest.raises(FolderNotFound):
        await Scan(disk, scan.root / "nowhere").run()
    hashes.close()


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
