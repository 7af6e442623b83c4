"""What a search found, as a place a pane can be at and as rows it can show."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from acd_tui.errors import Denied
from acd_tui.transfers.model import Place
from acd_tui.ui.format import count
from acd_tui.ui.widgets.listing import (
    Arrangement,
    Order,
    Row,
    SortKey,
    ending_of,
)
from acd_tui.ui.widgets.matcher import Matcher
from acd_tui.ui.widgets.ranking import natural
from acd_tui.ui.widgets.tree import Tree
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Searchable
from acd_tui.vfs.entries import EntryList
from acd_tui.vfs.entry import Found
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

MOST = 10_000
"""The most that is shown of what was found."""


class Searched(Place, frozen=True):
    """What a search finds in a filesystem; `path` is its root.

    Attributes:
        query: the words of the search, see `vfs.query`.
    """

    query: str

    async def look(self, filesystem: FileSystem) -> Sequence[Found]:
        """Search; what lies in the trash is left out, since nothing can be done to it.

        Raises:
            Denied: the filesystem cannot be searched.
            AcdError: the words make no sense.
        """
        searched: object = filesystem
        if not isinstance(searched, Searchable):
            raise Denied(f"{filesystem.name} cannot be searched")
        found = await searched.search(self.query, MOST)
        return [each for each in found if not each.trashed]


@dataclass(slots=True)
class FoundTree(Tree):
    """The rows of a pane that shows what was found: from anywhere, none opened in place.

    Attributes:
        found: all of it.
    """

    found: Sequence[Found] = field(default=())

    @classmethod
    def like(cls, old: Tree, place: Searched, found: Sequence[Found]) -> FoundTree:
        """Return it in the order that another tree has."""
        tree = cls(place.path, {}, old.order, hidden=old.hidden, found=found)
        tree.rebuild()
        return tree

    @property
    def is_flat(self) -> bool:
        return True

    def depth(self, row: Row) -> int:  # noqa: ARG002 - as a tree has it
        return 0

    def is_open(self, row: Row) -> bool:  # noqa: ARG002 - as a tree has it
        return False

    def rebuild(self) -> None:
        rows = self.found
        if not self.hidden:
            rows = [each for each in rows if not each.entry.name.startswith(".")]
        if self.pattern:
            fits = Matcher(self.pattern)
            rows = [each for each in rows if fits(each.entry.name)]
        self._segments, self._count = [], 0
        rows = _sorted(rows, self.order)
        entries = EntryList(each.entry for each in rows)
        arranged = Arrangement(entries, range(len(rows)))
        for number, each in enumerate(rows):
            self._append(each.folder, arranged, number, 1)
        self._starts = list(range(self._count))
        self._searched = None

    def index_of(self, path: VPath) -> int | None:
        folder, name = path.parent, path.name
        for index, row in enumerate(self.rows()):
            if row.entry.name == name and row.folder == folder:
                return index
        return None

    def _fits(self, pattern: str) -> Iterator[bool]:
        return map(Matcher(pattern), (row.entry.name for row in self.rows()))

    @property
    def summary(self) -> str:
        """How many there are, and how large."""
        size = sum(each.entry.size or 0 for each in self.found)
        more = " or more" if len(self.found) >= MOST else ""
        return f"found: {count(len(self.found), 'item')}{more}, {show_size(size)}"


def _sorted(found: Sequence[Found], order: Order) -> list[Found]:
    """Put in order as a listing does it: folders first, always."""
    folders = [each for each in found if each.entry.is_folder]
    files = [each for each in found if not each.entry.is_folder]
    for some in (folders, files):
        some.sort(key=_name)
    match order.by:
        case SortKey.NAME if order.reverse:
            folders.reverse()
            files.reverse()
        case SortKey.NAME:
            pass
        case SortKey.TYPE:
            files.sort(key=lambda f: ending_of(f.entry.name), reverse=order.reverse)
        case SortKey.SIZE:
            files.sort(key=_size, reverse=not order.reverse)
        case SortKey.MODIFIED:
            folders.sort(key=_modified, reverse=not order.reverse)
            files.sort(key=_modified, reverse=not order.reverse)
    return folders + files


def _name(found: Found) -> tuple[str, VPath]:
    return natural(found.entry.name.casefold()), found.folder


def _size(found: Found) -> int:
    return -1 if found.entry.size is None else found.entry.size


def _modified(found: Found) -> int:
    return found.entry.modified_ns or 0
