"""Keys in turn: the next one is looked at when the last one has had its effect.

Textual hands a key to whatever has the focus when the key arrives, and an action that
opens a dialog or moves the focus takes a few messages more. Of keys typed in a burst
(`/name`, or F8 and `y`) the second would still go to the pane, where letters are
actions. After one that enters a folder it would mean a row of the folder left; one that
can mean no row (Tab, the help, to quit) does not wait for those of the new one.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any

from textual import events
from textual.message_pump import MessagePump

InTurn = events.Key | events.Paste

_ROUNDS = 2  # a key's action may post messages, and those may open a screen
_LONGEST = 0.25  # seconds that a busy widget holds the next key up
_LONGEST_WAY = 2.0  # likewise a folder; after 0.15 s a pane says that it loads instead
_LONGEST_START = 20.0  # likewise the drive, without which no key can count


class TypeAhead:
    """Holds keys back while the last one is still having its effect.

    Args:
        hand_on: does with a key what is done with keys.
        pumps: returns where a key can have an effect now: focus, screen, app.
        arrived: waits for the rows that the last key asked for, if it did.
        about_rows: whether a key may be about them.
        failed: gets what nobody foresaw of a key that was held back; where none was,
            it is raised to whoever gave it.
    """

    def __init__(
        self,
        hand_on: Callable[[InTurn], Awaitable[None]],
        pumps: Callable[[], Iterable[MessagePump]],
        arrived: Callable[[], Coroutine[Any, Any, None]],
        about_rows: Callable[[InTurn], bool],
        *,
        failed: Callable[[Exception], None],
    ) -> None:
        self._hand_on = hand_on
        self._pumps = pumps
        self._arrived = arrived
        self._about_rows = about_rows
        self._failed = failed
        self._came = asyncio.Event()
        self._waiting: deque[InTurn] = deque()
        self._busy = False
        self._settling: asyncio.Task[None] | None = None
        self._longest_way = _LONGEST_WAY

    def hold(self) -> None:
        """Hold all keys back until there are rows that they could be about, at the start."""
        self._busy = True
        self._longest_way = _LONGEST_START
        self._settling = asyncio.create_task(self._settle())

    async def take(self, event: InTurn) -> None:
        """Hand a key on now, or when those before it have had their effect."""
        if self._busy:
            self._waiting.append(event)
            self._came.set()
            return
        self._busy = True
        try:
            await self._hand_on(event)
        finally:
            self._settling = asyncio.create_task(self._settle())

    async def _settle(self) -> None:
        try:
            while True:
                await self._all_caught_up()
                await self._rows_for_next()
                if not self._waiting:
                    return
                await self._all_caught_up()  # what came may have opened a dialog
                await self._hand_on(self._waiting.popleft())
        except Exception as error:  # noqa: BLE001 - nobody waits for this task
            self._failed(error)
        finally:
            self._busy = False

    async def _rows_for_next(self) -> None:
        """Wait for the rows, unless the next key is not about them."""
        arriving = asyncio.create_task(self._arrived())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._longest_way):
                    while not arriving.done():
                        if self._waiting and not self._about_rows(self._waiting[0]):
                            return
                        await self._next_or(arriving)
            self._longest_way = _LONGEST_WAY
        finally:
            arriving.cancel()

    async def _next_or(self, arriving: asyncio.Task[None]) -> None:
        """Wait until there is another key, or the rows are there."""
        self._came.clear()
        coming = asyncio.create_task(self._came.wait())
        try:
            await asyncio.wait((arriving, coming), return_when=asyncio.FIRST_COMPLETED)
        finally:
            coming.cancel()

    async def _all_caught_up(self) -> None:
        for _ in range(_ROUNDS):
            for pump in self._pumps():
                await _caught_up(pump)


async def _caught_up(pump: MessagePump) -> None:
    """Wait until a widget has dealt with what was sent to it before."""
    done = asyncio.Event()
    # `call_later` would look at the function's signature each time.
    if not pump.post_message(events.Callback(callback=done.set)):
        return  # it has gone
    try:
        async with asyncio.timeout(_LONGEST):
            await done.wait()
    except TimeoutError:
        return
