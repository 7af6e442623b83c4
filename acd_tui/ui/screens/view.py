"""Shows a file (F3), a piece at a time."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget

from acd_tui.ui.screens.dialog import Dialog
from acd_tui.ui.screens.file_view import FileView
from acd_tui.ui.screens.services import Runner
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath


class View(Dialog[None]):
    """Shows a file; reads no more of it than it shows."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,f3", "cancel", "Close", show=False),
        Binding("h,f4", "other_way", "Another way", show=False),
        Binding("n", "turn(1)", "Next piece", show=False),
        Binding("p", "turn(-1)", "Previous piece", show=False),
        Binding("e", "turn(None)", "End of the file", show=False),
        Binding("ctrl+r", "reload", "Reload", show=False),
    ]

    def __init__(self, runner: Runner, filesystem: FileSystem, path: VPath) -> None:
        super().__init__(path.name, None, classes="-large")
        self._view = FileView(runner, keys=True)
        self._filesystem = filesystem
        self._path = path

    def compose_box(self) -> Iterable[Widget]:
        yield self._view

    def on_mount(self) -> None:
        self._view.lines.focus()
        self._view.open(self._filesystem, self._path)

    def action_reload(self) -> None:
        self._view.reload()

    def action_other_way(self) -> None:
        self._view.toggle()

    def action_turn(self, pieces: int | None) -> None:
        self._view.turn(pieces)
