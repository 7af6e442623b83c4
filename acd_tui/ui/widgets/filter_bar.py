"""The lists one can choose from, with how much is in each; and how far all is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.format import progress_bar, sparkline
from acd_tui.ui.messages import ActionChosen


class Choice(NamedTuple):
    """One of the lists.

    Attributes:
        action: shows it.
        key: of that action, as it is shown.
        title: printable.
        number: how much is in it; None while unknown.
    """

    action: str
    key: str
    title: str
    number: int | None


class FilterBar(Widget):
    """Draws them beside each other, each to be clicked."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "filter--key",
        "filter--chosen",
        "filter--number",
    }
    DEFAULT_CSS = "FilterBar { height: 1; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._choices: tuple[Choice, ...] = ()
        self._chosen = ""
        self._note = ""
        self._spans: list[tuple[int, int, str]] = []

    def show(self, choices: Sequence[Choice], chosen: str, note: str = "") -> None:
        """Show lists.

        Args:
            choices: each of them.
            chosen: the action of the one that is in use.
            note: what is not in any of them, at the end of the line if it fits there.
        """
        content = (tuple(choices), chosen, note)
        if content != (self._choices, self._chosen, self._note):
            self._choices, self._chosen, self._note = content
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one line
        base, width = self.rich_style, self.size.width
        style = {
            name: self.get_component_rich_style(f"filter--{name}", partial=True)
            for name in ("key", "chosen", "number")
        }
        words = sum(cell_len(c.title) + len(_number(c)) + 2 for c in self._choices)
        keys = sum(cell_len(c.key) + 1 for c in self._choices)
        with_keys = words + keys <= width
        # As far as there is room: a cell at the end of each, and one between them.
        room = width - words - (keys if with_keys else 0)
        pad = " " if room >= len(self._choices) else ""
        gap = " " if room >= 2 * len(self._choices) else ""
        segments, x = [], 0
        self._spans = []
        for each in self._choices:
            own = base + style["chosen"] if each.action == self._chosen else base
            key = f"{each.key} " if with_keys and each.key else ""
            pieces = [
                Segment(" ", own),
                Segment(key, own if own.reverse else own + style["key"]),
                Segment(each.title, own),
                Segment(
                    f" {_number(each)}".rstrip(),
                    own if own.reverse else own + style["number"],
                ),
                Segment(pad, own),
            ]
            end = x + sum(piece.cell_length for piece in pieces)
            self._spans.append((x, end, each.action))
            segments += [*pieces, Segment(gap, base)]
            x = end + len(gap)
        if self._note and (room := width - x - cell_len(self._note) - 1) > 0:
            note = f"{' ' * room}{self._note} "
            segments.append(Segment(note, base + style["number"]))
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        for start, end, action in self._spans:
            if start <= event.x < end:
                self.post_message(ActionChosen(action))


def _number(choice: Choice) -> str:
    return "" if choice.number is None else f"{choice.number:,}"


class ProgressLine(Widget):
    """How far all of it is, and how fast it was over the last minutes."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "progress--bar",
        "progress--rest",
        "progress--rates",
    }
    DEFAULT_CSS = "ProgressLine { height: 1; width: 100%; }"

    def __init__(self) -> None:
        super().__init__()
        self._content: tuple[float, str, tuple[float, ...]] = (0.0, "", ())

    def show(self, part: float, text: str, rates: Sequence[float]) -> None:
        """Show which part is done, in words as well, and the rates."""
        content = (part, text, tuple(rates))
        if content != self._content:
            self._content = content
            self.refresh()

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one line
        part, text, rates = self._content
        base, width = self.rich_style, self.size.width
        room = max(0, width - cell_len(text) - 6)
        full, rest = progress_bar(part, room // 2) if text else ("", " " * (room // 2))
        return Strip(
            [
                Segment(" ", base),
                Segment(full, base + self._style("bar")),
                Segment(rest, base + self._style("rest")),
                Segment(f"  {text}  ", base),
                Segment(
                    sparkline(rates, room - room // 2), base + self._style("rates")
                ),
            ]
        ).adjust_cell_length(width, base)

    def _style(self, name: str) -> Style:
        return self.get_component_rich_style(f"progress--{name}", partial=True)
