"""What changed in a filesystem, as it was learned of."""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Iterable, Sequence

import msgspec

from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath


class ChangeKind(enum.Enum):
    """What became of something."""

    APPEARED = "appeared"
    CHANGED = "changed"  # its content
    MOVED = "moved"  # or renamed
    TRASHED = "trashed"
    RESTORED = "restored"
    VANISHED = "vanished"
    UNKNOWN = "unknown"  # all was read anew: what was before that cannot be told


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Something that became of a file or a folder.

    Attributes:
        number: rises in the order in which changes were learned of.
        kind: what became of it.
        at_ns: when, nanoseconds since 1970 UTC; where nobody says, when it was seen.
        entry: what it concerns, as it was then.
        folder: what it was in then; None where that is not known.
        before: where it was before it moved.
        own: whether this program did it, here.
        parent: the id of the folder.
        inside: how many things in it share its fate and are not listed.
    """

    number: int
    kind: ChangeKind
    at_ns: int
    entry: Entry
    folder: VPath | None
    before: VPath | None = None
    own: bool = False
    parent: str | None = None
    inside: int = 0


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """What changed.

    Attributes:
        changes: the latest first.
        seen: number of the last one that the user was shown; 0 for none.
        seen_at: when that was, seconds since 1970; None for never.
    """

    changes: Sequence[Change]
    seen: int
    seen_at: float | None


_SHARED = frozenset(
    {
        ChangeKind.APPEARED,
        ChangeKind.TRASHED,
        ChangeKind.RESTORED,
        ChangeKind.VANISHED,
    }
)


def folded(changes: Iterable[Change]) -> list[Change]:
    """Leave out what only befell something because it befell the folder it is in."""
    changes = list(changes)
    by_id = {(c.kind, c.entry.id): c for c in changes if c.kind in _SHARED}
    inside: Counter[int] = Counter()
    kept = []
    for change in changes:
        top, passed = change, {change.number}
        while (above := by_id.get((top.kind, top.parent))) is not None:
            if above.number in passed:
                top = change  # folders that lie in each other
                break
            passed.add(above.number)
            top = above
        if top is change:
            kept.append(change)
        else:
            inside[top.number] += 1
    return [
        msgspec.structs.replace(change, inside=inside[change.number])
        if inside[change.number]
        else change
        for change in kept
    ]
