"""Asks for a theme, shown at once while one looks for it."""

from __future__ import annotations

from textual.widgets import OptionList

from acd_tui.ui.screens.confirm import Choose
from acd_tui.ui.theme import WORDS


class ChooseTheme(Choose):
    """Lists the themes; the one under the cursor is what the screen is drawn in."""

    def __init__(self) -> None:
        question = (
            ""
            if not self.app.no_color
            else "The terminal has no colours, or NO_COLOR is set: none is shown now"
        )
        super().__init__(
            "Theme", question, [("", name, words) for name, words in WORDS.items()]
        )

    def on_mount(self) -> None:
        super().on_mount()
        self._before = self.app.theme
        if self._before in WORDS:
            chosen = list(WORDS).index(self._before)
            self.query_one(OptionList).highlighted = chosen

    def on_option_list_option_highlighted(
        self, event: OptionList.OptionHighlighted
    ) -> None:
        if not self.app.no_color:
            self.app.theme = list(WORDS)[event.option_index]

    def end(self, result: str | None) -> None:
        if result is None and not self.app.no_color:
            self.app.theme = self._before
        super().end(result)
