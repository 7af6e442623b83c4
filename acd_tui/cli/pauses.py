"""What a command does while somebody pauses what it carries out."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from acd_tui.transfers.model import State

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.model import QueueSnapshot

_LOOK_SECONDS = 0.3

PAUSED = (
    "paused from elsewhere; `acd-tui queue resume --all` goes on"
    " (Ctrl-C leaves the rest in the queue)"
)


class Pauses:
    """Tells pauses that came meanwhile, to be waited for, from those that were there.

    Nobody looks after a command that waits for what was paused before it began.
    """

    def __init__(self, session: Session, job: int | None) -> None:
        """Look for pauses of a job, or of the whole queue."""
        self._transfers = session.transfers
        self._job = job
        self._before: tuple[bool, int] = (False, 0)

    async def begin(self) -> None:
        """Note what is paused now; who has a job has just written to the queue."""
        new = self._job is not None
        queue = self._transfers.snapshot() if new else await self._transfers.look()
        counts, _ = await self._counts(queue)
        stopped = queue.paused or queue.draining
        self._before = (stopped, counts.get(State.PAUSED, 0))

    async def any(self) -> bool:
        """Whether something waits that was paused since."""
        was_stopped, were_paused = self._before
        if self._job is not None and (await self._transfers.job(self._job)).finished:
            return False
        queue = await self._transfers.look()
        counts, planning = await self._counts(queue)
        paused = counts.get(State.PAUSED, 0)
        left = planning or were_paused < sum(
            n
            for state, n in counts.items()
            if not state.is_final and state is not State.CONFLICT
        )
        stopped = (queue.paused or queue.draining) and not was_stopped
        return bool(left) and (stopped or paused > were_paused)

    async def outlast(
        self, wait: Callable[[], Awaitable[object]], tell: Callable[[str], None]
    ) -> None:
        """Wait for an end that is no pause."""
        while True:
            await wait()
            if not await self.any():
                return
            tell(PAUSED)
            while await self.any():  # noqa: ASYNC110 - another process ends it
                await asyncio.sleep(_LOOK_SECONDS)

    async def _counts(self, queue: QueueSnapshot) -> tuple[dict[State, int], bool]:
        """Return how many are in which state, and whether more are to be found."""
        if self._job is None:
            return dict(queue.counts), bool(queue.planning)
        job = await self._transfers.job(self._job)
        return dict(job.counts), job.planning
