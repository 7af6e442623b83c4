from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pytest

from acd_tui.errors import Unreachable
from acd_tui.operations import Operations
from acd_tui.operations.commands import Incomplete, TrashAll
from acd_tui.operations.duplicates import (
    Choice,
    Cleared,
    Copy,
    Group,
    Keep,
    clear,
    groups_of,
)
from acd_tui.operations.service import Placed
from acd_tui.vfs.entry import Entry, MirrorStatus
from acd_tui.vfs.memory import MemoryFileSystem
from acd_tui.vfs.path import VPath


class Drive(MemoryFileSystem):
    """Shows one thing and, asked again, says another."""

    def __init__(self) -> None:
        super().__init__("drive")
        self.gone: set[str] = set()
        self.reachable = True

    async def refresh(self) -> None:
        raise AssertionError

    async def mirror_status(self) -> MirrorStatus:
        raise AssertionError

    async def confirm(self, path: VPath) -> Entry | None:
        if not self.reachable:
            raise Unreachable("nobody answers")
        return None if path.name in self.gone else await self.stat(path)


class Trashing:
    """As much of `Operations` as is needed."""

    def __init__(self, fs: MemoryFileSystem) -> None:
        self.fs = fs
        self.lots: list[list[str]] = []
        self.failing: set[str] = set()

    async def trash(self, places: Sequence[Placed]) -> None:
        self.lots.append([place.path.name for place in places])
        errors = [
            Unreachable(p.path.name) for p in places if p.path.name in self.failing
        ]
        for place in places:
            if place.path.name not in self.failing:
                await self.fs.trash(place.path)
        if errors:
            raise Incomplete(TrashAll(filesystem="drive", items=()), errors)


@pytest.fixture
def drive() -> Drive:
    drive = Drive()
    drive.put("/long name", b"same", modified_ns=3)
    drive.put("/c", b"same", modified_ns=5)
    drive.put("/b", b"same", modified_ns=1)
    drive.put("/y", b"other", modified_ns=1)
    drive.put("/z", b"other", modified_ns=2)
    drive.put("/alone", b"alone")
    drive.put("/empty1")
    drive.put("/empty2")
    return drive


async def groups(drive: Drive) -> list[Group]:
    return groups_of(
        Copy(fs=drive, path=VPath((entry.name,)), entry=entry, place=0)
        for entry in await drive.list(VPath())
    )


def by_rule(groups: Sequence[Group], rule: Keep = Keep.FIRST_PATH) -> list[Choice]:
    return [Choice.by_rule(group, rule) for group in groups]


async def run(
    drive: Drive, trashing: Trashing, rule: Keep = Keep.FIRST_PATH
) -> tuple[Cleared, list[str]]:
    problems: list[str] = []
    operations = cast("Operations", trashing)
    cleared = await clear(
        operations, by_rule(await groups(drive), rule), problems.append
    )
    return cleared, problems


async def test_groups_by_what_is_wasted_without_empty_files(drive: Drive) -> None:
    found = await groups(drive)
    assert [[copy.path.name for copy in group.copies] for group in found] == [
        ["b", "c", "long name"],
        ["y", "z"],
    ]
    assert [group.wasted for group in found] == [8, 5]


@pytest.mark.parametrize(
    ("rule", "name"),
    [
        (Keep.NEWEST, "c"),
        (Keep.OLDEST, "b"),
        (Keep.SHORTEST, "b"),
        (Keep.FIRST_PATH, "b"),
    ],
)
async def test_which_one_stays(drive: Drive, rule: Keep, name: str) -> None:
    assert (await groups(drive))[0].kept(rule).path.name == name


async def test_all_but_the_kept_ones_go_together(drive: Drive) -> None:
    trashing = Trashing(drive)
    cleared, problems = await run(drive, trashing, Keep.NEWEST)
    assert (cleared.files, cleared.failed, problems) == (3, 0, [])
    assert trashing.lots == [["b", "long name", "y"]]
    left = {entry.name for entry in await drive.list(VPath())}
    assert left == {"c", "z", "alone", "empty1", "empty2"}


async def test_a_group_whose_kept_file_is_gone_is_left_alone(drive: Drive) -> None:
    drive.gone = {"b"}
    trashing = Trashing(drive)
    cleared, problems = await run(drive, trashing)
    assert trashing.lots == [["z"]]
    assert cleared.files == 1
    assert problems == ["/b is not what it was; its copies are left alone"]


async def test_of_several_that_stay_one_that_is_there_is_enough(drive: Drive) -> None:
    (group, _) = await groups(drive)
    drive.gone = {"b"}
    trashing, problems = Trashing(drive), list[str]()
    choice = Choice(group, (group.copies[2],))
    await clear(cast("Operations", trashing), [choice], problems.append)
    assert (trashing.lots, problems) == ([["long name"]], [])


async def test_all_of_a_group_never_go(drive: Drive) -> None:
    (group, _) = await groups(drive)
    trashing, problems = Trashing(drive), list[str]()
    choice = Choice(group, group.copies)
    await clear(cast("Operations", trashing), [choice], problems.append)
    assert trashing.lots == []
    assert problems == ["/b is not what it was; its copies are left alone"]


async def test_a_copy_that_changed_stays(drive: Drive) -> None:
    found = await groups(drive)
    drive.put("/c", b"SAME")
    trashing, problems = Trashing(drive), list[str]()
    operations = cast("Operations", trashing)
    await clear(operations, by_rule(found), problems.append)
    assert trashing.lots == [["long name", "z"]]
    assert problems == ["/c is not what it was and left alone"]


async def test_nothing_goes_where_nobody_answers(drive: Drive) -> None:
    drive.reachable = False
    trashing = Trashing(drive)
    with pytest.raises(Unreachable):
        await run(drive, trashing)
    assert trashing.lots == []


async def test_what_could_not_be_trashed_is_told(drive: Drive) -> None:
    trashing = Trashing(drive)
    trashing.failing = {"c"}
    cleared, problems = await run(drive, trashing)
    assert (cleared.files, cleared.failed, problems) == (2, 1, ["c"])
