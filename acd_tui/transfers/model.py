"""The words of the queue: transfer, job, state, conflict policy."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence

import msgspec

from acd_tui.vfs.path import VPath


class State(enum.StrEnum):
    """Where a transfer is in its life; `states.py` says what leads where."""

    QUEUED = "queued"
    CHECKING = "checking"
    RUNNING = "running"
    VERIFYING = "verifying"
    WAITING = "waiting"  # for a time to pass: back-off, or sent and not shown yet
    CONFLICT = "conflict"  # for the user to decide
    PAUSED = "paused"
    DONE = "done"
    SKIPPED = "skipped"  # the same content was there, or the policy said so
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        """Whether nothing more happens unless the user asks."""
        return self in _FINAL

    @property
    def is_active(self) -> bool:
        """Whether a worker has it in hand."""
        return self in _ACTIVE


_FINAL = frozenset({State.DONE, State.SKIPPED, State.FAILED, State.CANCELLED})
_ACTIVE = frozenset({State.CHECKING, State.RUNNING, State.VERIFYING})


SAME_CONTENT = "the same content is there already"
"""Why a transfer is skipped that has nothing to do."""


class Priority(enum.IntEnum):
    """What runs before what."""

    LOWEST = -2
    LOW = -1
    NORMAL = 0
    HIGH = 1
    HIGHEST = 2


class ConflictPolicy(enum.StrEnum):
    """What to do where something else is at the target already."""

    ASK = "ask"
    SKIP = "skip"
    OVERWRITE = "overwrite"
    RENAME = "rename"  # the new one becomes `name (2).ext`
    NEWER = "newer"  # overwrite if the source was changed later, else skip
    FAIL = "fail"


class Place(msgspec.Struct, frozen=True):
    """A path in a named filesystem."""

    filesystem: str
    path: VPath


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which files are meant; `filters.Filter` decides by it.

    Attributes:
        rules: `+ glob` and `- glob`, the first that matches decides.
        min_size: bytes; smaller files are left out.
        max_size: bytes; larger files are left out.
        max_depth: levels; 1 for what lies in the folder itself.
    """

    rules: tuple[str, ...] = ()
    min_size: int | None = None
    max_size: int | None = None
    max_depth: int | None = None


class CopyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How a copy is made.

    Attributes:
        filters: what is copied of a folder.
        size_only: take files of one size for the same.
        no_mtime: let copies be as old as they are, not as their sources.
        attempts: after how many passing troubles a transfer has failed; None for as
            many as is usual.
        move: trash each source when its copy is proven to be there.
        copy_links: take symbolic links of the source for what they lead to.
        planned: copy only what the plan has shown that the job was queued with, and
            only where the target still is what it was then.
    """

    filters: Filters = Filters()
    size_only: bool = False
    no_mtime: bool = False
    attempts: int | None = None
    move: bool = False
    copy_links: bool = False
    planned: bool = False


class CopyRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What one user action asks for: copy these into that folder.

    Attributes:
        source: the filesystem copied from.
        paths: files and folders in it; a folder is copied with all it holds.
        target: the filesystem copied to.
        folder: where to in it; made if missing.
        policy: what to do about conflicts.
        rename: for a single path, the name it gets instead of its own.
        contents: copy what the one folder in `paths` holds, not the folder itself
            (as `rclone copy` does).
        options: how.
    """

    source: str
    paths: Sequence[VPath]
    target: str
    folder: VPath
    policy: ConflictPolicy = ConflictPolicy.ASK
    rename: str | None = None
    contents: bool = False
    options: CopyOptions = CopyOptions()


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One side of a conflict, for the user to look at."""

    size: int | None
    modified_ns: int | None
    md5: str | None
    is_folder: bool = False


class Conflict(msgspec.Struct, frozen=True, kw_only=True):
    """Why a transfer cannot go on by itself."""

    source: Side
    target: Side


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """One file on its way.

    Attributes:
        id: rises with time. Transfers run in the order of their jobs and in a job in that
            of their ids, unless they were moved.
        job: the job it belongs to.
        size: bytes, as planned.
        done: bytes that have arrived, as last recorded; running ones know better
            (`QueueSnapshot.running`).
        attempts: how often it was started.
        reason: why it waits, failed or was skipped, in one sentence.
        hint: what to do about it.
        wake: when it stops waiting, seconds since 1970; None if it does not wait.
        waits_for: the filesystem that it waits for because it cannot be used now.
        finished: when it reached a final state, seconds since 1970.
        since: when it got into its state.
        started: when the bytes of its last attempt began to move.
        resumed: bytes that the last attempt found there and went on from.
        priority: those with a higher one run first.
        conflict: set in state `conflict`.
    """

    id: int
    job: int
    source: Place
    target: Place
    size: int
    state: State
    done: int = 0
    attempts: int = 0
    reason: str | None = None
    hint: str | None = None
    wake: float | None = None
    waits_for: str | None = None
    finished: float | None = None
    since: float | None = None
    started: float | None = None
    resumed: int = 0
    priority: int = Priority.NORMAL
    conflict: Conflict | None = None

    @property
    def arrived(self) -> int:
        """Bytes of it that are at its target, as last recorded.

        What was sent of an upload that has stopped is sent once more, and counts for
        nothing.
        """
        whole = self.state in {State.DONE, State.SKIPPED}
        is_download = self.target.filesystem == "local"
        return self.done if whole or is_download or self.state.is_active else 0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """What one user action queued.

    Attributes:
        planning: whether its folders are still being walked.
        problems: what could not be planned (unreadable folders, names that collide),
            one sentence each.
        left_out: what is never copied (links, devices), likewise.
        counts: how many of its transfers are in which state.
        unlisted: how many of the skipped ones are no transfers by themselves: whole
            folders in which all was there already.
        size: bytes of all its transfers.
        done: bytes of those that are done or skipped.
        exhausted: how many of the failed ones and of the problems may work later; they
            were tried as often as was wanted.
        full: how many of them found no room at the target.
        priority: that what is found of it gets.
        started: when its first bytes began to move, seconds since 1970.
        ended: when the last of it reached a final state; None while it is not over.
    """

    id: int
    request: CopyRequest
    created: float
    planning: bool
    problems: tuple[str, ...]
    left_out: tuple[str, ...] = ()
    counts: Mapping[State, int]
    unlisted: int = 0
    size: int
    done: int
    exhausted: int = 0
    full: int = 0
    priority: int = Priority.NORMAL
    started: float | None = None
    ended: float | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing of it will change without the user."""
        return not self.planning and all(state.is_final for state in self.counts)


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer in a worker's hands, sampled now.

    Attributes:
        done: bytes so far.
        rate: bytes a second over the last moments.
        left: seconds to its end at that rate; None while unknown.
        began: bytes that an earlier attempt left there, from which it went on.
    """

    transfer: Transfer
    done: int
    rate: float
    left: float | None
    began: int = 0


class QueueSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The queue as it is now.

    Attributes:
        counts: transfers by state, finished ones of this queue included.
        unlisted: see `Job`.
        past: how many of the finished ones were so when nothing was left to do last;
            they are history, and neither in `size` nor in `done`.
        past_size: their bytes.
        size: bytes of everything not cancelled or failed.
        done: bytes of it that have arrived, running transfers included.
        rate: bytes a second over the last moments, all transfers together.
        left: seconds until the queue is empty at that rate, or what is under way is done
            if nothing new is begun; None while unknown.
        running: what workers have in hand.
        planning: jobs whose folders are still being walked.
        paused: whether the user holds the whole queue.
        here: whether this process runs the transfers (another may).
        revision: grows with every change, so that an unchanged queue is cheap to see.
        draining: whether nothing new is started until the user says so.
        slots: how many files move at a time.
        bandwidth: bytes a second that all together may take; None if any number.
        blocked: filesystems that cannot be used now, so that nothing of them begins.
    """

    counts: Mapping[State, int]
    unlisted: int = 0
    past: int = 0
    past_size: int = 0
    size: int
    done: int
    rate: float
    left: float | None
    running: tuple[Running, ...]
    planning: int
    paused: bool
    here: bool
    revision: int
    draining: bool = False
    slots: int = 4
    bandwidth: int | None = None
    blocked: frozenset[str] = frozenset()

    @property
    def unfinished(self) -> int:
        """How many transfers have not reached a final state."""
        return sum(n for state, n in self.counts.items() if not state.is_final)


class TransferFinished(msgspec.Struct, frozen=True):
    """Event: a transfer reached a final state."""

    transfer: Transfer


class JobWarned(msgspec.Struct, frozen=True):
    """Event: something that a job will try may well fail; it can still be stopped.

    Attributes:
        job: its id; None if it is about all of them.
        message: what and why, in one sentence.
    """

    job: int | None
    message: str


class JobFinished(msgspec.Struct, frozen=True):
    """Event: the last transfer of a job reached a final state."""

    job: Job
