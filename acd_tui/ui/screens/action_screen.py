"""A screen whose keys are actions of the table; dialogs have keys of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from textual.geometry import Offset
from textual.screen import Screen

from acd_tui.errors import AcdError
from acd_tui.ui import actions
from acd_tui.ui.action import Action
from acd_tui.ui.compositor import LeanCompositor
from acd_tui.ui.keymap import TOGETHER, Where
from acd_tui.ui.screens.styled_once import StyledOnce
from acd_tui.ui.widgets.key_bar import KeyBar
from acd_tui.ui.widgets.line_list import LineList
from acd_tui.ui.widgets.which_key import WhichKey

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.chosen import Chosen


class ActionScreen(StyledOnce, Screen[Any]):
    """Has lists, a key bar, a menu and the popup of chords.

    Attributes:
        which_key: shows what may follow a key.
    """

    def __init__(self, *, classes: str | None = None) -> None:
        super().__init__(classes=classes)
        self._compositor = LeanCompositor()
        self.which_key = WhichKey()
        self.key_bar = KeyBar(id="keys")

    @property
    def acd(self) -> AcdApp:
        """The application, with its own type."""
        return cast("AcdApp", self.app)

    def _compositor_refresh(self) -> None:
        """Draw what has changed; Textual does so also where nobody is to see it yet."""
        if self.acd.shows:
            super()._compositor_refresh()

    def popup(self) -> WhichKey:
        """What shows the keys that may follow; it is made when it is first wanted."""
        if not self.which_key.is_attached:
            _ = self.mount(self.which_key)
        return self.which_key

    # --- for subclasses -----------------------------------------------------

    @property
    def where(self) -> Where:
        """Whose keys work."""
        raise NotImplementedError

    @property
    def list_in_use(self) -> LineList:
        """The list that keys go to."""
        raise NotImplementedError

    @property
    def is_read(self) -> bool:
        """Whether the rows of that list are there, so that what can be done is known."""
        raise NotImplementedError

    @property
    def chosen(self) -> Chosen | None:
        """What of the queue its cursor is on."""
        raise NotImplementedError

    def candidates(self, context: str) -> tuple[object, ...]:
        """What may have the `do_…` method of an action of some context."""
        raise NotImplementedError

    # --- actions ------------------------------------------------------------

    def target_of(self, action: Action) -> object:
        """What has the `do_…` method of an action.

        Raises:
            AcdError: it is done elsewhere.
        """
        for candidate in self.candidates(action.context):
            if hasattr(candidate, f"do_{action.id}"):
                return candidate
        place = (
            "on the Transfers screen"
            if action.context == "transfers"
            else "in the panes"
        )
        raise AcdError(f"{action.title}: this is done {place}")

    def show_keys(self) -> None:
        """Write the key bar anew."""
        app = self.acd
        self.key_bar.show(
            actions.of_key_bar(TOGETHER[self.where] - {"list"}),
            app.keys_of,
            lambda action: action.enabled(app) is None,
            steady=self.is_read,
        )

    def on_descendant_focus(self) -> None:
        self.show_keys()

    def keys_changed(self) -> None:
        """Other keys do what the key bar says."""
        self.show_keys()

    # --- menu and chords ----------------------------------------------------

    def on_line_list_menu_asked(self, message: LineList.MenuAsked) -> None:
        self._open_menu(message.at)

    def do_menu(self) -> None:
        self._open_menu(self.list_in_use.beside_cursor)

    def _open_menu(self, at: Offset) -> None:
        from acd_tui.ui.screens.menu import Menu

        app = self.acd
        offered = [
            each
            for each in actions.of_menu(TOGETHER[self.where])
            if each.enabled(app) is None and each.menu_if(app) is None
        ]

        def chosen(action: str | None) -> None:
            if action is not None:
                app.do(action)

        if offered:
            app.open(Menu(offered, app.keys_of, at), chosen)

    def on_which_key_chosen(self, message: WhichKey.Chosen) -> None:
        self.acd.keyboard.press(message.key)


def action_screens(app: AcdApp) -> list[ActionScreen]:
    """Those that are open: the home screen first, what took its place last.

    None before it is there, and none any more on the way out.
    """
    return [each for each in app.screen_stack if isinstance(each, ActionScreen)]


def shown_screens(app: AcdApp) -> list[ActionScreen]:
    """Those that are open, one at least.

    Raises:
        AcdError: the home screen is not there yet, or not any more.
    """
    screens = action_screens(app)
    if not screens:
        raise AcdError("the panes are not shown")
    return screens
