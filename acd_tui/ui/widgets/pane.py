"""A pane: a place in a filesystem, listed."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import Vertical

from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.address import begun_address, completions, parse_address
from acd_tui.ui.format import fit_end, sentence
from acd_tui.ui.messages import ListingShown, PaneActivated, PaneWent
from acd_tui.ui.patience import Patience
from acd_tui.ui.unforeseen import unforeseen
from acd_tui.ui.widgets import loading
from acd_tui.ui.widgets.bar import Bar, Piece
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.file_table import FileTable
from acd_tui.ui.widgets.found import FoundTree, Searched
from acd_tui.ui.widgets.listing import Listing, Order, Row
from acd_tui.ui.widgets.marks import Marks
from acd_tui.ui.widgets.opening import Opening
from acd_tui.ui.widgets.pane_news import PaneNews
from acd_tui.ui.widgets.pane_status import status_pieces, whole_of
from acd_tui.ui.widgets.pane_tabs import PaneTabs
from acd_tui.ui.widgets.path_bar import PathBar
from acd_tui.ui.widgets.quick_input import QuickInput
from acd_tui.ui.widgets.range_marks import RangeMarks
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.entry import MirrorStatus, Space
from acd_tui.vfs.filesystem import FileSystem, Glance, Mirrored, Quota
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_PATIENCE_SECONDS = 0.15  # until "Loading" replaces what was shown before
_HISTORY = 100
_NOTE_CELLS = 16


class Pane(Vertical):
    """Shows one folder of one filesystem, and remembers where it was.

    Attributes:
        table: its rows.
        quick: where a filter, a search or a pattern is typed.
        all_marks: what is marked, by filesystem.
        tabs: other places it shows in turn.
        range_marks: marks rows while the cursor moves over them.
        news: keeps its rows as they are there.
        opening: opens folders in place.
        place: what is shown, or what could not be.
        target: where it goes to; the same as soon as it is there.
        filesystem: of that place; None until it was opened.
        problem: why there is no listing.
        is_complete: whether the rows are all there, not only the first window.
        space: how much room there is, where known.
        mirror: how current the filesystem's mirror is, if it has one.
        whole: a folder and how many bytes lie in it at any depth, where known.
        back: where the pane was before.
        forward: where it was before going back.
        cursor_wanted: what the cursor goes to as soon as it is listed.
    """

    def __init__(
        self,
        place: Place,
        *,
        id: str,  # noqa: A002 - Textual's name
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.table = FileTable()
        self.quick = QuickInput(self.table)
        self._path_bar = PathBar(
            lambda text: completions(text, self.place, self._app.engine), self.table
        )
        self._status = Bar(classes="status")
        self.place = place
        self.filesystem: FileSystem | None = None
        self.problem: AcdError | None = None
        self.is_complete = False
        self.space: Space | None = None
        self.mirror: MirrorStatus | None = None
        self.whole: tuple[VPath, int] | None = None
        self.back: list[Place] = []
        self.forward: list[Place] = []
        self.cursor_wanted: VPath | None = None
        self.target = place
        self.all_marks: dict[str, Marks] = {}
        self.tabs = PaneTabs(self)
        self.range_marks = RangeMarks(self)
        self._cursors: dict[Place, VPath] = {}
        self.news = PaneNews(self)
        self.opening = Opening(self)
        self.table.is_opening = self.opening.__contains__
        self._asked = 0  # times that more was wanted for the status line

    def compose(self) -> ComposeResult:
        yield self.tabs.bar
        yield self._path_bar
        yield self.table
        yield self.quick
        yield self._status

    def on_mount(self) -> None:
        self.show_path()
        self.table.say("Opening…")

    # --- parts ------------------------------------------------------------------

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    @property
    def files(self) -> Tree:
        return self.table.files

    @property
    def marks(self) -> Marks:
        """What is marked in the filesystem shown, anywhere in it."""
        return self.all_marks.setdefault(self.place.filesystem, Marks())

    @property
    def current(self) -> Row | None:
        """What the cursor is on."""
        return self.table.current

    @property
    def has_found(self) -> bool:
        """Whether it shows what a search found, not a folder."""
        return isinstance(self.place, Searched)

    @property
    def is_whole(self) -> bool:
        """Whether each folder that is open shows all that is in it."""
        return self.is_complete and not self.opening

    def say_not_whole(self) -> None:
        """Say why something that takes all rows does nothing."""
        self._app.tell("The listing is not whole yet", severity="warning")

    @property
    def has_choice(self) -> bool:
        return bool(self.marks.count) or self.current is not None

    def choice(self) -> Chosen:
        """What an action applies to: what is marked, else what the cursor is on."""
        if self.marks.count:
            return self.marks.rows()
        return Chosen.of([self.current] if self.current is not None else [])

    @property
    def folder(self) -> VPath:
        """The folder new things go to: the one the cursor's row lies in."""
        row = self.current
        return row.folder if row is not None else self.place.path

    # --- going somewhere ----------------------------------------------------------

    def go(
        self, place: Place, *, cursor: str | None = None, remember: bool = True
    ) -> None:
        """Show another place.

        Args:
            place: which.
            cursor: the name to put the cursor on; where it last was, if not given.
            remember: whether `back` leads here again.
        """
        self._keep_cursor()
        self.opening.stop()
        if remember and self.problem is None and place != self.place:
            self.back = [*self.back[-_HISTORY:], self.place]
            self.forward.clear()
        self.target = place
        self.post_message(PaneWent(self))
        self.show_path()
        at = self._cursors.get(place) if cursor is None else place.path / cursor
        self.table.leaves()
        self._app.work(self._load(place, at), group=f"{self.id}-load", exclusive=True)

    def stop_loading(self) -> None:
        """Forget about a place it was on its way to."""
        self.workers.cancel_group(self._app, f"{self.id}-load")

    def _keep_cursor(self) -> None:
        row = self.current
        if row is not None and (row.folder == self.place.path or self.has_found):
            self._cursors[self.place] = row.path

    async def _load(self, place: Place, at: VPath | None) -> None:
        patience = Patience(self, _PATIENCE_SECONDS, lambda: self._show_waiting(place))
        try:
            if (known := await loading.glimpse(self._app, place)) is not None:
                patience.end()
                self._arrive(place, self._tree(place.path, known), at, complete=False)
                await loading.painted(self)
                if self.current is not None and self.table.cursor:
                    at = self.current.path
            filesystem = await self._app.engine.run(
                self._app.session.filesystem(place.filesystem)
            )
            if isinstance(place, Searched):
                await self._load_found(place, filesystem, at)
            else:
                await self._load_folder(place, filesystem, at, patience)
        except AcdError as error:
            self._fail(place, error)
            return
        except Exception as error:  # noqa: BLE001 - the workers' border
            self._fail(place, unforeseen(error))
            return
        finally:
            patience.end()
        self.learn_more()

    async def _load_found(
        self, place: Searched, filesystem: FileSystem, at: VPath | None
    ) -> None:
        found = await self._app.engine.run(place.look(filesystem))
        self.filesystem = filesystem
        self._arrive(place, FoundTree.like(self.files, place, found), at, complete=True)

    async def _load_folder(
        self, place: Place, filesystem: FileSystem, at: VPath | None, patience: Patience
    ) -> None:
        engine, glimpsed = self._app.engine, False
        if isinstance(filesystem, Glance):
            window = await engine.run(
                filesystem.glance(place.path, loading.WINDOW_ROWS)
            )
            if glimpsed := bool(window):
                self.filesystem = filesystem
                patience.end()
                tree = self._tree(place.path, Listing(place.path, window))
                self._arrive(place, tree, at, complete=False)
        listing = await loading.renewed(self, filesystem, place.path)
        if listing is None:
            entries = await engine.run(filesystem.list(place.path))
            patience.end()
            self.filesystem = filesystem
            if not glimpsed and (start := await loading.start_of(place.path, entries)):
                self._arrive(place, self._tree(place.path, start), at, complete=False)
            listing = await loading.in_order(self, place.path, entries)
        patience.end()
        self.filesystem = filesystem
        if not self.is_complete and self.current is not None and self.table.cursor:
            at = self.current.path
        self._arrive(place, self._tree(place.path, listing), at, complete=True)
        self.news.go_on()

    def _tree(self, root: VPath, *listings: Listing) -> Tree:
        old, listed = self.files, {listing.path: listing for listing in listings}
        tree = Tree(root, listed, old.order, hidden=old.hidden)
        tree.rebuild()
        return tree

    def _arrive(
        self, place: Place, tree: Tree, cursor: VPath | None, *, complete: bool
    ) -> None:
        if place.filesystem != self.place.filesystem:
            self.space = self.mirror = self.whole = None
        if place != self.place:  # what changed in the one before is no matter any more
            self.news.leave()
            self._asked += 1
        self.place, self.problem, self.is_complete = place, None, complete
        self.table.marks = self.marks
        if complete:
            for listing in tree.listings.values():
                self.marks.update(listing)
        self.show_tree(tree, cursor)

    def _show_waiting(self, place: Place) -> None:
        self._clear(place)
        self.is_complete = False
        self.table.say("Loading…")

    def _fail(self, place: Place, error: AcdError) -> None:
        self._clear(place)
        self.problem = error
        lines = [printable(sentence(error.message))]
        if error.hint:
            lines.append(printable(sentence(error.hint)))
        if isinstance(error, SignInNeeded) and self._app.setup is not None:
            lines.append(f"{self._app.key_of('remotes')} signs in again")
        self.table.say(
            *lines,
            f"{self._app.key_of('refresh')} tries again, Backspace goes up",
            problem=True,
        )
        self.show_path()
        self.show_status()
        self.post_message(ListingShown(self))

    def _clear(self, place: Place) -> None:
        if place.filesystem != self.place.filesystem:
            self.filesystem = self.space = self.mirror = self.whole = None
        self.place = place
        self.table.marks = self.marks
        self.table.show(self._tree(place.path), None)

    # --- what is shown --------------------------------------------------------------

    def show_tree(self, tree: Tree, cursor: VPath | None, fallback: int = 0) -> None:
        """Show rows, with the cursor on one of them or on a line."""
        self.table.show(tree, cursor, fallback)
        if tree.pattern:
            self.table.say(f"No name fits “{printable(tree.pattern)}”", "Esc shows all")
        elif self.has_found:
            self.table.say("Nothing matches")
        elif not len(tree):
            self.table.say("This folder is empty", "F7 makes a folder in it")
        self.show_path()
        self.show_status()
        self.post_message(ListingShown(self))

    def rearrange(self, **changes: Any) -> None:
        """Show the same rows in another order, or others of them.

        Args:
            changes: attributes of the `Tree`.
        """
        if self.problem is not None:
            return  # there are no rows, and the reason must stay
        tree = dataclasses.replace(self.files, **changes)
        cursor = self.current.path if self.current is not None else None
        if not tree.is_large:
            tree.rebuild()
            self.show_tree(tree, cursor)
            return
        work = self._rearrange(tree, cursor)
        self._app.work(work, group=f"{self.id}-arrange", exclusive=True)

    async def _rearrange(self, tree: Tree, cursor: VPath | None) -> None:
        await asyncio.to_thread(tree.rebuild)
        if tree.root == self.files.root:
            self.show_tree(tree, cursor)

    def sort(self, order: Order) -> None:
        self.rearrange(order=order)

    def show_path(self) -> None:
        """Write the line above the rows anew."""
        note: Piece | None = None
        tree = self.files
        if self.target != self.place:
            note = ("…", "dim")
        elif self.problem is not None:
            note = ("not listed", "error")
        elif tree.pattern:
            note = (f"filter: {printable(tree.pattern)}", "warning")
        elif not self.is_complete and len(tree):
            note = ("sorting…", "dim")
        elif self.opening:
            names = ", ".join(printable(folder.name) for folder in self.opening)
            note = (f"opening {fit_end(names, _NOTE_CELLS).rstrip()}… Esc stops", "dim")
        self._path_bar.show(self.target, note)

    def show_status(self) -> None:
        """Write the line below the rows anew."""
        self._status.show(*status_pieces(self, self._app.clock.now()))

    def on_resize(self) -> None:
        self.show_status()

    # --- staying current --------------------------------------------------------------

    def reload(self, *, ask: bool = False) -> None:
        """List all that is shown again.

        Args:
            ask: have a mirror brought up to date before.
        """
        if self.problem is not None or self.filesystem is None or self.has_found:
            self.go(self.target, remember=False)
        else:
            self.news.look_at_all(ask=ask)

    def learn_more(self) -> None:
        """Ask for what stands in the status line."""
        self._asked += 1
        self._app.work(self._learn_more(self._asked), group=f"{self.id}-more")

    async def _learn_more(self, turn: int) -> None:
        """`learn_more`, until it is asked again; a failure leaves it as it was."""
        filesystem: object = self.filesystem
        engine = self._app.engine
        try:
            if isinstance(filesystem, Mirrored):
                mirror = await engine.run(filesystem.mirror_status())
                if turn != self._asked:
                    return
                self.mirror = mirror
                self.show_status()
            whole = await engine.run(whole_of(filesystem, self.files))
            if turn != self._asked:
                return
            self.whole = whole
            if isinstance(filesystem, Quota):
                space = await engine.run(filesystem.space(self.place.path))
                if turn != self._asked:
                    return
                self.space = space
        except AcdError:
            return
        self.show_status()
        self.post_message(ListingShown(self))

    async def look_at_mirror(self) -> None:
        """See how current the mirror is; when it has become whole, list again."""
        filesystem: object = self.filesystem
        if not isinstance(filesystem, Mirrored):
            return
        before = self.mirror
        engine = self._app.engine
        try:
            self.mirror = await engine.run(filesystem.mirror_status())
            if self.news.is_outdated:
                self.news.is_outdated = False
                self.whole = await engine.run(whole_of(filesystem, self.files))
        except AcdError:
            return
        self.show_status()
        if before is not None and self.mirror.complete and not before.complete:
            self.news.changed(None)

    def close_in_place(self, folder: VPath) -> None:
        """Close a folder that is open in place, or about to be."""
        self.opening.stop(folder)
        tree = dataclasses.replace(self.files, listings=dict(self.files.listings))
        tree.close(folder)
        tree.rebuild()
        self.show_tree(tree, folder)

    # --- the path bar ---------------------------------------------------------------

    def edit_path(self) -> None:
        self._path_bar.edit(begun_address(self.place))

    on_path_bar_clicked = edit_path

    def on_path_bar_chosen(self, event: PathBar.Chosen) -> None:
        names = self._app.session.remote_names()
        try:
            self.go(parse_address(event.text, self.place, names))
        except AcdError as error:
            self._app.show_error(error)

    # --- focus ------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        self.post_message(PaneActivated(self))
