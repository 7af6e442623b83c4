"""The preview: what the cursor is on, shown in place of the other pane."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from acd_tui.printable import printable
from acd_tui.ui.screens.file_view import FileView
from acd_tui.ui.widgets.bar import Bar
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.filesystem import FileSystem

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

_REST_SECONDS = 0.1  # that the cursor stays on something before it is read
_BYTES = 64 * 1024


class Preview(Vertical):
    """Shows a file, or what a folder holds."""

    DEFAULT_CSS = """
    Preview {
        background: $background;
        & > .title { background: $surface; }
        & Notice { height: auto; padding: 0 1; color: $pane-dim; }
        & Notice.-error { color: $error; }
        & Notice.-warning { color: $warning; }
        & Lines {
            padding: 0 1;
            scrollbar-background: $background;
            scrollbar-background-hover: $background;
            scrollbar-background-active: $background;
            scrollbar-color: $pane-dim;
        }
        & FileView > .bar { background: $surface; color: $pane-dim; padding: 0 1; }
    }
    """

    def __init__(self, app: AcdApp) -> None:
        super().__init__()
        self._title = Bar(classes="title")
        self._view = FileView(app.engine, limit=_BYTES)
        self._shown: tuple[FileSystem, Row] | None = None
        self._rest: Timer | None = None

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._view

    def on_mount(self) -> None:
        self._view.lines.can_focus = False  # keys stay with the pane

    def show(self, filesystem: FileSystem | None, row: Row | None) -> None:
        """Show something as soon as nothing else is asked for."""
        wanted = None if filesystem is None or row is None else (filesystem, row)
        if wanted == self._shown:
            return
        self._shown = wanted
        if self._rest is not None:
            self._rest.stop()
        self._rest = self.set_timer(_REST_SECONDS, self._open)

    def scroll(self, lines: int) -> None:
        """Move what is shown up or down."""
        self._view.lines.scroll_relative(y=lines, animate=False)

    def _open(self) -> None:
        if self._shown is None:
            self._title.show([(" Preview", "dim")])
            self._view.close()
            return
        filesystem, row = self._shown
        end = "/" if row.entry.is_folder else ""
        self._title.show([(f" {printable(row.entry.name)}{end}", "strong")])
        if row.entry.is_folder:
            self._view.open_folder(filesystem, row.path)
        elif row.entry.kind is Kind.OTHER:
            self._view.close("This is no file that could be read")
        else:
            self._view.open(filesystem, row.path)
