"""A picture in the middle of the room there is."""

from __future__ import annotations

from collections.abc import Sequence

from rich.segment import Segment
from textual.strip import Strip
from textual.widget import Widget

from acd_tui.ui.pictures import Picture, fitting, strips


class PictureView(Widget):
    """Draws a picture as large as it fits, in cells of two pixels."""

    DEFAULT_CSS = "PictureView { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self._picture: Picture | None = None
        self._strips: Sequence[Strip] = ()

    def show(self, picture: Picture) -> None:
        """Show another picture."""
        self._picture = picture
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        self._draw()  # what shows through is of the theme

    def _draw(self) -> None:
        if self._picture is None or not self.size:
            return
        width, height = fitting(self._picture, self.size.width, self.size.height)
        background = self.background_colors[1].rgb
        self._strips = strips(self._picture, width, height, background)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        row = y - (self.size.height - len(self._strips)) // 2
        blank = Strip.blank(self.size.width, self.rich_style)
        if not 0 <= row < len(self._strips):
            return blank
        strip = self._strips[row]
        margin = (self.size.width - strip.cell_length) // 2
        left = Strip([Segment(" " * margin, self.rich_style)])
        return Strip.join([left, strip]).adjust_cell_length(
            self.size.width, self.rich_style
        )
