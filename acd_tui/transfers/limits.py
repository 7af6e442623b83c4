"""How much of the queue runs at a time, and how fast."""

from __future__ import annotations

from collections.abc import Callable

from acd_tui.errors import UsageError
from acd_tui.transfers.controls import Controls
from acd_tui.transfers.store import Store
from acd_tui.units import parse_size

_NO_LIMIT = 0


class Limits:
    """What is set in the queue, and what is set for this process only.

    The latter comes first. What is set in the queue holds for whoever runs the
    transfers, at once and after a restart.
    """

    def __init__(
        self,
        store: Store,
        controls: Controls,
        *,
        slots: int,
        changed: Callable[[], None],
    ) -> None:
        """Take what is set in the queue.

        Args:
            store: the queue.
            controls: writes into it.
            slots: how many files move at a time if nothing is set.
            changed: called when something was set here.
        """
        self._store = store
        self._controls = controls
        self._usual_slots = slots
        self._own_slots: int | None = None
        self._own_bandwidth: int | None = None
        self._changed = changed

    @property
    def slots(self) -> int:
        """How many files move at a time; setting it goes for this process only."""
        return self._own_slots or self._store.totals.slots or self._usual_slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self._own_slots = _checked_slots(slots)
        self._changed()

    @property
    def bandwidth(self) -> int | None:
        """How many bytes a second move; setting it goes for this process only."""
        if self._own_bandwidth is not None:
            return self._own_bandwidth or None
        return self._store.totals.bandwidth

    @bandwidth.setter
    def bandwidth(self, rate: int | None) -> None:
        self._own_bandwidth = _checked_rate(rate) or _NO_LIMIT
        self._changed()

    def set_here(self, slots: int | None, bandwidth: str | None) -> None:
        """Set what the options of a command say, for this process.

        Args:
            slots: None to leave it.
            bandwidth: as `parse_size` reads it; None to leave it.

        Raises:
            UsageError: it cannot be read.
        """
        if slots is not None:
            self.slots = slots
        if bandwidth is not None:
            self.bandwidth = parse_size(bandwidth) or None

    @property
    def set_here_only(self) -> bool:
        """Whether something is set that does not hold if another process runs it."""
        return self._own_slots is not None or self._own_bandwidth is not None

    async def set_slots(self, slots: int | None) -> None:
        """Set in the queue how many files move at a time; None for the usual number.

        Raises:
            UsageError: that would be none.
        """
        await self._controls.limit_slots(
            None if slots is None else _checked_slots(slots)
        )
        self._changed()

    async def set_bandwidth(self, rate: int | None) -> None:
        """Set in the queue how many bytes a second move; None for any number.

        Raises:
            UsageError: that would be none.
        """
        await self._controls.limit_bandwidth(_checked_rate(rate))
        self._changed()


def _checked_slots(slots: int) -> int:
    if slots < 1:
        raise UsageError("there must be at least one transfer at a time")
    return slots


def _checked_rate(rate: int | None) -> int | None:
    if rate is not None and rate < 1:
        raise UsageError("a limit must be at least one byte a second")
    return rate
