"""How fast the queue was over the last minutes, to be drawn."""

from __future__ import annotations

from collections import deque

from acd_tui.transfers.model import QueueSnapshot

_EVERY = 1.0  # seconds between two samples
_KEPT = 240


class RateHistory:
    """Samples of bytes a second, of all transfers together and of each that runs."""

    def __init__(self) -> None:
        self.whole: deque[float] = deque(maxlen=_KEPT)
        self._single: dict[int, deque[float]] = {}
        self._due = 0.0

    def saw(self, snapshot: QueueSnapshot, now: float) -> None:
        """Take a sample, if the last one is long enough ago."""
        if now < self._due:
            return
        self._due = now + _EVERY
        self.whole.append(snapshot.rate if snapshot.running else 0.0)
        single = {}
        for each in snapshot.running:
            samples = self._single.get(each.transfer.id) or deque(maxlen=_KEPT)
            samples.append(each.rate)
            single[each.transfer.id] = samples
        self._single = single

    def of(self, transfer: int) -> deque[float] | None:
        """The samples of a transfer that runs; None if it does not."""
        return self._single.get(transfer)
