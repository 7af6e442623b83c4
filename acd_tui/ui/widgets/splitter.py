"""The line between the panes, which is dragged to give one of them more room."""

from __future__ import annotations

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

_DOUBLE = 2


class Splitter(Widget):
    """One cell between two widgets of a container, wide or high.

    What it says is how many of a hundred parts the first one is to have.
    """

    ALLOW_SELECT = False

    class Dragged(Message):
        """It is somewhere else now; `done` once it stays there."""

        def __init__(self, percent: int, *, done: bool) -> None:
            super().__init__()
            self.percent, self.done = percent, done

        def can_replace(self, message: Message) -> bool:
            return isinstance(message, Splitter.Dragged) and not message.done

    def __init__(self) -> None:
        super().__init__(id="splitter")
        self._dragging = False
        self._base: Style | None = None

    @property
    def _is_upright(self) -> bool:
        return self.size.width == 1

    def render_line(self, y: int) -> Strip:  # noqa: ARG002 - all lines are the same
        if self._base is None:  # Textual would work it out anew for every line
            self._base = self.rich_style
        sign = "│" if self._is_upright else "─"
        return Strip([Segment(sign * self.size.width, self._base)])

    def notify_style_update(self) -> None:
        self._base = None
        super().notify_style_update()

    def on_mouse_down(self, event: events.MouseDown) -> None:
        event.stop()
        self._dragging = True
        self.capture_mouse()

    def on_mouse_move(self, event: events.MouseMove) -> None:
        if self._dragging:
            self._say(event, done=False)

    def on_mouse_up(self, event: events.MouseUp) -> None:
        if self._dragging:
            self._dragging = False
            self.release_mouse()
            self._say(event, done=True)

    def on_click(self, event: events.Click) -> None:
        if event.chain == _DOUBLE:
            self.post_message(self.Dragged(50, done=True))

    def _say(self, event: events.MouseEvent, *, done: bool) -> None:
        around = self.parent.region if isinstance(self.parent, Widget) else self.region
        if self._is_upright:
            at, room = event.screen_x - around.x, around.width
        else:
            at, room = event.screen_y - around.y, around.height
        self.post_message(self.Dragged(round(100 * at / max(1, room)), done=done))
