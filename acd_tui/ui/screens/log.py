"""The end of the program's own log, as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.printable import printable
from acd_tui.ui.reading import text_lines
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons, relabel
from acd_tui.ui.widgets.lines import Lines

_MOST_BYTES = 256 * 1024
_LOOK_SECONDS = 1.0
_TROUBLE = {
    " WARNING ": "text-warning",
    " ERROR ": "text-error",
    " CRITICAL ": "text-error",
}
"""What is a warning or an error → its colour."""


def end_of(path: Path, limit: int = _MOST_BYTES) -> str:
    """Return the last lines of a file, whole ones, in at most `limit` bytes.

    Raises:
        OSError: it cannot be read.
    """
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - limit))
        data = file.read()
    if size > limit:
        data = data.partition(b"\n")[2]
    return data.decode("utf-8", "replace")


def troubles(lines: Iterable[str]) -> list[str]:
    """Return the lines of warnings and errors, with what belongs to each below."""
    found = []
    wanted = False
    for line in lines:
        if not line.startswith(" "):
            wanted = any(word in line for word in _TROUBLE)
        if wanted:
            found.append(line)
    return found


class LogScreen(Dialog[None]):
    """Shows what the program has logged; secrets are not in it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "cancel", "Close", show=False),
        Binding("e", "only_trouble", "Warnings and errors", show=False),
        Binding("ctrl+y", "copy_path", "Copy its path", show=False),
    ]

    def __init__(self, path: Path) -> None:
        super().__init__("Log", None, classes="-large")
        self._path = path
        self._text: str | None = None
        self._only_trouble = False

    def compose_box(self) -> Iterable[Widget]:
        yield Lines()
        yield Notice()
        yield Static(classes="bar -whole", markup=False)
        yield buttons(("trouble", "Warnings only (e)"), ("close", "Close"))

    def on_mount(self) -> None:
        self.query_one(Lines).focus()
        self.set_interval(_LOOK_SECONDS, self._look)
        self._look()

    @work(exclusive=True, group="look", exit_on_error=False)
    async def _look(self) -> None:
        try:
            text = await asyncio.to_thread(end_of, self._path)
        except FileNotFoundError:
            text = ""
        except OSError as error:
            self.query_one(Notice).fail(f"The log cannot be read: {error.strerror}")
            return
        if text != self._text:
            self._text = text
            self._show()

    def _show(self) -> None:
        shown = text_lines(self._text or "")
        if self._only_trouble:
            shown = troubles(shown)
        view = self.query_one(Lines)
        at_end = view.scroll_offset.y >= view.max_scroll_y
        top = view.scroll_offset.y
        view.show([self._coloured(line) for line in shown])
        if at_end:
            self.call_after_refresh(view.scroll_end, animate=False)
        else:
            view.scroll_to(y=top, animate=False)
        notice = self.query_one(Notice)
        notice.clear()
        if not shown:
            what = "No warning and no error" if self._only_trouble else "Nothing"
            notice.say(f"{what} is in the log", "good")
        which = "all of it" if self._only_trouble else "warnings only"
        relabel(self.query_one("#trouble", Button), f"{which.capitalize()} (e)")
        self.query_one(".bar", Static).update(
            f"{printable(str(self._path))} · e shows {which} · Ctrl-Y copies the path"
        )

    def _coloured(self, line: str) -> str | Text:
        """A line in the colour of what it tells; its story below is as all others."""
        if line.startswith(" "):
            return line
        for word, name in _TROUBLE.items():
            if word in line:
                colour = self.app.theme_variables[name]
                return Text.assemble((line, colour.removeprefix("ansi_")))
        return line

    def action_only_trouble(self) -> None:
        """Show warnings and errors alone, or all."""
        self._only_trouble = not self._only_trouble
        self._show()

    def action_copy_path(self) -> None:
        """Copy where the log is."""
        self.app.copy_to_clipboard(printable(str(self._path)))
        self.query_one(Notice).say("✓ copied", "good")

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "trouble":
            self.action_only_trouble()
        else:
            self.action_cancel()
