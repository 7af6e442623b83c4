"""Bookmarks and folders visited before, in lines."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from acd_tui.clock import SystemClock
from acd_tui.config.places import Places, PlacesFile
from acd_tui.errors import UsageError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import address
from acd_tui.ui.linear.lines import Lines

_GO, _FORGET = "go there", "forget it"


class PlacesTalk:
    """Remembers where one was and what has a letter, and says it.

    Args:
        lines: what to talk with.
        file: where places are kept; None keeps nothing.
    """

    def __init__(self, lines: Lines, file: PlacesFile | None) -> None:
        self._lines = lines
        self._file = file
        self._pending: list[str] = []

    def visited(self, place: Place) -> None:
        """Remember that one was in a folder, at the next occasion to write it."""
        self._pending.append(address(place.filesystem, place.path))

    async def keep(self) -> None:
        """Write down where one was."""
        addresses, self._pending = self._pending, []
        if self._file is not None and addresses:
            now = SystemClock().now()
            await asyncio.to_thread(self._file.visited, addresses, now)

    # --- letters ----------------------------------------------------------------------

    async def bookmark(self, letter: str, place: Place) -> None:
        """Give a folder a letter.

        Raises:
            UsageError: that is no letter.
        """
        letter = await self._letter(letter)
        at = address(place.filesystem, place.path)
        await asyncio.to_thread(self._kept.bookmark, letter, at)
        self._lines.say(f"Bookmark {letter}: {at}. jump_mark {letter} goes there.")

    async def marked(self, letter: str) -> str:
        """Return the address of the folder that has a letter.

        Raises:
            UsageError: none has.
        """
        letter = await self._letter(letter)
        at = (await self._load()).bookmarks.get(letter)
        if at is None:
            raise UsageError(
                f"no bookmark has the letter {letter}",
                hint=f"set_mark {letter} gives it to the folder you are in",
            )
        return at

    async def _letter(self, letter: str) -> str:
        letter = letter or await self._lines.need("Letter")
        if not (len(letter) == 1 and letter.isascii() and letter.isalpha()):
            raise UsageError(f"{letter} is no letter from a to z")
        return letter

    async def bookmarks(self) -> str | None:
        """Read out what has letters; return where to go."""
        marks = sorted((await self._load()).bookmarks.items())
        if not marks:
            self._lines.say("There are no bookmarks. set_mark and a letter sets one.")
            return None
        rows = [f"{letter}: {printable(at)}" for letter, at in marks]
        index = await self._lines.pick(rows, "to go to or forget")
        if index is None:
            return None
        letter, at = marks[index]
        if await self._lines.choose(f"{printable(at)}:", [_GO, _FORGET]) == _GO:
            return at
        await asyncio.to_thread(self._kept.bookmark, letter, None)
        self._lines.say(f"Nothing has the letter {letter} any more.")
        return None

    # --- where one was ----------------------------------------------------------------

    async def frequent(self, part: str, here: Place) -> str | None:
        """Offer the folders one is likely to want; return where to go."""
        await self.keep()
        now = SystemClock().now()
        return await self._offer((await self._load()).frequent(now), part, here)

    async def recent(self, here: Place) -> str | None:
        """Offer the folders one was in, the last one first; return where to go."""
        await self.keep()
        return await self._offer((await self._load()).recent(), "", here)

    async def _offer(
        self, addresses: Sequence[str], part: str, here: Place
    ) -> str | None:
        now = address(here.filesystem, here.path)
        found = [
            at for at in addresses if at != now and part.casefold() in at.casefold()
        ]
        if not found:
            self._lines.say("You were in no other folder of that kind.")
            return None
        index = await self._lines.pick(list(map(printable, found)), "to go to")
        return None if index is None else found[index]

    async def _load(self) -> Places:
        return await asyncio.to_thread(self._kept.load)

    @property
    def _kept(self) -> PlacesFile:
        if self._file is None:
            raise UsageError("places cannot be remembered here")
        return self._file
