"""What becomes of paths pasted into a pane, or files dropped on it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.transfers.model import Place
from acd_tui.ui.dropped import pasted_paths
from acd_tui.ui.format import LOCAL
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.screens.rows_in_words import describe
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen


class Dropped:
    """Takes pasted paths of this machine: to go there, or to copy from there."""

    def __init__(self, app: AcdApp, browser: BrowserScreen, files: FileActions) -> None:
        self._app = app
        self._browser = browser
        self._files = files

    def take(self, text: str) -> None:
        """Ask what is to be done with what was pasted into the active pane."""
        if text.strip():
            self._app.work(self._ask(text), group="files")

    async def _ask(self, text: str) -> None:
        from acd_tui.ui.screens.confirm import Choose

        paths = await asyncio.to_thread(pasted_paths, text)
        rows = Chosen.of(await self._rows(paths))
        if not rows:
            raise AcdError(
                "what was pasted is no path of this machine",
                hint=f"{self._app.key_of('path')} takes an address of a remote",
            )
        pane, what = self._browser.active, describe(rows, None)
        options = [("g", "go", "go there in this pane")]
        if pane.filesystem is not None and not pane.has_found:
            options.append(("c", "copy", "copy here…"))
        answer = await self._app.push_screen_wait(Choose("Pasted", what, options))
        first = rows[0]
        if answer == "copy":
            source = Place(LOCAL, first.folder)
            await self._files.copy_to(source, rows, pane.place)
        elif answer == "go" and len(rows) == 1 and first.entry.is_folder:
            pane.go(Place(LOCAL, first.path))
        elif answer == "go":
            pane.go(Place(LOCAL, first.folder), cursor=first.entry.name)

    async def _rows(self, paths: Sequence[str]) -> list[Row]:
        engine = self._app.engine
        local = await engine.run(self._app.session.filesystem(LOCAL))
        found = []
        for text in paths:
            path = VPath.parse(text)
            if not path.is_root:
                found.append(Row(await engine.run(local.stat(path)), path.parent))
        return found
