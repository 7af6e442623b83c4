"""Asks for a key by having it pressed."""

from __future__ import annotations

from collections.abc import Iterable

from textual import events
from textual.widget import Widget
from textual.widgets import Static

from acd_tui.ui.action import Action
from acd_tui.ui.keymap import KeyMap
from acd_tui.ui.keys import ALIASES, arrives_as, show_key
from acd_tui.ui.screens.dialog import Dialog, Notice, plain


class KeyCatcher(Dialog[str | None]):
    """The result is the key that was pressed, or the keys of a chord, or None."""

    def __init__(self, title: str, action: Action, keymap: KeyMap) -> None:
        """Ask for the key of an action.

        Args:
            title: of the action.
            action: whose key it is to be.
            keymap: knows which keys begin a chord, so that another one follows.
        """
        super().__init__("Press a key", None)
        self._for = title
        self._action = action
        self._keymap = keymap
        self._pressed = ""

    def compose_box(self) -> Iterable[Widget]:
        yield Static(plain(f"For: {self._for}"), classes="note")
        yield Notice()
        yield Static("A key that others follow waits for the next · Escape cancels")

    def on_key(self, event: events.Key) -> None:
        if event.key == "escape":
            return
        event.stop()
        event.prevent_default()
        key = ALIASES.get(event.key, event.key)
        if other := arrives_as(key):
            notice = self.query_one(Notice)
            notice.fail(f"{show_key(key)} arrives as {other} from most terminals")
            return
        self._pressed = f"{self._pressed} {key}".lstrip()
        if self._keymap.begins_chord(self._pressed, self._action.context):
            self.query_one(Notice).say(f"{show_key(self._pressed)} …")
            return
        wanted = self._action.argument
        self.end(f"{self._pressed} {wanted}" if wanted else self._pressed)
