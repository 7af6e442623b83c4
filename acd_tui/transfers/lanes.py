"""What begins next: in the order of the queue, or of several jobs in turn."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping

from acd_tui.clock import Clock
from acd_tui.transfers.hand import InHand
from acd_tui.transfers.model import State
from acd_tui.transfers.rows import Row
from acd_tui.transfers.store import Store

_AHEAD = 256  # rows read at a time


class Lanes:
    """One lane for all of the queue, or one for each job that somebody waits for.

    Several lanes share the slots evenly. One that has nothing under way does not wait
    for a slot, so that a job whose drive is dead does not hold up the others.

    Attributes:
        blocked: until when (monotonic) nothing begins with a filesystem.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        hands: Mapping[int, InHand],
        jobs: frozenset[int] | None,
    ) -> None:
        """Begin with nothing read.

        Args:
            store: the queue.
            clock: the time.
            hands: what is under way, by its id.
            jobs: the only ones of which something begins; None for all.
        """
        self.blocked: dict[str, float] = {}
        self._store = store
        self._clock = clock
        self._hands = hands
        self._ready: dict[int | None, deque[Row]] = {}
        self.follow(jobs)

    def follow(self, jobs: frozenset[int] | None) -> bool:
        """Have these jobs begin from now on; say whether that is news."""
        lanes: set[int | None] = {None} if jobs is None else {*jobs}
        news = lanes != set(self._ready)
        if news:
            oldest_first = sorted(lanes, key=lambda lane: lane or 0)
            self._ready = {lane: deque() for lane in oldest_first}
        return news

    def has(self, job: int) -> bool:
        """Whether something of this job may begin."""
        return None in self._ready or job in self._ready

    def forget(self) -> None:
        """Read again what is queued: its order or its states have changed."""
        # New ones, so that what is being read just now is not added to them.
        self._ready = {lane: deque() for lane in self._ready}

    async def next(self, slots: int) -> Row | None:
        """Return what begins next; None if nothing does now, or it is to be read anew.

        Args:
            slots: how many may be under way.
        """
        ready = {}
        for lane in tuple(self._ready):
            room = self._busy() < slots or not self._busy(lane)
            if room and (rows := await self._filled(lane)):
                ready[lane] = rows
        if not ready:
            return None
        lane = min(
            ready,
            key=lambda lane: (-ready[lane][0].transfer.priority, self._busy(lane)),
        )
        if self._ready.get(lane) is not ready[lane]:
            return None  # what was read meanwhile is not the order any more
        self._ready[lane] = self._ready.pop(lane)  # the last one among equals
        return ready[lane].popleft()

    def _busy(self, lane: int | None = None) -> int:
        """How many are under way of a lane."""
        return sum(
            not hand.recording and lane in {None, hand.transfer.job}
            for hand in self._hands.values()
        )

    async def _filled(self, lane: int | None) -> deque[Row] | None:
        """Return a lane with one in front that may begin; None if there is none."""
        rows = self._ready.get(lane)
        if rows is None:
            return None
        if not rows and State.QUEUED in self._store.totals.counts:
            now = self._clock.monotonic()
            blocked = [name for name, end in self.blocked.items() if now < end]
            limit = _AHEAD + len(self._hands)
            found = await self._store.waiting(limit, blocked, lane)
            rows.extend(row for row in found if row.transfer.id not in self._hands)
        while rows and self._is_blocked(rows[0]):
            rows.popleft()
        return rows or None

    def _is_blocked(self, row: Row) -> bool:
        now = self._clock.monotonic()
        places = (row.transfer.source, row.transfer.target)
        return any(now < self.blocked.get(p.filesystem, now) for p in places)
