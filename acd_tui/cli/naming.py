"""Names each transfer that ends, whichever process carries it out."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import TYPE_CHECKING

from acd_tui.cli.places import show_place
from acd_tui.transfers.model import Transfer, TransferFinished

if TYPE_CHECKING:
    from acd_tui.session.core import Session

_LOOK_SECONDS = 1.0
# What ended earlier may be recorded later: those of so many seconds are read again.
_OVERLAP = 5.0


@contextlib.asynccontextmanager
async def naming(
    session: Session, job: int | None, say: Callable[[str], None]
) -> AsyncIterator[None]:
    """Name meanwhile what ends of a job; of the whole queue if it is None."""
    names = _Names(session, job, say)
    with session.bus.subscribed(TransferFinished, names.heard):
        following = asyncio.ensure_future(names.follow())
        try:
            yield
            await names.look()
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)


class _Names:
    """Hears of what ends here, and looks for what ended elsewhere."""

    def __init__(
        self, session: Session, job: int | None, say: Callable[[str], None]
    ) -> None:
        self._transfers = session.transfers
        self._job = job
        self._say = say
        # All that ever ended of a job, it being new.
        self._since = session.clock.now() if job is None else 0.0
        self._told: set[tuple[int, float]] = set()
        self._elsewhere = False

    def heard(self, event: TransferFinished) -> None:
        if self._job in {None, event.transfer.job}:
            self._tell(event.transfer)

    async def follow(self) -> None:
        while True:
            await self.look()
            await asyncio.sleep(_LOOK_SECONDS)

    async def look(self) -> None:
        """Name what has ended elsewhere, up to the moment when that became here."""
        was, self._elsewhere = self._elsewhere, not self._transfers.snapshot().here
        if not (was or self._elsewhere):
            return
        for transfer in await self._transfers.ended(self._since, job=self._job):
            self._tell(transfer)
        latest = max((finished for _, finished in self._told), default=0.0)
        self._since = max(self._since, latest - _OVERLAP)
        self._told = {each for each in self._told if each[1] >= self._since}

    def _tell(self, transfer: Transfer) -> None:
        key = (transfer.id, transfer.finished or 0.0)
        if key not in self._told:
            self._told.add(key)
            why = f" ({transfer.reason})" if transfer.reason else ""
            self._say(f"{transfer.state.value}: {show_place(transfer.target)}{why}")
