"""What the home screen can do: all that is not needed to see the two places it shows.

To load it takes a fifth of a start; it is loaded when something is seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.ui.screens.browser_clipboard import Clipboard
from acd_tui.ui.screens.browser_dropped import Dropped
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.screens.browser_insight import InsightActions
from acd_tui.ui.screens.browser_new import NewActions
from acd_tui.ui.screens.browser_places import PlaceActions
from acd_tui.ui.screens.browser_queue import QueueRoom
from acd_tui.ui.screens.browser_remotes import RemoteActions
from acd_tui.ui.screens.browser_renaming import Renaming
from acd_tui.ui.screens.browser_shell import ShellActions
from acd_tui.ui.screens.queue_controls import QueueControls
from acd_tui.ui.screens.queue_end import QueueEnd
from acd_tui.ui.syncing import Syncing
from acd_tui.ui.widgets.pane_actions import PaneActions
from acd_tui.ui.widgets.queue_panel import QueuePanel

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen


class Parts:
    """The queue panel, and what has the `do_…` methods of the actions.

    Attributes:
        queue_panel: mounted, and not to be seen yet.
        of_pane: what concerns one pane, by its id.
    """

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self.queue_panel = QueuePanel()
        self.queue_panel.display = False
        _ = browser.mount(self.queue_panel, before=browser.key_bar)
        self.queue_controls = QueueControls(self.queue_panel)
        self.queue_end = QueueEnd(browser)
        self.queue_room = QueueRoom(app, browser, self.queue_panel)
        self.files = FileActions(app, browser)
        self.new = NewActions(app, browser, self.files)
        self.clipboard = Clipboard(app, browser, self.files)
        self.renaming = Renaming(app, browser, self.files)
        self.dropped = Dropped(app, browser, self.files)
        self.insight = InsightActions(app, browser)
        self.remotes = RemoteActions(app, browser)
        self.shell = ShellActions(app, browser)
        self.places = PlaceActions(app, browser, app.places_file)
        self.places.begin()
        self.syncing = Syncing(app)
        self.of_pane = {
            pane.id: PaneActions(pane, app.home)
            for pane in (browser.left, browser.right)
        }
