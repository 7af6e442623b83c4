"""What the keys of a pane do, as far as it concerns nothing but that pane."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL
from acd_tui.ui.widgets.finding import Finding
from acd_tui.ui.widgets.listing import Order, SortKey
from acd_tui.ui.widgets.marks import Deed
from acd_tui.ui.widgets.quick_input import QuickInput
from acd_tui.ui.widgets.tree import Part
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane


class PaneActions:
    """The `do_…` methods of one pane; `actions.py` says when they are called."""

    def __init__(self, pane: Pane, home: VPath) -> None:
        self._pane = pane
        self._home = home
        self._finding = Finding(pane)

    # --- moving about -------------------------------------------------------------

    def do_parent(self) -> None:
        pane = self._pane
        path = pane.place.path
        if pane.has_found:
            if pane.back:
                self.do_back()
            else:
                pane.go(Place(pane.place.filesystem, path))
        elif not path.is_root:
            pane.go(Place(pane.place.filesystem, path.parent), cursor=path.name)

    def do_back(self) -> None:
        pane = self._pane
        if pane.back:
            pane.forward.append(pane.place)
            pane.go(pane.back.pop(), remember=False)

    def do_forward(self) -> None:
        pane = self._pane
        if pane.forward:
            pane.back.append(pane.place)
            pane.go(pane.forward.pop(), remember=False)

    def do_home(self) -> None:
        here = self._pane.place.filesystem
        self._pane.go(Place(here, self._home if here == LOCAL else VPath()))

    def do_root(self) -> None:
        self._pane.go(Place(self._pane.place.filesystem, VPath()))

    def do_path(self) -> None:
        self._pane.edit_path()

    def do_refresh(self) -> None:
        self._pane.reload(ask=True)

    def do_hidden(self) -> None:
        self._pane.rearrange(hidden=not self._pane.files.hidden)

    # --- sorting --------------------------------------------------------------------

    def do_sort_name(self) -> None:
        self._pane.sort(Order(SortKey.NAME))

    def do_sort_size(self) -> None:
        self._pane.sort(Order(SortKey.SIZE))

    def do_sort_modified(self) -> None:
        self._pane.sort(Order(SortKey.MODIFIED))

    def do_sort_type(self) -> None:
        self._pane.sort(Order(SortKey.TYPE))

    def do_sort_next(self) -> None:
        keys = list(SortKey)
        at = keys.index(self._pane.files.order.by)
        self._pane.sort(Order(keys[(at + 1) % len(keys)]))

    def do_sort_reverse(self) -> None:
        order = self._pane.files.order
        self._pane.sort(Order(order.by, not order.reverse))

    # --- marking ----------------------------------------------------------------------

    def _mark(self, step: int) -> None:
        table = self._pane.table
        row = table.current
        if row is not None:
            self._pane.marks.toggle(row)
            table.refresh_row(table.cursor)
            table.move_to(table.cursor + step)
            self._pane.show_status()

    def do_mark(self) -> None:
        self._mark(1)

    def do_mark_down(self) -> None:
        self._mark(1)

    def do_mark_up(self) -> None:
        self._mark(-1)

    def clicked(self, since: int | None) -> None:
        """Mark or unmark what the cursor is on; or all from a row up to there."""
        table = self._pane.table
        if since is None:
            self._mark(0)
            return
        between = range(min(since, table.cursor), max(since, table.cursor) + 1)
        self._change_marks(self._pane.files.parts(between), Deed.ADD)

    def do_range(self) -> None:
        self._pane.range_marks.toggle()

    def do_range_unmark(self) -> None:
        self._pane.range_marks.toggle(unmark=True)

    def do_mark_all(self) -> None:
        self._change_all("", Deed.ADD)

    def do_invert(self) -> None:
        self._change_all("", Deed.TOGGLE)

    def _change_all(self, pattern: str, deed: Deed) -> None:
        """Change the marks of all that fits, once all is listed."""
        if self._pane.is_whole:
            self._change_marks(self._pane.files.fitting(pattern), deed)
        else:
            self._pane.say_not_whole()

    def _change_marks(self, parts: Iterable[Part], deed: Deed) -> None:
        self._pane.marks.change(parts, deed)
        self._show_marks()

    def _show_marks(self) -> None:
        self._pane.table.redraw()
        self._pane.show_status()

    # --- what is typed ------------------------------------------------------------------

    @property
    def _input(self) -> QuickInput:
        return self._pane.quick

    def do_filter(self) -> None:
        self._input.open("filter", "Filter:", self._pane.files.pattern)

    def do_find(self, begun: str = "") -> None:
        self._input.open("find", "Find:", begun)
        self.typed("find", begun)

    def do_mark_pattern(self) -> None:
        self._input.open("mark", "Mark names like:", "*", whole=True)

    def do_unmark_pattern(self) -> None:
        self._input.open("unmark", "Unmark names like:", "*", whole=True)

    def do_find_next(self) -> None:
        self._finding.find(self._pane.table.cursor + 1, 1)

    def do_find_previous(self) -> None:
        self._finding.find(self._pane.table.cursor - 1, -1)

    def typed(self, purpose: str, text: str) -> None:
        """The user is typing into the line below the rows."""
        if purpose == "filter":
            self._pane.rearrange(pattern=text)
        elif purpose == "find":
            self._finding.wanted = text
            self._finding.find(self._pane.table.cursor, 1)

    def ended(self, purpose: str, text: str, *, accepted: bool) -> None:
        """The user is done typing there."""
        if purpose == "filter" and not accepted:
            self._pane.rearrange(pattern="")
        elif purpose in {"mark", "unmark"} and accepted and text:
            deed = Deed.ADD if purpose == "mark" else Deed.DISCARD
            self._change_all(text, deed)

    def do_clear(self) -> None:
        if self._pane.range_marks.is_on:
            self._pane.range_marks.end()
        elif self._pane.opening:
            self._pane.opening.stop()
        elif self._pane.files.pattern:
            self._pane.rearrange(pattern="")
        elif self._pane.marks.count:
            self._pane.marks.clear()
            self._show_marks()
