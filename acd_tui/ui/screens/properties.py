"""What is known of one file or folder."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.screens.dialog import Dialog, buttons
from acd_tui.ui.screens.wording import moment, shown_path
from acd_tui.units import show_size
from acd_tui.vfs.entry import Entry


class Properties(Dialog[None]):
    """Shows all of an entry."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,i", "cancel", "Close", show=False)
    ]

    def __init__(self, entry: Entry, place: Place) -> None:
        super().__init__(entry.name or place.filesystem, None)
        self._entry = entry
        self._place = place

    def compose_box(self) -> Iterable[Widget]:
        entry = self._entry
        size = None
        if entry.size is not None:
            size = f"{show_size(entry.size)} ({entry.size:,} bytes)"
        facts = {
            "Name": printable(entry.name),
            "Kind": entry.kind.value,
            "In": f"{printable(self._place.filesystem)}:"
            f"{shown_path(self._place.path.parent)}",
            "Size": size,
            "Modified": moment(entry.modified_ns) if entry.modified_ns else None,
            "MD5": entry.md5,
            "Node id": entry.id,
        }
        for label, value in facts.items():
            if value:
                yield Static(
                    Content.assemble((f"{label:<9} ", "dim"), printable(value))
                )
        yield buttons(("close", "Close"))

    def on_mount(self) -> None:
        self.query_one("#close", Button).focus()

    def on_button_pressed(self) -> None:
        self.action_cancel()
