"""Where all folders of a mirror hang, in few bytes each.

To learn the way to one from the tables takes two lookups a level; what a search finds
lies in hundreds of folders, each some levels deep.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable
from itertools import accumulate

_BETWEEN = "\0"


class FolderIndex:
    """Folders by their ids, as they were when this was made.

    Args:
        folders: the id, the parent's id and the name of each.
    """

    def __init__(self, folders: Iterable[tuple[str, str | None, str]]) -> None:
        lines = [
            (hash(id_), f"{id_}{_BETWEEN}{parent or ''}{_BETWEEN}{name}".encode())
            for id_, parent, name in folders
        ]
        lines.sort()
        self._hashes = array("q", (line[0] for line in lines))
        self._starts = array("Q", accumulate((len(x[1]) for x in lines), initial=0))
        self._lines = b"".join(line[1] for line in lines)

    def __contains__(self, id_: str) -> bool:
        return self._find(id_) is not None

    def get(self, id_: str) -> tuple[str | None, str] | None:
        """Return the parent's id and the name of a folder; None if it is not known."""
        found = self._find(id_)
        return None if found is None else (found[1] or None, found[2])

    def _find(self, id_: str) -> list[str] | None:
        wanted = hash(id_)
        at = bisect_left(self._hashes, wanted)
        while at < len(self._hashes) and self._hashes[at] == wanted:
            line = self._lines[self._starts[at] : self._starts[at + 1]].decode()
            parts = line.split(_BETWEEN, 2)
            if parts[0] == id_:
                return parts
            at += 1
        return None
