"""How much room the queue panel has below the panes."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.queue_panel import QueuePanel

_SIZES = ("-queue-off", "-queue-lines", "-queue-half", "-queue-full")
_OFF, _LINES, _HALF, _FULL = range(len(_SIZES))
_FRAME = 3  # lines that are neither panes nor transfers: header, title, keys
_LEAST_PANES = 6  # lines that are left to the panes


class QueueRoom:
    """The `do_…` methods for the panel's size: off, some lines, half, all."""

    def __init__(self, app: AcdApp, browser: BrowserScreen, panel: QueuePanel) -> None:
        self._app = app
        self._browser = browser
        self._panel = panel
        self._size = _OFF
        self._closed = False  # by the user, who wants it to stay so
        self._lines = app.settings.queue_lines
        self.fit()

    def do_queue(self) -> None:
        self._show((self._size + 1) % len(_SIZES))
        self._closed = self._size == _OFF

    def do_queue_focus(self) -> None:
        if self._size == _OFF:
            self._show(_LINES)
        self._browser.set_focus(self._panel.table)

    def uncover(self) -> None:
        """Give the panes room again, where all of it is the queue's."""
        if self._size == _FULL:
            self._show(_HALF)

    def offer(self) -> None:
        """Something was queued: show the panel, unless the user had put it away."""
        if self._size == _OFF and not self._closed:
            self._show(_LINES)

    def do_queue_more(self) -> None:
        self.take(self._lines + 1, keep=True)

    def do_queue_less(self) -> None:
        self.take(self._lines - 1, keep=True)

    def drag(self, top: int, *, done: bool) -> None:
        """Put the panel's top into a line of the screen."""
        below = self._browser.key_bar.region.y - top - 1
        self.take(below, keep=done)

    def take(self, lines: int, *, keep: bool = False) -> None:
        """Show so many transfers; with `keep`, from now on."""
        self.wish(min(lines, self._most))
        if self._size != _LINES:
            self._show(_LINES)
        if keep:
            kept = self._app.preferences.keep("queue_lines", self._lines)
            self._app.work(kept, group="queue-room", exclusive=True)

    def wish(self, lines: int) -> None:
        """Show so many where there is room for them, once they are shown."""
        self._lines = max(1, lines)
        self.fit()

    @property
    def _most(self) -> int:
        return max(1, self._browser.size.height - _FRAME - _LEAST_PANES)

    def fit(self) -> None:
        """Take the room there is now."""
        some = self._size in {_OFF, _LINES}
        height = min(self._lines, self._most) + 1 if some else "1fr"
        self._panel.styles.height = height

    def _show(self, size: int) -> None:
        browser = self._browser
        had_focus = browser.queue_has_focus
        browser.set_class(False, *_SIZES)
        browser.set_class(True, _SIZES[size])
        self._size = size
        self.fit()
        self._panel.display = size > _OFF
        browser.panes.display = size < _FULL
        if size == _FULL:
            browser.set_focus(self._panel.table)
        elif size == _OFF or not had_focus:
            browser.set_focus(browser.active.table)
        browser.call_after_refresh(self._panel.shown)
