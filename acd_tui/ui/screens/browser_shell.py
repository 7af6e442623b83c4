"""A shell of the user's, in the terminal that the panes have."""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import address
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.offered import offers

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen


_MOST_NAMES = 10_000  # more fit into no command line
_AND_WAIT = """
program=$1; text=$2; shift 2
"$program" -c "$text" "$program" "$@"
code=$?
printf '\n'
[ $code = 0 ] || printf 'It ended with exit code %s. ' $code
printf 'Enter goes back to acd-tui '
read -r _
"""
"""Runs a command in the user's shell, and leaves on the screen what it said."""


def shell(environment: Mapping[str, str] = os.environ) -> str:
    """Return the program that is the user's shell."""
    return environment.get("SHELL") or environment.get("COMSPEC") or "sh"


def disk_or_address(filesystem: FileSystem | None, place: Place) -> str:
    """What a command takes for something: its path here, or `photos:a/b`."""
    if filesystem is not None and offers(filesystem, OnDisk):
        return filesystem.disk_path(place.path)
    return address(place.filesystem, place.path)


def _wrong(text: str) -> str | None:
    return None if text.strip() else "Type a command"


class ShellActions:
    """Has the `do_…` methods of what the user's shell does."""

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

    def do_run(self) -> None:
        self._app.work(self._run(), group="shell")

    async def _run(self) -> None:
        from acd_tui.ui.screens.prompt import Prompt

        pane, folder = self._browser.active, self._folder()
        chosen = [
            disk_or_address(pane.filesystem, Place(pane.place.filesystem, row.path))
            for row in pane.choice()[:_MOST_NAMES]
        ]
        where = printable(folder or str(Path.cwd()))
        text = await self._app.push_screen_wait(
            Prompt(
                "Run a command", f'In {where}; "$@" is what is marked', validate=_wrong
            )
        )
        if text is None:
            return
        command = ["sh", "-c", _AND_WAIT, "sh", shell(), text, *chosen]
        try:
            self._app.run_in_terminal(command, folder=folder, words=f"$ {text}")
        finally:
            self._browser.look_at_local()

    def _folder(self) -> str | None:
        """Where a pane is on the disk; the one with the focus is asked first."""
        for pane in (self._browser.active, self._browser.other):
            disk = pane.filesystem
            if disk is not None and not pane.has_found and offers(disk, OnDisk):
                return disk.disk_path(pane.place.path)
        return None
