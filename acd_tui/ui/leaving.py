"""The end of a session: what keeps it, what is waited for, and who may ask for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.worker import WorkerError

from acd_tui.transfers.model import QueueSnapshot, State

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_FAILED = 128  # and the signal's number, as shells have it
_LOOK_SECONDS = 1.0
_LAST_SECONDS = 5.0  # that a change under way gets when the user quits


def when_told(app: AcdApp, leave: Callable[[int], object]) -> None:
    """Leave at SIGTERM, and when the terminal goes away."""
    _on_sigterm(leave)
    _end_with_the_terminal(app)


def _on_sigterm(leave: Callable[[int], object]) -> None:
    """Have `leave` called with an exit code when we are to end; a second time ends us.

    Nothing on Windows, where there is no such signal. A terminal that goes away (SIGHUP)
    has nothing to be left in order, and what is written to it may never return: that
    ends the program at once, which the queue is made for.
    """
    loop, number = asyncio.get_running_loop(), signal.SIGTERM

    def told() -> None:
        loop.remove_signal_handler(number)
        leave(_FAILED + number)

    with contextlib.suppress(NotImplementedError):
        loop.add_signal_handler(number, told)


def _end_with_the_terminal(app: AcdApp) -> None:
    """End the program at once when nobody is at the other end of the terminal any more.

    SIGHUP comes from the terminal that controls us alone; where it is another one, Textual
    would ask it for keys for ever, as fast as it can.
    """
    terminal = sys.__stdin__
    if sys.platform == "win32" or terminal is None or not terminal.isatty():
        return
    poll = select.poll()
    poll.register(terminal.fileno(), 0)

    def look() -> None:
        # Nothing else counts: macOS says POLLNVAL of terminals that are well.
        if any(event & select.POLLHUP for _, event in poll.poll(0)):
            signal.raise_signal(signal.SIGHUP)
            os._exit(_FAILED + signal.SIGHUP)  # that one is ignored here

    app.set_interval(_LOOK_SECONDS, look)


def still_moving(snapshot: QueueSnapshot) -> bool:
    """Whether transfers of this process run or will run without the user."""
    counts = snapshot.counts
    if not snapshot.here:
        return False
    active = sum(n for state, n in counts.items() if state.is_active)
    waiting = counts.get(State.QUEUED, 0) + counts.get(State.WAITING, 0)
    return bool(active or snapshot.planning or (waiting and not snapshot.paused))


async def finish_changes(app: AcdApp) -> None:
    """Give changes that are under way a moment, unless they wait for an answer."""
    under_way = [
        worker
        for worker in app.workers
        if worker.group in {"files", "sync"} and not worker.is_finished
    ]
    if under_way and app.screen is app.browser:
        with contextlib.suppress(TimeoutError, WorkerError):
            async with asyncio.timeout(_LAST_SECONDS):
                await app.workers.wait_for_complete(under_way)
