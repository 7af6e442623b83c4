"""Two trees compared, in memory and on the disk."""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd_tui.errors import Denied, FolderNotFound, Unreachable
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.compared import Compared, Verdict, Why
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.transfers.conftest import calls_of

Tree = dict[str, bytes | None]  # None for a folder


@pytest.fixture
def here(clock: FakeClock) -> MemoryFileSystem:
    return MemoryFileSystem("here", clock=clock)


@pytest.fixture
def there(clock: FakeClock) -> MemoryFileSystem:
    return MemoryFileSystem("there", clock=clock, case_insensitive=True)


def grow(filesystem: MemoryFileSystem, tree: Tree) -> None:
    for path, data in tree.items():
        if data is None:
            filesystem.put_folder(path)
        else:
            filesystem.put(path, data)


async def compare(
    source: FileSystem,
    target: FileSystem,
    *,
    size_only: bool = False,
    root: str = "/",
    **filters: object,
) -> list[Compared]:
    comparison = Comparison(
        source,
        target,
        filters=Filter(Filters(**filters)),  # type: ignore[arg-type] # told by name
        size_only=size_only,
    )
    path = VPath.parse(root)
    return [each async for each in comparison.run(path, path)]


def marks(found: list[Compared]) -> dict[str, str]:
    return {
        "/".join(each.names) + ("/" if each.is_folder else ""): each.verdict.value
        for each in found
    }


async def test_each_file_gets_its_mark(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(
        here,
        {"/same": b"1", "/d/size": b"1", "/d/md5": b"a", "/new/x": b"", "/e": None},
    )
    grow(there, {"/same": b"1", "/d/size": b"22", "/d/md5": b"b", "/old/x/y": b"5"})
    assert marks(await compare(here, there)) == {
        "same": "=",
        "d/size": "*",
        "d/md5": "*",
        "new/": "+",
        "new/x": "+",
        "e/": "+",
        "old/": "-",
        "old/x/": "-",
        "old/x/y": "-",
    }
    assert marks(await compare(here, there, size_only=True))["d/md5"] == "="


async def test_a_folder_of_one_side_is_told_after_all_it_holds(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(there, {"/a/b/c": b"1", "/a/z": b"2", "/b": b"3", "/c/d": b"4"})
    told = ["/".join(each.names) for each in await compare(here, there)]
    for folder, inside in (("a", "a/z"), ("a", "a/b"), ("a/b", "a/b/c"), ("c", "c/d")):
        assert told.index(inside) < told.index(folder)


async def test_names_that_differ_in_case_alone_are_one_where_the_target_says_so(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/D/a.txt": b"1", "/X": b"1", "/x": b"2"})
    grow(there, {"/d/A.TXT": b"1", "/x": b"1"})
    found = await compare(here, there)
    assert marks(found) == {"D/a.txt": "=", "X": "=", "x": "!"}
    assert [each.why for each in found if each.verdict is Verdict.UNKNOWN] == [
        Why.COLLISION
    ]
    # The other way round both can be.
    assert marks(await compare(there, here))["x"] == "*"


async def test_a_file_where_a_folder_is_differs_and_is_not_looked_into(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/a": b"1", "/b/c": b"1"})
    grow(there, {"/a/x": b"1", "/b": b"1"})
    found = await compare(here, there)
    assert marks(found) == {"a": "*", "b": "*"}
    assert {each.why for each in found} == {Why.CLASH}


async def test_what_filters_leave_out_keeps_its_folder_from_being_whole(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/big": b"12345"})
    grow(there, {"/big": b"1", "/d/keep.jpg": b"1", "/d/e/f": b"1", "/g/h": b"1"})
    found = await compare(here, there, rules=("- *.jpg",), max_size=3)
    # Of a pair the source decides: what is too large there is no matter here.
    assert marks(found) == {"d/": "-", "d/e/": "-", "d/e/f": "-", "g/": "-", "g/h": "-"}
    whole = {"/".join(each.names): each.whole for each in found if each.is_folder}
    assert whole == {"d": False, "d/e": True, "g": True}


async def test_folders_that_hold_nothing_that_is_meant_are_not_listed(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/a/b/c.jpg": b"1", "/z/y/x": b"1"})
    calls = calls_of(here)
    found = await compare(here, there, rules=("+ /a/**.jpg", "- /**"))
    assert "a/b/c.jpg" in marks(found)
    listed = [str(path) for operation, path in calls if operation == "list"]
    assert listed == ["/", "/a", "/a/b"]


async def test_a_folder_that_cannot_be_listed_is_told_and_the_rest_goes_on(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/a/x": b"1", "/b": b"1"})
    grow(there, {"/a/x": b"1", "/b": b"1", "/c/d/e": b"1"})

    async def refuse(method: str, path: VPath) -> None:
        if method == "list" and str(path) in {"/a", "/c/d"}:
            raise Denied(f"{path} is locked")

    here.hook = there.hook = refuse
    found = await compare(here, there)
    assert marks(found) == {"a": "!", "b": "=", "c/d": "!", "c/d/": "-", "c/": "-"}
    assert not any(each.whole for each in found)


async def test_a_root_that_is_missing_or_a_side_that_is_away_ends_it(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/a/x": b"1"})
    with pytest.raises(FolderNotFound):
        await compare(here, there, root="/a")

    grow(there, {"/a/x": b"1"})

    async def away(method: str, path: VPath) -> None:
        if method == "list" and path.name == "a":
            raise Unreachable("gone")

    there.hook = away
    with pytest.raises(Unreachable):
        await compare(here, there)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[LocalFileSystem]:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    yield LocalFileSystem(hashes=hashes)
    hashes.close()


async def test_links_and_devices_are_left_out(
    disk: LocalFileSystem, there: MemoryFileSystem, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    root.mkdir()
    (root / "a").write_bytes(b"1")
    (root / "l").symlink_to("a")
    os.mkfifo(root / "p")
    where = str(root)
    grow(there, {f"{where}/a": b"1", f"{where}/l": b"1"})
    found = await compare(disk, there, root=where)
    assert marks(found) == {"a": "=", "l": "!", "p": "!"}
    assert [each.why for each in found if each.why] == [Why.LEFT_OUT] * 2
    assert marks(await compare(there, disk, root=where)) == {
        "a": "=",
        "l": "*",
        "p": "!",
    }


async def test_what_a_copy_would_rename_is_compared_by_that_name(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, {"/X": b"1", "/x": b"2", "/Y": b"1", "/y": b"2"})
    grow(there, {"/X": b"1", "/x (2)": b"2"})
    comparison = Comparison(
        here, there, filters=Filter(Filters()), policy=ConflictPolicy.RENAME
    )
    found = [each async for each in comparison.run(VPath(), VPath())]
    assert marks(found) == {"X": "=", "x": "=", "Y": "+", "y": "+"}
    assert [each.reason for each in found if each.names == ("y",)] == ["as y (2)"]


async def test_the_next_folders_are_listed_meanwhile(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    tree: Tree = {f"/{name}/x": b"1" for name in "abcdef"}
    grow(here, tree)
    grow(there, tree)
    begun: set[VPath] = set()
    together = asyncio.Event()

    async def wait_for_others(operation: str, path: VPath) -> None:
        if operation == "list" and not path.is_root:
            begun.add(path)
            if len(begun) > 2:
                together.set()
            await together.wait()

    here.hook = wait_for_others
    assert set(marks(await compare(here, there)).values()) == {"="}


async def test_who_stops_looking_leaves_nothing_running(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    tree: Tree = {f"/{name}/x": b"1" for name in "abcdef"}
    grow(here, tree)
    grow(there, tree)
    before = asyncio.all_tasks()
    comparison = Comparison(here, there, filters=Filter(Filters()))
    found = comparison.run(VPath(), VPath())
    async with contextlib.aclosing(found):
        async for _ in found:
            break
    assert asyncio.all_tasks() == before
