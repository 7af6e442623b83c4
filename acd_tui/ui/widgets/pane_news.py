"""What changes in the folders that a pane shows, taken into its rows."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Collection, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, cast

from acd_tui.errors import FolderNotFound
from acd_tui.transfers.model import Place
from acd_tui.ui.widgets import loading
from acd_tui.ui.widgets.listing import Listing
from acd_tui.vfs.capabilities import (
    Dated,
    Glance,
    Mirrored,
)
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane

_GATHER_SECONDS = 0.1  # changes that come together are listed together
_SHARE = 0.1  # of the time, at most, goes into listing what others change
_JUST_NOW_NS = 5_000_000_000  # while a folder was listed, or shortly before


class PaneNews:
    """Lists again what changed, all that changed meanwhile together.

    Attributes:
        waiting: folders that changed and were not listed again yet.
        is_outdated: whether more or less may lie in the folder than the pane says.
        is_fuller: whether more or less may lie in the filesystem than is said.
    """

    def __init__(self, pane: Pane) -> None:
        self.waiting: set[VPath] = set()
        self.is_outdated = self.is_fuller = False
        self._pane = pane
        self._listing = asyncio.Lock()
        self._turn = asyncio.Lock()
        self._dates: Mapping[VPath, int | None] = {}
        self._looks = False
        self._rests_until = 0.0  # monotonic

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self._pane.app)

    def leave(self) -> None:
        """Forget what changed: the pane is somewhere else now."""
        self.waiting, self._turn = set(), asyncio.Lock()
        self._looks = False

    def changed(self, folders: Collection[VPath] | None) -> None:
        """Folders of the filesystem changed: list again those that are shown.

        Args:
            folders: which; None for possibly any.
        """
        pane = self._pane
        self.is_outdated = self.is_fuller = True
        if pane.has_found:
            self._note((pane.place.path,))
            return
        shown = pane.files.listings
        self._note(shown if folders is None else shown.keys() & set(folders))

    def arrived(self, path: VPath) -> None:
        """A file arrived in the filesystem, maybe in a folder that is new as well."""
        self.is_outdated = self.is_fuller = True
        shown = self._pane.files.listings
        for folder in path.parents:
            if folder in shown:
                name = path.parts[len(folder.parts)]
                if folder == path.parent or name not in shown[folder]:
                    self._note((folder,))
                return

    def look_at_all(self, *, ask: bool) -> None:
        """List all that is shown; with `ask` the service is asked before."""
        self._work(self._list(frozenset(self._pane.files.listings), ask=ask))

    async def look_for_others(self) -> None:
        """See whether others changed a folder, where nobody says so; list it then."""
        pane, place, now = self._pane, self._pane.place, time.monotonic()
        if self._looks or now < self._rests_until or not pane.is_complete:
            return
        if pane.has_found:
            return
        self._looks = True  # where a disk does not answer, one question is enough
        try:
            dates = await self._dated(pane.filesystem, pane.files.listings)
        finally:
            self._looks = False
        if place != pane.place:
            return
        before, self._dates = self._dates, dates
        self._note(
            {
                folder
                for folder, date in dates.items()
                if folder in pane.files.listings
                and (date != before[folder] if folder in before else _is_new(date))
            }
        )

    async def _dated(
        self, filesystem: FileSystem | None, folders: Collection[VPath]
    ) -> Mapping[VPath, int | None]:
        dated: object = filesystem
        if not isinstance(dated, Dated):
            return {}
        return await self._app.engine.run(dated.dates(tuple(folders)))

    def go_on(self) -> None:
        """Look at what changed while the place was listed, perhaps too late for that."""
        if self.waiting:
            self._work(self._look())

    def _note(self, folders: Collection[VPath]) -> None:
        waiting = self.waiting.difference(self._pane.opening)
        if folders and (not waiting or not self._pane.is_complete):
            self._work(self._look())
        self.waiting.update(folders)

    def _work(self, work: Coroutine[Any, Any, None]) -> None:
        self._app.work(work, group=f"{self._pane.id}-reload")

    async def _look(self) -> None:
        pane = self._pane
        await asyncio.sleep(_GATHER_SECONDS)
        async with self._turn:  # what changes meanwhile is listed together
            if not pane.is_complete:
                await self._glance()  # the rest is looked at when it is there
                return
            folders = frozenset(self.waiting.difference(pane.opening))
            self.waiting -= folders  # the others are looked at when they are open
            started = time.monotonic()
            if pane.has_found:
                pane.reload()
            elif folders:
                await self._list(folders)
            took = time.monotonic() - started
            self._rests_until = started + took / _SHARE
            await asyncio.sleep(took)  # as long a rest for all else there is to do

    async def _glance(self) -> None:
        """Show the first rows as they are by now, as long as there are only these."""
        pane, place = self._pane, self._pane.place
        filesystem: object = pane.filesystem
        if isinstance(filesystem, Glance):
            window = await self._app.engine.run(
                filesystem.glance(place.path, loading.WINDOW_ROWS)
            )
            if window and place == pane.place and not pane.is_complete:
                self._replace({place.path: Listing(place.path, window)})

    async def _list(self, folders: frozenset[VPath], *, ask: bool = False) -> None:
        pane, place, filesystem = self._pane, self._pane.place, self._pane.filesystem
        mirrored: object = filesystem
        async with self._listing:  # or an older listing could arrive after a newer
            if filesystem is None or place != pane.place:
                return
            if ask and isinstance(mirrored, Mirrored):
                await self._app.engine.run(mirrored.refresh())
            dates = await self._dated(filesystem, folders)
            self._dates = {**self._dates, **dates}  # of before it is listed
            fresh: dict[VPath, Listing | None] = {}
            for folder in folders:
                try:
                    fresh[folder] = await loading.listed(pane, filesystem, folder)
                except FolderNotFound:
                    fresh[folder] = None
            if pane.place == place:
                self._replace(fresh)
                pane.facts.learn()

    def _replace(self, fresh: dict[VPath, Listing | None]) -> None:
        pane, old = self._pane, self._pane.files
        tree = dataclasses.replace(old, listings=dict(old.listings))
        if fresh.get(tree.root, tree) is None:
            pane.go(Place(pane.place.filesystem, tree.root.parent), remember=False)
            return
        cursor = pane.current.path if pane.current is not None else None
        for folder, listing in fresh.items():
            if listing is None:
                tree.close(folder)
            elif folder in tree.listings:
                tree.listings[folder] = listing
                pane.marks.update(listing)
        tree.rebuild()
        wanted = pane.cursor_wanted
        is_there = wanted is not None and tree.index_of(wanted) is not None
        if is_there or pane.is_complete:
            pane.cursor_wanted = None
        pane.show_tree(tree, wanted if is_there else cursor, pane.table.cursor)


def _is_new(date: int | None) -> bool:
    """Whether a folder may have changed while it was listed for the first time."""
    return date is None or abs(time.time_ns() - date) < _JUST_NOW_NS
