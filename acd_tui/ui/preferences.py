"""What the user likes: shown as it is changed, and kept for the next time."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from acd_tui.config.settings import Settings
from acd_tui.ui.keymap import keymap
from acd_tui.ui.screens.action_screen import action_screens

if TYPE_CHECKING:
    from acd_tui.config.file import SettingsFile, Value
    from acd_tui.ui.app import AcdApp


class Preferences:
    """The settings, and the `do_…` methods that change them.

    Attributes:
        settings: as they are now.
        file: where they are kept; None if they cannot be changed from here.
    """

    def __init__(
        self, app: AcdApp, settings: Settings, file: SettingsFile | None
    ) -> None:
        self._app = app
        self.settings = settings
        self.file = file

    # --- at the start -------------------------------------------------------

    def begin(self) -> None:
        """Look as the user likes it; say what in the settings makes no sense."""
        self._show_theme()
        self._app.show_glyphs(self.settings)
        for problem in self._app.keyboard.keymap.problems:
            name = f"keys.bind.{problem.action}"
            place = self.file.place_of(name) if self.file else "Keys"
            self._app.tell(f"{place}: {name}: {problem.text}", severity="warning")

    def _show_theme(self) -> None:
        problem = self._app.show_theme(self.settings.theme)
        if problem is not None:
            self._app.tell(f"Settings: {problem}", severity="warning")

    # --- changes ------------------------------------------------------------

    async def keep(self, name: str, value: Value) -> None:
        """Change a setting from now on, where that is possible from here."""
        if self.file is not None and value != getattr(self.settings, name):
            self.apply(await asyncio.to_thread(self.file.change, name, value))

    def apply(self, settings: Settings) -> None:
        """Have changed settings take effect, as far as that needs no new start."""
        before, self.settings = self.settings, settings
        if settings.theme != before.theme:
            self._show_theme()
        if settings.glyphs != before.glyphs:
            self._app.show_glyphs(settings)
        if settings.keys != before.keys:
            asked = settings.keys
            self._app.keyboard.keymap = keymap(asked.preset, asked.bind)
            for screen in action_screens(self._app):
                screen.keys_changed()
        self._apply_to_panes(settings, before)

    def _apply_to_panes(self, settings: Settings, before: Settings) -> None:
        browser = self._app.browser
        if settings.split != before.split:
            browser.arrangement.split(settings.split)
        if settings.queue_lines != before.queue_lines:
            browser.parts.queue_room.wish(settings.queue_lines)
        for pane in (browser.left, browser.right):
            if settings.columns != before.columns:
                pane.table.show_columns(settings.columns)
            if settings.sort != before.sort:
                pane.sort(pane.table.order_by(settings.sort))
            if settings.show_hidden != before.show_hidden:
                pane.rearrange(hidden=settings.show_hidden)

    def do_settings(self) -> None:
        from acd_tui.ui.screens.settings import SettingsScreen

        if self.file is not None:
            screen = SettingsScreen(self.file, self.settings, self.apply)
            self._app.open(screen)

    def do_theme(self) -> None:
        from acd_tui.ui.screens.themes import ChooseTheme

        def chosen(name: str | None) -> None:
            if name is not None:
                self._app.work(self.keep("theme", name), group="theme")

        self._app.open(ChooseTheme(), chosen)
