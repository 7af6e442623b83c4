"""Files of one content, in lines: where they are, and trashing all but one."""

from __future__ import annotations

from collections.abc import Sequence

from acd_tui.errors import UsageError
from acd_tui.operations.duplicates import Choice, Copy, Group, Keep, clear
from acd_tui.operations.finding import Finder
from acd_tui.transfers.model import Place
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count, show_place
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.screens.duplicate_scopes import Scope, Where, scopes
from acd_tui.units import show_size

_STOP, _ROWS, _SAFE = "stop", "hear them and decide about one", "trash all of them here"
_LEAVE = "leave them as they are"
_RULES = {
    "keep the newest of each": Keep.NEWEST,
    "keep the oldest of each": Keep.OLDEST,
    "keep the one with the shortest path of each": Keep.SHORTEST,
    "keep the one in the first place of each": Keep.FIRST_PATH,
}
_MOST = 20  # files of one content that are offered


class DuplicatesTalk:
    """Looks for them, says what there is, and trashes what is agreed on."""

    def __init__(self, lines: Lines, session: Session) -> None:
        self._lines = lines
        self._session = session

    async def run(self, places: Sequence[Where]) -> Place | None:
        """Look in two folders or beyond; return where to go.

        Raises:
            AcdError: they cannot be looked at.
        """
        lines, found = self._lines, scopes(places)
        labels = [scope.label for scope in found]
        scope = found[labels.index(await lines.choose("Look where?", labels))]
        groups = await self._looked_for(scope)
        if not groups:
            lines.say("There are none.")
            return None
        return await self._decide(scope, groups)

    async def _looked_for(self, scope: Scope) -> Sequence[Group]:
        finder = Finder(lambda text: self._lines.say(f"Left out: {text}."))
        self._lines.say("Looking. Enter gives up.")
        if scope.drive is None:
            return await self._lines.unless_given_up(finder.groups(scope.places))
        return await self._lines.unless_given_up(
            finder.safe(scope.places, *scope.drive)
        )

    async def _decide(self, scope: Scope, groups: Sequence[Group]) -> Place | None:
        lines, is_safe = self._lines, scope.drive is not None
        if is_safe:
            size = show_size(sum(group.size for group in groups))
            number = count(len(groups), "file")
            lines.say(f"{number} of this disk, {size}, proven to be in the drive.")
        else:
            size = show_size(sum(group.wasted for group in groups))
            files = count(sum(len(group.copies) for group in groups), "file")
            lines.say(
                f"{files} in {count(len(groups), 'group')} of the same content, {size} too many."
            )
        deeds = [_STOP, _ROWS, *([_SAFE] if is_safe else _RULES)]
        deed = await lines.choose("What is to be done?", deeds)
        if deed == _ROWS:
            rows = [_in_words(group, is_safe=is_safe) for group in groups]
            at = await lines.pick(rows, "to decide about")
            return None if at is None else await self._about(groups[at], scope)
        if deed != _STOP:
            rule = _RULES.get(deed)
            await self._trash(
                [
                    Choice(each, each.copies[1:])
                    if rule is None
                    else Choice.by_rule(each, rule)
                    for each in groups
                ]
            )
        return None

    async def _about(self, group: Group, scope: Scope) -> Place | None:
        """Decide about one content; return the file to go to."""
        copies = {_shown(copy): copy for copy in group.copies[:_MOST]}
        deeds: dict[str, Copy | None] = {_LEAVE: None}
        deeds |= {f"go to {text}": copy for text, copy in copies.items()}
        if scope.drive is None:
            deeds |= {f"keep only {text}": copy for text, copy in copies.items()}
        deed = await self._lines.choose("What is to be done?", list(deeds))
        copy = deeds[deed]
        if copy is None:
            return None
        if deed.startswith("go to "):
            return Place(copy.filesystem, copy.path)
        going = tuple(each for each in group.copies if each is not copy)
        await self._trash([Choice(group, going)])
        return None

    async def _trash(self, choices: Sequence[Choice]) -> None:
        lines = self._lines
        going = [copy for choice in choices for copy in choice.going]
        size = show_size(sum(copy.entry.size or 0 for copy in going))
        number = count(len(going), "file")
        if not await lines.agreed(f"Move {number}, {size}, to the trash?"):
            return
        operations = self._session.operations
        done = await clear(operations, choices, lambda text: lines.say(f"{text}."))
        if not done.lots:
            raise UsageError("nothing was trashed")
        back = "undo takes it back"
        if done.lots > 1:
            back = f"undo, {done.lots} times, takes it back"
        lines.say(f"Trashed {count(done.files, 'file')}. {back}.")


def _in_words(group: Group, *, is_safe: bool) -> str:
    if is_safe:
        there, here = group.copies
        return f"{_shown(here)}, {show_size(group.size)}, is also {_shown(there)}"
    number, size = len(group.copies), show_size(group.size)
    return f"{number} times {size}: {', '.join(map(_shown, group.copies[:_MOST]))}"


def _shown(copy: Copy) -> str:
    return show_place(Place(copy.filesystem, copy.path))
