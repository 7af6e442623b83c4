"""What a plan of two folders does about each row, and that the queue does just that."""

from __future__ import annotations

from pathlib import Path

import pytest

from acd_tui.local.filesystem import LocalFileSystem
from acd_tui.local.hashes import HashCache
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters, Job, Place, State
from acd_tui.transfers.needed import Folder
from acd_tui.transfers.sync_plan import remove_all
from acd_tui.transfers.two_sides import Deed, Mode, PlanRow, TwoSides
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock
from tests.transfers.conftest import Rig

DAY = 86_400 * 10**9
NEW, OLD = 20_000 * DAY, 10_000 * DAY


@pytest.fixture
def here(clock: FakeClock) -> MemoryFileSystem:
    return MemoryFileSystem("here", clock=clock)


@pytest.fixture
def there(clock: FakeClock) -> MemoryFileSystem:
    return MemoryFileSystem("there", clock=clock)


def grow(here: MemoryFileSystem, there: MemoryFileSystem) -> None:
    here.put("/same", b"1", modified_ns=OLD)
    there.put("/same", b"1", modified_ns=NEW)
    here.put("/newer-here", b"a", modified_ns=NEW)
    there.put("/newer-here", b"b", modified_ns=OLD)
    here.put("/newer-there", b"a", modified_ns=OLD)
    there.put("/newer-there", b"bb", modified_ns=NEW)
    here.put("/same-time", b"a", modified_ns=OLD)
    there.put("/same-time", b"b", modified_ns=OLD)
    here.put("/new/x", b"333")
    here.put("/new/y/z", b"4444")
    here.put_folder("/empty-here")
    there.put("/old/a", b"1")
    there.put("/old/b/c", b"22")
    there.put_folder("/empty-there")


async def sides_of(
    here: MemoryFileSystem,
    there: MemoryFileSystem,
    mode: Mode = Mode.UPDATE,
    *,
    read: bool = True,
) -> TwoSides:
    comparison = Comparison(
        here,
        there,
        filters=Filter(Filters()),
        read=read,
        policy=ConflictPolicy.OVERWRITE,
    )
    sides = TwoSides(Place("here", VPath()), Place("there", VPath()), mode)
    await sides.gather(comparison.run(VPath(), VPath()))
    return sides


def deeds(sides: TwoSides) -> dict[str, Deed]:
    return {"/".join(row.compared.names): row.deed for row in sides.rows}


def row_of(sides: TwoSides, path: str) -> PlanRow:
    return next(r for r in sides.rows if "/".join(r.compared.names) == path)


async def test_each_mode_does_what_it_says(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, there)
    sides = await sides_of(here, there)
    update = {
        "newer-here": Deed.COPY,
        "newer-there": Deed.NOTHING,
        "same-time": Deed.NOTHING,
        "new/x": Deed.COPY,
        "new/y/z": Deed.COPY,
        "empty-here": Deed.COPY,
        "old/a": Deed.NOTHING,
        "old/b/c": Deed.NOTHING,
        "empty-there": Deed.NOTHING,
    }
    assert deeds(sides) == update
    totals = sides.totals()
    assert (sides.same, totals.conflicts, totals.behind) == (1, 1, 1)
    sides.set_mode(Mode.MIRROR)
    gone = dict.fromkeys(("old/a", "old/b/c", "empty-there"), Deed.TRASH)
    overwritten = dict.fromkeys(("newer-there", "same-time"), Deed.COPY)
    assert deeds(sides) == update | gone | overwritten
    totals = sides.totals()
    assert totals.overwritten == 3
    assert (totals.files[Deed.TRASH], totals.sizes[Deed.TRASH]) == (2, 3)
    assert totals.conflicts == 0
    sides.set_mode(Mode.BOTH)
    back = dict.fromkeys(("newer-there", *gone), Deed.BACK)
    assert deeds(sides) == update | back
    assert sides.totals().conflicts == 1


async def test_what_the_user_chose_outlives_the_mode_if_it_can(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, there)
    sides = await sides_of(here, there, Mode.MIRROR)
    row_of(sides, "old/a").deed = Deed.NOTHING
    row_of(sides, "same-time").deed = Deed.BACK
    sides.set_mode(Mode.BOTH)
    assert deeds(sides)["old/a"] is Deed.NOTHING
    assert deeds(sides)["same-time"] is Deed.BACK
    assert deeds(sides)["old/b/c"] is Deed.BACK


async def test_a_row_takes_only_what_can_be_done_about_it(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, there)
    here.put("/clash", b"file")
    there.put_folder("/clash")
    sides = await sides_of(here, there)
    allowed = {
        path: {deed for deed in Deed if row_of(sides, path).allows(deed)}
        for path in ("new/x", "old/a", "same-time", "clash")
    }
    nothing = Deed.NOTHING
    assert allowed == {
        "new/x": {nothing, Deed.COPY},
        "old/a": {nothing, Deed.BACK, Deed.TRASH},
        "same-time": {nothing, Deed.COPY, Deed.BACK},
        "clash": {nothing},
    }


async def test_a_folder_goes_whole_only_if_all_in_it_goes(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    grow(here, there)
    sides = await sides_of(here, there, Mode.MIRROR)
    assert {r.names for r in sides.removals()} == {("old",), ("empty-there",)}
    row_of(sides, "old/a").deed = Deed.NOTHING
    row_of(sides, "empty-there").deed = Deed.NOTHING
    assert {r.names for r in sides.removals()} == {("old", "b")}


async def test_what_is_not_known_is_read_when_asked_for(
    there: MemoryFileSystem, tmp_path: Path
) -> None:
    hashes = HashCache.open(tmp_path / "hashes.sqlite")
    root = VPath.parse(str(tmp_path / "d"))
    (tmp_path / "d").mkdir()
    for name, theirs in (("same", b"1"), ("differs", b"2")):
        (tmp_path / "d" / name).write_bytes(b"1")
        there.put(f"/{name}", theirs, modified_ns=OLD)
    local = LocalFileSystem("here", hashes=hashes)
    comparison = Comparison(local, there, filters=Filter(Filters()), read=False)
    sides = TwoSides(Place("here", root), Place("there", VPath()))
    await sides.gather(comparison.run(root, VPath()))
    assert (sides.totals().unread, sides.totals().unread_size) == (2, 2)
    assert [size async for size in sides.read_unread()] == [2]
    assert deeds(sides) == {"differs": Deed.COPY}
    assert (sides.same, sides.totals().unread) == (1, 0)
    hashes.close()


async def test_a_source_without_files_is_hollow(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    here.put_folder("/only/folders")
    there.put("/a", b"1")
    assert (await sides_of(here, there)).is_hollow
    here.put("/b", b"1")
    assert not (await sides_of(here, there)).is_hollow


async def carry_out(rig: Rig, sides: TwoSides) -> list[Job]:
    manager = await rig.started()
    jobs = []
    for copying in sides.copyings():
        job = await manager.enqueue(
            copying.request, plan=copying.plan, omit=copying.omit
        )
        await manager.wait(job)
        jobs.append(await manager.job(job))
    source = Folder(rig.here, sides.source.path)
    target = Folder(rig.there, sides.target.path)
    removals, goals = sides.removals(), sides.goals()
    async for _, error in remove_all(
        source, target, removals, rig.there.trash, goals=goals
    ):
        assert error is None
    return jobs


async def tree(filesystem: MemoryFileSystem) -> dict[str, bytes | None]:
    found: dict[str, bytes | None] = {}
    waiting = [VPath()]
    while waiting:
        folder = waiting.pop()
        for entry in await filesystem.list(folder):
            path = folder / entry.name
            if entry.is_folder:
                found[str(path)] = None
                waiting.append(path)
            else:
                found[str(path)] = await data_of(filesystem, path)
    return found


async def data_of(filesystem: MemoryFileSystem, path: VPath) -> bytes:
    content = await filesystem.read(path)
    async with content.open() as pieces:
        return b"".join([piece async for piece in pieces])


async def test_a_mirror_makes_both_alike(rig: Rig) -> None:
    grow(rig.here, rig.there)
    before = await tree(rig.here)
    sides = await sides_of(rig.here, rig.there, Mode.MIRROR)
    jobs = await carry_out(rig, sides)
    assert await tree(rig.there) == await tree(rig.here) == before
    assert [job.problems for job in jobs] == [()]
    assert sum(job.counts.get(State.FAILED, 0) for job in jobs) == 0


async def test_both_ways_bring_what_the_other_has(rig: Rig) -> None:
    grow(rig.here, rig.there)
    sides = await sides_of(rig.here, rig.there, Mode.BOTH)
    jobs = await carry_out(rig, sides)
    ours, theirs = await tree(rig.here), await tree(rig.there)
    assert ours.keys() == theirs.keys()
    assert {path for path in ours if ours[path] != theirs[path]} == {"/same-time"}
    assert ours["/newer-there"] == b"bb"
    assert [job.counts.get(State.FAILED, 0) for job in jobs] == [0, 0]


async def test_what_is_left_out_is_neither_copied_nor_made_nor_a_failure(
    rig: Rig,
) -> None:
    grow(rig.here, rig.there)
    before = await tree(rig.there)
    sides = await sides_of(rig.here, rig.there)
    for path in ("new/x", "new/y/z", "empty-here"):
        row_of(sides, path).deed = Deed.NOTHING
    (job,) = await carry_out(rig, sides)
    assert await tree(rig.there) == before | {"/newer-here": b"a"}
    assert {state for state, n in job.counts.items() if n} == {
        State.DONE,
        State.SKIPPED,
    }


async def test_one_file_of_a_new_folder_may_go_alone(rig: Rig) -> None:
    grow(rig.here, rig.there)
    before = await tree(rig.there)
    sides = await sides_of(rig.here, rig.there)
    for row in sides.rows:
        row.deed = Deed.NOTHING
    row_of(sides, "new/y/z").deed = Deed.COPY
    await carry_out(rig, sides)
    new = {"/new": None, "/new/y": None, "/new/y/z": b"4444"}
    assert await tree(rig.there) == before | new


async def test_nothing_chosen_is_nothing_queued(rig: Rig) -> None:
    grow(rig.here, rig.there)
    sides = await sides_of(rig.here, rig.there)
    for row in sides.rows:
        row.deed = Deed.NOTHING
    assert sides.copyings() == []
    assert sides.removals() == []
