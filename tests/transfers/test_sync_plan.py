"""What sync plans to remove, and that it removes nothing else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from acd_tui.errors import Changed
from acd_tui.transfers.compare import Comparison
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import ConflictPolicy, Filters
from acd_tui.transfers.sync_plan import SyncPlan, check_unchanged, make_plan
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath
from tests.fakes import FakeClock


@pytest.fixture
def here(clock: FakeClock) -> MemoryFileSystem:
    here = MemoryFileSystem("here", clock=clock)
    here.put("/same", b"1")
    here.put("/changed", b"22")
    here.put("/new/x", b"333")
    return here


@pytest.fixture
def there(clock: FakeClock) -> MemoryFileSystem:
    there = MemoryFileSystem("there", clock=clock)
    there.put("/same", b"1")
    there.put("/changed", b"2")
    there.put("/old/a", b"1")
    there.put("/old/b/c", b"22")
    there.put("/older", b"333")
    return there


async def plan_of(
    here: MemoryFileSystem, there: MemoryFileSystem, *rules: str
) -> SyncPlan:
    comparison = Comparison(here, there, filters=Filter(Filters(rules=rules)))
    return await make_plan(comparison.run(VPath(), VPath()), filtered=bool(rules))


async def test_the_plan_counts_all_there_is_to_do(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    plan = await plan_of(here, there)
    assert (plan.new, plan.overwritten, plan.size) == (1, 1, 5)
    assert (plan.removed, plan.removed_size) == (3, 6)
    assert (plan.same, plan.folders) == (1, 1)
    assert {removal.names: removal.files for removal in plan.removals} == {
        ("old",): 2,
        ("older",): 1,
    }


async def test_a_folder_that_keeps_something_is_taken_apart(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    plan = await plan_of(here, there, "- /old/a")
    assert {removal.names for removal in plan.removals} == {("old", "b"), ("older",)}


@pytest.mark.parametrize(
    "change",
    [
        lambda there: there.put("/old/a", b"2"),
        lambda there: there.put("/old/a", b"1", modified_ns=7),
        lambda there: there.put("/old/b/more", b""),
        lambda there: there.put_folder("/old/empty"),
    ],
)
async def test_a_folder_that_changed_since_stays(
    change: Callable[[MemoryFileSystem], None],
    here: MemoryFileSystem,
    there: MemoryFileSystem,
) -> None:
    plan = await plan_of(here, there)
    old, older = sorted(plan.removals, key=lambda removal: removal.names)
    await check_unchanged(there, old)
    change(there)
    with pytest.raises(Changed, match="old is not removed"):
        await check_unchanged(there, old)
    await check_unchanged(there, older)


async def test_what_took_the_place_of_something_planned_stays(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    plan = await plan_of(here, there)
    old, older = sorted(plan.removals, key=lambda removal: removal.names)
    entry = await there.stat(VPath.parse("/older"))
    await there.trash(VPath.parse("/older"))
    with pytest.raises(Changed, match="gone"):
        await check_unchanged(there, older)
    there.put("/older", b"333", modified_ns=entry.modified_ns or 0)
    with pytest.raises(Changed):  # alike in all but its id
        await check_unchanged(there, older)
    await there.trash(VPath.parse("/old"))
    there.put("/old", b"")
    with pytest.raises(Changed):
        await check_unchanged(there, old)


async def test_what_was_put_beside_another_file_is_neither_sent_again_nor_removed(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    there.put("/changed (2)", b"22")
    there.put("/changed (3)", b"33")
    policy = ConflictPolicy.RENAME
    comparison = Comparison(here, there, filters=Filter(Filters()), policy=policy)
    plan = await make_plan(comparison.run(VPath(), VPath()), policy=policy)
    assert (plan.new, plan.renamed, plan.kept) == (1, 0, 1)
    assert plan.omit == [("changed",)]
    assert {each.names for each in plan.removals} == {
        ("old",),
        ("older",),
        ("changed (3)",),
    }


async def test_so_is_what_was_put_there_under_a_name_in_other_letters(
    here: MemoryFileSystem, clock: FakeClock
) -> None:
    there = MemoryFileSystem("there", case_insensitive=True, clock=clock)
    there.put("/CHANGED", b"differs")
    there.put("/Changed (2)", b"22")
    policy = ConflictPolicy.RENAME
    comparison = Comparison(here, there, filters=Filter(Filters()), policy=policy)
    plan = await make_plan(comparison.run(VPath(), VPath()), policy=policy)
    assert (plan.renamed, plan.kept, plan.removals) == (0, 1, [])
    assert plan.omit == [("changed",)]


async def test_nothing_is_put_where_the_queue_puts_something(
    here: MemoryFileSystem, there: MemoryFileSystem
) -> None:
    async def is_promised(target: FileSystem, path: VPath) -> bool:
        return target is there and path == VPath.parse("/changed (2)")

    policy = ConflictPolicy.RENAME
    comparison = Comparison(here, there, filters=Filter(Filters()), policy=policy)
    plan = await make_plan(
        comparison.run(VPath(), VPath()), policy=policy, is_promised=is_promised
    )
    assert [copy.beside for copy in plan.copies] == ["changed (3)", None]
