"""Going to names that hold what was typed, in one pane."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane


class Finding:
    """Moves the cursor of a pane to names that fit.

    Attributes:
        wanted: what they must hold, see `Matcher`.
    """

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self.wanted = ""

    def find(self, start: int, step: int) -> None:
        """Go to the next name that fits, at once or as soon as it is known.

        Args:
            start: the line that comes first.
            step: 1 for downwards, -1 for upwards.
        """
        pane, files = self._pane, self._pane.files
        if not self.wanted or not len(files):
            self._found(None)
        elif files.is_large:
            pane.table.leaves()  # keys for the row come after it
            app = cast("AcdApp", pane.app)
            work = self._find(self.wanted, start, step)
            app.work(work, group=f"{pane.id}-find", exclusive=True)
        else:
            self._found(files.search(self.wanted, start, step))

    async def _find(self, wanted: str, start: int, step: int) -> None:
        pane = self._pane
        while True:
            files = pane.files
            index = await asyncio.to_thread(files.search, wanted, start, step)
            if files is pane.files:  # not listed again meanwhile
                break
        if pane.target == pane.place:
            self._found(index)
            pane.table.stays()

    def _found(self, index: int | None) -> None:
        if index is not None:
            self._pane.table.move_to(index)
        is_none = bool(self.wanted) and index is None
        self._pane.quick.say("no such name" if is_none else "")
