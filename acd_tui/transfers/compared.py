"""What a comparison finds out about one name."""

from __future__ import annotations

import asyncio
import enum
from collections.abc import Mapping, Sequence

import msgspec
from msgspec.structs import replace

from acd_tui.errors import AcdError, SignInNeeded, Unreachable
from acd_tui.transfers.planner import collision
from acd_tui.vfs.hashing import Located, known_md5s

Names = tuple[str, ...]
"""From a compared folder down."""


class Verdict(enum.Enum):
    """What two sides have of one name; the values are rclone's marks."""

    SAME = "="
    DIFFERS = "*"
    SOURCE_ONLY = "+"
    TARGET_ONLY = "-"
    UNKNOWN = "!"  # could not be compared


class Why(enum.Enum):
    """What is behind a verdict, for those who have to act on it."""

    CONTENT = enum.auto()
    CLASH = enum.auto()  # a file on one side, something else on the other
    LEFT_OUT = enum.auto()  # a link or a device, which is never copied
    COLLISION = enum.auto()  # the target would take its name for another one's
    UNKNOWN_MD5 = enum.auto()  # of one side, so that nobody can tell
    TROUBLE = enum.auto()  # a folder could not be listed, a file not be read


class Compared(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about one name.

    Attributes:
        names: from the compared folders down, as the source has them if it has any.
        verdict: what it came to.
        source: the file or folder there, if there is one.
        target: likewise.
        why: behind any verdict but `SAME` and those of one side only.
        reason: the same for the user, one sentence.
        whole: of a folder on one side only, told after all it holds: whether nothing
            in it was left out.
        goals: the names that a copy gets at the target, where they are others.
        numbered: of what differs, what the same folder of the source has for names like
            `a (2)`, by what the target tells names apart by.
    """

    names: Names
    verdict: Verdict
    source: Located | None = None
    target: Located | None = None
    why: Why | None = None
    reason: str | None = None
    whole: bool = False
    goals: Names | None = None
    numbered: Mapping[str, Located] = msgspec.field(default_factory=dict)

    @property
    def is_folder(self) -> bool:
        """Whether it is about a folder as such."""
        side = self.source or self.target
        return self.verdict in _ONE_SIDED and side is not None and side.entry.is_folder

    def of_twin(self) -> Compared:
        """Return it for a file whose place at the target another one of the source has."""
        source, target = self.source, self.target
        if self.verdict is not Verdict.DIFFERS or source is None or target is None:
            return self
        return replace(
            self,
            verdict=Verdict.UNKNOWN,
            target=None,
            why=Why.COLLISION,
            reason=collision(source.path, target.entry.name),
        )


_ONE_SIDED = {Verdict.SOURCE_ONLY, Verdict.TARGET_ONLY}
_Md5 = str | AcdError | None


async def md5s_of(
    pairs: Sequence[tuple[object, Located, Located]], *, at_a_time: int
) -> list[tuple[_Md5, _Md5]]:
    """Find out the MD5s of both sides of pairs of files; see `verify.known_md5s`."""
    sides = [pair[1] for pair in pairs], [pair[2] for pair in pairs]
    ours, theirs = await asyncio.gather(
        *(known_md5s(side, at_a_time=at_a_time) for side in sides)
    )
    return list(zip(ours, theirs, strict=True))


def by_md5(same: Compared, one: _Md5, other: _Md5) -> Compared:
    """Tell what the MD5s of two files of one size tell.

    Args:
        same: what they come to if these are the same.
        one: the MD5 of the source, None if it is not known, or why it is not.
        other: likewise of the target.

    Raises:
        SignInNeeded: a side cannot be used any more.
        Unreachable: likewise.
    """
    for md5 in (one, other):
        if isinstance(md5, SignInNeeded | Unreachable):
            raise md5
        if isinstance(md5, AcdError):
            unknown, why, reason = Verdict.UNKNOWN, Why.TROUBLE, md5.message
            return replace(same, verdict=unknown, why=why, reason=reason)
    if one is None or other is None:
        reason = "one side does not know its MD5"
        return replace(
            same, verdict=Verdict.UNKNOWN, why=Why.UNKNOWN_MD5, reason=reason
        )
    if one == other:
        return same
    return replace(
        same, verdict=Verdict.DIFFERS, why=Why.CONTENT, reason="the MD5s differ"
    )
