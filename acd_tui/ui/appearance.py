"""What the application looks like: its theme, and which characters it is drawn in."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
from collections.abc import Sequence
from typing import Any

from rich.console import RenderableType
from textual.app import App
from textual.events import Event, Resize
from textual.filter import LineFilter, NoColor
from textual.geometry import Offset
from textual.screen import Screen
from textual.widget import Widget

from acd_tui.config.settings import Settings
from acd_tui.ui import terminal, theme
from acd_tui.ui.glyphs import PlainGlyphs
from acd_tui.ui.stylesheet import PartsOnDemand

_FIRST_SECONDS = 1.0  # within which the first frame is there, where there can be one
_WRITE_SECONDS = 0.001  # in which the thread that writes gets a turn


class _Below(Screen[None]):
    """Lies below all others and is never seen: of what Textual adds it needs nothing."""

    def _extend_compose(self, widgets: list[Widget]) -> None:
        """Add neither notifications nor tooltips; every start is sooner without."""

    def _compositor_refresh(self) -> None:
        """Draw nothing as long as it is in front, which it is as the program starts."""
        if self is not self.app.screen:
            super()._compositor_refresh()


class Appearance(App[None]):
    """An application in our themes, which needs neither colours nor Unicode."""

    def __init__(self) -> None:
        super().__init__()
        self.animation_level = "none"
        self._disable_tooltips = (
            True  # nothing has one; each screen would have a widget
        )
        for own in theme.THEMES:
            self.register_theme(own)
        self._drawn = asyncio.Event()
        self._no_colours = NoColor()
        self._plain_glyphs: PlainGlyphs | None = None
        self.theme = (theme.NO_COLOUR if self.no_color else theme.DARK).name
        self._variables = self.get_css_variables()
        self.stylesheet = PartsOnDemand(variables=self._variables)

    def get_default_screen(self) -> Screen[None]:
        return _Below(id="_default")

    def show_theme(self, name: str) -> str | None:
        """Be drawn in another theme; returns what is wrong with its name."""
        if self.no_color:
            return None  # there is but one theme then
        names = {words: known for known, words in theme.WORDS.items()}
        name = names.get(name, name)  # as the settings screen calls it
        has_few = self.console.color_system == "standard" and not self.is_headless
        if name == theme.DARK.name and has_few:
            name = theme.ANSI_DARK.name  # sixteen colours do not make up ours
        if name not in self.available_themes:
            known = ", ".join(sorted(self.available_themes))
            return f"there is no theme {name}\nthere are: {known}"
        self.theme = name
        return None

    def show_glyphs(self, settings: Settings) -> None:
        """Be drawn in Unicode or without."""
        charset = terminal.charset(os.environ)
        plain = settings.glyphs == "ascii" or (charset and settings.glyphs == "auto")
        before = self._plain_glyphs
        self._plain_glyphs = PlainGlyphs(charset) if plain else None
        if before or self._plain_glyphs:
            super().refresh_css(animate=False)

    def refresh_css(self, animate: bool = True) -> None:
        """Style everything anew, unless it is in the colours it is to have.

        Textual does so once more as it starts: all that was parsed is parsed again.
        """
        variables = self.get_css_variables()
        if variables != self._variables:
            self._variables = variables
            super().refresh_css(animate=animate)

    async def on_event(self, event: Event) -> None:
        """Take the terminal's size as it is by now.

        The handler of a signal may be interrupted by that of the next, and then tells
        the older size last: the end of a storm of them was missed.
        """
        by_signal = isinstance(event, Resize) and event.pixel_size is None
        if by_signal and not self.is_headless:
            event = Resize.from_dimensions(shutil.get_terminal_size(), None)
        await super().on_event(event)

    async def drawn(self) -> None:
        """Wait until something has been drawn, and the terminal has it."""
        with contextlib.suppress(TimeoutError):  # there may be no room for anything
            async with asyncio.timeout(_FIRST_SECONDS):
                await self._drawn.wait()
        await asyncio.sleep(_WRITE_SECONDS)

    @property
    def shows(self) -> bool:
        """Whether what is drawn now is to be seen, and not only what follows."""
        return not self._batch_count

    def _display(self, screen: Screen[Any], renderable: RenderableType | None) -> None:
        super()._display(screen, renderable)
        if renderable is not None and self.shows:
            self._drawn.set()

    def _load_screen_css(self, screen: Screen[Any]) -> None:
        """Read the stylesheets of a screen; what they say is of that screen alone.

        Textual reads all others again as well, and styles every widget anew.
        """
        known = self.stylesheet
        unread = [each for each in screen.css_path if not known.has_source(str(each))]
        for path in unread:
            known.read(path)
        if unread:
            known.parse()
            known.apply(screen)  # which is there already; what is in it comes later

    def get_theme_variable_defaults(self) -> dict[str, str]:
        return dict(theme.own_variables(self.current_theme))

    def get_line_filters(self) -> Sequence[LineFilter]:
        filters = [self._no_colours] if self.no_color else super().get_line_filters()
        return [*filters, *filter(None, (self._plain_glyphs,))]

    def _refresh_notifications(self) -> None:
        """Show them on the screen in front alone.

        Under a dialog they would stay where they were, maybe at the other end.
        """
        super()._refresh_notifications()
        for screen in self.screen_stack[:-1]:
            for rack in screen.query_children("ToastRack"):
                rack.display = False
        self.call_later(self.follow_cursor)

    def on_rows_moved(self) -> None:
        self.follow_cursor()

    def follow_cursor(self) -> None:
        """Have the terminal's cursor where ours is, and notifications elsewhere.

        A braille display shows the line that the terminal's cursor is on.
        """
        focused = self.focused
        if focused is None:
            return
        beside: Offset | None = getattr(focused, "beside_cursor", None)
        if beside is not None:
            self.cursor_position = beside - Offset(6, 1)
        if len(self._notifications):
            line = (beside or focused.region.offset).y
            is_low = line > self.screen.size.height // 2
            # What may follow a key is shown at the bottom.
            is_low |= any(each.display for each in self.screen.query("WhichKey"))
            for rack in self.screen.query("ToastRack"):
                rack.set_class(is_low, "-top")
