"""Every action with its keys, searchable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static

from acd_tui.printable import printable
from acd_tui.ui.key_table import HelpLine
from acd_tui.ui.screens.dialog import STYLES, Dialog, PlainInput
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.wording import counted

COLUMNS = (
    Column("Where", 12, hide_below=100),
    Column("Keys", 20),
    Column("Action", 30),
    Column("What it does", hide_below=64),
)


class HelpScreen(Dialog[str | None]):
    """Lists actions and narrows the list while one types; the result is one to do."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "help.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "cancel", show=False),
        Binding("down", "list(1)", show=False),
        Binding("up", "list(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(self, lines: Iterable[HelpLine]) -> None:
        """Explain actions, in the order given."""
        super().__init__("Help", None, classes="-large")
        self._all: Sequence[HelpLine] = [
            HelpLine(*map(printable, line)) for line in lines
        ]
        self._shown: Sequence[HelpLine] = ()

    def compose_box(self) -> Iterable[Widget]:
        yield PlainInput(placeholder="type to search: an action, a key, what it does")
        yield Rows(COLUMNS, self._cells)
        yield Static(id="full", markup=False)
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
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
        found = [
            line
            for line in self._all
            if all(any(word in field.casefold() for field in line) for word in words)
        ]
        # First what is called so, then what has the words elsewhere.
        self._shown = sorted(
            found, key=lambda line: not all(w in line.title.casefold() for w in words)
        )
        rows = self.query_one(Rows)
        rows.set_count(len(self._shown))
        rows.cursor = 0
        number = counted(len(self._shown), "action")
        rows.say("No action of that kind.")
        bar = f"{number} · Enter does it · Escape closes"
        self.query_one(".bar", Static).update(bar)
        self._show_full()

    def _show_full(self) -> None:
        """Show the line under the cursor without anything cut off."""
        text = ""
        if self._shown:
            line = self._shown[self.query_one(Rows).cursor]
            text = f"{line.keys}  {line.title}: {line.help}"
        self.query_one("#full", Static).update(text)

    def on_input_submitted(self) -> None:
        if self._shown:
            self.end(self._shown[self.query_one(Rows).cursor].action or None)

    def on_rows_activated(self) -> None:
        self.on_input_submitted()

    def action_list(self, by: int) -> None:
        self.query_one(Rows).action_move(by)

    def action_page(self, pages: int) -> None:
        self.query_one(Rows).action_page(pages)
