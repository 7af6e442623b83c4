"""What is copied into the folder it lies in gets a second one beside it, or is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from acd_tui.errors import Denied
from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    Filters,
    Place,
    State,
)
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Rig, copy, run, until

RENAME = ConflictPolicy.RENAME


async def names(fs: MemoryFileSystem, folder: str) -> list[str]:
    return sorted(entry.name for entry in await fs.list(VPath.parse(folder)))


async def test_a_second_one_gets_the_first_number_that_is_free(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/x.txt", b"1", modified_ns=7)
    rig.here.put("/in/x (2).txt", b"another")
    rig.here.put("/in/d/a", b"2")
    rig.here.put("/in/d/e/b", b"3")
    request = copy("/in/x.txt", "/in/d", target="here", policy=RENAME)
    for number, last in ((3, 2), (4, 3)):
        job = await run(manager, request)
        assert (job.counts, job.problems) == ({State.DONE: 3}, ())
        assert rig.here.data(f"/in/x ({number}).txt") == b"1"
        assert rig.here.data(f"/in/d ({last})/a") == b"2"
        assert rig.here.data(f"/in/d ({last})/e/b") == b"3"
    assert rig.here.data("/in/x.txt") == b"1"
    assert rig.here.data("/in/x (2).txt") == b"another"
    assert await names(rig.here, "/in/d") == ["a", "e"]


@pytest.mark.parametrize("policy", [p for p in ConflictPolicy if p is not RENAME])
async def test_without_keeping_both_it_is_refused(
    rig: Rig, manager: TransferManager, policy: ConflictPolicy
) -> None:
    rig.here.put("/in/x", b"1")
    with pytest.raises(Denied, match="/in/x is already there") as refused:
        await manager.enqueue(copy("/in/x", target="here", policy=policy))
    assert "--conflict rename" in (refused.value.hint or "")
    assert await names(rig.here, "/in") == ["x"]


async def test_where_case_does_not_count(rig: Rig, manager: TransferManager) -> None:
    fs = MemoryFileSystem("folded", case_insensitive=True)
    rig.filesystems["folded"] = fs
    fs.put("/In/x", b"1")
    request = copy("/In/x", to="/in", source="folded", target="folded")
    job = await run(manager, request)
    assert job.counts == {}
    assert "is already there" in job.problems[0]
    request = copy("/In/x", to="/in", source="folded", target="folded", policy=RENAME)
    assert (await run(manager, request)).counts == {State.DONE: 1}
    assert await names(fs, "/In") == ["x", "x (2)"]


async def test_a_folder_is_not_copied_into_itself_for_that(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/d/a", b"1")
    for request in (
        copy("/in/d", to="/in/d", target="here", policy=RENAME),
        copy("/in/d", to="/in/d", target="here", policy=RENAME, contents=True),
        copy("/in", to="/in/d", target="here", policy=RENAME),
    ):
        with pytest.raises(Denied, match="into itself"):
            await manager.enqueue(request)


async def test_what_is_on_its_way_to_a_name_has_it(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/x", b"1")
    go_on = asyncio.Event()

    async def wait(operation: str, _: VPath) -> None:
        if operation == "read":
            await go_on.wait()

    rig.here.hook = wait
    jobs = [
        await manager.enqueue(copy("/in/x", target="here", policy=RENAME))
        for _ in range(2)
    ]
    await until(manager, lambda transfer: transfer.job == jobs[1])
    assert await manager.free_beside(
        Place("here", VPath.parse("/in/x"))
    ) == VPath.parse("/in/x (4)")
    go_on.set()
    await manager.wait_all()
    assert await names(rig.here, "/in") == ["x", "x (2)", "x (3)"]


@pytest.fixture
async def disk(rig: Rig, tmp_path: Path) -> AsyncIterator[Path]:
    """A folder of the disk, and a link to it beside it; `local` in the queue."""
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    rig.filesystems["local"] = LocalFileSystem("local", hashes=hashes)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "x").write_bytes(b"1")
    (tmp_path / "link").symlink_to(folder)
    yield folder
    hashes.close()


async def test_a_link_does_not_hide_where_something_lies(
    manager: TransferManager, disk: Path
) -> None:
    link = str(disk.with_name("link"))
    both = {"source": "local", "target": "local"}
    job = await run(manager, copy(str(disk / "x"), to=link, **both))  # type: ignore[arg-type]
    assert job.counts == {}
    assert "is already there" in job.problems[0]
    request = copy(str(disk / "x"), to=link, policy=RENAME, **both)  # type: ignore[arg-type]
    assert (await run(manager, request)).counts == {State.DONE: 1}
    assert sorted(path.name for path in disk.iterdir()) == ["x", "x (2)"]


async def test_a_file_that_grows_does_not_take_its_own_place(
    rig: Rig, disk: Path
) -> None:
    """Its two names differ, as by a second mount, and so does its size by each."""
    (disk.parent / "other").mkdir()
    (disk.parent / "other" / "x").hardlink_to(disk / "x")
    grown = disk / "x"

    class Growing(LocalFileSystem):
        async def stat(self, path: VPath) -> Entry:
            entry = await super().stat(path)
            if path.name == "x":
                with grown.open("ab") as file:
                    file.write(b"more")
            return entry

    local = rig.filesystems["local"]
    assert isinstance(local, LocalFileSystem)
    rig.filesystems["local"] = Growing("local", hashes=local._hashes)
    request = copy(
        str(grown),
        to=str(disk.parent / "other"),
        source="local",
        target="local",
        policy=ConflictPolicy.OVERWRITE,
    )
    manager = await rig.started()
    await run(manager, request)
    (transfer,) = await manager.transfers()
    assert transfer.state is State.FAILED
    assert "are the same file" in (transfer.reason or "")
    assert grown.samefile(disk.parent / "other" / "x")


def data(fs: MemoryFileSystem, folder: str, *names: str) -> dict[str, bytes]:
    return {name: bytes(fs.data(f"{folder}/{name}")) for name in names}


@pytest.mark.parametrize("folds", [False, True])
async def test_what_is_kept_beside_leaves_each_file_its_own_name(
    rig: Rig, manager: TransferManager, folds: bool
) -> None:
    rig.there = rig.filesystems["there"] = MemoryFileSystem(
        "there", case_insensitive=folds
    )
    other = "A (2)" if folds else "a (2)"
    mine = {"a": b"1", other: b"2", "b.txt": b"3", "b (2).txt": b"4", "b (3).txt": b"5"}
    for name, content in {**mine, "c": b"6"}.items():
        rig.here.put(f"/in/d/{name}", content)
    rig.here.put("/in/d/c (2)/file", b"7")
    theirs = {"a": b"differs", "b.txt": b"differs", "c": b"differs"}
    for name, content in theirs.items():
        rig.there.put(f"/in/d/{name}", content)
    request = copy("/in/d", policy=RENAME)
    assert (await run(manager, request)).counts == {State.DONE: 7}
    came = theirs | {
        other: b"2",
        "b (2).txt": b"4",
        "b (3).txt": b"5",
        "a (3)": b"1",
        "b (4).txt": b"3",
        "c (3)": b"6",
    }
    for _ in range(2):
        assert await names(rig.there, "/in/d") == sorted([*came, "c (2)"])
        assert data(rig.there, "/in/d", *came) == came
        assert rig.there.data("/in/d/c (2)/file") == b"7"
        assert (await run(manager, request)).counts == {State.SKIPPED: 7}


async def test_so_does_what_the_user_decides_to_keep(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/a", b"1")
    rig.here.put("/in/a (2)", b"2")
    rig.there.put("/in/a", b"differs")
    rig.there.put("/in/a (2)", b"differs, too")
    job = await manager.enqueue(copy("/in/a", "/in/a (2)"))
    await manager.wait(job)
    await rig.there.trash(VPath.parse("/in/a (2)"))
    assert await manager.decide(None, RENAME, job=job) == 2
    await manager.wait(job)
    came = {"a": b"differs", "a (2)": b"2", "a (3)": b"1"}
    assert await names(rig.there, "/in") == list(came)
    assert data(rig.there, "/in", *came) == came


async def test_what_filters_leave_out_keeps_no_name(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/d/a", b"1")
    rig.here.put("/in/d/a (2)", b"22")
    rig.there.put("/in/d/a", b"differs")
    options = CopyOptions(filters=Filters(max_size=1))
    await run(manager, replace(copy("/in/d", policy=RENAME), options=options))
    assert await names(rig.there, "/in/d") == ["a", "a (2)"]


async def test_what_was_kept_beside_is_known_by_the_name_that_another_one_wants(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/d/a", b"1")
    rig.there.put("/in/d/a", b"differs")
    request = copy("/in/d", policy=RENAME)
    await run(manager, request)
    rig.here.put("/in/d/a (2)", b"2")
    for counts in ({State.DONE: 1, State.SKIPPED: 1}, {State.SKIPPED: 2}):
        assert (await run(manager, request)).counts == counts
        came = {"a": b"differs", "a (2)": b"1", "a (2) (2)": b"2"}
        assert await names(rig.there, "/in/d") == sorted(came)
        assert data(rig.there, "/in/d", *came) == came


@pytest.mark.parametrize("move", [False, True])
@pytest.mark.parametrize("first", ["a", "a (2)"])
async def test_of_two_alike_both_come_whichever_is_first(
    rig: Rig, manager: TransferManager, first: str, move: bool
) -> None:
    rig.here.put("/in/d/a", b"1")
    rig.here.put("/in/d/a (2)", b"1")
    rig.there.put("/in/d/a", b"differs")
    over = asyncio.Event()

    async def wait(operation: str, path: VPath) -> None:
        if operation == "stat" and path.parent.name == "d" and path.name != first:
            await over.wait()

    rig.here.hook = wait
    job = await manager.enqueue(copy("/in/d", policy=RENAME, move=move))
    await until(
        manager, lambda one: one.source.path.name == first and one.state.is_final
    )
    over.set()
    assert (await manager.wait(job)).counts == {State.DONE: 2}
    came = {"a": b"differs", "a (2)": b"1", "a (3)": b"1"}
    assert await names(rig.there, "/in/d") == list(came)
    assert data(rig.there, "/in/d", *came) == came


async def test_what_another_job_is_to_bring_keeps_its_name(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/one/a", b"1")
    rig.here.put("/two/a (2)", b"2")
    rig.there.put("/in/a", b"differs")
    go_on = asyncio.Event()

    async def wait(operation: str, _: VPath) -> None:
        if operation == "read":
            await go_on.wait()

    rig.here.hook = wait
    later = await manager.enqueue(copy("/two/a (2)"))
    await until(manager, lambda transfer: transfer.job == later)
    await manager.enqueue(copy("/one/a", policy=RENAME))
    await until(manager, lambda one: one.target.path.name == "a (3)")
    go_on.set()
    await manager.wait_all()
    came = {"a": b"differs", "a (2)": b"2", "a (3)": b"1"}
    assert await names(rig.there, "/in") == list(came)
    assert data(rig.there, "/in", *came) == came


class InPages(MemoryFileSystem):
    """Tells the last one of a folder when it is asked to.

    Attributes:
        go_on: set by who asks.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.go_on = asyncio.Event()

    async def pages(self, path: VPath) -> AsyncIterator[Sequence[Entry]]:
        *others, last = sorted(await self.list(path), key=lambda entry: entry.name)
        for entry in others:
            yield [entry]
        await self.go_on.wait()
        yield [last]


async def test_before_all_of_a_folder_is_known_nothing_of_it_is_kept_beside(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here = paged = InPages("here")
    rig.filesystems["here"] = paged
    paged.put("/in/d/a", b"1")
    paged.put("/in/d/a !", b"between")
    paged.put("/in/d/a (2)", b"2")
    rig.there.put("/in/d/a", b"differs")
    job = await manager.enqueue(copy("/in/d", policy=RENAME))
    await until(manager, lambda transfer: "its folder" in (transfer.reason or ""))
    paged.go_on.set()
    assert (await manager.wait(job)).counts == {State.DONE: 3}
    came = {"a": b"differs", "a (2)": b"2", "a (3)": b"1"}
    assert data(rig.there, "/in/d", *came) == came
