"""The palette: every action of the table, with its key, and why it is not possible."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from acd_tui.ui.action import Action
from acd_tui.ui.actions import ACTIONS
from acd_tui.ui.keys import show_key

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


class ActionCommands(Provider):
    """Offers the actions to Textual's command palette."""

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self.app)

    def _offered(self) -> Iterator[tuple[Action, str]]:
        """The actions worth offering, each with the line below its title."""
        queue_has_focus = self._app.browser.queue_has_focus
        for action in ACTIONS:
            if action.id == "palette" or action.context == "list":
                continue
            if action.context == ("pane" if queue_has_focus else "queue"):
                continue
            reason = action.enabled(self._app)
            keys = " · ".join(show_key(key) for key in self._app.keys_of(action.id))
            text = f"not now: {reason}" if reason else action.help
            yield action, f"{keys}  {text}" if keys else text

    async def discover(self) -> Hits:
        for action, text in self._offered():
            yield DiscoveryHit(
                Content(action.title), self._doer(action), action.title, text
            )

    async def search(self, query: str) -> Hits:
        matcher = self.matcher(query)
        for action, text in self._offered():
            if (score := matcher.match(action.title)) > 0:
                shown = matcher.highlight(action.title)
                yield Hit(score, shown, self._doer(action), action.title, text)

    def _doer(self, action: Action) -> _Doer:
        return _Doer(self._app, action.id)


class _Doer:
    """Does an action when its line is chosen."""

    def __init__(self, app: AcdApp, action_id: str) -> None:
        self._app = app
        self._action_id = action_id

    def __call__(self) -> None:
        # The palette has to be gone first, so that the action finds the panes.
        self._app.call_later(self._app.do, self._action_id)
