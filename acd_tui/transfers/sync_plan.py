"""What making one folder like another comes to, and taking away what is too much."""

from __future__ import annotations

import re
from collections.abc import (
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
)
from dataclasses import dataclass, field

import msgspec
from msgspec.structs import replace

from acd_tui.errors import (
    AcdError,
    Changed,
    NotFound,
    PartlyFailed,
    SignInNeeded,
    Unreachable,
)
from acd_tui.printable import printable
from acd_tui.transfers.compared import Compared, Names, Verdict, Why
from acd_tui.transfers.context import bring_up_to_date
from acd_tui.transfers.model import ConflictPolicy, Job, State
from acd_tui.transfers.needed import Folder, needed
from acd_tui.transfers.planner import Verdict as Decided
from acd_tui.transfers.planner import decide, numbered
from acd_tui.transfers.preview import Act, called, kept_beside
from acd_tui.transfers.promised import Anyone, nobody
from acd_tui.transfers.verify import same_entry, taken_for_same
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.path import VPath
from acd_tui.vfs.walking import listed_now

_UNSOLVED = {Why.TROUBLE, Why.COLLISION}
_ACTS = {
    Decided.OVERWRITE: Act.OVERWRITE,
    Decided.RENAME: Act.RENAME,
    Decided.ASK: Act.ASK,
}
_NUMBER = re.compile(r" \((\d{1,4})\)")


class Removal(msgspec.Struct, frozen=True):
    """What is to go to the trash, with all that was found in it.

    Attributes:
        names: from the target folder down.
        path: where it is.
        entry: what it was when the plan was made.
        holds: of a folder, everything below it by its path.
    """

    names: Names
    path: VPath
    entry: Entry
    holds: dict[VPath, Entry] = msgspec.field(default_factory=dict)

    @property
    def files(self) -> int:
        """How many files go."""
        return sum(not entry.is_folder for entry in self._all())

    @property
    def size(self) -> int:
        """Their bytes."""
        return sum(entry.size or 0 for entry in self._all())

    def _all(self) -> list[Entry]:
        return [self.entry, *self.holds.values()]


class Planned(msgspec.Struct, frozen=True):
    """A file to be copied, and what is at the target.

    Attributes:
        names: from the source folder down.
        act: how: to where nothing is, over or beside what is there, or once the user
            has decided.
        goals: from the target folder down.
        beside: what it is called there instead, as it is to be kept beside `there`.
    """

    names: Names
    size: int
    there: Entry | None
    act: Act
    goals: Names
    beside: str | None = None

    @property
    def reason(self) -> str | None:
        """What it is called at the target, where that is not its name."""
        goals = (*self.goals[:-1], self.beside) if self.beside else self.goals
        return called(self.names, goals)

    @property
    def overwrites(self) -> bool:
        """Whether it takes the place of another file."""
        return self.act is Act.OVERWRITE


@dataclass(slots=True)
class SyncPlan:
    """All that is to be done.

    Attributes:
        copies: files that are missing or different at the target.
        removals: what the source does not have.
        folders: folders to be made.
        same: files that are as they should be.
        kept: files that differ, but are not to be overwritten.
        omit: files that differ and are not to be sent, by their names at the target:
            an earlier sync has put them beside what is there, or that is a folder.
        policy: what becomes of what differs.
        left_out: what is never copied (links, devices), one sentence each.
        problems: what is in the way of making both alike, one sentence each.
    """

    copies: list[Planned] = field(default_factory=list)
    removals: list[Removal] = field(default_factory=list)
    folders: int = 0
    same: int = 0
    kept: int = 0
    omit: list[Names] = field(default_factory=list)
    policy: ConflictPolicy = ConflictPolicy.OVERWRITE
    left_out: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def new(self) -> int:
        """How many files are copied to where nothing is."""
        return self._number(Act.COPY)

    @property
    def overwritten(self) -> int:
        """How many files take the place of others."""
        return self._number(Act.OVERWRITE)

    @property
    def renamed(self) -> int:
        """How many files get another name, because theirs is taken."""
        return self._number(Act.RENAME)

    @property
    def asked(self) -> int:
        """How many files wait for a decision."""
        return self._number(Act.ASK)

    def _number(self, act: Act) -> int:
        return sum(copy.act is act for copy in self.copies)

    @property
    def size(self) -> int:
        """Bytes to be copied."""
        return sum(copy.size for copy in self.copies if copy.act.copies)

    @property
    def removed(self) -> int:
        """How many files go to the trash."""
        return sum(removal.files for removal in self.removals)

    @property
    def removed_size(self) -> int:
        """Their bytes."""
        return sum(removal.size for removal in self.removals)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to do."""
        return not (self.copies or self.removals or self.folders)

    def goals_in(self, folder: VPath) -> list[VPath]:
        """Return where the copies go, in their order, if that is the target folder."""
        return [VPath((*folder.parts, *each.goals)) for each in self.copies]

    def add(self, compared: Compared) -> None:
        """Take up what was found out about one name."""
        source, target = compared.source, compared.target
        shown = printable("/".join(compared.names))
        match compared.verdict:
            case Verdict.SAME:
                self.same += 1
            case Verdict.TARGET_ONLY if target is not None:
                self._remove(compared)
            case Verdict.SOURCE_ONLY if compared.is_folder:
                self.folders += 1
            case _ if compared.why is Why.LEFT_OUT:
                self.left_out.append(compared.reason or "")
            case _ if source is None or compared.why in _UNSOLVED:
                self.problems.append(f"{shown}: {compared.reason}")
            case _ if compared.why is Why.CLASH and not self._solves(source.entry):
                self.problems.append(f"{shown}: {compared.reason}")
                self.omit.append(compared.names)
            case _:
                self._copy(compared, source.entry, target.entry if target else None)

    def _solves(self, entry: Entry) -> bool:
        """Whether the policy says what becomes of it where a folder has its name."""
        over = self.policy in {ConflictPolicy.OVERWRITE, ConflictPolicy.NEWER}
        return not (entry.is_folder or over)

    def _copy(self, compared: Compared, entry: Entry, there: Entry | None) -> None:
        act = Act.RENAME if compared.goals else Act.COPY
        if there is not None:
            decision = decide(entry, there, self.policy)
            if decision.verdict is Decided.SKIP:
                self.kept += 1
                return
            if decision.verdict is Decided.FAIL:
                shown = printable("/".join(compared.names))
                self.problems.append(f"{shown}: {decision.reason}")
                return
            act = _ACTS[decision.verdict]
        goals = compared.goals or compared.names
        self.copies.append(Planned(compared.names, entry.size or 0, there, act, goals))

    def keep_beside(self, copy: Planned, removal: Removal) -> None:
        """Leave alone what has been copied beside another file already."""
        self.copies.remove(copy)
        self.removals.remove(removal)
        self.kept += 1
        self.omit.append(copy.goals)

    def _remove(self, compared: Compared) -> None:
        assert compared.target is not None, "what is removed is at the target"
        path, entry = compared.target.path, compared.target.entry
        if not compared.is_folder:
            self.removals.append(Removal(compared.names, path, entry))
            return
        if not compared.whole:
            return  # something in it stays, and so it does
        holds: dict[VPath, Entry] = {}
        # What is in a folder was told just before it.
        while self.removals and self.removals[-1].path.is_within(path):
            inner = self.removals.pop()
            holds[inner.path] = inner.entry
            holds |= inner.holds
        self.removals.append(Removal(compared.names, path, entry, holds))


async def make_plan(
    comparison: AsyncIterator[Compared],
    *,
    filtered: bool = False,
    policy: ConflictPolicy = ConflictPolicy.OVERWRITE,
    size_only: bool = False,
    is_promised: Anyone = nobody,
) -> SyncPlan:
    """Gather what a comparison finds.

    Args:
        comparison: of the source with the target.
        filtered: whether filters leave something out; a folder that nothing is copied
            into is not made then.
        policy: what becomes of what differs.
        size_only: whether files of one size are taken for the same.
        is_promised: whether the queue has something on its way to a path.

    Raises:
        AcdError: one of the sides cannot be compared.
    """
    plan = SyncPlan(policy=policy)
    pairs: dict[Names, Compared] = {}  # of those that go beside others, and these
    alone: dict[Names, Located] = {}
    async for compared in comparison:
        plan.add(compared)
        source, target = compared.source, compared.target
        if policy is ConflictPolicy.RENAME and target is not None:
            if source is not None:
                pairs[compared.names] = compared
            elif not compared.is_folder:
                alone[compared.names] = target
    await _find_those_beside(plan, pairs, alone, size_only=size_only)
    await _name_those_beside(plan, pairs, size_only, is_promised)
    if filtered:
        plan.folders = 0  # those that are needed are made along with their files
    return plan


async def _find_those_beside(
    plan: SyncPlan,
    pairs: Mapping[Names, Compared],
    targets: Mapping[Names, Located],
    *,
    size_only: bool,
) -> None:
    """Have what an earlier sync has put beside another file neither removed nor sent.

    Args:
        plan: changed by that.
        pairs: files that are to go beside others, and these, by their names.
        targets: files of the target alone.
        size_only: see `make_plan`.
    """
    beside = {each.names: each for each in plan.copies if each.act is Act.RENAME}
    for removal in plan.removals.copy() if beside else ():
        *folder, name = removal.names
        for found in _NUMBER.finditer(name):
            wanted = (*folder, name[: found.start()] + name[found.end() :])
            copy = beside.get(wanted)
            if (
                copy is not None
                and wanted in pairs
                and removal.names in targets
                and numbered(wanted[-1], int(found[1])) == name
                and (source := pairs[wanted].source) is not None
                and await taken_for_same(
                    source, targets[removal.names], size_only=size_only
                )
            ):
                del beside[wanted]
                plan.keep_beside(copy, removal)
                break


async def _name_those_beside(
    plan: SyncPlan,
    pairs: Mapping[Names, Compared],
    size_only: bool,
    is_promised: Anyone,
) -> None:
    """Find the names under which files are kept beside those that are there.

    Args:
        plan: changed by that.
        pairs: see `_find_those_beside`.
        size_only: see `make_plan`.
        is_promised: likewise.
    """
    copies, plan.copies = plan.copies, []
    kept: set[VPath] = set()
    for copy in copies:
        if copy.act is not Act.RENAME or (pair := pairs.get(copy.names)) is None:
            plan.copies.append(copy)
            continue
        assert pair.target is not None, "it is kept beside that"
        target = pair.target.filesystem
        try:
            path, there = await kept_beside(pair, target, size_only, is_promised)
        except AcdError as error:  # it is too long with a number in it
            shown = printable("/".join(copy.names))
            plan.problems.append(f"{shown}: {error.message}")
            plan.omit.append(copy.goals)
            continue
        if there is None:
            plan.copies.append(replace(copy, beside=path.name))
        else:
            plan.kept += 1
            plan.omit.append(copy.goals)
            kept.add(path.parent / there.name)
    plan.removals = [each for each in plan.removals if each.path not in kept]


def why_keep(problems: Collection[str], job: Job | None) -> AcdError | None:
    """Say why nothing may be removed: not all of the source is at the target, too.

    Args:
        problems: of the plan.
        job: the copying, if there was any.
    """
    bad = {State.FAILED, State.CANCELLED, State.CONFLICT}
    if not problems and (
        job is None or not (job.problems or bad.intersection(job.counts))
    ):
        return None
    return PartlyFailed(
        "nothing was removed, because not all could be copied or compared",
        hint="see to these, then sync again",
    )


async def remove_all(
    source: Folder,
    target: Folder,
    removals: Collection[Removal],
    trash: Callable[[VPath], Awaitable[object]],
    *,
    goals: Collection[VPath],
) -> AsyncIterator[tuple[Removal, AcdError | None]]:
    """Trash what a plan has shown, as far as it still is the same.

    Args:
        source: which the target is to be like.
        target: where it is.
        removals: what is to go.
        trash: moves something to the trash of the target.
        goals: where what the source has was copied to.

    Yields:
        Each with why it stays, None if it went.

    Raises:
        SignInNeeded: a side cannot be used any more.
        Unreachable: likewise.
        AcdError: the source cannot be looked at.
    """
    await bring_up_to_date(target.filesystem)
    going = {each.names: each.entry for each in removals}
    stays = await needed(source, target, going, goals)
    for removal in removals:
        try:
            if (why := stays.get(removal.names)) is not None:
                raise why
            await check_unchanged(target.filesystem, removal)
            await trash(removal.path)
        except (SignInNeeded, Unreachable):
            raise
        except AcdError as error:
            yield removal, error
        else:
            yield removal, None


async def check_unchanged(target: FileSystem, removal: Removal) -> None:
    """Make sure that something still is what the plan has shown.

    Raises:
        Changed: it is not, or there is more in it.
        AcdError: it cannot be looked at.
    """
    try:
        now = await target.stat(removal.path)
        found = await _everything(target, removal.path) if now.is_folder else {}
    except NotFound as error:
        raise _changed(removal, "is gone already") from error
    if not _still(removal.entry, now) or found.keys() != removal.holds.keys():
        raise _changed(removal, "changed since the plan was made")
    for path, entry in found.items():
        if not _still(removal.holds[path], entry):
            raise _changed(removal, "changed since the plan was made")


def _still(was: Entry, now: Entry) -> bool:
    if was.is_folder:
        return now.is_folder and (was.id is None or was.id == now.id)
    return was.kind is now.kind and same_entry(was, now)


def _changed(removal: Removal, what: str) -> AcdError:
    shown = printable("/".join(removal.names))
    return Changed(f"{shown} is not removed: it {what}")


async def _everything(target: FileSystem, folder: VPath) -> dict[VPath, Entry]:
    found: dict[VPath, Entry] = {}
    waiting = [folder]
    while waiting:
        folder = waiting.pop()
        for entry in await listed_now(target, folder):
            path = folder / entry.name
            found[path] = entry
            if entry.is_folder:
                waiting.append(path)
    return found
