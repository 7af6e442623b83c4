"""What a dialog does, as a command that does the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from acd_tui.ui.keys import show_key
from acd_tui.ui.screens.dialog import Links, Notice

KEY = "ctrl+y"
"""Copies the command, in every dialog that has one."""

MAX_SHOWN = 3


class AsCommand(Static):
    """Shows commands; what dialogs do is asked for as they are filled in."""

    def __init__(self, commands: Sequence[str] = ()) -> None:
        super().__init__(classes="command")
        self._commands = commands

    def on_mount(self) -> None:
        self.show(self._commands)

    def show(self, commands: Sequence[str], *, example: bool = False) -> None:
        """Show others; of many the first few.

        Args:
            commands: of what the dialog would do.
            example: something is missing yet, so they are not to be copied.
        """
        self._commands = () if example else commands
        self.set_class(example, "-example")
        self.set_class(len(commands) > MAX_SHOWN, "-many")
        text = "\n".join(commands[:MAX_SHOWN])
        if (more := len(commands) - MAX_SHOWN) > 0:
            text += f"\n… and {more} more"
        self.update(Content(text))

    def copy(self, notice: Notice) -> None:
        """Put them into the clipboard of the desktop."""
        if self._commands:
            self.app.copy_to_clipboard("\n".join(self._commands) + "\n")
            notice.say("✓ copied to the clipboard", "good")


def as_command(commands: Sequence[str] = ()) -> Iterable[Widget]:
    """Yield commands with what one has to know about them."""
    lead = f"The same as a command ([@click=screen.copy_command]{show_key(KEY)} copies it[/])"
    yield Links(Content.from_markup(lead), classes="field")
    yield AsCommand(commands)
