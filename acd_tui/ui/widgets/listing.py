"""What a pane lists: folders opened in place, sorted and filtered, by line number.

Nothing here draws or waits. A listing of 100,000 entries is put in order once, in a
thread; opening a folder, another order or a filter then only rearranges references.
"""

from __future__ import annotations

import enum
import fnmatch
import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath
from acd_tui.vfs.window import first_by_name

_DIGITS = re.compile(r"[0-9]+")
_LONGEST_NUMBER = 0xFF


class SortKey(enum.Enum):
    """What rows are sorted by; folders come first always."""

    NAME = "name"
    SIZE = "size"
    MODIFIED = "modified"
    TYPE = "type"


class Order(msgspec.Struct, frozen=True):
    """How rows are sorted.

    Attributes:
        by: what by.
        reverse: against the usual direction, which is A to Z for names, the largest
            first for sizes and the newest first for times.
    """

    by: SortKey = SortKey.NAME
    reverse: bool = False


class Row(msgspec.Struct, frozen=True):
    """One line of a pane."""

    entry: Entry
    folder: VPath

    @property
    def path(self) -> VPath:
        return VPath((*self.folder.parts, self.entry.name))


def natural(folded: str) -> str:
    """Return what to sort a casefolded name by, so that `img2` comes before `img10`.

    Every number is put behind its own length, leading zeros aside.
    """
    if not _DIGITS.search(folded):
        return folded
    return _DIGITS.sub(_weighed, folded)


def _weighed(match: re.Match[str]) -> str:
    digits = match[0].lstrip("0") or "0"
    # The length as a digit or, if longer, as a character that sorts after all digits.
    length = min(len(digits), _LONGEST_NUMBER)
    return f"0{chr(0x30 + length)}{digits}"


class Listing:
    """One folder's entries, in order of their names, and ready to be looked up.

    Attributes:
        path: the folder.
        folders: folders by name.
        files: everything else by name.
        size: bytes of the files together.
    """

    def __init__(self, path: VPath, entries: Sequence[Entry]) -> None:
        self.path = path
        folded = [entry.name.casefold() for entry in entries]
        keys = [natural(name) for name in folded]
        ranked = sorted(range(len(entries)), key=keys.__getitem__)
        self.folders = [entries[i] for i in ranked if entries[i].is_folder]
        self.files = [entries[i] for i in ranked if not entries[i].is_folder]
        self.size = sum(entry.size or 0 for entry in self.files)
        self._exact = {entry.name: entry for entry in entries}
        self._folded = dict(zip(folded, entries, strict=True))
        self._hidden = any(name.startswith(".") for name in folded)
        self._arranged: tuple[tuple[Order, bool, str], list[Entry]] | None = None

    def __len__(self) -> int:
        return len(self._exact)

    def __contains__(self, name: str) -> bool:
        return name in self._exact

    @property
    def entries(self) -> Iterable[Entry]:
        return self._exact.values()

    def get(self, name: str) -> Entry | None:
        return self._exact.get(name)

    def find(self, name: str, *, any_case: bool) -> Entry | None:
        """The entry of that name or, with `any_case`, of one that differs in case."""
        found = self._exact.get(name)
        if found is None and any_case:
            found = self._folded.get(name.casefold())
        return found

    def arranged(
        self, order: Order, *, hidden: bool, pattern: str, keep: frozenset[str]
    ) -> list[Entry]:
        """The entries as they are shown.

        Args:
            order: how they are sorted.
            hidden: whether names that start with a dot are shown.
            pattern: what names must hold, see `Matcher`; empty for all.
            keep: names that are shown whatever the pattern.
        """
        question = (order, hidden, f"{pattern}\0{sorted(keep)}" if pattern else "")
        if self._arranged is None or self._arranged[0] != question:
            entries = self._sorted(order)
            if not hidden and self._hidden:
                entries = [entry for entry in entries if not entry.name.startswith(".")]
            if pattern:
                fits = Matcher(pattern)
                entries = [e for e in entries if e.name in keep or fits(e.name)]
            self._arranged = (question, entries)
        return self._arranged[1]

    def _sorted(self, order: Order) -> list[Entry]:
        match order.by:
            case SortKey.NAME:
                step = -1 if order.reverse else 1
                return self.folders[::step] + self.files[::step]
            case SortKey.SIZE:
                files = sorted(self.files, key=_size_of, reverse=not order.reverse)
                return self.folders + files
            case SortKey.MODIFIED:
                newest_first = not order.reverse
                folders = sorted(self.folders, key=_time_of, reverse=newest_first)
                files = sorted(self.files, key=_time_of, reverse=newest_first)
                return folders + files
            case SortKey.TYPE:
                files = sorted(self.files, key=ending_of, reverse=order.reverse)
                return self.folders + files


def ending_of(entry: Entry) -> str:
    """Return what an entry's type is told by: the end of its name, folded."""
    stem, _, ending = entry.name.rpartition(".")
    return ending.casefold() if stem else ""


def _size_of(entry: Entry) -> int:
    return -1 if entry.size is None else entry.size


def _time_of(entry: Entry) -> int:
    return 0 if entry.modified_ns is None else entry.modified_ns


def first_window(entries: Sequence[Entry], count: int) -> list[Entry]:
    """The entries that come first by name, found much quicker than by sorting all."""
    folder = Kind.FOLDER  # of a million entries each look at the class counts
    are_folders = [entry.kind is folder for entry in entries]
    first = first_by_name([entry.name for entry in entries], are_folders, count)
    return [entries[number] for number in first]


class Matcher:
    """Says whether a name fits: it holds the text or, with `*?[`, fits the glob."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern.casefold()
        is_glob = any(sign in pattern for sign in "*?[")
        self._glob = re.compile(fnmatch.translate(self._text)) if is_glob else None

    def __call__(self, name: str) -> bool:
        if self._glob is not None:
            return self._glob.match(name.casefold()) is not None
        return self._text in name.casefold()


class _Segment(msgspec.Struct, frozen=True):
    """Lines that follow each other in the pane and in one folder's arrangement."""

    start: int
    folder: VPath
    entries: Sequence[Entry]
    first: int
    count: int


@dataclass(slots=True)
class Tree:
    """The rows of a pane: a folder, with some of the folders in it opened in place.

    Attributes:
        root: the folder the pane shows.
        listings: of the root and of every folder that is open.
        order: how each folder is sorted.
        hidden: whether names that start with a dot are shown.
        pattern: the quick filter.
    """

    root: VPath
    listings: dict[VPath, Listing]
    order: Order = field(default_factory=Order)
    hidden: bool = True
    pattern: str = ""
    _segments: list[_Segment] = field(default_factory=list, init=False)
    _starts: list[int] = field(default_factory=list, init=False)
    _count: int = field(default=0, init=False)

    @classmethod
    def empty(cls, root: VPath) -> Tree:
        """A tree that lists nothing, for a folder that is not known yet."""
        tree = cls(root, {})
        tree.rebuild()
        return tree

    def __len__(self) -> int:
        return self._count

    def row(self, index: int) -> Row:
        segment = self._segments[bisect_right(self._starts, index) - 1]
        entry = segment.entries[segment.first + index - segment.start]
        return Row(entry, segment.folder)

    @property
    def is_flat(self) -> bool:
        """Whether the rows come from anywhere, so that each has to say where it is."""
        return False

    def depth(self, row: Row) -> int:
        """How far a row is indented."""
        return len(row.folder.parts) - len(self.root.parts)

    def is_open(self, row: Row) -> bool:
        return row.entry.is_folder and row.path in self.listings

    def rebuild(self) -> None:
        """Arrange the rows anew, after any of the attributes was changed."""
        self._segments = []
        self._count = 0
        if self.root in self.listings:
            self._add(self.listings[self.root])
        self._starts = [segment.start for segment in self._segments]

    def _add(self, listing: Listing) -> None:
        depth = len(listing.path.parts)
        open_names = frozenset(
            path.name
            for path in self.listings
            if len(path.parts) == depth + 1 and path.parent == listing.path
        )
        entries = listing.arranged(
            self.order, hidden=self.hidden, pattern=self.pattern, keep=open_names
        )
        done = 0
        if open_names:
            for index, entry in enumerate(entries):
                if entry.name in open_names:
                    self._append(listing.path, entries, done, index + 1 - done)
                    done = index + 1
                    inner = VPath((*listing.path.parts, entry.name))
                    self._add(self.listings[inner])
        self._append(listing.path, entries, done, len(entries) - done)

    def _append(
        self, folder: VPath, entries: Sequence[Entry], first: int, count: int
    ) -> None:
        if count:
            self._segments.append(_Segment(self._count, folder, entries, first, count))
            self._count += count

    def index_of(self, path: VPath) -> int | None:
        """The line something is shown on, or None."""
        folder, name = path.parent, path.name
        for segment in self._segments:
            if segment.folder != folder:
                continue
            stop = segment.first + segment.count
            for index in range(segment.first, stop):
                if segment.entries[index].name == name:
                    return segment.start + index - segment.first
        return None

    def rows(self) -> Iterable[Row]:
        """All rows from the top down."""
        for segment in self._segments:
            stop = segment.first + segment.count
            for entry in segment.entries[segment.first : stop]:
                yield Row(entry, segment.folder)

    def fitting(self) -> Iterable[Row]:
        """All rows but folders that the filter keeps only because they are open."""
        fits = Matcher(self.pattern)
        return (row for row in self.rows() if fits(row.entry.name))

    def search(self, text: str, start: int, step: int) -> int | None:
        """The next line, round the end, whose name fits `text`; `start` comes first."""
        fits = Matcher(text)
        for offset in range(self._count):
            index = (start + offset * step) % self._count
            if fits(self.row(index).entry.name):
                return index
        return None

    def close(self, folder: VPath) -> None:
        """Forget a folder that was opened in place, and all below it."""
        for path in [path for path in self.listings if path.is_within(folder)]:
            del self.listings[path]
