"""Keeps what the gutter's signs are made of: what is on its way, and whole folders."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.transfers.model import Filters, Place, QueueSnapshot, State
from acd_tui.ui.engine import Session
from acd_tui.ui.widgets import states
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.capabilities import Mirrored
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.transfers.compared import Compared
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane

_MOST_ARROWS = 500  # transfers whose files get an arrow
_LOOK_SECONDS = 0.5  # between two looks at them
_MOST_NAMES = 20_000  # in two folders that are compared; of larger ones nothing is said
_MOST_KNOWN = 10_000  # pairs of folders that are remembered
_MOST_WANTED = 200
_ON_ITS_WAY = frozenset(
    state for state in State if not state.is_final and state is not State.CONFLICT
)

_Pair = tuple[Place, Place]


class Gutter:
    """Says how each row of a pane stands to the other pane and to the queue.

    Two folders of one name are compared beside the screen, from what is known of both
    without a network; what changes in them is compared again when it is seen next.
    """

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser
        self._moving: states.Moving = {}
        self._revision = -1
        self._looking = False
        self._known: dict[_Pair, str] = {}
        self._wanted: dict[_Pair, None] = {}
        self._comparing: _Pair | None = None
        self._stale = False

    def signs(self, pane: Pane, other: Pane) -> states.StateOf:
        """Return what says the sign of each row of `pane`."""
        return lambda row: states.state_of(row, pane, other, self)

    # --- what is on its way -----------------------------------------------------------

    def arrow(self, filesystem: str, row: Row) -> str | None:
        """Return the sign of what is on its way, or holds something that is."""
        return self._moving.get((filesystem, row.path)) if self._moving else None

    def saw(self, snapshot: QueueSnapshot) -> None:
        """Take up that the queue was looked at."""
        if snapshot.revision != self._revision and not self._looking:
            self._looking = True
            self._app.work(self._look_at_moving(), group="moving")

    async def _look_at_moving(self) -> None:
        try:
            while self._revision != self._app.queue.revision:
                self._revision = self._app.queue.revision
                await self._see_moving()
                await asyncio.sleep(_LOOK_SECONDS)
        finally:
            self._looking = False

    async def _see_moving(self) -> None:
        transfers = []
        if self._app.queue.unfinished:
            transfers = await self._app.engine.run(
                self._app.session.transfers.transfers(
                    states=_ON_ITS_WAY, limit=_MOST_ARROWS
                )
            )
        before, self._moving = self._moving, states.moving(transfers)
        changed = {key for key, _ in before.items() ^ self._moving.items()}
        for pane in self._panes:
            filesystem, shown = pane.place.filesystem, pane.files.listings
            near = (p for n, p in changed if n == filesystem)
            if any(pane.files.is_flat or path.parent in shown for path in near):
                pane.table.refresh()

    @property
    def _panes(self) -> tuple[Pane, Pane]:
        return self._browser.left, self._browser.right

    def _redraw(self) -> None:
        for pane in self._panes:
            pane.table.refresh()

    # --- whole folders ----------------------------------------------------------------

    def folders(self, here: Place, there: Place) -> str:
        """Return the sign of two folders of one name; have them compared if need be."""
        pair = _pair(here, there)
        sign = self._known.get(pair)
        if sign is None:
            self._want(pair)
        return sign or states.UNKNOWN

    def _want(self, pair: _Pair) -> None:
        if pair == self._comparing or self._app.engine.is_closing:
            return
        self._wanted.pop(pair, None)
        self._wanted[pair] = None  # at the end, which comes first
        if len(self._wanted) > _MOST_WANTED:
            del self._wanted[next(iter(self._wanted))]
        if self._comparing is None:
            self._comparing = pair
            self._app.work(self._compare_wanted(), group="gutter")

    async def _compare_wanted(self) -> None:
        try:
            while self._wanted:
                pair, _ = self._wanted.popitem()
                self._comparing, self._stale = pair, False
                try:
                    sign = await self._app.engine.run(_compare(self._app.session, pair))
                except AcdError:
                    sign = states.UNKNOWN
                if self._stale:
                    continue  # it changed meanwhile; who draws it asks again
                if len(self._known) >= _MOST_KNOWN:
                    self._known.clear()
                self._known[pair] = sign
                if sign != states.UNKNOWN or not self._wanted:
                    self._redraw()
        finally:
            self._comparing = None

    def changed(
        self, filesystem: str | None, folders: Collection[VPath] | None
    ) -> None:
        """Forget what was found of folders that changed, or hold some that did.

        Args:
            filesystem: which; None for all.
            folders: which of it; None for possibly any.
        """

        def is_stale(place: Place) -> bool:
            if filesystem not in {None, place.filesystem}:
                return False
            return folders is None or any(f.is_within(place.path) for f in folders)

        stale = [pair for pair in self._known if any(map(is_stale, pair))]
        for pair in stale:
            del self._known[pair]
        if self._comparing is not None and any(map(is_stale, self._comparing)):
            self._stale = True


def _pair(here: Place, there: Place) -> _Pair:
    """Return both in the order that is the same from either side."""
    one, other = sorted((here, there), key=lambda p: (p.filesystem, p.path))
    return one, other


async def _compare(session: Session, pair: _Pair) -> str:
    """Say whether two folders hold the same, as far as that is known already."""
    from acd_tui.transfers.compare import Comparison
    from acd_tui.transfers.filters import Filter

    sides = [await session.filesystem(place.filesystem) for place in pair]
    for filesystem in sides:
        if not await _is_known(filesystem):
            return states.UNKNOWN
    one, other = pair
    comparison = Comparison(*sides, filters=Filter(Filters()), read=False)
    async with contextlib.aclosing(comparison.run(one.path, other.path)) as found:
        return await _sum_of(found)


async def _sum_of(found: AsyncIterator[Compared]) -> str:
    from acd_tui.transfers.compared import Verdict, Why

    sign, names = states.SAME, 0
    async for compared in found:
        names += 1
        if names > _MOST_NAMES or compared.why is Why.TROUBLE:
            return states.UNKNOWN
        if compared.why is Why.UNKNOWN_MD5:
            sign = states.UNKNOWN
        elif compared.verdict is not Verdict.SAME and compared.why is not Why.LEFT_OUT:
            return states.DIFFERS
    return sign


async def _is_known(filesystem: FileSystem) -> bool:
    """Whether a filesystem can be looked at without a network."""
    if not filesystem.features.remote:
        return True
    return (
        isinstance(filesystem, Mirrored) and (await filesystem.mirror_status()).complete
    )
