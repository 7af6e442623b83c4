"""Everything that is known of one transfer."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.printable import printable
from acd_tui.transfers.model import Transfer
from acd_tui.ui.format import show_place
from acd_tui.ui.screens.dialog import Dialog, buttons
from acd_tui.units import show_size


class TransferDetails(Dialog[None]):
    """Shows one transfer; there is nothing to decide."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,q", "cancel", "Close", show=False)
    ]

    def __init__(self, transfer: Transfer) -> None:
        super().__init__(f"Transfer {transfer.id}", None)
        self._transfer = transfer

    def compose_box(self) -> Iterable[Widget]:
        transfer = self._transfer
        facts = [
            ("From", show_place(transfer.source)),
            ("To", show_place(transfer.target)),
            ("Size", f"{show_size(transfer.size)} ({transfer.size:,} bytes)"),
            ("State", str(transfer.state)),
            ("Attempts", str(transfer.attempts)),
            ("Because", printable(transfer.reason or "")),
            ("Hint", printable(transfer.hint or "")),
        ]
        for label, value in facts:
            if value:
                yield Static(Content.assemble((f"{label:<9}", "dim"), Content(value)))
        yield buttons(("close", "Close"))

    def on_mount(self) -> None:
        self.query_one(Button).focus()

    def on_button_pressed(self) -> None:
        self.action_cancel()
