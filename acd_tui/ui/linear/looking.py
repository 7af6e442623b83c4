"""What lies in a drive, in lines: what takes the room, what changed, the trash."""

from __future__ import annotations

from acd_tui.clock import SystemClock
from acd_tui.errors import AcdError, Exists, FolderNotFound, UsageError
from acd_tui.operations.space import Scan
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count
from acd_tui.ui.linear.lines import Lines
from acd_tui.ui.screens.account import from_mirror
from acd_tui.ui.screens.changes import LIMIT, in_words
from acd_tui.ui.screens.wording import days_left, moment, shown_name, shown_path
from acd_tui.units import show_duration, show_size
from acd_tui.vfs.capabilities import (
    Accounted,
    Chronicled,
    Sized,
    TrashBin,
)
from acd_tui.vfs.entry import TrashItem
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.timeline import folded
from acd_tui.vfs.usage import Asked, Usage

_MOST = 20


class Looking:
    """Says what a filesystem knows of what is in it.

    Args:
        lines: what to talk with.
        session: an open one.
        place: the folder one is in.
    """

    def __init__(
        self, lines: Lines, session: Session, place: Place, filesystem: FileSystem
    ) -> None:
        self._lines = lines
        self._session = session
        self._place = place
        self._filesystem = filesystem

    async def space(self) -> VPath | None:
        """Say what takes the room in this folder; return where to go."""
        say, path = self._lines.say, self._place.path
        sized: object = self._filesystem
        if not isinstance(sized, Sized):
            say("Adding up all that lies in this folder. Enter gives up.")
            sized = Scan(self._filesystem, path)
            await self._lines.unless_given_up(sized.run())
        held = await sized.usage(path, Asked(most=_MOST))
        say(
            f"{show_size(held.size)} in {count(held.files, 'file')} and "
            f"{count(held.folders, 'folder')}."
        )
        rows = [_used(usage, held.size) for usage in held.first]
        if held.count > _MOST:
            say(f"The {_MOST} largest of {count(held.count, 'item')}:")
        at = await self._lines.pick(rows, "to go to")
        return None if at is None else path / held.first[at].entry.name

    async def changes(self) -> VPath | None:
        """Say what changed, the latest first; return where to go."""
        filesystem: object = self._filesystem
        if not isinstance(filesystem, Chronicled):
            raise UsageError("only a remote remembers what changed in it")
        timeline = await filesystem.timeline(LIMIT)
        if not timeline.changes:
            self._lines.say("Nothing has changed since the drive was first read.")
            return None
        seen = timeline.seen
        new = folded(change for change in timeline.changes if change.number > seen)
        old = folded(change for change in timeline.changes if change.number <= seen)
        if timeline.seen_at is None:  # then all of it is new, and nothing to be told
            new, old = [], new
        else:
            self._lines.say(f"{count(len(new), 'change')} since your last look.")
        rows = [f"new, {in_words(change)}" for change in new] + list(map(in_words, old))
        at = await self._lines.pick(rows, "to go to")
        await filesystem.mark_seen(max(change.number for change in timeline.changes))
        if at is None:
            return None
        path = await filesystem.whereabouts([*new, *old][at].entry)
        if path is None:
            self._lines.say("It is not there any more; it may be in the trash.")
        return path

    async def account(self) -> None:
        """Say how much room there is, and what takes it."""
        filesystem: object = self._filesystem
        if not isinstance(filesystem, Accounted):
            raise UsageError("only a remote has an account")
        try:
            account = await filesystem.account()
        except AcdError:
            await self._known()
            raise
        space = account.space
        if space.used is not None and space.total is not None:
            used, total = show_size(space.used), show_size(space.total)
            self._lines.say(f"In use: {used} of {total}.")
        for taken in account.taken:
            files = count(taken.files, "file")
            self._lines.say(f"{taken.name}: {show_size(taken.size)} in {files}.")

    async def _known(self) -> None:
        """Say what is known of the drive without the service, and how old that is."""
        status, held = await from_mirror(self._filesystem)
        if status is None or held is None:
            return
        age = ""
        if status.checked is not None:
            seconds = max(0.0, SystemClock().now() - status.checked)
            age = f", as it was known {show_duration(seconds)} ago"
        what = f"{show_size(held.size)} in {count(held.files, 'file')}"
        self._lines.say(f"In the drive: {what}{age}.")

    # --- the trash --------------------------------------------------------------------

    async def trash(self) -> None:
        """Say what is in the trash, and put back what is wanted."""
        filesystem: object = self._filesystem
        if not isinstance(filesystem, TrashBin):
            raise UsageError("what is trashed here lies in the desktop's trash")
        items = await filesystem.list_trash()
        items = sorted(items, key=lambda item: -(item.trashed_ns or 0))
        if not items:
            self._lines.say("The trash is empty.")
            return
        now = SystemClock().now()
        at = await self._lines.pick([_thrown(i, now) for i in items], "to put back")
        if at is not None:
            await self._restore(items[at])

    async def _restore(self, item: TrashItem) -> None:
        restore, name = self._session.operations.restore, self._place.filesystem
        try:
            await restore(name, item.id)
        except Exists:
            new = await self._lines.need(
                "That name is taken; name to put it back under"
            )
            await restore(name, item.id, (item.origin or VPath()) / new)
        except FolderNotFound:
            if not await self._lines.agreed(
                "Its folder is gone. Put it back at the top of the drive?"
            ):
                return
            await restore(name, item.id, VPath() / item.entry.name)
        self._lines.say(f"{printable(item.entry.name)} is back. undo trashes it again.")


def _used(usage: Usage, whole: int) -> str:
    share = round(100 * usage.size / whole) if whole else 0
    words = [shown_name(usage.entry), show_size(usage.size), f"{share} percent"]
    if usage.entry.is_folder:
        words.append(count(usage.files, "file"))
    return ", ".join(words)


def _thrown(item: TrashItem, now: float) -> str:
    origin = "" if item.origin is None else f"from {shown_path(item.origin)}"
    left = days_left(item.purged_ns, now)
    goes = {"": "", "due": "goes now", "today": "goes today"}
    left = goes.get(left, f"goes in {left.removesuffix(' d')} days")
    words = [shown_name(item.entry), origin, f"trashed {moment(item.trashed_ns)}"]
    return ", ".join(filter(None, [*words, left]))
