"""Folders that come in pieces: what is found in one moves before the next is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

from acd_tui.errors import Transient
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, State, TransferFinished
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
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
