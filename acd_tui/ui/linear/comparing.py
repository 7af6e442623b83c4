"""Comparing two folders in lines: what is different, the plan, and carrying it out."""

from __future__ import annotations

from collections.abc import Collection

from acd_tui.transfers.two_sides import Deed, Mode, TwoSides
from acd_tui.ui.engine import Session
from acd_tui.ui.format import show_place
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.screens.compare_rows import (
    MODES,
    about_trash,
    in_words,
    summary,
)
from acd_tui.ui.screens.wording import counted
from acd_tui.ui.syncing import SessionComparer, ended, trash, trashed
from acd_tui.units import show_size

_STOP, _ROWS, _START = "stop", "hear the rows and decide about one", "start"
_READ = "read those of the same size, to tell which are the same"
_DEEDS = {
    Deed.NOTHING: "leave it on both sides",
    Deed.COPY: "copy it there",
    Deed.BACK: "copy it back",
    Deed.TRASH: "trash it there",
}


class CompareTalk:
    """Compares two folders, and asks what is to be done until that is clear."""

    def __init__(self, lines: Lines, session: Session, sides: TwoSides) -> None:
        self._lines = lines
        self._session = session
        self._sides = sides

    async def run(self) -> bool:
        """Find out and decide; return whether the plan is to be carried out.

        Raises:
            AcdError: one of the sides cannot be looked at, or they are not two.
        """
        lines, sides = self._lines, self._sides
        lines.say(
            f"Here: {show_place(sides.source)}. There: {show_place(sides.target)}."
        )
        texts = list(MODES.values())
        chosen = await lines.choose("What are they compared for?", texts)
        sides.mode = list(MODES)[texts.index(chosen)]
        lines.say("Comparing. Enter gives up.")
        comparing = SessionComparer(self._session).compare(sides)
        if note := await lines.unless_given_up(comparing):
            lines.say(f"{note}.")
        if sides.is_hollow and sides.mode is Mode.MIRROR:
            for row in sides.rows:
                row.deed = Deed.NOTHING
            lines.say("There are no files here at all: is a disk not mounted?")
            lines.say("Nothing is trashed unless you say so row by row.")
        return await self._decide()

    async def _decide(self) -> bool:
        while True:
            self._lines.say(
                f"{summary(self._sides)}.".replace(" · ", ", ").replace(" (v)", "")
            )
            if not self._sides.rows:
                self._lines.say("Both hold the same.")
                return False
            deeds = [_STOP, _ROWS]
            deeds += [_READ] if self._sides.totals().unread else []
            deeds += [_START] if self._is_to_do else []
            chosen = await self._lines.choose("What next?", deeds)
            if chosen == _STOP:
                self._lines.say("Nothing is done.")
                return False
            if chosen == _START:
                return await self._is_sure()
            if chosen == _ROWS:
                await self._go_through()
            else:
                self._lines.say("Reading files of the same size. Enter gives up.")
                comparer = SessionComparer(self._session)
                await self._lines.unless_given_up(comparer.read(self._sides))

    @property
    def _is_to_do(self) -> bool:
        return any(row.deed is not Deed.NOTHING for row in self._sides.rows)

    async def _go_through(self) -> None:
        """Read out the rows, and decide about those that are chosen."""
        rows = self._sides.rows
        at = await self._lines.pick(list(map(in_words, rows)), "to decide about")
        if at is None:
            return
        row = rows[at]
        possible = [deed for deed in _DEEDS if row.allows(deed)]
        texts = [_DEEDS[deed] for deed in possible]
        chosen = await self._lines.choose("What is to be done about it?", texts)
        row.deed = possible[texts.index(chosen)]
        self._lines.say(in_words(row))

    async def _is_sure(self) -> bool:
        """Say what happens, and ask a last time."""
        sides = self._sides
        totals = sides.totals()
        for deed, words in ((Deed.COPY, "copied there"), (Deed.BACK, "copied back")):
            if files := totals.files[deed]:
                size = show_size(totals.sizes[deed])
                self._lines.say(f"{counted(files, 'file')}, {size}: {words}.")
        if totals.overwritten:
            self._lines.say(f"{counted(totals.overwritten, 'file')} overwritten.")
        if any(row.deed is Deed.TRASH for row in sides.rows):
            for line in filter(None, about_trash(sides, totals)):
                self._lines.say(line)
        return await self._lines.agreed("Start?")


async def trash_then(
    lines: Lines, session: Session, jobs: Collection[int], sides: TwoSides
) -> None:
    """Trash what a plan says is too much, once its jobs are over.

    Raises:
        AcdError: nothing was trashed.
    """
    gone, held, kept = await trash(session, await ended(session, jobs), sides)
    if gone:
        lines.say(f"{trashed(gone, held)}. undo takes it back.")
    for error in kept:
        lines.say(f"Not trashed: {error.message}.")
