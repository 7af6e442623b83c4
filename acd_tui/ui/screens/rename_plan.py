"""Shows what edited names would change, before anything is renamed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Literal

from rich.cells import cell_len
from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button

from acd_tui.operations.renaming import Change
from acd_tui.printable import printable
from acd_tui.ui.format import fit
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.wording import counted
from acd_tui.ui.widgets.lines import Lines
from acd_tui.vfs.path import VPath

_WIDEST = 36  # cells of an old name, for the new ones to stand below each other

Answer = Literal["rename", "edit"] | None


class RenamePlan(Dialog[Answer]):
    """Lists old and new names, those that cannot be first."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "rename", "Rename", show=False),
        Binding("n,q", "cancel", "Cancel", show=False),
        Binding("e", "edit", "Edit again", show=False),
    ]

    def __init__(
        self, changes: Sequence[Change], base: VPath, *, problem: str | None = None
    ) -> None:
        """Show changes.

        Args:
            changes: what was asked for.
            base: the folder that the paths are shown from.
            problem: what is wrong with the whole, so that there are no changes.
        """
        what = f" {counted(len(changes), 'item')}" if changes else ""
        super().__init__(f"Rename{what}", None)
        self.add_class("-large")
        self._changes = sorted(changes, key=lambda change: change.problem is None)
        self._base = base
        self._problem = problem
        bad = sum(change.problem is not None for change in changes)
        if bad:
            self._problem = f"{counted(bad, 'name')} cannot be used, so nothing is done"

    def compose_box(self) -> Iterable[Widget]:
        yield Notice()
        yield Lines()
        row = [("no", "Cancel (n)"), ("edit", "Edit again (e)")]
        if self._problem is None:
            row.append(("yes", "Rename (y)"))
        yield buttons(*row)

    def on_mount(self) -> None:
        if self._problem is not None:
            self.query_one(Notice).fail(self._problem)
        self.query_one(Lines).show(self._lines())
        self.query_one("#no" if self._problem is None else "#edit", Button).focus()

    def _lines(self) -> list[Text]:
        old = [
            printable("/".join(change.path.relative_to(self._base)))
            for change in self._changes
        ]
        width = min(_WIDEST, max(map(cell_len, old), default=0))
        variables = self.app.theme_variables
        dim, bad = variables["text-muted"], variables["text-error"]
        lines = []
        for change, name in zip(self._changes, old, strict=True):
            shown = name if cell_len(name) > width else fit(name, width)
            line = Text.assemble(
                f" {shown}", (" → ", dim), printable(change.name) or "nothing"
            )
            if change.problem is not None:
                line.append(f"  ✗ {printable(change.problem)}", bad)
            lines.append(line)
        return lines

    def action_rename(self) -> None:
        """Agree, if there is nothing in the way."""
        if self._problem is None:
            self.end("rename")

    def action_edit(self) -> None:
        """Ask for the editor again, with the names as they were left there."""
        self.end("edit")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "yes":
                self.action_rename()
            case "edit":
                self.action_edit()
            case _:
                self.action_cancel()
