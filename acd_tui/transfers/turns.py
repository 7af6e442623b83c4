"""Whose bytes move: as many at a time as there are slots, in the order in which they ask.

What goes before (a look at both sides, a note in the queue) and after (what came of it)
needs no slot, so that a long line is never without a request for want of the next.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable

_MOMENT = 0.05  # real seconds; to make one ready takes less, also where that is shared
_WHILE = 0.2  # real seconds, within which all that move may end together
_FEWEST, _LAST = 8, 64  # that tell how fast it goes


class Turns:
    """Counts what is in hand and what moves, by job.

    Attributes:
        slots: how many may move at a time.
        apart: whether each job has a slot of its own besides, lest one whose drive is
            dead holds up the others.
    """

    def __init__(self, slots: int, freed: Callable[[], None]) -> None:
        """Begin with nothing in hand.

        Args:
            slots: see above.
            freed: called when one needs no slot any more.
        """
        self.slots = slots
        self.apart = False
        self._freed = freed
        self._in_hand: Counter[int] = Counter()
        self._moving: Counter[int] = Counter()
        self._waiting: deque[Turn] = deque()
        self._moved: deque[float] = deque(maxlen=_LAST)  # when, monotonic

    def busy(self, job: int | None = None) -> int:
        """How many are in hand, of one job or all, that have yet to be moved."""
        return self._in_hand.total() if job is None else self._in_hand[job]

    @property
    def moving(self) -> int:
        """How many move."""
        return self._moving.total()

    @property
    def ahead(self) -> int:
        """How many are to be made ready now: those whose turn comes in a moment.

        Over a long line they go and come back together. So for each slot there is one if
        all of them are free again in a while.
        """
        moved = self._moved
        if len(moved) < _FEWEST:
            return 0  # it is not known how fast it goes
        passed = max(_MOMENT, time.monotonic() - moved[0])  # clocks may stand still
        rate = len(moved) / passed
        return max(int(rate * _MOMENT), min(self.slots, int(rate * _WHILE)))

    def begin(self, job: int) -> Turn:
        """Take one of a job in hand."""
        self._in_hand[job] += 1
        return Turn(self, job)

    def offer(self) -> None:
        """Let those go on for whom there is room."""
        stay: list[Turn] = []
        while self._waiting and (self.apart or not stay):
            turn = self._waiting.popleft()
            if not self._go_on(turn):
                stay.append(turn)
        self._waiting.extendleft(reversed(stay))

    def _go_on(self, turn: Turn) -> bool:
        room = self.moving < self.slots
        if not room and not (self.apart and not self._moving[turn.job]):
            return False
        self._moving[turn.job] += 1
        turn.came.set()
        return True

    def ask(self, turn: Turn) -> None:
        """Note that one is ready to move."""
        self._waiting.append(turn)
        self.offer()

    def end(self, turn: Turn) -> None:
        """Note that one needs no slot any more."""
        if turn.came.is_set():
            self._moving[turn.job] -= 1
            self._moved.append(time.monotonic())
        elif turn in self._waiting:
            self._waiting.remove(turn)
        self._in_hand[turn.job] -= 1
        if not self._in_hand[turn.job]:
            del self._in_hand[turn.job], self._moving[turn.job]
        self.offer()
        self._freed()


class Turn:
    """The part of one transfer in that.

    Args:
        turns: all of them.
        job: whose transfer it is.
    """

    def __init__(self, turns: Turns, job: int) -> None:
        self._turns, self.job = turns, job
        self.came = asyncio.Event()
        self._asked = self._over = False

    @property
    def waits(self) -> bool:
        """Whether it has asked and has yet to get one."""
        return self._asked and not self.came.is_set()

    async def take(self) -> None:
        """Wait until the bytes may move; once they may, they may again."""
        if not self._asked:
            self._asked = True
            self._turns.ask(self)
        await self.came.wait()

    def end(self) -> None:
        """Need no slot any more, whether there was one or not."""
        if not self._over:
            self._over = True
            self._turns.end(self)
