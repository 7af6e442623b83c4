"""Listings on their way into a pane."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widget import Widget

from acd_tui.transfers.model import Place
from acd_tui.ui.widgets.found import Searched
from acd_tui.ui.widgets.listing import Listing, Tree, first_window
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

INLINE_ROWS = 2_000  # a listing up to that long is put in order within one frame
WINDOW_ROWS = 300


async def in_order(path: VPath, entries: Sequence[Entry], tree: Tree) -> Listing:
    """Put a folder's entries in a tree's order, beside the screen if they are many."""

    def work() -> Listing:
        listing = Listing(path, entries)
        tree.arranged(listing)
        return listing

    return work() if len(entries) <= INLINE_ROWS else await asyncio.to_thread(work)


async def start_of(path: VPath, entries: Sequence[Entry]) -> Listing | None:
    """Return the first rows of a folder that takes a while to be put in order."""
    if len(entries) <= INLINE_ROWS:
        return None
    return Listing(path, await asyncio.to_thread(first_window, entries, WINDOW_ROWS))


async def glimpse(app: AcdApp, place: Place) -> Listing | None:
    """Return the first rows of a place that is not open yet, if they are known."""
    if isinstance(place, Searched):
        return None
    work = app.session.glance(place.filesystem, place.path, WINDOW_ROWS)
    entries = await app.engine.run(work)
    return Listing(place.path, entries) if entries else None


async def painted(widget: Widget) -> None:
    """Wait until what a widget shows now has been drawn."""
    drawn = asyncio.Event()
    widget.call_after_refresh(drawn.set)
    await drawn.wait()
