"""Opening the screens that look at what lies in the panes' filesystems."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from acd_tui.transfers.model import Place
from acd_tui.ui.conditions import pane_with_account
from acd_tui.vfs.capabilities import Chronicled

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.screens.changes import ChangesSource
    from acd_tui.vfs.capabilities import Accounted


class InsightActions:
    """The `do_…` methods that open them; what they end with is shown in the pane."""

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser

    def do_space(self) -> None:
        from acd_tui.ui.screens.space import SpaceScreen

        app, pane = self._app, self._browser.active
        if pane.filesystem is not None:
            screen = SpaceScreen(
                app.engine,
                pane.filesystem,
                pane.place.path,
                app.session.operations,
                clock=app.clock,
            )
            app.open(screen, self.show_place)

    def do_duplicates(self) -> None:
        from acd_tui.ui.screens.duplicates import DuplicatesScreen

        app, browser = self._app, self._browser
        places = [
            (pane.filesystem, pane.place.path)
            for pane in (browser.active, browser.other)
            if pane.filesystem is not None and pane.problem is None
        ]
        screen = DuplicatesScreen(
            app.engine, places, app.session.operations, clock=app.clock
        )
        app.open(screen, self.show_place)

    def do_account(self) -> None:
        from acd_tui.ui.screens.account import AccountScreen

        app, pane = self._app, pane_with_account(self._app)
        if pane is None:
            return
        name = pane.place.filesystem
        screen = AccountScreen(
            app.engine,
            name,
            cast("Accounted", pane.filesystem),
            space=pane.facts.space,
            can_sign_in=app.setup is not None,
            clock=app.clock,
        )

        def ended(sign_in: bool | None) -> None:
            if sign_in:
                self._browser.parts.remotes.sign_in(name)

        app.open(screen, ended)

    def do_changes(self) -> None:
        from acd_tui.ui.screens.changes import ChangesScreen

        app = self._app
        filesystem: object = self._browser.active.filesystem
        if isinstance(filesystem, Chronicled):
            source = cast("ChangesSource", filesystem)
            operations = app.session.operations
            screen = ChangesScreen(app.engine, source, operations, clock=app.clock)
            app.open(screen, self.show_place)

    def show_place(self, place: Place | None) -> None:
        """Show something in a pane, with the cursor on it."""
        if place is None:
            return
        pane = self._browser.active
        if place.filesystem != pane.place.filesystem:
            other = self._browser.other
            if other.place.filesystem == place.filesystem:
                self._browser.go_to(other)
                pane = other
        if place.path.name.startswith("."):
            pane.files.hidden = True
        pane.go(Place(place.filesystem, place.path.parent), cursor=place.path.name)
