"""Folders on their way to be open in place in a pane."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, cast

from textual.worker import Worker

from acd_tui.ui.widgets import loading
from acd_tui.ui.widgets.listing import Listing
from acd_tui.vfs.capabilities import Glance
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane


class Opening:
    """Opens folders in place; of a large one the first rows are there before the rest."""

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self._under_way: dict[VPath, Worker[None]] = {}

    def __contains__(self, folder: VPath) -> bool:
        return folder in self._under_way

    def __iter__(self) -> Iterator[VPath]:
        return iter(self._under_way)

    def __len__(self) -> int:
        return len(self._under_way)

    def open(self, folder: VPath) -> None:
        """Open a folder, unless it is open or on its way."""
        pane = self._pane
        filesystem = pane.filesystem
        known = folder in self or folder in pane.files.listings
        if filesystem is None or pane.has_found or known:
            return
        work = self._open(folder, filesystem)
        app = cast("AcdApp", pane.app)
        self._under_way[folder] = app.work(work, group=f"{pane.id}-open")
        pane.table.redraw()
        pane.show_path()

    def stop(self, above: VPath | None = None) -> None:
        """Give up what is on its way, all of it or what lies in a folder or is one."""
        folders = [f for f in self if above is None or f.is_within(above)]
        for folder in folders:
            self._under_way.pop(folder).cancel()
        if folders:
            self._close(folders)

    async def _open(self, folder: VPath, filesystem: FileSystem) -> None:
        pane = self._pane
        try:
            if isinstance(filesystem, Glance):
                engine = cast("AcdApp", pane.app).engine
                glance = filesystem.glance(folder, loading.WINDOW_ROWS)
                if window := await engine.run(glance):
                    self._put(Listing(folder, window))
                    await loading.painted(pane.table)
            listing = await loading.listed(pane, filesystem, folder)
            del self._under_way[folder]
            self._put(listing)
        except asyncio.CancelledError:
            self._under_way.pop(folder, None)  # the program ends, or it was stopped
            raise
        finally:
            if self._under_way.pop(folder, None) is not None:
                self._close([folder])  # it failed, which is told by whoever runs this
            pane.news.go_on()

    def _put(self, listing: Listing) -> None:
        files = self._pane.files
        if files.index_of(listing.path) is None and self._pane.is_complete:
            return  # it has gone meanwhile
        self._show_with({**files.listings, listing.path: listing})

    def _close(self, folders: list[VPath]) -> None:
        """Take the first rows away again."""
        kept = dict(self._pane.files.listings)
        for path in self._pane.files.listings:
            if any(path.is_within(folder) for folder in folders):
                del kept[path]
        self._show_with(kept, folders)

    def _show_with(
        self, listings: dict[VPath, Listing], closed: Sequence[VPath] = ()
    ) -> None:
        pane = self._pane
        tree = dataclasses.replace(pane.files, listings=listings)
        tree.rebuild()
        cursor = pane.current.path if pane.current is not None else None
        if cursor is not None:
            cursor = next((f for f in closed if cursor.is_within(f)), cursor)
        pane.show_tree(tree, cursor)
