"""The palette: every action of the table, with its key, and why it is not possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from rich.cells import cell_len
from textual.command import CommandPalette, DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from acd_tui.ui.action import Action
from acd_tui.ui.actions import ACTIONS
from acd_tui.ui.actions_queue import WHOLE_QUEUE
from acd_tui.ui.keymap import TOGETHER
from acd_tui.ui.keys import show_key

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


_WIDTH = 66  # cells of a line, where the terminal has them
_EDGES = 14
_KEYS_SHOWN = 2
_BY_HELP = 0.01  # behind everything whose title fits


class Palette(CommandPalette):
    """Textual's command palette, looking like the other screens."""

    CSS_PATH = "palette.tcss"


class ActionCommands(Provider):
    """Offers the actions to Textual's command palette."""

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    def _offered(self) -> Iterator[tuple[Action, str | None]]:
        """The actions worth offering, each with the reason why it cannot be done."""
        together = TOGETHER[self._app.front.where]
        for action in ACTIONS:
            if action.id == "palette" or action.context == "list":
                continue
            if action.context not in together and not self._is_of_whole_queue(action):
                continue
            if action.argument and not any(" " in k for k in self._keys(action)):
                continue  # it is but a key
            yield action, action.enabled(self._app)

    def _is_of_whole_queue(self, action: Action) -> bool:
        return self._app.front.where == "pane" and action.id in WHOLE_QUEUE

    def _keys(self, action: Action) -> tuple[str, ...]:
        keys = self._app.keys_of(action.id)
        if self._is_of_whole_queue(action):  # they are keys only there
            there = self._app.keys_of("queue_focus")
            return tuple(f"{way} {key}" for way in there[:1] for key in keys[:1])
        return keys

    async def discover(self) -> Hits:
        for action, reason in self._offered():
            title = Content(action.title)
            yield DiscoveryHit(
                self._line(action, title, reason),
                self._doer(action),
                action.title,
                _below(action, reason),
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, reason in self._offered():
            score = matcher.match(action.title)
            title = matcher.highlight(action.title)
            if score <= 0:  # what it does may hold the words as they are
                words = f"{action.id} {action.help}".casefold()
                score = _BY_HELP if query.casefold() in words else 0
                title = Content(action.title)
            if score > 0:
                shown = self._line(action, title, reason)
                below = _below(action, reason)
                yield Hit(score, shown, self._doer(action), action.title, below)

    def _line(self, action: Action, title: Content, reason: str | None) -> Content:
        """The title, and its keys flush right; dim where it cannot be done."""
        if reason:
            title = title.stylize("$text-disabled")
        keys = " · ".join(show_key(key) for key in self._keys(action)[:_KEYS_SHOWN])
        width = min(_WIDTH, self.app.size.width - _EDGES)
        gap = max(1, width - title.cell_length - cell_len(keys))
        return Content.assemble(title, " " * gap, (keys, "$accent"))

    def _doer(self, action: Action) -> _Doer:
        return _Doer(self._app, action.id)


def _below(action: Action, reason: str | None) -> str:
    return f"Not now: {reason}" if reason else action.help


class _Doer:
    """Does an action when its line is chosen."""

    def __init__(self, app: AcdApp, action_id: str) -> None:
        self._app = app
        self._action_id = action_id

    def __call__(self) -> None:
        # The palette has to be gone first, so that the action finds the panes.
        self._app.call_later(self._app.do, self._action_id)
