"""The home screen: a header, two panes, the queue, the keys."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Literal, cast

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.events import Paste

from acd_tui.printable import printable
from acd_tui.session.events import Hindered
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.model import (
    Job,
    JobFinished,
    JobWarned,
    Place,
    TransferFinished,
)
from acd_tui.ui.chosen import Chosen
from acd_tui.ui.format import LOCAL, count
from acd_tui.ui.gutter import Gutter
from acd_tui.ui.messages import (
    FoldersSeen,
    ListingShown,
    PaneActivated,
    PaneWent,
    QueueChanged,
)
from acd_tui.ui.screens.action_screen import ActionScreen
from acd_tui.ui.screens.browser_panes import Arrangement
from acd_tui.ui.screens.browser_preview import Previewing
from acd_tui.ui.widgets.bar import Bar, Piece, width_of
from acd_tui.ui.widgets.file_table import FileTable
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.pane import Pane
from acd_tui.ui.widgets.quick_input import QuickInput
from acd_tui.ui.widgets.splitter import Splitter
from acd_tui.ui.widgets.status_bar import account_text, queue_pieces, urgent_pieces
from acd_tui.vfs.capabilities import TrashBin
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.transfers.two_sides import TwoSides
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser_parts import Parts
    from acd_tui.ui.screens.trash import Bin
    from acd_tui.ui.widgets.queue_panel import QueueTitle

Side = Literal["left", "right"]

TWO_PANES = 80  # columns from which on there is room for both
_MIRROR_SECONDS = 2.0
_PARTS = "acd_tui.ui.screens.browser_parts"


class BrowserScreen(ActionScreen):
    """Two panes on two places; everything else is reached from here."""

    CSS_PATH = "browser.tcss"
    AUTO_FOCUS = ".-active FileTable"

    def __init__(self, left: Place, right: Place, *, in_right: bool = False) -> None:
        """Show two places, and begin in the right pane or in the left one."""
        super().__init__(classes="-queue-off")
        self.left, self.right = Pane(left, id="left"), Pane(right, id="right")
        self.active = self.right if in_right else self.left
        self.active.add_class("-active")
        self._parts: Parts | None = None
        self.splitter = Splitter()
        self.panes = Horizontal(self.left, self.splitter, self.right, id="panes")
        self._header = Bar(id="header")
        self.one_pane = False

    def compose(self) -> ComposeResult:
        yield self._header
        yield self.panes
        yield self.key_bar

    def on_mount(self) -> None:
        app = self._app
        self.previewing = Previewing(app, self)
        self.arrangement = Arrangement(app, self)
        self._gutter = Gutter(app, self)
        for pane, other in ((self.left, self.right), (self.right, self.left)):
            pane.tabs.beside = other.tabs
            pane.table.state_of = self._gutter.signs(pane, other)
        self.arrangement.split(app.settings.split)
        self._activate(self.active)
        self.set_focus(self.active.table)
        self.set_interval(_MIRROR_SECONDS, self._look_at_mirrors)
        self.show_header()

    def begin(self, left: Place, right: Place) -> None:
        """The session is open: list both places."""
        self.left.begin(left)
        self.right.begin(right)

    async def complete(self) -> None:
        """Load what was not needed to be seen, beside the screen."""
        await asyncio.to_thread(import_module, _PARTS)
        _ = self.parts

    # --- parts ------------------------------------------------------------------

    @property
    def _app(self) -> AcdApp:
        return self.acd

    @property
    def parts(self) -> Parts:
        """What it can do; loaded when that is first asked for."""
        if self._parts is None:
            self._parts = import_module(_PARTS).Parts(self._app, self)
        return self._parts

    @property
    def other(self) -> Pane:
        """The pane that is not the active one."""
        return self.beside(self.active)

    def beside(self, pane: Pane) -> Pane:
        """The pane that is not that one."""
        return self.right if pane is self.left else self.left

    @property
    def queue_has_focus(self) -> bool:
        parts = self._parts
        return parts is not None and self.focused is parts.queue_panel.table

    @property
    def where(self) -> Literal["pane", "queue"]:
        """Whose keys work."""
        return "queue" if self.queue_has_focus else "pane"

    @property
    def list_in_use(self) -> LineList:
        focused = self.focused
        return focused if isinstance(focused, LineList) else self.active.table

    @property
    def is_read(self) -> bool:
        return self.active.is_complete or self.active.problem is not None

    @property
    def chosen(self) -> Chosen | None:
        return self.parts.queue_panel.chosen

    def candidates(self, context: str) -> tuple[object, ...]:
        parts = self.parts
        found: dict[str, tuple[object, ...]] = {
            "browser": (
                self,
                parts.remotes,
                parts.shell,
                self.arrangement,
                parts.queue_room,
            ),
            "front": (self,),
            "list": (self.list_in_use, parts.of_pane[self.active.id]),
            "queue": (
                parts.queue_panel,
                parts.queue_controls,
                parts.queue_end,
                self,
            ),
            "pane": (
                parts.files,
                parts.new,
                parts.clipboard,
                parts.renaming,
                self.previewing,
                parts.insight,
                self.active.tabs,
                self.arrangement,
                parts.places,
                parts.of_pane[self.active.id],
                self,
            ),
        }
        return found.get(context, ())

    # --- the two panes ------------------------------------------------------------

    def _activate(self, pane: Pane) -> None:
        self.active = pane
        for each in (self.left, self.right):
            each.set_class(each is pane, "-active")
        self.show_panes()
        self.show_keys()

    @property
    def has_room(self) -> bool:
        """Whether there is room for two panes."""
        return not 0 < self.size.width < TWO_PANES

    def show_panes(self) -> None:
        """Show both panes, or one where there is no room or the preview has it."""
        previewed = self.previewing.arrange(room=self.has_room)
        alone = self.one_pane or not self.has_room
        for each in (self.left, self.right):
            each.display = each is self.active or not (alone or previewed)
        self.splitter.display = previewed or not alone

    def show_one_pane(self, one: bool) -> None:
        """Show but the active pane, or both again."""
        self.one_pane = one
        self.show_panes()

    def on_resize(self) -> None:
        self.show_panes()
        if self._parts is not None:
            self._parts.queue_room.fit()

    def on_pane_activated(self, message: PaneActivated) -> None:
        if message.pane is not self.active:
            self._activate(message.pane)

    def do_other_pane(self) -> None:
        pane = self.active if self.queue_has_focus else self.other
        self.go_to(pane)

    def focus_side(self, side: Side) -> None:
        """Go to the pane on that side, unless the focus is there already."""
        pane = self.left if side == "left" else self.right
        if pane is not self.active:
            self.go_to(pane)

    def go_to(self, pane: Pane) -> None:
        """Make a pane the active one, with the focus."""
        # In this order: on a narrow terminal the other pane is not there to be focused.
        self._activate(pane)
        self.parts.queue_room.uncover()
        self.set_focus(pane.table)

    # --- news -----------------------------------------------------------------------

    def changed(
        self,
        filesystem: str | None,
        folders: Collection[VPath] | None,
        *,
        cursor: VPath | None = None,
    ) -> None:
        """Folders changed by what was done here: list them again where they are shown.

        Args:
            filesystem: which; None for all.
            folders: which of it; None for possibly any.
            cursor: what the active pane's cursor is to be on.
        """
        if cursor is not None:
            self.active.cursor_wanted = cursor
        self._gutter.changed(filesystem, folders)
        for pane in (self.left, self.right):
            if filesystem in {None, pane.place.filesystem}:
                pane.news.changed(folders)

    def handle_events(self, happened: Iterable[object]) -> None:
        """Take in what the session reported."""
        for event in happened:
            match event:
                case FoldersChanged():
                    self._folders_changed(event)
                case TransferFinished(transfer):
                    self._arrived(transfer.target)
                case JobFinished(job):
                    self._job_finished(job)
                case JobWarned(message=message):
                    self._app.tell(message, severity="warning")
                case SignInWanted(name):
                    self.parts.remotes.sign_in_wanted(name)
                case Hindered():
                    self._hindered(event)
                case _:
                    pass

    def _folders_changed(self, event: FoldersChanged) -> None:
        self.changed(event.filesystem, event.folders)
        stack = self._app.screen_stack
        # Not to those below: Textual would draw all of this one again.
        for screen in stack[stack.index(self) + 1 :]:
            screen.post_message(FoldersSeen(event.filesystem))

    def _hindered(self, event: Hindered) -> None:
        if event.why is None:
            self._app.hindered.discard(event.remote)
        else:
            self._app.hindered.add(event.remote)
            self._app.tell(event.sentence, severity="warning")
        for pane in (self.left, self.right):
            if pane.place.filesystem == event.remote:
                pane.show_status()

    def _job_finished(self, job: Job) -> None:
        from acd_tui.ui.screens.queue_end import ended, not_copied

        self.changed(job.request.target, (job.request.folder,))
        self.look_at_local()  # MD5s of what was sent are known now
        self._app.tell_desktop(ended(job))
        if words := not_copied(job):
            self._app.tell(words, severity="warning")

    def _arrived(self, target: Place) -> None:
        self._gutter.changed(target.filesystem, (target.path.parent,))
        for pane in (self.left, self.right):
            if target.filesystem == pane.place.filesystem:
                pane.news.arrived(target.path)

    def on_listing_shown(self, message: ListingShown) -> None:
        message.pane.tabs.show()
        if message.pane.is_complete:
            self.parts.places.shown(message.pane)
        self.previewing.look()
        # What one pane lists is what the other's states are made of.
        for pane in (self.left, self.right):
            if pane is not message.pane:
                pane.table.redraw()
        self.show_header()
        self.show_keys()

    def on_pane_went(self, message: PaneWent) -> None:
        message.pane.tabs.show()
        self.arrangement.went(message.pane)

    def on_file_table_cursor_moved(self) -> None:
        self.active.range_marks.moved()
        self.previewing.look()
        self.show_keys()

    def on_queue_changed(self, message: QueueChanged) -> None:
        self.parts.queue_end.saw(message.snapshot)
        if self._app.front is not self:
            return  # it is told again when it is seen again
        self.parts.queue_panel.update(message.snapshot)
        self.show_header()
        self._gutter.saw(message.snapshot)

    def _look_at_mirrors(self) -> None:
        self._app.work(self._look_at_both_mirrors(), group="mirrors", exclusive=True)
        if self._app.front is self:
            for pane in (self.left, self.right):
                self._app.work(pane.news.look_for_others(), group=f"{pane.id}-others")

    async def _look_at_both_mirrors(self) -> None:
        for pane in (self.left, self.right):
            await pane.facts.look_at_mirror()
            await pane.facts.look_at_space()

    def look_at_local(self) -> None:
        """List local folders again: others may have changed them."""
        self._gutter.changed(LOCAL, None)
        for pane in (self.left, self.right):
            if pane.place.filesystem == LOCAL:
                pane.news.changed(None)

    # --- the lines at the top and the bottom --------------------------------------------

    def show_header(self) -> None:
        """Write the line at the top anew."""
        accounts = {
            pane.place.filesystem: account_text(pane.place.filesystem, pane.facts.space)
            for pane in (self.right, self.left)
            if pane.place.filesystem != LOCAL
        }
        text = "  ".join(accounts.values())
        before: list[Piece] = []
        if self.arrangement.pair:
            before = [("both panes together · ", "accent")]
        if self._app.is_leaving:
            before.append(("quits when done · ", "warning"))
        names = "  ".join(map(printable, accounts))
        short = [(" acd-tui ", "strong"), (f" {names}", "dim")]
        queue = [*before, *queue_pieces(self._app.queue), (" ", "")]
        if width_of([*short, *queue]) >= self.size.width:
            queue = [*before, *urgent_pieces(self._app.queue), (" ", "")]
        self._header.show(
            [(" acd-tui ", "strong"), (f" {text}", "dim")], queue, short=short
        )

    # --- the queue --------------------------------------------------------------------

    def offer_queue(self) -> None:
        """Something was queued: show the panel, unless the user had put it away."""
        self.parts.queue_room.offer()

    def on_queue_title_dragged(self, message: QueueTitle.Dragged) -> None:
        self.parts.queue_room.drag(message.top, done=message.done)

    # --- what the widgets report --------------------------------------------------------

    def do_go_to_source(self) -> None:
        if (chosen := self.chosen) is not None:
            self.parts.insight.show_place(chosen.source)

    def do_go_to_target(self) -> None:
        if (chosen := self.chosen) is not None:
            self.parts.insight.show_place(chosen.target)

    def on_queue_panel_title_clicked(self) -> None:
        self._app.do("transfers")

    def on_bar_clicked(self, message: Bar.Clicked) -> None:
        if message.bar is self._header and message.on_right:
            self._app.do("transfers")
        elif message.bar is self._header and message.on_left:
            self._app.do("account")

    def on_splitter_dragged(self, message: Splitter.Dragged) -> None:
        self.arrangement.split(message.percent, keep=message.done)

    def on_paste(self, event: Paste) -> None:
        """Text came that no field took: files dropped on the terminal, perhaps."""
        event.stop()
        self.parts.dropped.take(event.text)

    def on_line_list_mark_asked(self, message: LineList.MarkAsked) -> None:
        self.parts.of_pane[self.active.id].clicked(message.since)

    def on_file_table_opened(self) -> None:
        self._app.do("enter")

    def on_file_table_toggled(self, message: FileTable.Toggled) -> None:
        path = message.row.path
        if self.active.files.is_open(message.row) or path in self.active.opening:
            self.active.close_in_place(path)
        else:
            self.active.opening.open(path)

    def on_file_table_sort_asked(self, message: FileTable.SortAsked) -> None:
        self.active.sort(self.active.table.sorted_by(message.key))

    def on_quick_input_typed(self, message: QuickInput.Typed) -> None:
        self.parts.of_pane[self.active.id].typed(message.purpose, message.text)

    def on_quick_input_ended(self, message: QuickInput.Ended) -> None:
        self.parts.of_pane[self.active.id].ended(
            message.purpose, message.text, accepted=message.accepted
        )

    # --- other screens --------------------------------------------------------------------

    def do_compare(self) -> None:
        from acd_tui.transfers.two_sides import TwoSides
        from acd_tui.ui.screens.compare import CompareScreen
        from acd_tui.ui.syncing import SessionComparer

        app = self._app

        def decided(sides: TwoSides | None) -> None:
            self.look_at_local()  # MD5s may be known that were not
            if sides is not None:
                app.work(self.parts.syncing.carry_out(sides), group="files")
                self.offer_queue()

        sides = TwoSides(self.active.place, self.other.place)
        comparer = SessionComparer(app.session)
        app.open(CompareScreen(app.engine, comparer, sides), decided)

    def do_transfers(self) -> None:
        from acd_tui.ui.screens.transfers import TransfersScreen

        self._app.open(TransfersScreen(self.parts.queue_end), self._shown_where)

    def _shown_where(self, place: Place | None) -> None:
        """The Transfers screen was left, maybe for a place in a pane."""
        self.parts.queue_panel.shown()
        self.post_message(QueueChanged(self._app.queue))
        if place is not None:
            self.parts.insight.show_place(place)

    def do_conflicts(self) -> None:
        from acd_tui.ui.screens.conflicts import Conflicts

        app = self._app

        def decided(number: int | None) -> None:
            if number:
                app.tell(f"{count(number, 'conflict')} decided")

        app.clear_notifications()  # which may well be that there are conflicts
        session = app.session
        screen = Conflicts(app.engine, session.transfers, session.filesystem)
        app.open(screen, decided)

    def do_trash_screen(self) -> None:
        from acd_tui.ui.screens.trash import TrashScreen

        app, name = self._app, self.active.place.filesystem
        filesystem: object = self.active.filesystem
        if not isinstance(filesystem, TrashBin):
            app.tell("What was trashed here can be seen in the desktop's own trash")
            return

        def restored(number: int | None) -> None:
            if number:
                self.changed(name, None)

        screen = TrashScreen(
            app.engine, cast("Bin", filesystem), app.session.operations, clock=app.clock
        )
        app.open(screen, restored)
