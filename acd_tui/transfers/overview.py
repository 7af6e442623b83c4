"""The queue in a few numbers, as of now."""

from __future__ import annotations

import threading
from typing import NamedTuple

from acd_tui.clock import Clock
from acd_tui.transfers.model import QueueSnapshot, Running, State
from acd_tui.transfers.progress import Rate, time_left
from acd_tui.transfers.steps import ARRIVED
from acd_tui.transfers.store import Totals

_LOST = frozenset({State.FAILED, State.CANCELLED})


class _Past(NamedTuple):
    """What had arrived when there was nothing left to do."""

    number: int = 0
    size: int = 0


class Overview:
    """Makes snapshots; from any thread, each time with what it saw before in mind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sampling = threading.Lock()
        self._past = _Past()
        self._rate = Rate(clock.monotonic())
        self._files = Rate(clock.monotonic())

    def snapshot(
        self,
        totals: Totals,
        running: tuple[Running, ...],
        *,
        moved: int | None,
        slots: int,
        bandwidth: int | None,
        blocked: frozenset[str] = frozenset(),
    ) -> QueueSnapshot:
        """Return the queue as it is now.

        Args:
            totals: as last read.
            running: what workers have in hand.
            moved: bytes that moved, if it is this process that moves them.
            slots: how many files move at a time.
            bandwidth: bytes a second that may move; None for any number.
            blocked: filesystems that cannot be used now.
        """
        with self._sampling:
            size = sum(n for state, n in totals.sizes.items() if state not in _LOST)
            done = sum(n for state, n in totals.sizes.items() if state in ARRIVED)
            past = self._history(totals, done)
            size, done = size - past.size, done - past.size
            done = min(size, done + _begun(totals, running))
            count = done if moved is None else moved
            now = self._clock.monotonic()
            rate = self._rate.sample(now, count)
            ended = sum(n for state, n in totals.counts.items() if state.is_final)
            files = self._files.sample(now, ended)
            unended = sum(totals.counts.values()) - ended
        return QueueSnapshot(
            counts=totals.counts,
            unlisted=totals.unlisted,
            past=past.number,
            past_size=past.size,
            size=size,
            done=done,
            rate=rate,
            left=_left(time_left(size - done, rate), time_left(unended, files)),
            running=running,
            planning=totals.planning,
            paused=totals.held,
            here=moved is not None,
            revision=totals.revision,
            draining=totals.draining,
            slots=slots,
            bandwidth=bandwidth,
            blocked=blocked,
        )

    def _history(self, totals: Totals, done: int) -> _Past:
        """Return what had arrived when the queue was last empty, unless cleared."""
        number = sum(totals.counts.get(state, 0) for state in ARRIVED)
        idle = not totals.planning and all(s.is_final for s in totals.counts)
        if idle or number < self._past.number or done < self._past.size:
            self._past = _Past(number, done) if idle else _Past()
        return self._past


def _begun(totals: Totals, running: tuple[Running, ...]) -> int:
    """Return how much has arrived of what is not whole."""
    # What one that goes on had got is in the totals until it is recorded that it does.
    again = sum(
        one.transfer.arrived for one in running if not one.transfer.state.is_active
    )
    return totals.kept - again + sum(one.done for one in running)


def _left(by_size: float | None, by_number: float | None) -> float | None:
    """Seconds that are left; of many small files their number says more than their size."""
    known = [left for left in (by_size, by_number) if left is not None]
    return None if by_size is None else max(known)
