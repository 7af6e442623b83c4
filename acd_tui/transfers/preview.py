"""What a copy would do, told from a comparison and without doing it."""

from __future__ import annotations

import enum
from functools import partial

import msgspec

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.beside import place_beside
from acd_tui.transfers.compared import Compared, Names, Verdict, Why
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.transfers.planner import Decision, Terms, decide
from acd_tui.transfers.planner import Verdict as Decided
from acd_tui.transfers.promised import Anyone, nobody
from acd_tui.transfers.verify import taken_for_same
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.path import VPath


class Act(enum.StrEnum):
    """What would become of a file or, the last one, of a folder."""

    COPY = "copy"
    OVERWRITE = "overwrite"
    RENAME = "rename"  # copied beside what is there
    SAME = "same"
    SKIP = "skip"  # the policy says so
    ASK = "ask"  # it would wait for a decision
    FAIL = "fail"
    FOLDER = "folder"  # made at the target

    @property
    def copies(self) -> bool:
        """Whether bytes would move."""
        return self in {Act.COPY, Act.OVERWRITE, Act.RENAME}


class Step(msgspec.Struct, frozen=True):
    """What would be done about one file.

    Attributes:
        names: from the source down.
        size: bytes that would move.
        reason: why, where it is not plain.
    """

    act: Act
    names: Names
    size: int = 0
    reason: str | None = None


async def foresee(
    compared: Compared,
    policy: ConflictPolicy,
    target: FileSystem,
    *,
    size_only: bool = False,
    moves: bool = False,
    is_promised: Anyone = nobody,
) -> Step | None:
    """Say what a copy would do about one thing; None where that is nothing at all.

    Args:
        compared: it.
        policy: what the copy would do about conflicts.
        target: the filesystem copied to.
        size_only: whether it would take files of one size for the same.
        moves: whether the source goes to the trash then.
        is_promised: whether the queue has something on its way to a path.
    """
    source, there = compared.source, compared.target
    if source is None:
        return _not_copied(compared)
    if compared.is_folder:
        return Step(Act.FOLDER, compared.names, reason=_renamed(compared))
    if compared.verdict is Verdict.SAME:
        return Step(Act.SAME, compared.names)
    if there is None or source.entry.is_folder or compared.why is Why.TROUBLE:
        return _unmet(compared, source, policy)
    decided = decide(source.entry, there.entry, policy)
    if decided.verdict is Decided.RENAME:
        return await _kept_both(compared, target, size_only, is_promised)
    if moves and decided.verdict is Decided.OVERWRITE:
        decided = _without_twin(compared, there, decided)
    return _met(compared, decided)


def _without_twin(compared: Compared, there: Located, decided: Decision) -> Decision:
    """Overwrite nothing that goes by the same name in other letters.

    It may have been moved there from the same folder, as by the same command before.
    """
    other, goal = there.entry.name, (compared.goals or compared.names)[-1]
    if other == goal or other.lower() != goal.lower():
        return decided
    return Decision(Decided.FAIL, f"{printable(other)} has the same name at the target")


def _unmet(compared: Compared, source: Located, policy: ConflictPolicy) -> Step:
    """Say what becomes of something for which there is nothing to be replaced."""
    names, reason = compared.names, compared.reason
    if compared.verdict is Verdict.SOURCE_ONLY:
        reason = _renamed(compared) or reason
        act = Act.RENAME if reason else Act.COPY
        return Step(act, names, source.entry.size or 0, reason)
    asked = policy is ConflictPolicy.ASK and not source.entry.is_folder
    is_asked = compared.why is Why.COLLISION and asked
    return Step(Act.ASK if is_asked else Act.FAIL, names, reason=reason)


def _renamed(compared: Compared) -> str | None:
    return None if compared.goals is None else called(compared.names, compared.goals)


def called(names: Names, goals: Names) -> str | None:
    """Say what a copy is called, where that or a folder it is in has another name."""
    if goals == names:
        return None
    return f"as {goals[-1] if goals[:-1] == names[:-1] else '/'.join(goals)}"


def _not_copied(compared: Compared) -> Step | None:
    """Say why something at the source is not copied; None of the target alone."""
    if compared.verdict is not Verdict.UNKNOWN or compared.target is not None:
        return None
    act = Act.SKIP if compared.why is Why.LEFT_OUT else Act.FAIL
    return Step(act, compared.names, reason=compared.reason)


async def _kept_both(
    compared: Compared,
    target: FileSystem,
    size_only: bool,
    is_promised: Anyone,
) -> Step:
    names = compared.names
    try:
        path, other = await kept_beside(compared, target, size_only, is_promised)
    except AcdError as error:  # it is too long with a number in it
        return Step(Act.FAIL, names, reason=error.message)
    goals = (compared.goals or names)[:-1]
    reason = called(names, (*goals, path.name))
    if other is not None:
        return Step(Act.SAME, names, reason=reason)
    size = (compared.source and compared.source.entry.size) or 0
    return Step(Act.RENAME, names, size, reason)


async def kept_beside(
    compared: Compared, target: FileSystem, size_only: bool, is_promised: Anyone
) -> tuple[VPath, Entry | None]:
    """Return where a file goes that is to be kept beside another one.

    Args:
        compared: both.
        target: the filesystem copied to.
        size_only: see `foresee`.
        is_promised: likewise.

    Returns:
        As `place_beside`.

    Raises:
        AcdError: see there.
    """
    source, there = compared.source, compared.target
    assert source is not None, "it is to be kept"
    assert there is not None, "and beside that"
    key = Terms.of(target, ConflictPolicy.RENAME).key

    is_same = partial(taken_for_same, size_only=size_only)

    async def is_anothers(path: VPath, found: Located | None) -> bool:
        other = compared.numbered.get(key(path.name))
        if found is None:
            return other is not None or await is_promised(target, path)
        return other is not None and await is_same(other, found)

    return await place_beside(
        target,
        there.path.parent / (compared.goals or compared.names)[-1],
        source,
        is_same=is_same,
        is_promised=is_anothers,
    )


def _met(compared: Compared, decision: Decision) -> Step:
    names = compared.names
    size = (compared.source and compared.source.entry.size) or 0
    match decision.verdict:
        case Decided.OVERWRITE:
            return Step(Act.OVERWRITE, names, size)
        case Decided.SKIP:
            return Step(Act.SKIP, names, reason=decision.reason)
        case Decided.ASK:
            return Step(Act.ASK, names, reason=decision.reason)
        case _:
            return Step(Act.FAIL, names, reason=decision.reason)
