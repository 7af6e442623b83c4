"""The queue panel: every transfer a line, however many there are."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, ClassVar, cast

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message
from textual.strip import Strip

from acd_tui.printable import printable
from acd_tui.transfers.model import Priority, QueueSnapshot, Running, State, Transfer
from acd_tui.ui.format import (
    LOCAL,
    STATE_SIGNS,
    fit,
    fit_end,
    progress_bar,
    right,
    short_size,
    show_place,
)
from acd_tui.ui.widgets.bar import Bar
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.status_bar import queue_pieces
from acd_tui.ui.widgets.transfer_rows import TransferRows, fetch, lengths_of
from acd_tui.units import show_duration, show_rate

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_FETCH_SECONDS = 0.15  # between two looks at the rows
_LOOKS = {
    State.DONE: "queue--done",
    State.SKIPPED: "queue--done",
    State.FAILED: "queue--failed",
    State.CONFLICT: "queue--conflict",
    State.WAITING: "queue--conflict",
}
_PRIORITIES = {int(level): f"{level.name.lower()} priority" for level in Priority}


class TransferTable(LineList):
    """Draws the transfers in sight; the panel hands it what is known of them."""

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
    }

    class Scrolled(Message):
        """Other rows are in sight, maybe some that were not fetched yet."""

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, TransferTable.Scrolled)

    class Opened(Message):
        """A row was double-clicked."""

    def __init__(self) -> None:
        super().__init__()
        self.rows = TransferRows()

    @property
    def row_count(self) -> int:
        return len(self.rows)

    @property
    def current(self) -> Transfer | None:
        return self.rows.get(self.cursor)

    def show(self, rows: TransferRows) -> None:
        """Show the queue as it is now, with the cursor on the transfer it was on."""
        current = self.current
        self.rows = rows
        if current is not None and self.cursor > 0:
            index = rows.index_of(current.id)
            if index is not None:
                self.cursor = index
        self.cursor = max(0, min(self.cursor, len(rows) - 1))
        self._set_top(self.top)
        self.refresh()

    def show_progress(self, snapshot: QueueSnapshot) -> None:
        """Draw the running transfers again with what is known of them now."""
        running = {each.transfer.id: each for each in snapshot.running}
        self.rows = dataclasses.replace(self.rows, running=running)
        for index in range(self.top, min(self.top + self.page, self.rows.lengths[0])):
            self.refresh_row(index)

    def _set_top(self, top: int) -> bool:
        moved = super()._set_top(top)
        if moved:
            self.post_message(self.Scrolled())
        return moved

    def row_clicked(self, index: int, event: events.Click) -> None:  # noqa: ARG002 - the cursor is there
        if event.chain == 2:
            self.post_message(self.Opened())

    def draw_blank(self, line: int, width: int) -> Strip:
        if len(self.rows) or line:
            return Strip.blank(width, self.base)
        style = self.base + self.style_of("queue--notice")
        text = fit_end("  Nothing here yet: F5 copies what is marked", width)
        return Strip([Segment(text, style)], width)

    def draw_row(self, index: int, width: int) -> Strip:
        base = self.base
        if index == self.cursor and self.has_focus:
            base += self.style_of("queue--cursor")
        transfer = self.rows.get(index)
        if transfer is None:
            return Strip([Segment("  …", base)]).adjust_cell_length(width, base)
        running = self.rows.running.get(transfer.id)
        segments = self._draw(transfer, running, width, base)
        return Strip(segments).adjust_cell_length(width, base)

    def _draw(
        self, transfer: Transfer, running: Running | None, width: int, base: Style
    ) -> list[Segment]:
        done = _arrived(transfer, running)
        look = _LOOKS.get(transfer.state)
        sign = base + self.style_of(look or "queue--arrow")
        dim = base + self.style_of("queue--dim")
        arrow = "↓" if transfer.target.filesystem == LOCAL else "↑"
        bar_width = 20 if width >= 110 else 8
        tail_width = max(18, width * 2 // 5)
        name_width = max(8, width - 4 - bar_width - 16 - tail_width)
        segments = [
            Segment(f" {STATE_SIGNS[transfer.state]}", sign),
            Segment(f"{arrow} ", dim),
            Segment(fit(printable(transfer.source.path.name), name_width), base),
            Segment(" ", base),
            *self._bar(transfer, done, bar_width, base),
            Segment(right(_percent(transfer, done), 6), base),
            Segment(right(short_size(transfer.size), 7), dim),
            Segment("  ", base),
        ]
        tail = fit_end(_story(transfer, running), tail_width)
        # Dim on the cursor's colour is hard to read.
        is_dim = look == "queue--done" and base is not self.base
        style = base + self.style_of(look) if look and not is_dim else base
        return [*segments, Segment(tail, style)]

    def _bar(
        self, transfer: Transfer, done: int, width: int, base: Style
    ) -> list[Segment]:
        if transfer.state.is_final and transfer.state is not State.FAILED:
            return [Segment(" " * width, base)]
        full, rest = progress_bar(done / transfer.size if transfer.size else 0, width)
        return [
            Segment(full, base + self.style_of("queue--bar")),
            Segment(rest, base + self.style_of("queue--bar-rest")),
        ]


def _arrived(transfer: Transfer, running: Running | None) -> int:
    """How many bytes of it are there; all of them once they are verified."""
    if transfer.state is State.VERIFYING:
        return transfer.size
    return transfer.done if running is None else running.done


def _percent(transfer: Transfer, done: int) -> str:
    if transfer.state.is_final and transfer.state is not State.FAILED:
        return ""
    return f"{100 * done // transfer.size}%" if transfer.size else ""


def _story(transfer: Transfer, running: Running | None) -> str:
    """What there is to say about a transfer, in a few words."""
    if running is not None and transfer.state is State.RUNNING and running.rate > 0:
        left = (
            f" {show_duration(running.left)} left" if running.left is not None else ""
        )
        return f"{show_rate(running.rate)}{left}"
    if transfer.reason:
        return f"{transfer.state}: {printable(transfer.reason)}"
    if transfer.state is State.DONE:
        return f"done → {show_place(transfer.target)}"
    if transfer.priority and not transfer.state.is_final:
        return f"{transfer.state} · {_PRIORITIES.get(transfer.priority, '')}"
    return str(transfer.state)


class QueuePanel(Vertical):
    """The total, and the table; what the keys in it do."""

    class DetailsAsked(Message):
        """The user wants to know all about a transfer."""

        def __init__(self, transfer: Transfer) -> None:
            super().__init__()
            self.transfer = transfer

    def __init__(self) -> None:
        super().__init__(id="queue")
        self.table = TransferTable()
        self._title = Bar(id="queue-title")
        self._snapshot: QueueSnapshot | None = None
        self._revision = -1
        self._stale = False
        self._fetching = False

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.table

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    @property
    def current(self) -> Transfer | None:
        """The transfer the cursor is on."""
        return self.table.current

    # --- content --------------------------------------------------------------

    def update(self, snapshot: QueueSnapshot) -> None:
        """Show the queue as it is now."""
        self._snapshot = snapshot
        if not self.display:
            return
        self._title.show([(" Queue  ", "strong"), *queue_pieces(snapshot)])
        if snapshot.revision != self._revision:
            self._refetch()
        self.table.show_progress(snapshot)

    def shown(self) -> None:
        """The panel has become visible: what it knew may be long out of date."""
        self._revision = -1
        if self._snapshot is not None:
            self.update(self._snapshot)

    def on_transfer_table_scrolled(self) -> None:
        table = self.table
        in_sight = range(table.top, min(table.top + table.page, table.row_count))
        if any(table.rows.get(index) is None for index in in_sight):
            self._refetch()

    def on_resize(self) -> None:
        self.on_transfer_table_scrolled()

    def _refetch(self) -> None:
        """Fetch the rows in sight, now or right after what is being fetched."""
        self._stale = True
        if not self._fetching:
            self._fetching = True
            self._app.work(self._fetch(), group="queue-rows")

    async def _fetch(self) -> None:
        try:
            while self._stale and self._snapshot is not None:
                self._stale = False
                snapshot, table = self._snapshot, self.table
                # The list may have got shorter than where it was scrolled to.
                total = sum(lengths_of(snapshot.counts))
                first = max(0, min(table.top, total - table.page))
                queue = self._app.session.transfers
                work = fetch(queue, snapshot, first, table.page + 1)
                table.show(await self._app.engine.run(work))
                self._revision = snapshot.revision
                await asyncio.sleep(_FETCH_SECONDS)
        finally:
            self._fetching = False

    # --- actions --------------------------------------------------------------

    def ask(self, question: Callable[[], Coroutine[Any, Any, object]]) -> None:
        """Have the queue do something, and look at it right after."""

        async def ask() -> None:
            await self._app.engine.run(question())
            await self._app.look_at_queue()

        self._app.work(ask(), group="queue-ask")

    def do_pause(self) -> None:
        transfer = self.current
        if transfer is not None:
            queue = self._app.session.transfers
            paused = transfer.state is State.PAUSED
            deed = queue.resume if paused else queue.pause
            self.ask(lambda: deed([transfer.id]))

    def do_pause_all(self) -> None:
        queue = self._app.session.transfers
        held = self._snapshot is not None and self._snapshot.paused
        self.ask(queue.release if held else queue.hold)

    def do_cancel(self) -> None:
        if (transfer := self.current) is not None:
            self.ask(lambda: self._app.session.transfers.cancel([transfer.id]))

    def do_retry(self) -> None:
        if (transfer := self.current) is not None:
            self.ask(lambda: self._app.session.transfers.retry([transfer.id]))

    def do_retry_all(self) -> None:
        self.ask(lambda: self._app.session.transfers.retry(None))

    def do_clear_finished(self) -> None:
        self.ask(self._app.session.transfers.clear_finished)

    def do_details(self) -> None:
        transfer = self.current
        if transfer is None:
            return
        if transfer.state is State.CONFLICT:
            self._app.do("conflicts")
        else:
            self.post_message(self.DetailsAsked(transfer))

    def on_transfer_table_opened(self) -> None:
        self.do_details()

    def do_leave_queue(self) -> None:
        self.screen.set_focus(self._app.browser.active.table)
