"""What is said of single transfers: why they wait, how they ended, what befell them."""

from __future__ import annotations

import time

from acd_tui.printable import printable
from acd_tui.transfers.model import (
    Job,
    Place,
    Priority,
    QueueSnapshot,
    Running,
    State,
    Transfer,
)
from acd_tui.transfers.states import Event
from acd_tui.transfers.story import StoryLine
from acd_tui.ui.format import LOCAL, fit_start, sentence, show_place
from acd_tui.units import show_duration, show_rate

_DAY = 86_400
_PRIORITIES = {int(level): f"{level.name.lower()} priority" for level in Priority}
_EVENTS = {
    Event.SEND: "tried again",
    Event.CLASH: "something else is at the target",
    Event.FAIL: "failed",
    Event.NO_ROOM: "failed: no room",
    Event.EXHAUST: "failed, and is not tried any more",
    Event.BACK_OFF: "did not work, to be tried again",
    Event.POSTPONE: "could not go on",
    Event.INTERRUPT: "interrupted",
    Event.PAUSE: "paused",
    Event.RESUME: "resumed",
    Event.CANCEL: "cancelled",
    Event.RETRY: "queued again",
    Event.DECIDE: "decided what to do about it",
}


def clock(moment: float, now: float, *, seconds: bool = False) -> str:
    """A time of day; with the date, if that is another one than today's."""
    try:
        then, today = time.localtime(moment), time.localtime(now)
    except (OverflowError, ValueError, OSError):
        return "?"
    hours = time.strftime("%H:%M:%S" if seconds else "%H:%M", then)
    if then[:3] == today[:3]:
        return hours
    day = "%m-%d" if abs(now - moment) < 300 * _DAY else "%Y-%m-%d"
    return f"{time.strftime(day, then)} {hours}"


def average(transfer: Transfer) -> float | None:
    """Bytes a second of the attempt that brought it; None where that says nothing."""
    if (
        transfer.state is not State.DONE
        or not transfer.started
        or not transfer.finished
    ):
        return None
    seconds = transfer.finished - transfer.started
    return (transfer.size - transfer.resumed) / seconds if seconds > 0.2 else None


def is_moving(transfer: Transfer, running: Running | None) -> bool:
    """Whether bytes of it are on their way, as far as is known."""
    return (
        running is not None
        and running.rate > 0
        and transfer.state is State.RUNNING
        and not is_sent(running)
    )


def when_of(transfer: Transfer, running: Running | None, now: float) -> str:
    """When it ended, how long it takes, or when it goes on, in at most 12 cells."""
    if transfer.finished is not None and transfer.state.is_final:
        return clock(transfer.finished, now)
    if transfer.state is State.WAITING and transfer.wake is not None:
        return f"in {show_duration(max(0.0, transfer.wake - now))}"
    if running is not None and running.left is not None and running.rate > 0:
        return "" if is_sent(running) else f"{show_duration(running.left)} left"
    return ""


def is_sent(running: Running) -> bool:
    """Whether all of it is on its way, and what came of it is not known yet."""
    transfer = running.transfer
    return (
        transfer.target.filesystem != LOCAL
        and transfer.state is State.RUNNING
        and running.done >= transfer.size
    )


def tail_of(
    transfer: Transfer,
    running: Running | None,
    queue: QueueSnapshot | None,
    now: float,
    *,
    room: int,
) -> str:
    """What there is to say about a transfer, in a few words; of a path the end."""
    state = transfer.state
    if running is not None and is_sent(running):
        return "sent · waits for the answer"
    if running is not None and state is State.RUNNING and running.rate > 0:
        left = "" if running.left is None else f" {show_duration(running.left)} left"
        return f"{show_rate(running.rate)}{left}"
    if state is State.WAITING:
        return f"waiting: {_until(transfer, now)}"
    if transfer.reason:
        return f"{state}: {printable(transfer.reason)}"
    if state is State.DONE:
        return "done → " + fit_start(where_it_goes(transfer), room - len("done → "))
    parts = [str(state)]
    if transfer.priority and not state.is_final:
        parts.append(_PRIORITIES.get(transfer.priority, ""))
    if queue is not None and (reason := why(transfer, queue, now)):
        parts.append(reason)
    return " · ".join(parts)


def where_it_goes(transfer: Transfer) -> str:
    """Where it is then: the folder, and the name where that is another one."""
    source, target = transfer.source.path, transfer.target.path
    same = source.name == target.name
    return show_place(
        Place(transfer.target.filesystem, target.parent if same else target)
    )


def why(transfer: Transfer, queue: QueueSnapshot, now: float) -> str:
    """Say why a transfer does not move now; nothing if it does or never will."""
    match transfer.state:
        case State.QUEUED:
            return _why_queued(transfer, queue)
        case State.WAITING:
            return _until(transfer, now)
        case State.PAUSED:
            return "until it is resumed"
        case State.CONFLICT:
            return "for your decision"
        case _:
            return ""


def _why_queued(transfer: Transfer, queue: QueueSnapshot) -> str:
    sides = (transfer.source.filesystem, transfer.target.filesystem)
    away = [side for side in sides if side in queue.blocked]
    if queue.paused:
        return "the queue is held"
    if queue.draining:
        return "nothing new is started"
    if not queue.here:
        return "another acd-tui runs the queue"
    if away:
        return f"{printable(away[0])} cannot be used now"
    if len(queue.running) >= queue.slots:
        return f"for one of {queue.slots} slots" if queue.slots > 1 else "for its turn"
    return ""


def _until(transfer: Transfer, now: float) -> str:
    reason = printable(transfer.reason or "")
    if transfer.wake is None:
        return reason
    left = transfer.wake - now
    again = (
        f"again at {clock(transfer.wake, now, seconds=True)}"
        if left > 0
        else "again now"
    )
    return f"{again} · {reason}" if reason else again


def verified(transfer: Transfer) -> str:
    """Say how it is known to be there; nothing if it is not."""
    match transfer.state:
        case State.DONE:
            return "verified: what arrived has the MD5 of what was sent"
        case State.SKIPPED:
            return "not sent: " + printable(transfer.reason or "nothing was to be done")
        case _:
            return ""


def told(line: StoryLine, now: float) -> str:
    """Write a line of a story."""
    words = _EVENTS.get(line.event, str(line.event.value))
    if line.reason:
        words += f": {printable(line.reason)}"
    return f"{clock(line.at, now, seconds=True)}  {sentence(words)}"


def job_state(job: Job, queue: QueueSnapshot | None) -> str:
    """What a job does, in a word or two."""
    counts = job.counts
    if job.planning:
        sides = (job.request.source, job.request.target)
        away = [side for side in sides if queue is not None and side in queue.blocked]
        return f"waits for {printable(away[0])}" if away else "being looked through"
    for states, word in (
        ([s for s in State if s.is_active], "running"),
        ([State.CONFLICT], "conflicts to decide"),
        ([State.WAITING], "waiting"),
        ([State.QUEUED], "queued"),
        ([State.PAUSED], "paused"),
        ([State.FAILED], "failed"),
        ([State.DONE, State.SKIPPED], "done"),
        ([State.CANCELLED], "cancelled"),
    ):
        if any(counts.get(state) for state in states):
            return word
    return "nothing to do"


def job_rate(job: Job) -> float | None:
    """Bytes a second from its first byte to its end; None where that says nothing."""
    if job.started is None or job.ended is None or not job.done:
        return None
    seconds = job.ended - job.started
    return job.done / seconds if seconds > 0.2 else None
