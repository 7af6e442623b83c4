"""What two folders come to, row by row, and what is to be done about each row."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from acd_tui.transfers.compared import Compared, Verdict, Why, by_md5, md5s_of
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    Place,
)
from acd_tui.transfers.sync_plan import Removal, SyncPlan
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.hashing import Located, in_batches
from acd_tui.vfs.path import VPath

_SAME_TIME_NS = 1_000_000_000  # times closer than that do not say which is newer
_AT_ONCE = 500  # rows that are taken up within one moment
_READ_AT_A_TIME = 8


class Deed(enum.Enum):
    """What is to be done about a row."""

    NOTHING = enum.auto()
    COPY = enum.auto()
    BACK = enum.auto()
    TRASH = enum.auto()


class Mode(enum.Enum):
    """What two folders are compared for."""

    UPDATE = "update"  # what is new or newer in the source goes to the target
    MIRROR = "mirror"  # the target becomes like the source
    BOTH = "both"  # what is new or newer on either side goes to the other


@dataclass(slots=True)
class PlanRow:
    """One name that is not the same on both sides.

    Attributes:
        compared: what was found out about it.
        usual: what the mode does about it.
        deed: what is done about it.
        is_shell: of a folder on one side only, whether it holds something: it goes
            where that goes, and is not shown for itself.
    """

    compared: Compared
    is_shell: bool = False
    usual: Deed = Deed.NOTHING
    deed: Deed = Deed.NOTHING

    @property
    def is_unread(self) -> bool:
        """Whether reading it would tell if both are the same."""
        return self.compared.why is Why.UNKNOWN_MD5

    @property
    def is_conflict(self) -> bool:
        """Whether both sides have something else, and nothing says which is meant."""
        differs = self.compared.verdict is Verdict.DIFFERS
        undecided = self.deed is self.usual is Deed.NOTHING
        return undecided and differs and not newer_side(self.compared)

    @property
    def is_behind(self) -> bool:
        """Whether the target has a newer one that is left alone."""
        differs = self.compared.verdict is Verdict.DIFFERS
        undecided = self.deed is self.usual is Deed.NOTHING
        return undecided and differs and newer_side(self.compared) < 0

    @property
    def size(self) -> int:
        """Bytes of what is copied or trashed; of both sides, of the source."""
        compared = self.compared
        side = compared.target if self.deed in _OF_TARGET else compared.source
        side = side or compared.source or compared.target
        return 0 if side is None else side.entry.size or 0

    def allows(self, deed: Deed) -> bool:
        """Whether that could be done about it."""
        compared = self.compared
        if deed is Deed.NOTHING:
            return True
        if compared.verdict is Verdict.DIFFERS or self.is_unread:
            return compared.why is not Why.CLASH and deed in {Deed.COPY, Deed.BACK}
        if compared.verdict is Verdict.SOURCE_ONLY:
            return deed is Deed.COPY
        if compared.verdict is not Verdict.TARGET_ONLY:
            return False
        stays = compared.is_folder and not compared.whole  # for what is in it
        return deed is Deed.BACK or (deed is Deed.TRASH and not stays)

    def expect(self, mode: Mode) -> None:
        """Do what a mode does, unless something else was chosen for this row."""
        untouched = self.deed is self.usual
        self.usual = _usual(self, mode)
        if untouched or not self.allows(self.deed):
            self.deed = self.usual


_OF_TARGET = {Deed.BACK, Deed.TRASH}
_TARGET_ONLY = {
    Mode.UPDATE: Deed.NOTHING,
    Mode.MIRROR: Deed.TRASH,
    Mode.BOTH: Deed.BACK,
}


def _usual(row: PlanRow, mode: Mode) -> Deed:
    compared = row.compared
    if compared.verdict is Verdict.SOURCE_ONLY:
        return Deed.COPY
    if compared.verdict is Verdict.TARGET_ONLY:
        deed = _TARGET_ONLY[mode]
        return deed if row.allows(deed) else Deed.NOTHING
    if not row.allows(Deed.COPY):
        return Deed.NOTHING
    if mode is Mode.MIRROR:
        return Deed.COPY
    newer = newer_side(compared)
    if newer > 0:
        return Deed.COPY
    return Deed.BACK if newer < 0 and mode is Mode.BOTH else Deed.NOTHING


def newer_side(compared: Compared) -> int:
    """Say which of two files is newer: 1 the source, -1 the target, 0 nobody knows."""
    if compared.source is None or compared.target is None:
        return 0
    ours = compared.source.entry.modified_ns
    theirs = compared.target.entry.modified_ns
    if ours is None or theirs is None or abs(ours - theirs) < _SAME_TIME_NS:
        return 0
    return 1 if ours > theirs else -1


@dataclass(slots=True)
class Totals:
    """What a plan comes to: files, their bytes and empty folders, by what is done."""

    files: dict[Deed, int] = field(default_factory=lambda: dict.fromkeys(Deed, 0))
    sizes: dict[Deed, int] = field(default_factory=lambda: dict.fromkeys(Deed, 0))
    folders: dict[Deed, int] = field(default_factory=lambda: dict.fromkeys(Deed, 0))
    overwritten: int = 0
    conflicts: int = 0
    behind: int = 0
    unread: int = 0
    unread_size: int = 0
    problems: int = 0


class Copying(msgspec.Struct, frozen=True):
    """One job that carries out a part of a plan; see `TransferManager.enqueue`."""

    request: CopyRequest
    plan: dict[VPath, Entry | None]
    omit: tuple[VPath, ...]


class TwoSides:
    """All that is different about two folders.

    It may be looked at in another thread while it is gathered: rows are only added, and
    put in order at the end.

    Args:
        source: one folder.
        target: the other.

    Attributes:
        rows: what is not the same, folder by folder; folders only if they hold nothing.
        same: how many files are.
        left_out: what is never copied (links, devices), one sentence each.
        mode: what the rows are to be done about.
        whole: whether both were looked at to the end.
    """

    def __init__(self, source: Place, target: Place, mode: Mode = Mode.UPDATE) -> None:
        self.source, self.target = source, target
        self.rows: list[PlanRow] = []
        self.same = 0
        self.left_out: list[str] = []
        self.mode = mode
        self.whole = False
        self._told: list[PlanRow] = []  # those of `rows`, and all folders of one side
        self._source_files = 0

    # --- finding out ----------------------------------------------------------------

    async def gather(self, comparison: AsyncIterator[Compared]) -> None:
        """Take up all that a comparison of the two finds.

        Raises:
            AcdError: one of the sides cannot be looked at.
        """
        async for compared in comparison:
            self._add(compared)
            if not (self.same + len(self.rows)) % _AT_ONCE:
                await asyncio.sleep(0)  # others have work in this loop, too
        self.rows = sorted(self.rows, key=_place)
        self.whole = True

    def _add(self, compared: Compared) -> None:
        if compared.source is not None and not compared.source.entry.is_folder:
            self._source_files += 1
        if compared.verdict is Verdict.SAME:
            self.same += 1
            return
        if compared.why is Why.LEFT_OUT:
            self.left_out.append(compared.reason or "")
            return
        row = PlanRow(compared, is_shell=self._holds_something(compared))
        row.expect(self.mode)
        self._told.append(row)
        if not row.is_shell:
            self.rows.append(row)

    def _holds_something(self, compared: Compared) -> bool:
        """Whether it is a folder and what it holds was told of, which comes before."""
        if not (compared.is_folder and self._told):
            return False
        names, depth = self._told[-1].compared.names, len(compared.names)
        return len(names) > depth and names[:depth] == compared.names

    async def read_unread(self) -> AsyncIterator[int]:
        """Read what has to be read to tell what is the same; yields bytes as it does.

        Raises:
            AcdError: one of the sides cannot be read any more.
        """
        unread = [row for row in self.rows if row.is_unread]
        for batch in in_batches(unread, lambda row: row.size):
            pairs = [((), *_both(row)) for row in batch]
            found = await md5s_of(pairs, at_a_time=_READ_AT_A_TIME)
            for row, md5s in zip(batch, found, strict=True):
                compared = replace(
                    row.compared, verdict=Verdict.SAME, why=None, reason=None
                )
                row.compared = by_md5(compared, *md5s)
                row.expect(self.mode)
            same = {id(row) for row in batch if row.compared.verdict is Verdict.SAME}
            self.same += len(same)
            for rows in (self.rows, self._told):
                rows[:] = [row for row in rows if id(row) not in same]
            yield sum(row.size for row in batch)

    # --- deciding -------------------------------------------------------------------

    def set_mode(self, mode: Mode) -> None:
        """Do what a mode does about all rows for which nothing else was chosen."""
        self.mode = mode
        for row in self._told:
            row.expect(mode)

    @property
    def is_hollow(self) -> bool:
        """Whether the source holds no files at all, as a disk that is not mounted."""
        return self.whole and not self._source_files and not self.left_out

    def totals(self) -> Totals:
        """Count what is to be done."""
        totals = Totals()
        for row in self.rows:
            compared = row.compared
            if compared.is_folder:
                totals.folders[row.deed] += 1
            else:
                totals.files[row.deed] += 1
                totals.sizes[row.deed] += row.size
            both = compared.source is not None and compared.target is not None
            totals.overwritten += both and row.deed is not Deed.NOTHING
            totals.conflicts += row.is_conflict
            totals.behind += row.is_behind
            if row.is_unread:
                totals.unread += 1
                totals.unread_size += row.size
            elif compared.verdict is Verdict.UNKNOWN:
                totals.problems += 1
        return totals

    @property
    def problems(self) -> list[str]:
        """Why the two cannot be made alike, one sentence each."""
        return [
            row.compared.reason or ""
            for row in self.rows
            if row.compared.verdict is Verdict.UNKNOWN and not row.is_unread
        ]

    # --- carrying out ---------------------------------------------------------------

    def copyings(self) -> list[Copying]:
        """Return the jobs that copy what is to be copied, one for each direction."""
        return [
            copying
            for deed in (Deed.COPY, Deed.BACK)
            if (copying := self._copying(deed)) is not None
        ]

    def _copying(self, deed: Deed) -> Copying | None:
        here, there = self.source, self.target
        if deed is Deed.BACK:
            here, there = there, here
        plan: dict[VPath, Entry | None] = {}
        omit: list[VPath] = []
        folders: list[VPath] = []
        needed: set[VPath] = set()  # folders of the other side that something goes to
        for row, goal, entry in self._goals(deed):
            if row.compared.is_folder:
                folders.append(goal)
            elif row.deed is deed:
                plan[goal] = entry
            else:
                omit.append(goal)
            if row.deed is deed and not row.is_shell:
                needed.update((goal, *goal.parents))
        omit += [goal for goal in folders if goal not in needed]
        if not needed:
            return None
        request = CopyRequest(
            source=here.filesystem,
            paths=(here.path,),
            target=there.filesystem,
            folder=there.path,
            policy=ConflictPolicy.OVERWRITE,
            contents=True,
            options=CopyOptions(planned=True),
        )
        return Copying(request, plan, tuple(omit))

    def _goals(self, deed: Deed) -> Iterator[tuple[PlanRow, VPath, Entry | None]]:
        """Yield what one side has: where it would go on the other, and what is there."""
        for row in self._told:
            one, other = row.compared.source, row.compared.target
            here, there = self.source.path, self.target.path
            if deed is Deed.BACK:
                one, other, here, there = other, one, there, here
            if one is not None:
                goal = VPath((*there.parts, *one.path.relative_to(here)))
                yield row, goal, None if other is None else other.entry

    def goals(self) -> list[VPath]:
        """Return the places of the target that belong to what the source has.

        What is the same on both sides is left out.
        """
        return [goal for _, goal, _ in self._goals(Deed.COPY)]

    def removals(self) -> list[Removal]:
        """Return what is to go to the trash of the target, whole folders as one."""
        plan = SyncPlan()
        kept: set[tuple[str, ...]] = set()  # folders in which something stays
        for row in self._told:
            compared = row.compared
            if compared.verdict is not Verdict.TARGET_ONLY:
                continue
            names = compared.names
            if names in kept or (not row.is_shell and row.deed is not Deed.TRASH):
                kept.update(names[:depth] for depth in range(1, len(names)))
            else:
                plan.add(compared)
        return plan.removals


def _place(row: PlanRow) -> tuple[tuple[str, ...], str]:
    names = row.compared.names
    return names[:-1], "".join(names[-1:])


def _both(row: PlanRow) -> tuple[Located, Located]:
    source, target = row.compared.source, row.compared.target
    assert source is not None, "it is on both sides"
    assert target is not None, "it is on both sides"
    return source, target
