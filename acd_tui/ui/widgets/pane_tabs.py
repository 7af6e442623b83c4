"""Tabs of a pane: each remembers a place and everything about how it was shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL, fit
from acd_tui.ui.widgets.marks import Marks
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.entry import MirrorStatus, Space
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.widgets.pane import Pane

_LONGEST = 18  # cells of a title
_MOST = 9  # as many as there are digits to reach them


@dataclass
class Tab:
    """What a pane shows, put aside.

    Attributes:
        place: what is shown.
        target: where it was on its way to; the place itself once it is there.
        cursor: what the cursor is on.
        top: the first line in sight.
    """

    place: Place
    target: Place
    filesystem: FileSystem | None
    problem: AcdError | None
    is_complete: bool
    space: Space | None
    mirror: MirrorStatus | None
    back: list[Place]
    forward: list[Place]
    tree: Tree
    cursor: VPath | None
    top: int
    marks: dict[str, Marks]


class TabBar(Widget):
    """One line with the titles."""

    ALLOW_SELECT = False
    DEFAULT_CSS = """
    TabBar {
        height: 1;
        width: 100%;
        background: $panel;
        & > .tabs--tab { color: $pane-dim; }
        & > .tabs--current { background: $bar-active; color: $foreground; text-style: $tab-style; }
    }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"tabs--tab", "tabs--current"}

    def __init__(self, go_to: Callable[[int], None]) -> None:
        """Make an empty bar; `go_to` shows another tab."""
        super().__init__()
        self.display = False
        self._go_to = go_to
        self._titles: tuple[str, ...] = ()
        self._current = 0
        self._spans: list[tuple[int, int]] = []

    def show(self, titles: Sequence[str], current: int) -> None:
        """Show printable titles."""
        if (tuple(titles), current) != (self._titles, self._current):
            self._titles, self._current = tuple(titles), current
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one line
        width, base = self.size.width, self.rich_style
        plain = base + self.get_component_rich_style("tabs--tab", partial=True)
        current = base + self.get_component_rich_style("tabs--current", partial=True)
        room = max(4, min(_LONGEST, width // max(1, len(self._titles)) - 4))
        segments, self._spans, x = [], [], 0
        for index, title in enumerate(self._titles):
            text = f" {index + 1} {fit(title, min(room, cell_len(title)))} "
            style = current if index == self._current else plain
            segments.append(Segment(text, style))
            self._spans.append((x, x + cell_len(text)))
            x += cell_len(text)
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        for index, (start, end) in enumerate(self._spans):
            if start <= event.x < end:
                self._go_to(index)


class PaneTabs:
    """The tabs of one pane, and the `do_…` methods that open, close and change them.

    Attributes:
        bar: shows them.
        beside: those of the other pane, so that the rows of both are at one height.
    """

    def __init__(self, pane: Pane) -> None:
        self.bar = TabBar(self.go_to)
        self._pane = pane
        self._tabs: list[Tab | None] = [None]  # None is the one the pane shows now
        self._current = 0
        self.beside: PaneTabs | None = None

    @property
    def count(self) -> int:
        return len(self._tabs)

    def show(self) -> None:
        """Write the titles anew; the pane may be somewhere else."""
        places = [tab.place if tab else self._pane.target for tab in self._tabs]
        self.bar.show([_title(place) for place in places], self._current)
        both = [self, self.beside] if self.beside else [self]
        wanted = any(tabs.count > 1 for tabs in both)  # one is not worth a line
        for tabs in both:
            tabs.show_bar(wanted)

    def show_bar(self, wanted: bool) -> None:
        """Give the titles a line, or take it away."""
        if wanted and not self.bar.is_attached:
            _ = self._pane.mount(self.bar, before=0)
        self.bar.display = wanted

    def go_to(self, index: int) -> None:
        """Show another tab; nothing happens where there is none of that number."""
        if index == self._current or not 0 <= index < len(self._tabs):
            return
        self._tabs[self._current] = _put_aside(self._pane)
        self._take(index)

    def _take(self, index: int) -> None:
        tab = self._tabs[index]
        assert tab is not None
        self._tabs[index], self._current = None, index
        _restore(self._pane, tab)
        self.show()

    def put_aside(self) -> tuple[list[Tab], int]:
        """All tabs and the number of the one that is shown, for another pane."""
        tabs = [tab or _put_aside(self._pane) for tab in self._tabs]
        return tabs, self._current

    def restore(self, tabs: Sequence[Tab], current: int) -> None:
        """Show the tabs of another pane."""
        self._tabs = list(tabs)
        self._take(current)

    def do_tab_new(self) -> None:
        if len(self._tabs) >= _MOST:
            raise AcdError(f"there are {_MOST} tabs, and keys for no more")
        self._tabs[self._current] = _put_aside(self._pane)
        self._current += 1
        self._tabs.insert(self._current, None)
        pane = self._pane  # it stays where it is, with nothing to go back to
        pane.back, pane.forward, pane.all_marks = [], [], {}
        pane.table.marks = pane.marks
        pane.rearrange()
        self.show()

    def do_tab_close(self) -> None:
        if len(self._tabs) == 1:
            raise AcdError("it is the only tab")
        del self._tabs[self._current]
        self._take(max(0, self._current - 1))

    def do_tab_next(self) -> None:
        self.go_to((self._current + 1) % len(self._tabs))

    def do_tab_previous(self) -> None:
        self.go_to((self._current - 1) % len(self._tabs))

    def do_tab_go(self, digit: str) -> None:
        if int(digit) > len(self._tabs):
            raise AcdError(f"there is no tab {digit}")
        self.go_to(int(digit) - 1)


def _put_aside(pane: Pane) -> Tab:
    """What a pane shows, to be shown again later."""
    return Tab(
        place=pane.place,
        target=pane.target,
        filesystem=pane.filesystem,
        problem=pane.problem,
        is_complete=pane.is_complete,
        space=pane.facts.space,
        mirror=pane.facts.mirror,
        back=pane.back,
        forward=pane.forward,
        tree=pane.files,
        cursor=pane.current.path if pane.current is not None else None,
        top=pane.table.top,
        marks=pane.all_marks,
    )


def _restore(pane: Pane, tab: Tab) -> None:
    """Show what was put aside: at once as it was, then as it is by now."""
    pane.stop_loading()
    pane.place, pane.target = tab.place, tab.target
    pane.filesystem, pane.problem = tab.filesystem, tab.problem
    pane.is_complete = tab.is_complete
    pane.facts.space, pane.facts.mirror = tab.space, tab.mirror
    pane.back, pane.forward, pane.all_marks = tab.back, tab.forward, tab.marks
    pane.table.marks, pane.table.top = pane.marks, tab.top
    pane.show_tree(tab.tree, tab.cursor)
    if tab.problem is not None or not tab.is_complete or tab.target != tab.place:
        pane.go(tab.target, remember=False)
    else:
        pane.news.changed(None)


def _title(place: Place) -> str:
    """The folder's name; of a root, what it is the root of."""
    if place.path.is_root:
        return "/" if place.filesystem == LOCAL else f"{printable(place.filesystem)}:"
    return printable(place.path.name)
