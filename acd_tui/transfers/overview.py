"""The queue in a few numbers, as of now."""

from __future__ import annotations

import threading

from acd_tui.clock import Clock
from acd_tui.transfers.model import QueueSnapshot, Running, State
from acd_tui.transfers.progress import Rate, time_left
from acd_tui.transfers.steps import ARRIVED
from acd_tui.transfers.store import Totals

_LOST = frozenset({State.FAILED, State.CANCELLED})


class Overview:
    """Makes snapshots; from any thread, each time with what it saw before in mind."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sampling = threading.Lock()
        self._here = True
        self._rate = Rate(clock.monotonic())
        self._files = Rate()

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
            size, done = size - totals.past_size, done - totals.past_size
            done = min(size, done + _begun(totals, running))
            count = done if moved is None else moved
            now = self._clock.monotonic()
            if self._here != (moved is not None):
                self._here = moved is not None
                self._rate = Rate(now, 0 if self._here else count)
            rate = self._rate.sample(now, count)
            ended = sum(n for state, n in totals.counts.items() if state.is_final)
            files = self._files.sample(now, ended)
            rest, number = size - done, sum(totals.counts.values()) - ended
            if totals.draining and running:  # the others are not begun
                rest = sum(max(0, one.transfer.size - one.done) for one in running)
                number = len(running)
        return QueueSnapshot(
            counts=totals.counts,
            unlisted=totals.unlisted,
            past=totals.past,
            past_size=totals.past_size,
            size=size,
            done=done,
            rate=rate,
            left=_left(time_left(rest, rate), time_left(number, files)),
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
