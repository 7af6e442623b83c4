"""A menu where the cursor or the mouse is: what can be done with what is there."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import ClassVar

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Offset
from textual.screen import ModalScreen
from textual.types import CSSPathType
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from acd_tui.ui.action import Action
from acd_tui.ui.keys import show_key
from acd_tui.ui.screens.styled_once import StyledOnce

_OWN = {"enter", "up", "down", "space", "escape"}  # never those of an action
_BORDER = 2
_SCROLLBAR = 1


class Menu(StyledOnce, ModalScreen[str | None]):
    """Lists actions with their keys; the result is an action's id, or None.

    The keys of the actions work here as well.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = Path(__file__).parent / "menu.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f2,left,shift+f10", "leave", "Close", show=False)
    ]

    def __init__(
        self,
        offered: Sequence[Action],
        keys_of: Callable[[str], Sequence[str]],
        at: Offset,
    ) -> None:
        """Offer actions.

        Args:
            offered: those of one part of the menu together.
            keys_of: the keys of an action, by its id.
            at: the cell of the screen the menu is to be near.
        """
        super().__init__()
        self._offered = offered
        self._keys = {action.id: tuple(keys_of(action.id)) for action in offered}
        self._at = at
        self._list = OptionList()

    def compose(self) -> ComposeResult:
        shown = {name: show_key(keys[0]) for name, keys in self._keys.items() if keys}
        room = max(cell_len(action.title) for action in self._offered)
        room += 2 + max(map(cell_len, shown.values()), default=0)
        for part, actions in itertools.groupby(self._offered, lambda a: a.menu):
            if part != self._offered[0].menu:
                self._list.add_option(None)
            for action in actions:
                key = shown.get(action.id, "")
                gap = " " * (room - cell_len(action.title) - cell_len(key))
                text = Content.assemble(action.title, gap, (key, "$accent"))
                self._list.add_option(Option(text, id=action.id))
        self._list.styles.width = room + 2 + _BORDER + _SCROLLBAR
        yield self._list

    def on_mount(self) -> None:
        self._list.focus()
        self._list.highlighted = 0
        self._place()

    def on_resize(self) -> None:
        self._place()

    def _place(self) -> None:
        """Beside the cell; where there is no room for that, as near as it goes."""
        lines = len(self._offered) + len({a.menu for a in self._offered}) - 1 + _BORDER
        width = self._list.styles.width
        cells = int(width.value) if width is not None else 0
        room = self.size
        x = max(0, min(self._at.x, room.width - cells))
        y = max(0, min(self._at.y, room.height - lines))
        self._list.styles.offset = (x, y)

    def on_key(self, event: events.Key) -> None:
        for name, keys in self._keys.items():
            if event.key in keys and event.key not in _OWN:
                event.stop()
                _ = self.dismiss(name)
                return

    def on_click(self, event: events.Click) -> None:
        if not self._list.region.contains(event.screen_x, event.screen_y):
            self.action_leave()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        _ = self.dismiss(event.option_id)

    def action_leave(self) -> None:
        _ = self.dismiss(None)
