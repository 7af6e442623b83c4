"""What begins next: in the order of the queue, or of several jobs in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from acd_tui.transfers.context import Context
from acd_tui.transfers.hand import InHand
from acd_tui.transfers.model import State
from acd_tui.transfers.rows import Row
from acd_tui.transfers.turns import Turns

_AHEAD = 256  # rows read at a time
_SMALL = 64 * 1024
"""Bytes up to which a transfer is made ready before there is a slot for it: what is done
around its bytes takes as long as they do."""


_MOST_OPEN = 256
"""In hand besides those that have a slot, with all that have yet to be recorded."""


class Lanes:
    """One lane for all of the queue, or one for each job that somebody waits for.

    Several lanes share the slots evenly. One that has nothing under way does not wait
    for a slot, so that a job whose drive is dead does not hold up the others.

    Attributes:
        blocked: until when (monotonic) nothing begins with a filesystem.
    """

    def __init__(
        self,
        context: Context,
        hands: Mapping[int, InHand],
        turns: Turns,
        jobs: frozenset[int] | None,
    ) -> None:
        """Begin with nothing read.

        Args:
            context: the queue and the time.
            hands: what is under way, by its id.
            turns: the slots.
            jobs: the only ones of which something begins; None for all.
        """
        self.blocked: dict[str, float] = {}
        self._store = context.store
        self._clock = context.clock
        self._limiter = context.limiter
        self._hands = hands
        self._turns = turns
        self._ready: dict[int | None, deque[Row]] = {}
        self.follow(jobs)

    def follow(self, jobs: frozenset[int] | None) -> bool:
        """Have these jobs begin from now on; say whether that is news."""
        lanes: set[int | None] = {None} if jobs is None else {*jobs}
        news = lanes != set(self._ready)
        if news:
            oldest_first = sorted(lanes, key=lambda lane: lane or 0)
            self._ready = {lane: deque() for lane in oldest_first}
            self._turns.apart = jobs is not None
        return news

    def has(self, job: int) -> bool:
        """Whether something of this job may begin."""
        return None in self._ready or job in self._ready

    def forget(self) -> None:
        """Read again what is queued: its order or its states have changed."""
        # New ones, so that what is being read just now is not added to them.
        self._ready = {lane: deque() for lane in self._ready}

    def found(self, job: int) -> None:
        """Read again, unless what is read is all of a job of which more was found."""
        if not all(
            rows and rows[-1].transfer.job == rows[0].transfer.job == job
            for rows in self._ready.values()
        ):
            self.forget()

    async def next(self) -> Row | None:
        """Return what begins next; None if nothing does now, or it is to be read anew."""
        ready = {}
        for lane in tuple(self._ready):
            if not self._room(lane, _SMALL):
                continue
            rows = await self._filled(lane)
            if rows and self._room(lane, rows[0].transfer.size):
                ready[lane] = rows
        if not ready:
            return None
        lane = min(
            ready,
            key=lambda lane: (
                -ready[lane][0].transfer.priority,
                self._turns.busy(lane),
            ),
        )
        if self._ready.get(lane) is not ready[lane]:
            return None  # what was read meanwhile is not the order any more
        self._ready[lane] = self._ready.pop(lane)  # the last one among equals
        return ready[lane].popleft()

    def _room(self, lane: int | None, size: int) -> bool:
        """Whether one of so many bytes may begin."""
        turns = self._turns
        if turns.busy() < turns.slots or not turns.busy(lane):
            return True
        return (
            size <= _SMALL
            and self._limiter.rate is None
            and turns.busy() < turns.slots + turns.ahead
            and len(self._hands) < _MOST_OPEN + turns.slots
        )

    async def _filled(self, lane: int | None) -> deque[Row] | None:
        """Return a lane with one in front that may begin; None if there is none."""
        rows = self._ready.get(lane)
        if rows is None:
            return None
        if not rows and State.QUEUED in self._store.totals.counts:
            now = self._clock.monotonic()
            blocked = [name for name, end in self.blocked.items() if now < end]
            # One that ends while this is read may be read as it was before.
            known = set(self._hands)
            found = await self._store.waiting(_AHEAD + len(known), blocked, lane)
            rows.extend(row for row in found if row.transfer.id not in known)
        while rows and self._is_blocked(rows[0]):
            rows.popleft()
        return rows or None

    def _is_blocked(self, row: Row) -> bool:
        now = self._clock.monotonic()
        places = (row.transfer.source, row.transfer.target)
        return any(now < self.blocked.get(p.filesystem, now) for p in places)
