"""A screen that is not styled again as soon as it has been."""

from __future__ import annotations

from textual.events import ScreenResume


class StyledOnce:
    """To be mixed into a screen: shown first, its widgets are styled as they were.

    Textual styles each widget when it is mounted, and all of a screen once more when it
    comes to the front, which is a fifth of what it takes to start.
    """

    _was_shown = False

    def on_screen_resume(self, event: ScreenResume) -> None:
        if not self._was_shown:
            event.refresh_styles = False
        self._was_shown = True
