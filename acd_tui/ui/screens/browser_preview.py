"""What the preview does, and where it stands: it is loaded when it is first wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.screens.preview import Preview

_STEP = 3  # lines


class Previewing:
    """The `do_…` methods of the preview.

    Attributes:
        is_on: whether the user wants it.
    """

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser
        self._preview: Preview | None = None
        self.is_on = False

    def do_preview(self) -> None:
        self.is_on = not self.is_on
        if self._preview is None:
            from acd_tui.ui.screens.preview import Preview

            self._preview = Preview(self._app)
            _ = self._browser.panes.mount(self._preview)
        self._browser.show_panes()

    def do_preview_down(self) -> None:
        self._scroll(_STEP)

    def do_preview_up(self) -> None:
        self._scroll(-_STEP)

    def _scroll(self, lines: int) -> None:
        if self._preview is not None:
            self._preview.scroll(lines)

    def arrange(self, *, room: bool) -> bool:
        """Stand where the other pane would; False if that is not wanted or possible."""
        preview, browser = self._preview, self._browser
        if preview is None:
            return False
        preview.display = self.is_on and room
        if preview.display:
            left = browser.active is browser.right
            if left:
                browser.panes.move_child(preview, before=browser.left)
            else:
                browser.panes.move_child(preview, after=browser.right)
            self.fit()
            self.look()
        return preview.display

    def fit(self) -> None:
        """Take the room that the pane in whose place it stands would have."""
        if self._preview is not None:
            beside = self._browser.other.styles
            self._preview.styles.width = beside.width
            self._preview.styles.height = beside.height

    def look(self) -> None:
        """Show what the cursor of the active pane is on now."""
        if self._preview is not None and self._preview.display:
            pane = self._browser.active
            self._preview.show(pane.filesystem, pane.current)
