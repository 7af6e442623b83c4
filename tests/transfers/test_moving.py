"""What a move does: copy, verify, then trash the source, file by file."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from acd_tui.errors import Denied, NotFound
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, CopyRequest, State
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.transfers.conftest import Behind, Rig, copy, run


def move(
    *paths: str,
    policy: ConflictPolicy = ConflictPolicy.ASK,
    size_only: bool = False,
    contents: bool = False,
) -> CopyRequest:
    request = copy(*paths, policy=policy, contents=contents)
    return replace(request, options=CopyOptions(move=True, size_only=size_only))


async def names(fs: MemoryFileSystem, path: str = "/") -> list[str]:
    return [entry.name for entry in await fs.list(VPath.parse(path))]


async def trashed(fs: MemoryFileSystem) -> set[str]:
    return {item.entry.name for item in await fs.list_trash()}


async def test_a_tree_is_moved_and_its_folders_go_last(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a/one", b"1")
    rig.here.put("/a/b/two", b"22")
    rig.here.put("/other", b"3")
    changed = rig.collect(FoldersChanged)
    job = await run(manager, move("/a", "/other"))
    assert job.counts == {State.DONE: 3}
    assert rig.there.data("/in/a/one") == b"1"
    assert rig.there.data("/in/a/b/two") == b"22"
    assert rig.there.data("/in/other") == b"3"
    assert await names(rig.here) == []
    assert await trashed(rig.here) == {"one", "two", "other", "a"}
    told = [one.folders for one in changed if one.filesystem == "here"]
    assert told[-1] is not None
    assert VPath() in told[-1]  # when the folder itself had gone


@pytest.mark.parametrize("place", ["/a/new", "/a/b/new", "/a/new/deep/er"])
async def test_a_folder_that_only_an_old_copy_says_to_be_empty_stays(
    rig: Rig, manager: TransferManager, place: str
) -> None:
    here = rig.filesystems["here"] = Behind("here")
    here.put("/a/one", b"1")
    here.put("/a/b/two", b"22")
    here.unseen.append(lambda: here.put(place, b"of somebody else"))
    job = await run(manager, move("/a"))
    assert job.counts == {State.DONE: 2}
    assert here.data(place) == b"of somebody else"
    assert await trashed(here) == {"one", "two"}


async def test_a_folder_goes_that_is_empty_by_the_word_of_the_service(
    rig: Rig, manager: TransferManager
) -> None:
    here = rig.filesystems["here"] = Behind("here")
    here.put("/a/b/one", b"1")
    await run(manager, move("/a"))
    assert await trashed(here) == {"one", "a"}


async def test_a_folder_whose_content_is_moved_stays(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/a/one", b"1")
    await run(manager, move("/a", contents=True))
    assert await names(rig.here) == ["a"]
    assert await names(rig.here, "/a") == []


async def test_what_is_there_already_goes_without_being_sent(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"same")
    rig.there.put("/in/f", b"same")
    job = await run(manager, move("/f"))
    assert job.counts == {State.SKIPPED: 1}
    assert await names(rig.here) == []


async def test_what_only_an_old_copy_says_to_be_there_is_sent(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"same")
    there = rig.filesystems["there"] = Behind("there")
    there.put("/in/f", b"same")
    there.unseen.append(there._folder(VPath.parse("/in")).children.clear)
    job = await run(manager, move("/f"))
    assert job.counts == {State.DONE: 1}
    assert there.data("/in/f") == b"same"
    assert await names(rig.here) == []


@pytest.mark.parametrize("policy", [ConflictPolicy.SKIP, ConflictPolicy.ASK])
async def test_what_is_not_copied_stays(
    rig: Rig, manager: TransferManager, policy: ConflictPolicy
) -> None:
    rig.here.put("/a/f", b"mine")
    rig.there.put("/in/a/f", b"another")
    await run(manager, move("/a", policy=policy))
    assert rig.here.data("/a/f") == b"mine"
    assert await trashed(rig.here) == set()


async def test_one_size_is_no_proof(rig: Rig, manager: TransferManager) -> None:
    rig.here.put("/f", b"mine")
    rig.there.put("/in/f", b"user")
    request = move("/f", policy=ConflictPolicy.OVERWRITE, size_only=True)
    job = await run(manager, request)
    assert job.counts == {State.DONE: 1}
    assert rig.there.data("/in/f") == b"mine"


async def test_a_source_that_changes_after_its_copy_stays(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"old")
    wrote = rig.there.write

    async def write(path: VPath, content: object, replacing: Entry | None) -> Entry:
        stored = await wrote(path, content, replacing=replacing)  # type: ignore[arg-type]
        if rig.there.data("/in/f") == b"old":
            rig.here.put("/f", b"newer", modified_ns=5)
        return stored

    rig.there.write = write  # type: ignore[method-assign, assignment]
    await manager.enqueue(move("/f", policy=ConflictPolicy.OVERWRITE))
    while await names(rig.here):
        rig.clock.advance(10)
        await asyncio.sleep(0.005)
    assert rig.there.data("/in/f") == b"newer"


async def test_without_a_trash_it_is_said_and_nothing_is_lost(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"1")

    async def refuse(path: VPath) -> str | None:
        raise Denied("the desktop has no trash", hint="make one")

    rig.here.trash = refuse  # type: ignore[method-assign]
    job = await run(manager, move("/f"))
    (transfer,) = await manager.transfers()
    assert job.counts == {State.FAILED: 1}
    assert transfer.reason == "/f is copied, but stays: the desktop has no trash"
    assert transfer.hint == "make one"
    assert rig.here.data("/f") == rig.there.data("/in/f") == b"1"


async def test_nothing_is_moved_onto_its_own_drive(manager: TransferManager) -> None:
    request = replace(move("/f"), target="here")
    with pytest.raises(Denied, match="moved by renaming"):
        await manager.enqueue(request)


async def test_two_names_of_one_drive_lose_nothing(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/in/f", b"the only one")
    rig.filesystems["there"] = rig.here
    job = await run(manager, move("/in/f"))
    (transfer,) = await manager.transfers()
    assert job.counts == {State.FAILED: 1}
    assert "are the same file" in (transfer.reason or "")
    assert rig.here.data("/in/f") == b"the only one"


async def planned(manager: TransferManager, *numbers: int) -> None:
    for number in numbers:
        while (await manager.job(number)).planning:
            await asyncio.sleep(0.005)


async def test_what_another_move_has_moved_meanwhile_is_no_failure(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"1")
    await manager.drain()
    number = await manager.enqueue(move("/f"))
    await planned(manager, number)
    await rig.here.trash(VPath.parse("/f"))
    rig.there.put("/in/f", b"1")
    await manager.release()
    job = await manager.wait(number)
    assert job.counts == {State.SKIPPED: 1}
    (skipped,) = await manager.transfers()
    assert skipped.reason == "it was moved already: a file of its size is there"


async def test_a_move_that_is_said_twice_moves_once(
    rig: Rig, manager: TransferManager
) -> None:
    for name in ("/a/one", "/a/two", "/a/three"):
        rig.here.put(name, name.encode())
    await manager.drain()
    jobs = [await manager.enqueue(move("/a")) for _ in range(2)]
    await planned(manager, *jobs)
    await manager.release()
    counts = [(await manager.wait(number)).counts for number in jobs]
    assert {state for count in counts for state in count} <= {State.DONE, State.SKIPPED}
    assert sum(sum(count.values()) for count in counts) == 6
    assert set(await names(rig.there, "/in/a")) == {"one", "three", "two"}
    assert await names(rig.here) == []


async def test_a_source_that_is_gone_although_nobody_moved_it_is_a_failure(
    rig: Rig, manager: TransferManager
) -> None:
    rig.here.put("/f", b"1")
    rig.there.put("/in/f", b"another")
    calls = 0
    looked = rig.here.stat

    async def stat(path: VPath) -> Entry:
        nonlocal calls
        calls += 1
        if calls > 1:
            raise NotFound("there is no /f")
        return await looked(path)

    rig.here.stat = stat  # type: ignore[method-assign]
    job = await run(manager, move("/f", policy=ConflictPolicy.OVERWRITE))
    assert job.counts == {State.FAILED: 1}
