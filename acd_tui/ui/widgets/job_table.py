"""The jobs of the queue: each a line, the newest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, cast

import msgspec
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Job, Place, QueueSnapshot, State
from acd_tui.ui.engine import Transfers
from acd_tui.ui.format import (
    count,
    fit,
    fit_end,
    progress_bar,
    right,
    short_size,
    show_place,
)
from acd_tui.ui.queue_words import clock, job_rate, job_state
from acd_tui.ui.widgets.transfer_table import Scrolling
from acd_tui.units import show_rate

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

CHUNK = 50
_ARRIVED = (State.DONE, State.SKIPPED)
_FILES = 14  # cells of `1,204/100,000`


class JobRows(msgspec.Struct, frozen=True):
    """The jobs at one look: how many there are, and the pieces that were fetched."""

    length: int = 0
    chunks: Mapping[int, list[Job]] = msgspec.field(default_factory=dict)

    def get(self, index: int) -> Job | None:
        chunk = self.chunks.get(index // CHUNK, ())
        at = index % CHUNK
        return chunk[at] if index >= 0 and at < len(chunk) else None

    def index_of(self, job: int) -> int | None:
        """The row of a job, if it is among the fetched ones."""
        for number, chunk in self.chunks.items():
            for at, each in enumerate(chunk):
                if each.id == job:
                    return number * CHUNK + at
        return None


async def fetch_jobs(queue: Transfers, *, first: int, count: int) -> JobRows:
    """Fetch some rows; runs beside the session."""
    length = await queue.count_jobs()
    first = max(0, min(first, length - count + 1))
    numbers = range(first // CHUNK, (first + count) // CHUNK + 1)
    chunks = {
        number: await queue.jobs(limit=CHUNK, offset=number * CHUNK)
        for number in numbers
    }
    return JobRows(length, chunks)


class JobTable(Scrolling):
    """Draws the jobs in sight."""

    HEADER_LINES: ClassVar[int] = 1

    def __init__(self) -> None:
        super().__init__()
        self.rows = JobRows()
        self._moving: dict[int, int] = {}
        self._snapshot: QueueSnapshot | None = None

    def do_mark(self) -> None:
        raise AcdError("jobs are not marked; Enter shows the transfers of one")

    do_mark_up = do_mark_down = do_range = do_range_unmark = do_mark
    do_mark_all = do_invert = do_mark

    def show_progress(self, snapshot: QueueSnapshot) -> None:
        """Draw again with the bytes of running transfers as they are now."""
        self._snapshot = snapshot
        moving: dict[int, int] = {}
        for each in snapshot.running:
            job = each.transfer.job
            moving[job] = moving.get(job, 0) + each.done
        if moving != self._moving:
            self._moving = moving
            self.refresh()

    @property
    def row_count(self) -> int:
        return self.rows.length

    def has_row(self, index: int) -> bool:
        return self.rows.get(index) is not None

    @property
    def current(self) -> Job | None:
        return self.rows.get(self.cursor)

    def show(self, rows: JobRows) -> None:
        """Show the jobs as they are now, with the cursor on the one it was on."""
        current, self.rows = self.current, rows
        if current is not None and self.cursor > 0:
            index = rows.index_of(current.id)
            self.cursor = self.cursor if index is None else index
        self.cursor = max(0, min(self.cursor, rows.length - 1))
        self._set_top(self.top)
        self.refresh()

    def draw_header(self, line: int, width: int) -> Strip:  # noqa: ARG002 - there is but one
        style = self.base + self.style_of("queue--dim")
        name, bar, size, _ = _widths(width)
        text = (
            f" {'Job':>4}  {fit_end('What', name)} {' ' * bar}{'':>6}{'Files':>{_FILES}}"
            f"{right('Size', size)}  State"
        )
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)

    def draw_blank(self, line: int, width: int) -> Strip:
        text = (
            ""
            if line or self.row_count
            else "       No job yet: F5 copies what is marked"
        )
        style = self.base + self.style_of("queue--notice")
        return Strip([Segment(fit_end(text, width), style)], width)

    def draw_row(self, index: int, width: int) -> Strip:
        base = self.base
        if index == self.cursor and self.has_focus:
            base += self.style_of("queue--cursor")
        job = self.rows.get(index)
        if job is None:
            return Strip([Segment("  …", base)]).adjust_cell_length(width, base)
        return Strip(self._draw(job, width, base)).adjust_cell_length(width, base)

    def _draw(self, job: Job, width: int, base: Style) -> list[Segment]:
        dim = self.ink(base, "queue--dim")
        name, bar, size, tail = _widths(width)
        done = min(job.size, job.done + self._moving.get(job.id, 0))
        full, rest = progress_bar(done / job.size if job.size else 0.0, bar)
        percent = f"{100 * done // job.size}%" if job.size else ""
        if job.ended is not None:
            full, rest, percent = "", " " * bar, ""
        arrived = sum(job.counts.get(state, 0) for state in _ARRIVED)
        number = f"{arrived:,}/{sum(job.counts.values()):,}"
        return [
            Segment(f" {job.id:>4}  ", dim),
            Segment(fit(_what(job), name), base),
            Segment(" ", base),
            Segment(full, self.ink(base, "queue--bar")),
            Segment(rest, self.ink(base, "queue--bar-rest")),
            Segment(right(percent, 6), base),
            Segment(right(number, _FILES), base),
            Segment(right(short_size(job.size), size), dim),
            Segment("  ", base),
            Segment(
                fit_end(self._tail(job), tail),
                base if base.reverse else base + self._look(job),
            ),
        ]

    def _tail(self, job: Job) -> str:
        text = job_state(job, self._snapshot)
        if failed := job.counts.get(State.FAILED):
            text = f"{failed:,} failed"
        if job.ended is not None:
            now = cast("AcdApp", self.app).clock.now()
            text += f" · {clock(job.ended, now)}"
        if same := job.counts.get(State.SKIPPED):
            text += f" · {same:,} same"  # the list of transfers need not hold them
        if (rate := job_rate(job)) is not None:
            text += f" · {show_rate(rate)}"
        if job.problems:
            text += f" · {count(len(job.problems), 'problem')}"
        return text

    def _look(self, job: Job) -> Style:
        if job.counts.get(State.FAILED) or job.problems:
            return self.style_of("queue--failed")
        if job.counts.get(State.CONFLICT) or job.counts.get(State.WAITING):
            return self.style_of("queue--conflict")
        return self.style_of("queue--done") if job.ended is not None else Style()


def _widths(width: int) -> tuple[int, int, int, int]:
    """The cells of what, bar, size and state."""
    bar, size = (10, 8) if width >= 100 else (0, 0)
    tail = max(20, width * 28 // 100)
    return max(8, width - 16 - bar - _FILES - size - tail), bar, size, tail


def _what(job: Job) -> str:
    request = job.request
    name = printable(request.paths[0].name or "/") if request.paths else ""
    if more := len(request.paths) - 1:
        name += f" and {more:,} more"
    verb = "Move" if request.options.move else "Copy"
    return f"{verb} {name} → {show_place(Place(request.target, request.folder))}"
