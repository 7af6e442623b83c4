"""A transfer while a worker has it in hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from acd_tui.errors import AcdError
from acd_tui.transfers.context import Context
from acd_tui.transfers.holder import Let
from acd_tui.transfers.metered import Metered
from acd_tui.transfers.model import Running
from acd_tui.transfers.progress import Rate, time_left
from acd_tui.transfers.rows import Applied, Change, Row
from acd_tui.transfers.turns import Turn
from acd_tui.vfs.filesystem import FileSystem

_SOON = 0.05  # real seconds after which a step that goes on is recorded by itself


class InHand:
    """Records a worker's steps and knows how far it is.

    Attributes:
        row: as it was when it was taken.
        transfer: as last recorded.
        md5: under which an interrupted write may keep something.
        task: what carries it; set by whoever starts it.
        source: where from, once both sides are known to be usable.
        target: where to, likewise.
        started: whether its task has begun.
        letting_go: whether it was asked to stop.
        trouble: why a step could not be recorded.
        recording: whether its bytes are done with and only its end is to be recorded.
        moved: told about bytes that moved.
        limiter: what bytes that are to move wait for.
    """

    task: asyncio.Task[None]

    def __init__(
        self, row: Row, context: Context, turn: Turn, moved: Callable[[int], None]
    ) -> None:
        self.row = row
        self.transfer = row.transfer
        self.md5 = row.md5
        self.source: FileSystem | None = None
        self.target: FileSystem | None = None
        self.started = False
        self.recording = False
        self.letting_go = False
        self.moved = moved
        self.limiter = context.limiter
        self.trouble: AcdError | None = None
        self._turn = turn
        self._store = context.store
        self._clock = context.clock
        self._metered: Metered | None = None
        self._rate = Rate(context.clock.monotonic())
        self._mentioned: list[Change] = []
        self._due: asyncio.TimerHandle | None = None
        self._flushing: asyncio.Task[None] | None = None
        self._claimed = False

    @property
    def id(self) -> int:
        return self.transfer.id

    @property
    def done(self) -> int:
        return self.transfer.done if self._metered is None else self._metered.done

    async def take_turn(self) -> None:
        await self._turn.take()

    @property
    def had_turn(self) -> bool:
        """Whether it had a slot, or has it."""
        return self._turn.came.is_set()

    @property
    def waits(self) -> bool:
        """Whether it is ready and waits for a slot."""
        return self._turn.waits

    def end_turn(self) -> None:
        self._turn.end()

    def is_ending(self, job: int | None) -> bool:
        """Whether it is of that job, if one is named, and only its end is left."""
        return self.recording and job in {None, self.transfer.job}

    def meter(self, metered: Metered) -> None:
        self._metered = metered
        self._rate = Rate(self._clock.monotonic(), metered.done)

    def mention(self, change: Change) -> None:
        """Record a step soon, or together with the next one."""
        self._mentioned.append(change)
        if self._due is not None:
            self._due.cancel()
        self._due = asyncio.get_running_loop().call_later(_SOON, self._begin_flush)

    def _begin_flush(self) -> None:
        self._flushing = asyncio.create_task(self._flush())

    async def _flush(self) -> None:
        if self._mentioned:
            try:
                await self._apply()
            except AcdError as error:
                self.trouble = error

    async def tell(self, change: Change) -> None:
        self.md5 = change.keep.get("md5", self.md5)
        try:
            applied = await self.apply(change)
        except AcdError as error:
            self.trouble = error
            raise Let from error
        if applied is None or not applied.accepted:
            raise Let

    async def apply(self, change: Change) -> Applied | None:
        """Record a step, with those that were mentioned before."""
        self._mentioned.append(change)
        return await self._apply()

    async def _apply(self) -> Applied | None:
        changes, self._mentioned = self._mentioned, []
        now = self._clock.now()
        applied = await self._store.apply(self.transfer, changes, now)
        if applied is not None:
            self.transfer = applied.transfer
            self._claimed = self._claimed or applied.accepted
        return applied

    async def settle(self) -> None:
        """Wait until nothing is being recorded any more."""
        if self._due is not None:
            self._due.cancel()
        if self._flushing is not None:
            await self._flushing

    def let_go(self) -> None:
        """Have the worker stop, if it has not finished moving bytes."""
        if not self.recording and not self.letting_go:
            self.letting_go = True
            if self.started:  # a task cancelled before that would not even begin
                self.task.cancel()

    @property
    def claimed(self) -> bool:
        """Whether it is on disk that this transfer is in hand."""
        return self._claimed

    def running(self) -> Running:
        """Say how far it is now."""
        done = self.done
        rate = self._rate.sample(self._clock.monotonic(), done)
        left = time_left(self.transfer.size - done, rate)
        began = 0 if self._metered is None else self._metered.began
        return Running(
            transfer=self.transfer, done=done, rate=rate, left=left, began=began
        )
