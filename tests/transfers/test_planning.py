"""Folders that come in pieces: what is found in one moves before the next is there."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from importlib.resources import as_file, files
from pathlib import Path

import msgspec
import pytest

from acd_tui.db import Database
from acd_tui.errors import Transient
from acd_tui.events import EventBus
from acd_tui.transfers import rows, walker
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, State, TransferFinished
from acd_tui.vfs import paths
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.paths import PackedPaths, packed
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig, copy, run

_PAGE = 2


class Paging(MemoryFileSystem):
    """Lists in pieces of two; the third and later ones wait until `more` is set.

    Attributes:
        more: see above.
        troubles: how many more times the second piece cannot be had.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.more = asyncio.Event()
        self.troubles = 0

    async def pages(self, path: VPath) -> AsyncIterator[Sequence[Entry]]:
        entries = sorted(await self.list(path), key=lambda entry: entry.name)
        for start in range(0, len(entries), _PAGE):
            if start == _PAGE and self.troubles:
                self.troubles -= 1
                raise Transient("not now")
            if start > _PAGE:
                await self.more.wait()
            yield entries[start : start + _PAGE]


def paging(rig: Rig, *names: str) -> Paging:
    here = Paging("here")
    rig.filesystems["here"] = here
    for name in names:
        here.put(f"/d/{name}", name.encode())
    return here


async def test_bytes_move_while_the_rest_is_listed(
    rig: Rig, manager: TransferManager
) -> None:
    here = paging(rig, *"abcdef")
    here.put("/d/0/deep", b"deep")  # a folder in the first piece
    finished = rig.collect(TransferFinished)
    job = await manager.enqueue(copy("/d"))
    while not finished:
        await asyncio.sleep(0.005)
    assert (await manager.job(job)).planning
    assert rig.there.data("/in/d/a") == b"a"
    here.more.set()
    assert (await manager.wait(job)).counts == {State.DONE: 7}
    for name in "abcdef":
        assert rig.there.data(f"/in/d/{name}") == name.encode()
    assert rig.there.data("/in/d/0/deep") == b"deep"


@pytest.mark.parametrize(("ample", "rests"), [(1, True), (100, False)])
async def test_planning_gives_way_to_files_that_move_if_there_are_enough(
    rig: Rig,
    manager: TransferManager,
    monkeypatch: pytest.MonkeyPatch,
    *,
    ample: int,
    rests: bool,
) -> None:
    monkeypatch.setattr(walker, "_AMPLE", ample)
    monkeypatch.setattr(walker, "_PAUSES", 1e9)
    monkeypatch.setattr(walker, "_LONGEST_PAUSE", 77.0)
    here, going_on = paging(rig, *"abcdefghijklmnopqrst"), asyncio.Event()
    here.more.set()

    class Slow(MemoryFileSystem):
        async def write(
            self, path: VPath, content: Content, *, replacing: Entry | None = None
        ) -> Entry:
            await going_on.wait()
            return await super().write(path, content, replacing=replacing)

    rig.filesystems["there"] = Slow("there")
    job = await manager.enqueue(copy("/d"))
    while (await manager.job(job)).planning:
        await asyncio.sleep(0)
    assert (77.0 in rig.clock.slept) is rests
    going_on.set()
    assert (await manager.wait(job)).counts == {State.DONE: 20}


async def test_a_listing_that_breaks_off_is_begun_anew(
    rig: Rig, manager: TransferManager
) -> None:
    here = paging(rig, *"abcdef")
    here.more.set()
    here.troubles = 2
    job = await run(manager, copy("/d"))
    assert (job.counts, job.problems) == ({State.DONE: 6}, ())


async def test_a_listing_that_always_breaks_off_is_a_problem(
    rig: Rig, manager: TransferManager
) -> None:
    here = paging(rig, *"abcdef")
    here.troubles = 1000
    job = await run(manager, copy("/d"))
    assert job.counts == {State.DONE: 2}  # what was seen of it
    assert job.problems == ("/d is not copied: not now",)


async def test_names_that_collide_in_different_pieces(
    rig: Rig, manager: TransferManager
) -> None:
    here = paging(rig, "A", "B", "C", "a")
    here.more.set()
    there = MemoryFileSystem("there", case_insensitive=True)
    rig.filesystems["there"] = there
    job = await run(manager, copy("/d", policy=ConflictPolicy.OVERWRITE))
    assert job.counts == {State.DONE: 3}
    (problem,) = job.problems
    assert "/d/a is not copied: A would be under the same name" in problem
    assert there.data("/in/d/a") == b"A"


class Looking(MemoryFileSystem):
    """Says what the last of some things is only when it may."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.more = asyncio.Event()

    async def stat(self, path: VPath) -> Entry:
        if path.name == "last":
            await self.more.wait()
        return await super().stat(path)


async def test_bytes_move_while_the_rest_of_what_is_named_is_looked_at(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walker, "_AT_ONCE", 3)
    monkeypatch.setattr(paths, "_AT_ONCE", 2)
    here = Looking("here")
    rig.filesystems["here"] = here
    there = MemoryFileSystem("there", case_insensitive=True)
    rig.filesystems["there"] = there
    names = ["A", "b", "c", "f/d", "a", "no such", "last"]
    for name in names:
        if " " not in name:
            here.put(f"/{name}", name.encode())
    finished = rig.collect(TransferFinished)
    named = packed(VPath.parse(name) for name in ["f", *names])
    request = msgspec.structs.replace(copy("/x"), paths=named)
    job = await manager.enqueue(request)
    while not finished:
        await asyncio.sleep(0.005)
    waiting = await manager.job(job)
    assert waiting.planning
    assert isinstance(waiting.request.paths, PackedPaths)
    # What lies in another one of them is copied along with it.
    assert tuple(waiting.request.paths) == tuple(
        VPath.parse(name) for name in ["f", *names] if name != "f/d"
    )
    here.more.set()
    ended = await manager.wait(job)
    assert ended.counts == {State.DONE: 5, State.CONFLICT: 1}
    (problem,) = ended.problems
    assert "/no such is not copied" in problem
    assert there.data("/in/f/d") == b"f/d"


async def test_what_is_named_is_not_looked_through_for_each_folder_of_it(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "_AT_ONCE", 10)
    names = [f"d{number}" for number in range(60)]
    for name in names:
        rig.here.put(f"/{name}/sub/a", b"a")
    made = 0
    make = PackedPaths.__getitem__

    def counted(self: PackedPaths, number: int) -> VPath:
        nonlocal made
        made += 1
        return make(self, number)

    monkeypatch.setattr(PackedPaths, "__getitem__", counted)
    named = packed(VPath.parse(name) for name in names)
    request = msgspec.structs.replace(copy("/x"), paths=named)
    ended = await manager.wait(await manager.enqueue(request))
    assert ended.counts == {State.DONE: 60}
    assert made < 20 * len(names)


@pytest.mark.parametrize("at_once", [3, 7, 100])
async def test_much_that_is_named_stands_apart_and_comes_back_in_order(
    rig: Rig, manager: TransferManager, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(paths, "_AT_ONCE", 5)
    monkeypatch.setattr(rows, "_AT_ONCE", at_once)
    names = [f"[{number}\udcff" for number in range(21)]
    for name in names:
        rig.here.put(f"/{name}", b"a")
    named = packed(VPath((name,)) for name in names)
    request = msgspec.structs.replace(copy("/x"), paths=named)
    jobs = [await manager.enqueue(request), await manager.enqueue(copy(f"/{names[3]}"))]
    for job, expected in zip(jobs, [names, [names[3]]], strict=True):
        for asked in (manager, rig.manager()):
            found = (await asked.job(job)).request.paths
            assert [path.name for path in found] == expected
    # With a job's own row all of it would be read whatever is asked about the job.
    with contextlib.closing(sqlite3.connect(rig.folder / "queue.sqlite")) as queue:
        for row in queue.execute("SELECT * FROM jobs"):
            assert max(len(str(column)) for column in row) < 100
        await manager.wait(jobs[0])
        await manager.wait(jobs[1])
        await manager.clear_finished()
        assert queue.execute("SELECT * FROM named").fetchall() == []


async def test_jobs_of_an_earlier_version_know_what_they_name(tmp_path: Path) -> None:
    earlier = tmp_path / "schema"
    earlier.mkdir()
    with as_file(files("acd_tui.transfers") / "schema") as schema:
        for each in sorted(schema.glob("*.sql"))[:9]:
            shutil.copy(each, earlier)
    database = Database(tmp_path / "queue.sqlite", earlier)
    database.open()
    database.write_now(
        lambda c: c.execute(
            "INSERT INTO jobs (source_fs, paths, target_fs, folder, policy, contents,"
            " created) VALUES ('here', '[[\"a\",\"b\"],[\"c\"]]', 'there', '[]', 'ask',"
            " 0, 0)"
        )
    )
    database.close()
    rig = Rig(
        folder=tmp_path,
        clock=FakeClock(),
        here=MemoryFileSystem("here"),
        there=MemoryFileSystem("there"),
        bus=EventBus(),
        filesystems={},
    )
    try:
        (job,) = await rig.manager().jobs()
        assert job.request.paths == (VPath(("a", "b")), VPath(("c",)))
    finally:
        await rig.close()
