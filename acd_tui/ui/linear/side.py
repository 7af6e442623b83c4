"""One of the two sides of the linear interface: a folder, with a row one is at."""

from __future__ import annotations

from collections.abc import Sequence

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count, show_place, summary, time_cell
from acd_tui.ui.held import held
from acd_tui.ui.staleness import not_current
from acd_tui.ui.widgets.listing import Listing, Order
from acd_tui.units import show_size
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath

_KINDS = {Kind.FOLDER: "folder", Kind.LINK: "link", Kind.OTHER: "special"}


class Side:
    """A folder and its rows.

    Attributes:
        place: the folder.
        rows: what it holds, in the order of the panes.
        at: the row one is at.
        marked: names that are marked.
        order: how the rows are sorted.
        hidden: whether names that begin with a dot are among them.
    """

    def __init__(self, session: Session, place: Place) -> None:
        self._session = session
        self.place = place
        self.rows: Sequence[Entry] = ()
        self.at = 0
        self.marked: set[str] = set()
        self.order = Order()
        self.hidden = True
        self._news = ""
        self._whole: int | None = None  # bytes in it, at any depth

    async def go(self, place: Place, *, on: str | None = None) -> None:
        """List a folder, and be at the row of that name.

        Raises:
            AcdError: it cannot be listed; the side stays where it is.
        """
        filesystem = await self._session.filesystem(place.filesystem)
        listing = Listing(place.path, await filesystem.list(place.path))
        rows = listing.arranged(
            self.order, hidden=self.hidden, pattern="", keep=frozenset()
        )
        if place != self.place:
            self.at, self.marked = 0, set()
        self.place, self.rows = place, rows
        self._news = await not_current(filesystem)
        self._whole = await held(filesystem, [place.path])
        names = [entry.name for entry in rows]
        self.marked &= set(names)
        self.at = names.index(on) if on in names else min(self.at, len(names) - 1)
        self.at = max(0, self.at)

    @property
    def current(self) -> Entry | None:
        return self.rows[self.at] if self.rows else None

    @property
    def chosen(self) -> list[Entry]:
        """What is marked, or else the row one is at."""
        marked = [entry for entry in self.rows if entry.name in self.marked]
        return marked or ([self.current] if self.current else [])

    def path(self, entry: Entry) -> VPath:
        return self.place.path / entry.name

    # --- in words ---------------------------------------------------------------------

    def row(self, index: int) -> str:
        """A row: `3 of 12: letter.txt, 11 B, 2023-05-01, marked`."""
        if not self.rows:
            return "This folder is empty."
        entry = self.rows[index]
        words = [printable(entry.name), _KINDS.get(entry.kind, "")]
        if entry.kind is Kind.FILE:
            words[1] = show_size(entry.size)
            words.append(time_cell(entry.modified_ns, wide=False))
        words.append("marked" if entry.name in self.marked else "")
        return f"{index + 1} of {len(self.rows)}: " + ", ".join(filter(None, words))

    @property
    def here(self) -> str:
        """The row one is at."""
        return self.row(self.at)

    @property
    def title(self) -> str:
        """The folder and what it holds: `photos:2019, 2 folders and 3 files, 1.2 MiB in all`.

        Where that may be not how it is now, also why: `offline, 3m old`.
        """
        folders = sum(entry.is_folder for entry in self.rows)
        sizes = [entry.size or 0 for entry in self.rows if not entry.is_folder]
        held = summary(folders, len(sizes), sum(sizes), self._whole)
        held = held if self.rows else "empty"
        return ", ".join(filter(None, (show_place(self.place), held, self._news)))

    def describe(self, entries: Sequence[Entry]) -> str:
        if len(entries) == 1:
            return printable(entries[0].name)
        return count(len(entries), "item")
