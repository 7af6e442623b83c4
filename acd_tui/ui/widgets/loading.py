"""Listings on their way into a pane."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from threading import Event
from typing import TYPE_CHECKING, cast

from textual.widget import Widget

from acd_tui.transfers.model import Place
from acd_tui.ui.widgets.found import Searched
from acd_tui.ui.widgets.listing import Listing, first_window
from acd_tui.ui.widgets.tree import Tree
from acd_tui.vfs.capabilities import Renewing
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.news import Known
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from concurrent.futures import Future

    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane

INLINE_ROWS = 2_000  # a listing up to that long is put in order within one frame
WINDOW_ROWS = 300
_FIRST_SECONDS = 0.2  # that nothing is shown at all for the sake of what is known


async def listed(pane: Pane, filesystem: FileSystem, path: VPath) -> Listing:
    """List a folder in a pane's order."""
    if (listing := await renewed(pane, filesystem, path)) is not None:
        return listing
    engine = cast("AcdApp", pane.app).engine
    return await in_order(pane, path, await engine.run(filesystem.list(path)))


async def renewed(pane: Pane, filesystem: FileSystem, path: VPath) -> Listing | None:
    """Bring the listing of a large folder that some pane has up to date.

    None if no pane has any, or if the folder has to be listed again.
    """
    app = cast("AcdApp", pane.app)
    place = Place(filesystem.name, path)
    renewing: object = filesystem
    if not isinstance(renewing, Renewing) or place not in app.large_listings:
        return None
    async with app.renewing:  # or each of two panes would make another listing of it
        known = app.large_listings.get(place)
        if known is None or not isinstance(known.entries, Known):
            return None
        news = await app.engine.run(renewing.news(path, known.entries))
        if news is None:
            return None
        tree = pane.files

        def work() -> Listing | None:
            listing = known.amended(news)
            return None if listing is None else _arranged(listing, tree)

        listing = await asyncio.to_thread(work)
        if listing is not None:
            app.large_listings[place] = listing
        return listing


async def in_order(pane: Pane, path: VPath, entries: Sequence[Entry]) -> Listing:
    """Put entries of a folder in a pane's order, beside the screen if they are many.

    Many that some pane has shown already, and that are as they were, are not there twice.
    """
    tree = pane.files
    if len(entries) <= INLINE_ROWS:
        return _arranged(Listing(path, entries), tree)
    large = cast("AcdApp", pane.app).large_listings
    place = Place(pane.target.filesystem, path)
    known, stop = large.get(place), Event()

    def work() -> Listing:
        if known is not None and known.is_of(entries):
            return _arranged(known, tree)
        return _arranged(Listing(path, entries, stop), tree)

    try:
        listing = await asyncio.to_thread(work)
    except asyncio.CancelledError:
        stop.set()
        raise
    large[place] = listing
    return listing


def _arranged(listing: Listing, tree: Tree) -> Listing:
    tree.arranged(listing)
    return listing


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


async def known(first: Future[Sequence[Entry]] | None) -> Sequence[Entry]:
    """Return what is known of the first place, unless that takes too long."""
    if first is None:
        return ()
    wrapped = asyncio.wrap_future(first)
    await asyncio.wait((wrapped,), timeout=_FIRST_SECONDS)
    return wrapped.result() if wrapped.done() else ()


async def painted(widget: Widget) -> None:
    """Wait until what a widget shows now has been drawn."""
    for _ in range(2):  # the first frame may be begun before the widget has told of it
        drawn = asyncio.Event()
        widget.call_after_refresh(drawn.set)
        await drawn.wait()
