"""The end of a session: what keeps it, what is waited for, and who may ask for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from textual.worker import WorkerError

from acd_tui.transfers.model import QueueSnapshot, State
from acd_tui.ui.format import count

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_FAILED = 128  # and the signal's number, as shells have it
_LOOK_SECONDS = 1.0
_LAST_SECONDS = 5.0  # that a change under way gets when the user quits


def when_told(app: AcdApp, leave: Callable[[int], object]) -> None:
    """Leave at SIGTERM and SIGHUP, and end when the terminal goes away."""
    if sys.platform == "win32":
        return  # where there are no such signals
    is_gone = _terminal_is_gone()
    _on(signal.SIGTERM, is_gone, leave)
    # Not where it is ignored, as by nohup.
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        _on(signal.SIGHUP, is_gone, leave)

    # SIGHUP comes from the terminal that controls us alone; where it is another one,
    # Textual would ask it for keys for ever, as fast as it can.
    app.set_interval(_LOOK_SECONDS, lambda: is_gone() and _end())


def _on(
    number: signal.Signals,
    is_gone: Callable[[], bool],
    leave: Callable[[int], object],
) -> None:
    """Have `leave` called with an exit code when we are to end; a second time ends us."""
    loop = asyncio.get_running_loop()

    def told() -> None:
        loop.remove_signal_handler(number)
        if is_gone():
            _end()
        leave(_FAILED + number)

    loop.add_signal_handler(number, told)


def _terminal_is_gone() -> Callable[[], bool]:
    """Return what says whether nobody is at the other end of the terminal any more."""
    terminal, poll = sys.__stdin__, select.poll()
    if terminal is not None and terminal.isatty():
        poll.register(terminal.fileno(), 0)
    # Nothing else counts: macOS says POLLNVAL of terminals that are well.
    return lambda: any(event & select.POLLHUP for _, event in poll.poll(0))


def _end() -> NoReturn:
    """End at once, which the queue is made for.

    A terminal that has gone away has nothing to be left in order, and what is written
    to it may never return.
    """
    asyncio.get_running_loop().remove_signal_handler(signal.SIGHUP)
    signal.raise_signal(signal.SIGHUP)
    os._exit(_FAILED + signal.SIGHUP)  # that one is ignored here


def still_moving(snapshot: QueueSnapshot) -> bool:
    """Whether transfers of this process run or will run without the user."""
    counts = snapshot.counts
    if not snapshot.here:
        return False
    active = sum(n for state, n in counts.items() if state.is_active)
    waiting = counts.get(State.QUEUED, 0) + counts.get(State.WAITING, 0)
    return bool(active or snapshot.planning or (waiting and not snapshot.paused))


class Outcome:
    """Counts what is done since the program began, for who finds it at its end."""

    def __init__(self) -> None:
        self._before: QueueSnapshot | None = None
        self._done = 0

    def saw(self, snapshot: QueueSnapshot) -> None:
        """Take in how the queue is now; what is cleared away meanwhile stays counted."""
        before, self._before = self._before or snapshot, snapshot
        more = snapshot.counts.get(State.DONE, 0) - before.counts.get(State.DONE, 0)
        self._done += max(0, more)

    def told(self, snapshot: QueueSnapshot) -> str:
        """Say why the program ended that was to do so when the queue was empty."""
        of = snapshot.counts.get
        rest = snapshot.unfinished - of(State.CONFLICT, 0) + snapshot.planning
        parts = [f"{rest:,} left in the queue" if rest else "the queue is empty"]
        if self._done:
            parts.append(f"{count(self._done, 'file')} copied")
        if failed := of(State.FAILED, 0):
            parts.append(f"{failed:,} failed")
        if conflicts := of(State.CONFLICT, 0):
            parts.append(f"{count(conflicts, 'conflict')} to decide")
        return f"acd-tui: {', '.join(parts)}; quit as asked"


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
