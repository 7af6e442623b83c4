"""What of the queue is meant by who presses a key."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from acd_tui.transfers.model import Job, Place, Priority, State, Transfer

_PAUSABLE = frozenset(
    state
    for state in State
    if state.is_active or state in {State.QUEUED, State.WAITING}
)


class Chosen(msgspec.Struct, frozen=True):
    """What of a list of the queue is meant: what is marked, or else what the cursor is on.

    Attributes:
        transfer: the cursor is on it.
        whole_job: the cursor is on that instead.
        marked: the numbers of the transfers that are marked; None where none is.
    """

    transfer: Transfer | None = None
    whole_job: Job | None = None
    marked: frozenset[int] | None = None

    @property
    def one(self) -> Transfer | Job | None:
        """What the cursor is on."""
        return self.transfer or self.whole_job

    @property
    def ids(self) -> list[int] | None:
        """The numbers of the transfers; None for all of the job."""
        if self.marked is not None:
            return sorted(self.marked)
        return None if self.transfer is None else [self.transfer.id]

    @property
    def job(self) -> int | None:
        """The job's number, if all of it is meant."""
        return None if self.whole_job is None else self.whole_job.id

    @property
    def priority(self) -> int:
        return Priority.NORMAL if self.one is None else self.one.priority

    @property
    def is_paused(self) -> bool:
        """Whether pausing what the cursor is on can only mean to go on with it."""
        if self.transfer is not None:
            return rest([self.transfer.state])
        counts = {} if self.whole_job is None else self.whole_job.counts
        return rest(state for state, number in counts.items() if number)

    @property
    def source(self) -> Place:
        """Where it comes from; of a job, the first of what it was asked for."""
        if self.transfer is not None:
            return self.transfer.source
        assert self.whole_job is not None
        request = self.whole_job.request
        return Place(request.source, request.paths[0])

    @property
    def target(self) -> Place:
        """Where it goes to."""
        if self.transfer is not None:
            return self.transfer.target
        assert self.whole_job is not None
        return Place(self.whole_job.request.target, self.whole_job.request.folder)


def rest(states: Iterable[State]) -> bool:
    """Whether pausing transfers in these states can only mean to go on with them."""
    found = set(states)
    return State.PAUSED in found and not found & _PAUSABLE
