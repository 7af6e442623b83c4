"""The line at the bottom: what the keys do here, each to be clicked as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment
from textual import events
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.action import Action
from acd_tui.ui.keys import show_key
from acd_tui.ui.messages import ActionChosen

_STAY = ("palette", "help", "leave_queue", "quit")  # the last one longest


class _Item(NamedTuple):
    action: str
    key: str
    label: str
    possible: bool

    @property
    def width(self) -> int:
        return cell_len(self.key) + 1 + cell_len(self.label)


class KeyBar(Widget):
    """Draws keys with their labels, dim where they can do nothing now."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "keys--key",
        "keys--label",
        "keys--disabled",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._items: tuple[_Item, ...] = ()
        self._steady = True
        self._shown: frozenset[str] = frozenset()  # of which there was room for at last
        self._spans: list[tuple[int, int, str]] = []

    def show(
        self,
        offered: Sequence[Action],
        keys_of: Callable[[str], Sequence[str]],
        possible: Callable[[Action], bool],
        *,
        steady: bool = True,
    ) -> None:
        """Show actions that have a label and a key.

        Args:
            offered: the actions.
            keys_of: the keys an action has now.
            possible: whether it can be done now.
            steady: whether that stays so for now; while rows come in it does not, and
                the keys keep their places.
        """
        items = tuple(
            _Item(action.id, show_key(keys[0]), action.label, possible(action))
            for action in offered
            if action.label and (keys := keys_of(action.id))
        )
        if (items, steady) != (self._items, self._steady):
            self._items, self._steady = items, steady
            self.refresh()

    def _fitting(self, width: int) -> list[_Item]:
        """Those there is room for, in the order of their keys.

        Where it is tight, the way out and the help stay longest, then what can be done
        now, then what comes first in the table of actions.
        """
        room, fitting = width + 1, set()
        for item in sorted(self._items, key=self._stays, reverse=True):
            if room >= item.width + 1:
                room -= item.width + 1
                fitting.add(item.action)
        if self._steady:
            self._shown = frozenset(fitting)
        in_order = (item for item in self._items if item.action in fitting)
        return sorted(in_order, key=lambda item: _rank(item.key))

    def _stays(self, item: _Item) -> tuple[int, bool]:
        """How long an item stays where it is tight."""
        rank = _STAY.index(item.action) if item.action in _STAY else -1
        return rank, item.possible if self._steady else item.action in self._shown

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - there is but one line
        base = self.rich_style
        key_style = base + self.get_component_rich_style("keys--key", partial=True)
        label = base + self.get_component_rich_style("keys--label", partial=True)
        dim = base + self.get_component_rich_style("keys--disabled", partial=True)
        width = self.size.width
        items = self._fitting(width)
        gap = _gap(items, width)
        self._spans = []
        x = 1 if gap > 1 else 0  # where it is tight, the edge is needed, too
        segments = [Segment(" " * x, base)]
        for item in items:
            segments += [
                Segment(item.key, key_style if item.possible else dim),
                Segment(" ", base),
                Segment(item.label, label if item.possible else dim),
                Segment(" " * gap, base),
            ]
            self._spans.append((x, x + item.width, item.action))
            x += item.width + gap
        return Strip(segments).adjust_cell_length(width, base)

    def on_click(self, event: events.Click) -> None:
        for start, end, action_id in self._spans:
            if start <= event.x < end:
                self.post_message(ActionChosen(action_id))


def _gap(items: Sequence[_Item], width: int) -> int:
    """Cells between two items: three where there is room, else what is left."""
    room = width - 2 - sum(item.width for item in items)
    return max(1, min(3, room // max(1, len(items))))


def _rank(key: str) -> tuple[int, int]:
    """Function keys by their number, then the others in the order of the table."""
    match = re.fullmatch(r"F(\d+)", key)
    return (0, int(match[1])) if match else (1, 0)
