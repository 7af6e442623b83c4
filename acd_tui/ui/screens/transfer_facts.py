"""All that is known of a transfer or a job, as lines with a label."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich.cells import cell_len, chop_cells
from textual.content import Content

from acd_tui.printable import printable
from acd_tui.transfers.model import (
    Job,
    Place,
    QueueSnapshot,
    Running,
    State,
    Transfer,
)
from acd_tui.transfers.story import StoryLine
from acd_tui.ui.format import count, exact_size, sentence, show_place, sparkline
from acd_tui.ui.queue_words import (
    average,
    clock,
    job_rate,
    job_state,
    told,
    verified,
    why,
)
from acd_tui.units import show_duration, show_rate, show_size

_LABEL = 10  # cells
_SPARKS = 40
_MOST_PATHS = 3


class Fact(NamedTuple):
    """One line.

    Attributes:
        label: what it is about; empty for one that goes on.
        text: printable.
        look: a colour of the theme; empty for the usual one.
    """

    label: str
    text: str
    look: str = ""


def as_content(facts: Sequence[Fact], width: int) -> Content:
    """Write facts below each other, in lines of at most `width` cells."""
    lines = []
    for label, text, look in facts:
        for number, line in enumerate(_wrapped(text, max(20, width - _LABEL))):
            head = "" if number else label
            lines.append(
                Content.assemble((f"{head:<{_LABEL}}", "$pane-dim"), (line, look))
            )
    return Content("\n").join(lines)


def _wrapped(text: str, width: int) -> list[str]:
    """Break text between words; a word without an end is cut."""
    lines = [""]
    for word in text.split(" "):
        joined = f"{lines[-1]} {word}" if lines[-1] else word
        if cell_len(joined) <= width:
            lines[-1] = joined
            continue
        lines += chop_cells(word, width)
    return lines if lines[0] or len(lines) == 1 else lines[1:]


def transfer_facts(
    transfer: Transfer,
    queue: QueueSnapshot,
    now: float,
    *,
    story: Sequence[StoryLine] = (),
    rates: Sequence[float] = (),
) -> list[Fact]:
    """Say all that is known of a transfer, what matters most first."""
    running = {each.transfer.id: each for each in queue.running}.get(transfer.id)
    facts = [Fact("State", _state(transfer, queue, now), _look(transfer.state))]
    if running is not None and not transfer.state.is_final:
        facts.append(Fact("Pace", _pace(running, rates), "$primary"))
    if transfer.hint:
        facts.append(Fact("Hint", sentence(printable(transfer.hint))))
    if words := verified(transfer):
        facts.append(Fact("Content", sentence(words)))
    facts += [
        Fact("From", show_place(transfer.source)),
        Fact("To", show_place(transfer.target)),
        Fact("Size", exact_size(transfer.size)),
        Fact("Attempts", _attempts(transfer, running, now)),
        Fact("Number", f"{transfer.id}, of job {transfer.job}"),
    ]
    lines = [told(line, now) for line in reversed(story)]
    facts += [Fact("" if n else "Story", line) for n, line in enumerate(lines)]
    return facts


def _state(transfer: Transfer, queue: QueueSnapshot, now: float) -> str:
    text = sentence(str(transfer.state))
    if transfer.since is not None:
        word = "at" if transfer.state.is_final else "since"
        text += f" {word} {clock(transfer.since, now, seconds=True)}"
    if reason := why(transfer, queue, now):
        text += f" · {reason}"
    elif transfer.reason and transfer.state is not State.SKIPPED:
        text += f" · {printable(transfer.reason)}"
    if (rate := average(transfer)) is not None:
        text += f" · {show_rate(rate)} on average"
    return text


def _look(state: State) -> str:
    if state is State.FAILED:
        return "$text-error"
    waits = state in {State.WAITING, State.CONFLICT}
    return "$text-warning" if waits else ""


def _pace(running: Running, rates: Sequence[float]) -> str:
    size = running.transfer.size
    text = f"{show_size(running.done)} of {show_size(size)}, {show_rate(running.rate)}"
    if running.left is not None and running.rate > 0 and running.done < size:
        text += f", {show_duration(running.left)} left"
    return f"{text}  {sparkline(rates, min(_SPARKS, len(rates)))}"


def _attempts(transfer: Transfer, running: Running | None, now: float) -> str:
    if not transfer.attempts:
        return "none yet"
    text = f"{transfer.attempts:,}"
    if transfer.started is not None:
        text += f", the last began at {clock(transfer.started, now, seconds=True)}"
    resumed = transfer.resumed if running is None else running.began
    return f"{text} and went on from {show_size(resumed)}" if resumed else text


def job_facts(job: Job, queue: QueueSnapshot, now: float) -> list[Fact]:
    """Say all that is known of a job, what matters most first."""
    request = job.request
    facts = [Fact("State", _job_state(job, queue, now))]
    facts += [Fact("Problem", printable(text), "$text-error") for text in job.problems]
    if words := _history(job):
        facts.append(Fact("Took", words))
    paths = request.paths[:_MOST_PATHS]
    shown = [show_place(Place(request.source, path)) for path in paths]
    if more := len(request.paths) - len(shown):
        shown.append(f"and {more:,} more")
    facts += [Fact("" if n else "From", path) for n, path in enumerate(shown)]
    facts += [
        Fact("To", show_place(Place(request.target, request.folder))),
        Fact("Files", ", ".join(_counted(job)) or "none found yet"),
        Fact("Size", f"{show_size(job.done)} of {show_size(job.size)}"),
        Fact("Queued", f"{clock(job.created, now, seconds=True)}, as job {job.id}"),
    ]
    if job.counts.get(State.DONE):
        facts.append(Fact("Content", "What is done is verified by its MD5"))
    return facts + [Fact("Left out", printable(text)) for text in job.left_out]


def _job_state(job: Job, queue: QueueSnapshot, now: float) -> str:
    text = sentence(job_state(job, queue))
    if job.ended is not None:
        text += f" at {clock(job.ended, now, seconds=True)}"
    return text


def _history(job: Job) -> str:
    if job.started is None or job.ended is None:
        return ""
    text = show_duration(max(0.0, job.ended - job.started))
    rate = job_rate(job)
    return text if rate is None else f"{text}, {show_rate(rate)} on average"


def _counted(job: Job) -> Iterator[str]:
    for state, number in job.counts.items():
        word = count(number, "conflict") if state is State.CONFLICT else ""
        if state is State.SKIPPED and job.unlisted:
            word = f"{number:,} skipped, {job.unlisted:,} of them as whole folders"
        yield word or f"{number:,} {state}"
