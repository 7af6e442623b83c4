"""Names that hold what was typed."""

from __future__ import annotations

import fnmatch
import re

from acd_tui.vfs.entries import SEPARATOR

_FEW = 8  # one in so many: a text so rare is found quickest without parting the names


class Matcher:
    """Says whether a name fits: it holds the text or, with `*?[`, fits the glob."""

    def __init__(self, pattern: str) -> None:
        self._text = pattern.casefold()
        is_glob = any(sign in pattern for sign in "*?[")
        self._glob = re.compile(fnmatch.translate(self._text)) if is_glob else None

    def __call__(self, name: str) -> bool:
        return self.fits_folded(name.casefold())

    def fits_folded(self, name: str) -> bool:
        """Whether a name fits that is casefolded already."""
        if self._glob is not None:
            return self._glob.match(name) is not None
        return self._text in name

    def fitting(self, folded: str, names: int) -> bytes | bytearray:
        """Say of some names, casefolded and between separators, which of them fit."""
        text, glob = self._text, self._glob
        if glob is not None:
            return bytes([bool(glob.match(name)) for name in folded.split(SEPARATOR)])
        if SEPARATOR in text:
            return bytes(names)
        found, number, start = bytearray(names), 0, 0
        for _ in range(names // _FEW):
            at = folded.find(text, start)
            if at < 0:
                return found
            number += folded.count(SEPARATOR, start, at)
            found[number] = True
            start = at + 1
        return bytes([text in name for name in folded.split(SEPARATOR)])
