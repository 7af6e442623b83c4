"""From keys to actions: who gets a key, and what is shown while a chord is pressed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

from acd_tui.ui.actions import BY_ID
from acd_tui.ui.chords import Chords, Taken
from acd_tui.ui.keymap import KeyMap, Where
from acd_tui.ui.keys import show_key
from acd_tui.ui.widgets.which_key import Offer, WhichKey

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


_ABOUT_NO_ROW = frozenset({"other_pane", "queue", "queue_focus"})
"""Actions for which nothing need be listed, besides those that work everywhere."""


class Keyboard:
    """Takes the keys that are actions; dialogs and inputs get theirs before that."""

    def __init__(self, app: AcdApp, keymap: KeyMap) -> None:
        self._app = app
        self._chords = Chords(keymap)
        self._popup: WhichKey | None = None

    @property
    def keymap(self) -> KeyMap:
        return self._chords.keymap

    @keymap.setter
    def keymap(self, keymap: KeyMap) -> None:
        self._chords = Chords(keymap)
        self._show()

    def take(self, event: events.Key) -> bool:
        """Do what a key stands for; False if it is for the widget with the focus."""
        where = self._where(event)
        if where is None:
            self.give_up()
            return False
        was_pending = bool(self._chords.pending)
        taken = self._chords.take(event.key, where)
        if taken is None:
            return self._find(event, where)
        if was_pending or self._chords.pending:
            self._show()
        self._do(taken)
        return True

    def is_about_rows(self, event: events.Key | events.Paste) -> bool:
        """Whether a key may be about a row of the list, or about what else is listed."""
        if isinstance(event, events.Paste) or self._chords.pending:
            return True
        where = self._where(event)
        if where is None:  # it is for a dialog
            return False
        _, action = self.keymap.find(event.key, where)
        if action is None:
            return True
        return BY_ID[action].context != "global" and action not in _ABOUT_NO_ROW

    def press(self, key: str) -> None:
        """Go on with a chord, as if the key had been pressed."""
        taken = self._chords.take(key, self._chords.where)
        self._show()
        if taken is not None:
            self._do(taken)

    def ask_for_key(self, action: str) -> None:
        """Have the user press the key that an action needs to know."""
        if self._chords.begin(action, self._app.front.where):
            self._show()

    def give_up(self) -> None:
        """End a chord that was begun."""
        if self._chords.pending:
            self._chords.cancel()
            self._show()

    def _do(self, taken: Taken) -> None:
        if taken.action is None:
            return
        if BY_ID[taken.action].argument and taken.argument is not None:
            self._app.do(taken.action, taken.argument)
        else:
            self._app.do(taken.action)

    def _where(self, event: events.Key) -> Where | None:
        app = self._app
        if not app.screen_stack or app.screen.is_modal:
            return None
        focused = app.focused
        if app.lists_have_focus:
            return app.front.where
        if focused is not None and focused.check_consume_key(
            event.key, event.character
        ):
            return None
        return "global"

    def _find(self, event: events.Key, where: Where) -> bool:
        letter = event.character or ""
        if where != "pane" or not self.keymap.letters_find or not letter.isalnum():
            return False
        self._app.do("find", letter)
        return True

    def _beyond(self, keys: str) -> str:
        """What lies behind a key that others follow, if it is but one thing."""
        following = self.keymap.following(keys, self._chords.where)
        titles = {BY_ID[a].title if a else "" for _, a in following}
        return f"{titles.pop() if len(titles) == 1 else ''}…"

    def _show(self) -> None:
        pending = self._chords.pending
        if not pending:  # whatever lies above the panes by now
            if self._popup is not None:
                self._popup.close()
            return
        if not self._app.lists_have_focus:
            return
        self._popup = popup = self._app.front.popup()
        offers = []
        for key, action_id in self.keymap.following(pending, self._chords.where):
            if action_id is None:
                offers.append(
                    Offer(key, self._beyond(f"{pending} {key}"), possible=True)
                )
                continue
            action = BY_ID[action_id]
            possible = action.enabled(self._app) is None
            offers.append(Offer(key, action.title, possible=possible))
            offers += [
                Offer(letter, title, possible=possible)
                for letter, title in self._app.browser.parts.places.hints(action_id)
            ]
        popup.open(show_key(pending), offers)
