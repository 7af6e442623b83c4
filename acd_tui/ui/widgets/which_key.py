"""Which keys may follow: shown as soon as a chord is begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import msgspec
from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.format import fit_end
from acd_tui.ui.keys import MANY, show_key

_COLUMN = 30  # cells that a key and its title may take, unless some need more
_MOST = 46


class Offer(msgspec.Struct, frozen=True):
    """One key that may follow.

    Attributes:
        key: its name.
        title: what it does, printable.
        possible: whether that can be done now.
    """

    key: str
    title: str
    possible: bool


class WhichKey(Widget):
    """Lies above the panes' foot and lists keys in columns; each can be clicked."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "which--key",
        "which--title",
        "which--disabled",
    }
    DEFAULT_CSS = """
    WhichKey {
        dock: bottom;
        layer: popup;
        margin: 0 0 1 0;
        width: 100%;
        padding: 0 1;
        background: $surface;
        border: round $primary;
        border-title-color: $accent;
        border-title-style: bold;
        border-subtitle-color: $text-muted;
        & > .which--key { color: $accent; text-style: bold; }
        & > .which--title { color: $foreground; }
        & > .which--disabled { color: $pane-faint; }
    }
    """

    class Chosen(Message):
        """A key was clicked."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self._offers: Sequence[Offer] = ()

    def open(self, pressed: str, offers: Sequence[Offer]) -> None:
        """Show what may follow.

        Args:
            pressed: the keys so far, as they are shown.
            offers: in the order to show.
        """
        # An action with two keys is one thing that may follow.
        self._offers = list({offer.title: offer for offer in offers[::-1]}.values())[
            ::-1
        ]
        self.border_title = Content(f" {pressed} ")
        self.border_subtitle = Content(" Esc ")
        self._lay_out()
        self.display = True
        self.refresh()

    def close(self) -> None:
        self.display = False

    def on_resize(self) -> None:
        self._lay_out()

    @property
    def _inner(self) -> int:
        return max(20, self.app.size.width - 4)

    def _lay_out(self) -> None:
        self.styles.height = self._rows + 2

    @property
    def _column(self) -> int:
        longest = max((cell_len(o.title) for o in self._offers), default=0)
        return min(self._inner, _MOST, max(_COLUMN, longest + self._key_width + 4))

    @property
    def _key_width(self) -> int:
        return max((cell_len(show_key(o.key)) for o in self._offers), default=1)

    @property
    def _rows(self) -> int:
        columns = max(1, self._inner // self._column)
        return -(-len(self._offers) // columns)

    def _at(self, x: int, y: int) -> Offer | None:
        index = (x // self._column) * self._rows + y
        if not 0 <= y < self._rows or index >= len(self._offers):
            return None
        return self._offers[index]

    def render_line(self, y: int) -> Strip:
        width, column, base = self.size.width, self._column, self.rich_style
        key_style = base + self.get_component_rich_style("which--key", partial=True)
        title = base + self.get_component_rich_style("which--title", partial=True)
        dim = base + self.get_component_rich_style("which--disabled", partial=True)
        segments = []
        for x in range(0, width, column):
            if (offer := self._at(x, y)) is None:
                break
            key = show_key(offer.key).rjust(self._key_width)
            room = column - self._key_width - 2
            segments += [
                Segment(key, key_style if offer.possible else dim),
                Segment("  ", base),
                Segment(fit_end(offer.title, room), title if offer.possible else dim),
            ]
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        # The border is a cell wide, and so is the padding.
        offer = self._at(event.x - 2, event.y - 1)
        if offer is not None and offer.key not in MANY:
            self.post_message(self.Chosen(offer.key))
