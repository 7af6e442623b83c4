"""A pane: a place in a filesystem, listed."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

from textual.app import ComposeResult
from textual.containers import Vertical

from acd_tui.errors import AcdError
from acd_tui.transfers.model import Place
from acd_tui.ui.address import begun_address, completions, parse_address
from acd_tui.ui.messages import ListingShown, PaneActivated, PaneWent
from acd_tui.ui.patience import Patience
from acd_tui.ui.unforeseen import unforeseen
from acd_tui.ui.widgets import loading
from acd_tui.ui.widgets.bar import Bar
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.file_table import FileTable
from acd_tui.ui.widgets.found import FoundTree, Searched
from acd_tui.ui.widgets.listing import Listing, Order, Row
from acd_tui.ui.widgets.marks import Marks
from acd_tui.ui.widgets.opening import Opening
from acd_tui.ui.widgets.pane_facts import PaneFacts
from acd_tui.ui.widgets.pane_news import PaneNews
from acd_tui.ui.widgets.pane_status import status_pieces
from acd_tui.ui.widgets.pane_tabs import PaneTabs
from acd_tui.ui.widgets.pane_words import failure, path_note, slow, why_empty
from acd_tui.ui.widgets.path_bar import PathBar
from acd_tui.ui.widgets.quick_input import QuickInput
from acd_tui.ui.widgets.range_marks import RangeMarks
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.capabilities import Glance
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_PATIENCE_SECONDS = 0.15  # until "Loading" replaces what was shown before
_SLOW_SECONDS = 5.0  # until it is said what can be done meanwhile
_HISTORY = 100


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
        facts: what is known of the filesystem beside that.
        back: where the pane was before.
        forward: where it was before going back.
        cursor_wanted: what the cursor goes to as soon as it is listed.
        known: the first entries of its first place that are shown before it is open.
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
        self.facts = PaneFacts(self)
        self.back: list[Place] = []
        self.forward: list[Place] = []
        self.cursor_wanted: VPath | None = None
        self.target = place
        self.known: Sequence[Entry] = ()
        self._has_begun = False
        self.all_marks: dict[str, Marks] = {}
        self.tabs = PaneTabs(self)
        self.range_marks = RangeMarks(self)
        self._cursors: dict[Place, VPath] = {}
        self.news = PaneNews(self)
        self.opening = Opening(self)
        self.table.is_opening = self.opening.__contains__

    def compose(self) -> ComposeResult:
        yield self._path_bar
        yield self.table
        yield self.quick
        yield self._status

    def on_mount(self) -> None:
        self.table.leaves()
        if self.known:
            self._show_known(self.place, Listing(self.place.path, self.known), None)
        else:
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
        self._has_begun = True
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

    def begin(self, place: Place) -> None:
        """Show the first place, unless the user has gone elsewhere already."""
        if self._has_begun:
            return
        self._has_begun = True
        self.target = place
        self.show_path()
        self._app.work(self._load(place, None), group=f"{self.id}-load", exclusive=True)

    def stop_loading(self) -> None:
        """Forget about a place it was on its way to."""
        self.workers.cancel_group(self._app, f"{self.id}-load")

    def _keep_cursor(self) -> None:
        row = self.current
        if row is not None and (row.folder == self.place.path or self.has_found):
            self._cursors[self.place] = row.path

    async def _load(self, place: Place, at: VPath | None) -> None:
        patience = Patience(
            self,
            _PATIENCE_SECONDS,
            lambda: self._show_waiting(place),
            (_SLOW_SECONDS, lambda: self.table.say(*slow(self._app, place))),
        )
        try:
            is_known = await self._glimpse(place, at, patience)
            if is_known and self.current is not None and self.table.cursor:
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
        self.facts.learn()

    async def _glimpse(
        self, place: Place, at: VPath | None, patience: Patience
    ) -> bool:
        """Show what is known of a place that is not open yet, if anything is."""
        if is_shown := bool(self.known) and place == self.place:
            patience.end()
        await self._app.engine.ready()
        self.known = ()
        if is_shown:
            return True
        known = await loading.glimpse(self._app, place)
        if known is None:
            return False
        patience.end()
        self._show_known(place, known, at)
        await loading.painted(self.table)
        return True

    def _show_known(self, place: Place, known: Listing, at: VPath | None) -> None:
        """Show the first rows of a place that is not open yet; keys wait until it is."""
        if place.filesystem != self.place.filesystem:
            self.filesystem = None
        self._arrive(place, self._tree(place.path, known), at, complete=False)
        self.table.leaves()

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
                # What follows, in threads, would take turns with the first frame.
                await loading.painted(self.table)
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
            self.facts.forget()
        if place != self.place:  # what changed in the one before is no matter any more
            self.news.leave()
            self.facts.leave()
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
        self.table.say(*failure(self._app, place, error), problem=True)
        self.show_path()
        self.show_status()
        self.post_message(ListingShown(self))

    def _clear(self, place: Place) -> None:
        if place.filesystem != self.place.filesystem:
            self.filesystem = None
            self.facts.forget()
        self.place = place
        self.table.marks = self.marks
        self.table.show(self._tree(place.path), None)

    # --- what is shown --------------------------------------------------------------

    def show_tree(self, tree: Tree, cursor: VPath | None, fallback: int = 0) -> None:
        """Show rows, with the cursor on one of them or on a line."""
        self.table.show(tree, cursor, fallback)
        if words := why_empty(self):
            self.table.say(*words)
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
        self._path_bar.show(self.target, path_note(self))

    def show_status(self) -> None:
        """Write the line below the rows anew."""
        self.facts.weigh()
        hindered = self.place.filesystem in self._app.hindered
        now = self._app.clock.now()
        self._status.show(*status_pieces(self, now, hindered=hindered))

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

    def on_path_bar_folder_clicked(self, event: PathBar.FolderClicked) -> None:
        below = self.place.path.parts[len(event.path.parts) :]
        around = Place(self.place.filesystem, event.path)
        self.go(around, cursor=below[0] if below else None)

    def on_path_bar_chosen(self, event: PathBar.Chosen) -> None:
        names = self._app.session.remote_names()
        try:
            self.go(parse_address(event.text, self.place, names))
        except AcdError as error:
            self._app.show_error(error)

    # --- focus ------------------------------------------------------------------

    def on_descendant_focus(self) -> None:
        self.post_message(PaneActivated(self))
