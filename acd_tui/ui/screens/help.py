"""Every action with its keys, searchable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static

from acd_tui.printable import printable
from acd_tui.ui.actions import BY_ID, Context, of_context
from acd_tui.ui.keys import parse_keys, show_key
from acd_tui.ui.screens.dialog import STYLES, Dialog, PlainInput
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.wording import counted

COLUMNS = (
    Column("Where", 12, hide_below=100),
    Column("Keys", 20),
    Column("Action", 30),
    Column("What it does", hide_below=64),
)


CONTEXTS: dict[Context, str] = {
    "global": "Everywhere",
    "pane": "Pane",
    "browser": "Panes, queue",
    "list": "Lists",
    "queue": "Queue",
}


class HelpLine(NamedTuple):
    """One action as help shows it."""

    group: str
    keys: str
    title: str
    help: str


def default_keys(action_id: str) -> Sequence[str]:
    """Return the keys an action has where nobody changed them."""
    return parse_keys(BY_ID[action_id].keys)


def action_lines(keys_of: Callable[[str], Sequence[str]]) -> list[HelpLine]:
    """Return a line for every action, those of one context together.

    Args:
        keys_of: the keys of an action, by its id.
    """
    lines = []
    for context, where in CONTEXTS.items():
        for action in of_context(context):
            keys = ", ".join(dict.fromkeys(map(show_key, keys_of(action.id))))
            lines.append(HelpLine(where, keys, action.title, action.help))
    return lines


class HelpScreen(Dialog[None]):
    """Lists actions and narrows the list while one types."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "help.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "cancel", "Close", show=False),
        Binding("down", "list(1)", show=False),
        Binding("up", "list(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(
        self, lines: Iterable[HelpLine | tuple[str, str, str, str]] | None = None
    ) -> None:
        """Explain actions.

        Args:
            lines: group, keys, title and help of each, in the order to show; without,
                those of the table of actions.
        """
        super().__init__("Help", None, classes="-large")
        self._given = lines
        self._all: Sequence[HelpLine] = ()
        self._shown: Sequence[HelpLine] = ()

    def compose_box(self) -> Iterable[Widget]:
        yield PlainInput(placeholder="type to search: an action, a key, what it does")
        yield Rows(COLUMNS, self._cells)
        yield Static(id="full", markup=False)
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
        lines = self._given
        if lines is None:
            # The app knows the keys as the user has changed them.
            lines = action_lines(getattr(self.app, "keys_of", default_keys))
        self._all = [HelpLine(*map(printable, line)) for line in lines]
        self.query_one(Input).focus()
        self._narrow("")

    def _cells(self, index: int) -> Sequence[Cell]:
        line = self._shown[index]
        return (
            (line.group, "dim"),
            (line.keys, "warning"),
            line.title,
            (line.help, "dim"),
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        self._narrow(event.value)

    def on_rows_moved(self) -> None:
        self._show_full()

    def _narrow(self, text: str) -> None:
        words = text.casefold().split()
        self._shown = [
            line
            for line in self._all
            if all(any(word in field.casefold() for field in line) for word in words)
        ]
        rows = self.query_one(Rows)
        rows.set_count(len(self._shown))
        rows.cursor = 0
        found = counted(len(self._shown), "action")
        bar = f"{found} · Escape closes" if self._shown else "Nothing of that kind"
        self.query_one(".bar", Static).update(bar)
        self._show_full()

    def _show_full(self) -> None:
        """Show the line under the cursor without anything cut off."""
        text = ""
        if self._shown:
            line = self._shown[self.query_one(Rows).cursor]
            text = f"{line.keys}  {line.title}: {line.help}"
        self.query_one("#full", Static).update(text)

    def action_list(self, by: int) -> None:
        self.query_one(Rows).action_move(by)

    def action_page(self, pages: int) -> None:
        self.query_one(Rows).action_page(pages)
