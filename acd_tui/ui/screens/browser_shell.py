"""A shell of the user's, in the terminal that the panes have."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from acd_tui.vfs.filesystem import OnDisk
from acd_tui.vfs.offered import offers

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen


def shell(environment: Mapping[str, str] = os.environ) -> str:
    """Return the program that is the user's shell."""
    return environment.get("SHELL") or environment.get("COMSPEC") or "sh"


class ShellActions:
    """Has the `do_…` method of the action that opens a shell."""

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser

    def do_shell(self) -> None:
        command = shell()
        words = f"{shlex.quote(command)} · exit or Ctrl-D goes back to acd-tui"
        try:
            self._app.run_in_terminal([command], folder=self._folder(), words=words)
        finally:
            self._browser.look_at_local()

    def _folder(self) -> str | None:
        """Where a pane is on the disk; the one with the focus is asked first."""
        for pane in (self._browser.active, self._browser.other):
            disk = pane.filesystem
            if disk is not None and not pane.has_found and offers(disk, OnDisk):
                return disk.disk_path(pane.place.path)
        return None
