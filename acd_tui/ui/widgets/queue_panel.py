"""The queue panel below the panes: the total, and the table of transfers."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from acd_tui.transfers.model import QueueSnapshot, State, Transfer
from acd_tui.ui.chosen import Chosen
from acd_tui.ui.widgets.bar import Bar
from acd_tui.ui.widgets.row_feed import RowFeed
from acd_tui.ui.widgets.status_bar import queue_pieces, urgent_pieces
from acd_tui.ui.widgets.transfer_marks import TransferMarks
from acd_tui.ui.widgets.transfer_rows import TransferRows, View, fetch, fetch_ids
from acd_tui.ui.widgets.transfer_table import TransferTable

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_TICK_SECONDS = 1.0


class QueueTitle(Bar):
    """The line above the transfers: a click opens their screen, a drag moves it."""

    class Dragged(Message):
        """The panel is to have its top in another line of the screen.

        Attributes:
            top: that line.
            done: whether it stays there.
        """

        def __init__(self, top: int, *, done: bool) -> None:
            super().__init__()
            self.top, self.done = top, done

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, QueueTitle.Dragged) and not message.done

    def __init__(self) -> None:
        super().__init__(id="queue-title")
        self._held = False
        self._moved = False

    def on_mouse_down(self) -> None:
        self._held, self._moved = True, False
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._held and (self._moved or event.screen_y != self.region.y):
            self._moved = True
            self.post_message(self.Dragged(event.screen_y, done=False))

    def on_mouse_up(self, event: events.MouseUp) -> None:
        self._held = False
        self.release_mouse()
        if self._moved:
            self.post_message(self.Dragged(event.screen_y, done=True))

    def on_click(self, event: events.Click) -> None:
        if self._moved:  # the end of a drag is no click, also where a line ends it
            event.prevent_default()


class QueuePanel(Vertical):
    """Shows all of the queue; what is under the cursor is what keys are about."""

    class TitleClicked(Message):
        """The line above the transfers was clicked."""

    def __init__(self) -> None:
        super().__init__(id="queue")
        self.table = TransferTable(self._all_ids)
        self._title = QueueTitle()
        self._snapshot: QueueSnapshot | None = None

    def compose(self) -> ComposeResult:
        yield self._title
        yield self.table

    def on_mount(self) -> None:
        self._feed = RowFeed(
            self._app,
            fetch=self._fetch,
            show=self.table.show,
            failed=self._app.show_error,
        )
        self.set_interval(_TICK_SECONDS, self._tick)

    def _tick(self) -> None:
        """Show what changes with the time alone: when what waits goes on."""
        if self.display and State.WAITING in self._app.queue.counts:
            self.table.refresh()

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    @property
    def current(self) -> Transfer | None:
        """The transfer the cursor is on."""
        return self.table.current

    @property
    def chosen(self) -> Chosen | None:
        """What is marked, or else that; for the keys."""
        marked = self.marks.ids or None
        if marked is None and self.current is None:
            return None
        return Chosen(self.current, marked=marked)

    @property
    def marks(self) -> TransferMarks:
        return self.table.marks

    def follow(self) -> None:
        """Keep the cursor on the transfer it is on, wherever that goes."""
        self.table.follow()

    def update(self, snapshot: QueueSnapshot) -> None:
        """Show the queue as it is now."""
        self._snapshot = snapshot
        if not self.display:
            return
        self._show_title(snapshot)
        self._feed.saw(snapshot)
        self.table.show_progress(snapshot)

    def shown(self) -> None:
        """The panel has become visible: what it knew may be long out of date."""
        if self._snapshot is not None and self.display:
            self.update(self._app.queue)
            self._feed.again()

    def _show_title(self, snapshot: QueueSnapshot) -> None:
        marked = len(self.marks.ids)
        note = [(f"{marked:,} marked · Esc ", "warning")] if marked else []
        begin = (" Queue  ", "strong")
        short, pieces = urgent_pieces(snapshot), queue_pieces(snapshot)
        if not any(snapshot.counts.values()) and not snapshot.planning:
            pieces = [("empty", "dim")]
        self._title.show([begin, *pieces], note, short=[begin, *short])

    def on_transfer_table_marked(self) -> None:
        if self._snapshot is not None:
            self._show_title(self._snapshot)

    async def _all_ids(self) -> list[int]:
        queue = self._app.session.transfers
        return await self._app.engine.run(fetch_ids(queue, View()))

    async def _fetch(self, snapshot: QueueSnapshot) -> TransferRows:
        table = self.table
        queue = self._app.session.transfers
        return await fetch(
            queue, snapshot, View(), first=table.top, count=table.page + 1
        )

    def on_scrolling_scrolled(self) -> None:
        if self.table.has_gaps:
            self._feed.at_once()

    def on_scrolling_resized(self) -> None:
        self._feed.again()

    def on_scrolling_opened(self) -> None:
        self._app.do("details")

    def on_bar_clicked(self) -> None:
        self.post_message(self.TitleClicked())

    def do_leave_queue(self) -> None:
        """One layer after the other: what is marked, then the panel."""
        if self.marks.ids:
            self.marks.clear()
            return
        self._app.browser.go_to(self._app.browser.active)
