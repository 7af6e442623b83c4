"""The transfers of the queue: each a line, however many there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, NamedTuple, cast

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip

from acd_tui.printable import printable
from acd_tui.transfers.model import QueueSnapshot, Running, State, Transfer
from acd_tui.ui.format import (
    LOCAL,
    STATE_SIGNS,
    fit,
    fit_end,
    fit_start,
    progress_bar,
    right,
    short_size,
)
from acd_tui.ui.queue_words import is_moving, tail_of, when_of, where_it_goes
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.transfer_marks import AllIds, TransferMarks
from acd_tui.ui.widgets.transfer_rows import TransferRows
from acd_tui.units import show_rate

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_LOOKS = {
    State.DONE: "queue--done",
    State.SKIPPED: "queue--done",
    State.FAILED: "queue--failed",
    State.CONFLICT: "queue--conflict",
    State.WAITING: "queue--conflict",
}


_WIDE = 150
"""From so many cells on, a row says where each goes to, not only what is done."""


class Widths(NamedTuple):
    """The cells of the columns of a row; the others are always as wide."""

    name: int
    bar: int
    when: int
    tail: int
    to: int


def widths(width: int) -> Widths:
    """Share out a row."""
    bar, when = (14, 14) if width >= 110 else (8, 0)
    tail = max(18, min(29, width * 2 // 5), width * 3 // 10)
    to = 0
    if width >= _WIDE:
        tail, to = 32, width // 4
    return Widths(max(8, width - 4 - bar - 16 - when - tail - to), bar, when, tail, to)


class Scrolling(LineList):
    """A list of the queue whose rows are fetched when they come in sight."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "queue--cursor",
        "queue--bar",
        "queue--bar-rest",
        "queue--dim",
        "queue--done",
        "queue--failed",
        "queue--conflict",
        "queue--arrow",
        "queue--notice",
        "queue--mark",
    }
    DEFAULT_CSS = """
    Scrolling {
        height: 1fr;
        background: $background;
        & > .queue--cursor { background: $pane-cursor; text-style: $cursor-style; }
        & > .queue--bar { color: $primary; }
        & > .queue--bar-rest { color: $pane-line; }
        & > .queue--dim { color: $pane-dim; }
        & > .queue--done { color: $pane-dim; }
        & > .queue--failed { color: $error; }
        & > .queue--conflict { color: $warning; }
        & > .queue--arrow { color: $primary; }
        & > .queue--notice { color: $pane-dim; }
        & > .queue--mark { color: $pane-mark; text-style: bold; }
    }
    """

    class Scrolled(Message):
        """Other rows are in sight, maybe some that were not fetched yet."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Scrolling.Scrolled)

    class Resized(Message):
        """More rows may be in sight than when some were last fetched."""

    class Opened(Message):
        """A row was double-clicked."""

    class Moved(Message):
        """The cursor is on another row."""

    def has_row(self, index: int) -> bool:
        """Whether a row was fetched."""
        raise NotImplementedError

    @property
    def has_gaps(self) -> bool:
        """Whether rows are in sight that were not fetched."""
        in_sight = range(self.top, min(self.top + self.page, self.row_count))
        return not all(map(self.has_row, in_sight))

    def _set_top(self, top: int) -> bool:
        moved = super()._set_top(top)
        if moved:
            self.post_message(self.Scrolled())
        return moved

    def on_resize(self) -> None:  # Textual calls that of the base class as well
        self.post_message(self.Resized())

    def cursor_moved(self) -> None:
        self.post_message(self.Moved())

    def row_clicked(self, index: int, event: events.Click) -> None:  # noqa: ARG002 - the cursor is there
        if event.chain == 2:
            self.post_message(self.Opened())


class TransferTable(Scrolling):
    """Draws the transfers in sight; its owner hands it what is known of them.

    Attributes:
        marks: which transfers are marked, these and others.
        notice: what is said where there are none.
        has_new: whether what is queued from now on appears here.
        of_running: whether what would run now appears here, and nothing else.
    """

    MARK_CELLS: ClassVar[int] = 1

    class Marked(Message):
        """Other transfers are marked now."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TransferTable.Marked)

    def __init__(self, all_ids: AllIds) -> None:
        """Make it; `all_ids` finds the numbers of all transfers of the list."""
        super().__init__()
        self.marks = TransferMarks(
            lambda finding: self._app.work(finding, group="marks"),
            all_ids,
            self._marks_changed,
        )
        self.rows = TransferRows()
        self.notice = "Nothing here yet: F5 copies what is marked"
        self.has_new = True
        self.of_running = False
        self.is_loading = False
        self._followed: int | None = None
        self._missed: int | None = None
        self._snapshot: QueueSnapshot | None = None

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    @property
    def _now(self) -> float:
        return self._app.clock.now()

    @property
    def row_count(self) -> int:
        return len(self.rows)

    def has_row(self, index: int) -> bool:
        return self.rows.get(index) is not None

    @property
    def current(self) -> Transfer | None:
        return self.rows.get(self.cursor)

    def follow(self) -> None:
        """Keep the cursor on the transfer it is on, also at the top."""
        self._followed = None if self.current is None else self.current.id

    def cursor_moved(self) -> None:
        self._followed = self._missed = None
        if self.marks.is_on:
            self.follow()  # what a range reaches to stays its end
            self.marks.reach(self.rows, self.cursor)
        super().cursor_moved()

    def forget(self) -> None:
        """Others will be shown: begin at their first, and show nothing till then."""
        self.marks.end()
        self._missed = None
        self.rows, self.cursor, self.top = TransferRows(), 0, 0
        self.is_loading = True
        self.refresh()

    def show(self, rows: TransferRows) -> None:
        """Show the queue as it is now, with the cursor on the transfer it was on."""
        current = self._missed or (self.current and self.current.id)
        self.rows, self.is_loading = rows, False
        # At the top it stays there: what begins to run comes in sight.
        if current and (self.cursor > 0 or current == self._followed):
            index = rows.index_of(current)
            # What was going from one section to the next was perhaps seen in neither.
            self._missed = current if index is None and not self._missed else None
            if index is not None:
                self.cursor = index
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self._set_top(self.top)
        self.refresh()

    def show_progress(self, snapshot: QueueSnapshot) -> None:
        """Draw the running transfers again with what is known of them now."""
        self._snapshot = snapshot
        running = {each.transfer.id: each for each in snapshot.running}
        self.rows = msgspec.structs.replace(self.rows, running=running)
        for index in range(self.top, min(self.top + self.page, self.rows.lengths[0])):
            self.refresh_row(index)

    # --- marking ----------------------------------------------------------------

    def _marks_changed(self) -> None:
        self.refresh()
        self.post_message(self.Marked())

    def _mark(self, step: int) -> None:
        if self.current is not None:
            self.marks.toggle(self.current.id)
            self.move_to(self.cursor + step)

    def do_mark(self) -> None:
        self._mark(1)

    def do_mark_down(self) -> None:
        self._mark(1)

    def do_mark_up(self) -> None:
        self._mark(-1)

    def do_range(self, *, unmark: bool = False) -> None:
        if self.marks.is_on:
            self.marks.end()
        elif self.current is not None:
            self.marks.begin(self.current, self.cursor, unmark=unmark)
            self.follow()

    def do_range_unmark(self) -> None:
        self.do_range(unmark=True)

    def do_mark_all(self) -> None:
        self._app.work(self.marks.mark_all(), group="marks")

    def do_invert(self) -> None:
        self._app.work(self.marks.mark_all(invert=True), group="marks")

    def on_line_list_mark_asked(self, message: LineList.MarkAsked) -> None:
        message.stop()
        if message.since is None:
            self._mark(0)
            return
        start = self.rows.get(message.since)
        if start is not None:
            self.marks.end()
            self.marks.begin(start, message.since, unmark=False)
            self.marks.reach(self.rows, self.cursor)
            self.marks.end()

    # --- drawing ----------------------------------------------------------------

    def draw_blank(self, line: int, width: int) -> Strip:
        if len(self.rows) or line:
            return Strip.blank(width, self.base)
        style = self.base + self.style_of("queue--notice")
        notice = "Looking…" if self.is_loading else self._why_empty()
        text = fit_end(f"    {notice}", width)  # below the names
        return Strip([Segment(text, style)], width)

    def _why_empty(self) -> str:
        """Say why there is nothing here: what is queued may still be looked through."""
        queue = self._snapshot
        if queue is None:
            return self.notice
        comes = queue.planning > 0 and self.has_new
        if queue.paused and (
            comes or (self.of_running and (queue.unfinished or queue.planning))
        ):
            return f"The queue is held: {self._app.key_of('pause_all')} releases it"
        return "What is to be copied is being looked through" if comes else self.notice

    def draw_row(self, index: int, width: int) -> Strip:
        base = self.base
        if index == self.cursor and self.has_focus:
            base += self.style_of("queue--cursor")
        transfer = self.rows.get(index)
        if transfer is None:
            return Strip([Segment("  …", base)]).adjust_cell_length(width, base)
        running = self.rows.running.get(transfer.id)
        if running is not None:  # which is of this moment, and the row may be older
            transfer = running.transfer
        segments = self._draw(transfer, running, width, base)
        return Strip(segments).adjust_cell_length(width, base)

    def _draw(
        self, transfer: Transfer, running: Running | None, width: int, base: Style
    ) -> list[Segment]:
        done = _arrived(transfer, running)
        look = _LOOKS.get(transfer.state)
        sign = self.ink(base, look or "queue--arrow")
        dim = self.ink(base, "queue--dim")
        arrow = "↓" if transfer.target.filesystem == LOCAL else "↑"
        room = widths(width)
        marked = transfer.id in self.marks
        segments = [
            Segment("●", self._mark_look(base)) if marked else Segment(" ", base),
            Segment(STATE_SIGNS[transfer.state], sign),
            Segment(f"{arrow} ", dim),
            *self._name_and_progress(transfer, done, room, base),
            Segment(right(short_size(transfer.size), 7), dim),
            Segment(right(when_of(transfer, running, self._now), room.when), dim),
            Segment("  ", base),
        ]
        return [*segments, *self._tail(transfer, running, room, base)]

    def _tail(
        self, transfer: Transfer, running: Running | None, room: Widths, base: Style
    ) -> list[Segment]:
        """What there is to say; where there is room, where it goes to as well."""
        look = _LOOKS.get(transfer.state)
        # Dim on the cursor's colour is hard to read.
        is_dim = look == "queue--done" and base is not self.base
        style = self.ink(base, look) if look and not is_dim else base
        tail = room.tail
        words = tail_of(transfer, running, self._snapshot, self._now, room=tail)
        if room.when and is_moving(transfer, running):
            assert running is not None
            words = show_rate(running.rate)  # what is left has its own column
        if not room.to:
            return [Segment(fit_end(words, tail), style)]
        if transfer.state is State.DONE and not transfer.reason:
            words = str(transfer.state)  # where it is has its own column
        if cell_len(words) >= tail:  # a reason matters more than the place
            return [Segment(fit_end(words, tail + room.to), style)]
        where = fit_start(where_it_goes(transfer), room.to)
        dim = base if base is not self.base else self.ink(base, "queue--dim")
        return [Segment(fit_end(words, tail), style), Segment(where, dim)]

    def _mark_look(self, base: Style) -> Style:
        return base + self.style_of("queue--mark")

    def _name_and_progress(
        self, transfer: Transfer, done: int, room: Widths, base: Style
    ) -> list[Segment]:
        """A name, and a bar; of what is over the name takes the bar's room as well."""
        name = printable(transfer.source.path.name)
        look = self._mark_look(base) if transfer.id in self.marks else base
        if transfer.state.is_final and transfer.state is not State.FAILED:
            return [Segment(fit(name, room.name + 1 + room.bar + 6), look)]
        part = done / transfer.size if transfer.size else 0
        full, rest = progress_bar(part, room.bar)
        percent = f"{100 * done // transfer.size}%" if transfer.size else ""
        return [
            Segment(fit(name, room.name) + " ", look),
            Segment(full, self.ink(base, "queue--bar")),
            Segment(rest, self.ink(base, "queue--bar-rest")),
            Segment(right(percent, 6), base),
        ]


def _arrived(transfer: Transfer, running: Running | None) -> int:
    """How many bytes of it are there; all of them once they are verified."""
    if transfer.state is State.VERIFYING:
        return transfer.size
    return transfer.arrived if running is None else running.done


class TransferList(TransferTable):
    """The same with the names of its columns above."""

    HEADER_LINES: ClassVar[int] = 1

    def draw_header(self, line: int, width: int) -> Strip:  # noqa: ARG002 - there is but one
        style = self.base + self.style_of("queue--dim")
        room = widths(width)
        when = f"{'When':>{room.when}}" if room.when else ""
        text = (
            f"    {fit_end('Name', room.name)} {' ' * room.bar}{'':>6}{'Size':>7}{when}"
            "  "
        )
        text += fit_end("State", room.tail) + ("To" if room.to else "")
        return Strip([Segment(text, style)]).adjust_cell_length(width, style)
