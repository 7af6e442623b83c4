"""The linear interface at work: reads a line, does it, says what came of it."""

from __future__ import annotations

import asyncio
import contextlib
import fnmatch
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence

from acd_tui.errors import AcdError, UsageError
from acd_tui.printable import printable
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    JobFinished,
    JobWarned,
    Place,
    State,
    TransferFinished,
)
from acd_tui.ui.address import parse_address
from acd_tui.ui.engine import Session
from acd_tui.ui.format import LOCAL, count, sentence, show_place, time_cell
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.lines import Ask, Lines, Say
from acd_tui.ui.linear.side import Side
from acd_tui.units import show_duration, show_size
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.filesystem import Mirrored, Searchable, Trash
from acd_tui.vfs.path import VPath

_PAGE = 20  # rows that are read out at once
_MOST_FOUND = 50
_MOST_VIEWED = 32 * 1024  # bytes
_PULSE_SECONDS = 20.0  # between two words on how far the queue is


class Talk(Lines):
    """Two sides, a queue, and lines going back and forth."""

    def __init__(
        self,
        session: Session,
        say: Say,
        ask: Ask,
        *,
        left: Place,
        right: Place | None,
        keys: Mapping[str, Sequence[str]],
    ) -> None:
        """Be ready to talk.

        Args:
            session: an open one.
            say: prints a line.
            ask: asks for one.
            left: where one is first.
            right: the other side; without, the first remote there is.
            keys: the keys of the actions.
        """
        super().__init__(say, ask)
        self._session = session
        names = session.remote_names()
        other = right or (Place(names[0], VPath()) if names else left)
        self._here, self._there = Side(session, left), Side(session, other)
        self._words = Words(keys)
        self._over = False
        self._said = ""

    async def run(self) -> None:
        """Talk until the user leaves."""
        self.say("acd-tui, line by line. Type help for the commands, quit to leave.")
        if not self._session.remote_names():
            self.say(
                "No drive is set up. Leave with quit; acd-tui demo starts with one of "
                "your own, acd-tui config create sets up another."
            )
        async with self._listening():
            for side in (self._there, self._here):
                await self._guarded(side.go(side.place))
            self._say_place()
            while not self._over:
                line = await self.ask("> ")
                if line is None:
                    line = "quit"
                await self._guarded(self.do(line))

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except AcdError as error:
            self.say(f"Error: {error.message}.")
            if error.hint:
                self.say(f"{sentence(error.hint)}.")

    async def do(self, line: str) -> None:
        """Do what a line says: nothing says where one is, a number goes to a row."""
        line = line.strip()
        if not line:
            self.say(self._here.here)
        elif line.isascii() and line.isdigit():
            self._go_to(int(line) - 1)
        else:
            action, rest = self._words.understand(line)
            if rest and not COMMANDS[action]:
                raise UsageError(f"nothing can stand behind {action}")
            await getattr(self, f"do_{action}")(rest)

    # --- news -------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _listening(self) -> AsyncIterator[None]:
        """Say what happens in the queue meanwhile."""
        pulse = asyncio.create_task(self._say_progress())
        try:
            bus = self._session.bus
            with (
                bus.subscribed(TransferFinished, self._transfer_ended),
                bus.subscribed(JobFinished, self._job_ended),
                bus.subscribed(JobWarned, lambda event: self.say(event.message)),
            ):
                yield
        finally:
            pulse.cancel()

    def _transfer_ended(self, event: TransferFinished) -> None:
        transfer = event.transfer
        if transfer.state is State.FAILED:
            reason = transfer.reason or "for an unknown reason"
            self.say(f"Failed: {transfer.source.path.name}: {reason}.")

    def _job_ended(self, event: JobFinished) -> None:
        from acd_tui.ui.screens.queue_end import ended, not_copied

        self.say(f"{ended(event.job)}.")
        if words := not_copied(event.job):
            self.say(words)

    async def _say_progress(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            if self._session.transfers.snapshot().running:
                text = self._queue_in_words()
                if text != self._said:
                    self.say(text)
                self._said = text

    def _queue_in_words(self) -> str:
        """Say how the queue is: `Queue: 3 running, 45 percent, 2m left.`."""
        snapshot = self._session.transfers.snapshot()
        states = [f"{n:,} {state}" for state, n in snapshot.counts.items() if n]
        if snapshot.unfinished and snapshot.size:
            states.append(f"{100 * snapshot.done // snapshot.size} percent")
        if snapshot.left is not None and snapshot.unfinished:
            states.append(f"{show_duration(snapshot.left)} left")
        if snapshot.paused:
            states.append("all of it paused")
        return f"Queue: {', '.join(states) or 'empty'}."

    # --- moving about -----------------------------------------------------------------

    def _say_place(self) -> None:
        self.say(self._here.title)
        self.say(self._here.here)

    def _go_to(self, index: int) -> None:
        side = self._here
        if not 0 <= index < len(side.rows):
            edge = "first" if index < 0 else "last"
            self.say(f"This is the {edge} row." if side.rows else side.here)
            return
        side.at = index
        self.say(side.here)

    async def do_up(self, _: str) -> None:
        self._go_to(self._here.at - 1)

    async def do_down(self, _: str) -> None:
        self._go_to(self._here.at + 1)

    async def do_top(self, _: str) -> None:
        self._go_to(0)

    async def do_bottom(self, _: str) -> None:
        self._go_to(len(self._here.rows) - 1)

    async def do_page_down(self, _: str) -> None:
        """Read out the row one is at and those below, and be at the last of them."""
        side = self._here
        stop = min(side.at + _PAGE, len(side.rows))
        for index in range(side.at, stop):
            self.say(side.row(index))
        side.at = max(0, stop - 1)

    async def do_page_up(self, _: str) -> None:
        self._go_to(max(0, self._here.at - _PAGE))

    async def do_find(self, text: str) -> None:
        text = text or await self.need("Part of a name")
        side = self._here
        for step in range(1, len(side.rows) + 1):
            index = (side.at + step) % len(side.rows)
            if text.casefold() in side.rows[index].name.casefold():
                self._go_to(index)
                return
        self.say("No name here holds that.")

    async def do_enter(self, name: str) -> None:
        side = self._here
        if name:
            names = [entry.name for entry in side.rows]
            if name not in names:
                raise UsageError(f"there is no {name} here")
            side.at = names.index(name)
        entry = side.current
        if entry is None:
            self.say(side.here)
        elif entry.is_folder:
            await side.go(Place(side.place.filesystem, side.path(entry)))
            self._say_place()
        else:
            await self.do_view("")

    async def do_parent(self, _: str) -> None:
        side, path = self._here, self._here.place.path
        if not path.parts:
            self.say("There is nothing above this folder.")
            return
        await side.go(Place(side.place.filesystem, path.parent), on=path.name)
        self._say_place()

    async def do_path(self, text: str) -> None:
        text = text or await self.need("Folder, such as /home or photos:2019")
        remotes = self._session.remote_names()
        await self._here.go(parse_address(text, self._here.place, remotes))
        self._say_place()

    async def do_filesystem(self, name: str) -> None:
        names = [LOCAL, *self._session.remote_names()]
        name = name or await self.choose("What is this side to show?", names)
        if name not in names:
            raise UsageError(f"there is no {name}", hint=f"there are: {names}")
        root = parse_address(
            "~" if name == LOCAL else f"{name}:", self._here.place, names
        )
        await self._here.go(root)
        self._say_place()

    async def do_other_pane(self, _: str) -> None:
        self._here, self._there = self._there, self._here
        self._say_place()

    async def do_refresh(self, _: str) -> None:
        side = self._here
        filesystem = await self._session.filesystem(side.place.filesystem)
        if isinstance(filesystem, Mirrored):
            await filesystem.refresh()
        await side.go(side.place)
        self._say_place()

    # --- marks ------------------------------------------------------------------------

    async def do_mark(self, pattern: str) -> None:
        side = self._here
        if pattern:
            names = {e.name for e in side.rows if fnmatch.fnmatch(e.name, pattern)}
            side.marked |= names
            self.say(f"{count(len(side.marked), 'item')} marked.")
        elif side.current is not None:
            side.marked ^= {side.current.name}
            self.say(side.here)
            side.at = min(side.at + 1, len(side.rows) - 1)

    async def do_mark_all(self, _: str) -> None:
        await self.do_mark("*")

    async def do_clear(self, _: str) -> None:
        self._here.marked.clear()
        self.say("Nothing is marked.")

    # --- looking ----------------------------------------------------------------------

    async def do_view(self, _: str) -> None:
        """Print the start of a file."""
        entry = self._file()
        side = self._here
        filesystem = await self._session.filesystem(side.place.filesystem)
        content = await filesystem.read(side.path(entry))
        data = b""
        async with content.open() as pieces:
            async for piece in pieces:
                data += piece
                if len(data) >= _MOST_VIEWED:
                    break
        shown = data[:_MOST_VIEWED]
        if b"\0" in shown:
            self.say(f"{entry.name} is no text.")
            return
        self.say(shown.decode("utf-8", "replace").rstrip("\n").replace("\r\n", "\n"))
        more = (entry.size or 0) > len(shown)
        self.say("There is more of it." if more else f"End of {entry.name}.")

    def _file(self) -> Entry:
        entry = self._here.current
        if entry is None or entry.is_folder:
            raise UsageError("this row is no file")
        return entry

    async def do_properties(self, _: str) -> None:
        entry = self._here.current
        if entry is None:
            raise UsageError("this folder is empty")
        self.say(f"Name: {entry.name}")
        self.say(f"Kind: {entry.kind.value}")
        if entry.size is not None:
            self.say(f"Size: {show_size(entry.size)}, {entry.size:,} bytes")
        self.say(f"Changed: {time_cell(entry.modified_ns, wide=True) or 'unknown'}")
        for name, value in (("MD5", entry.md5), ("Id", entry.id)):
            if value:
                self.say(f"{name}: {value}")

    async def do_search(self, text: str) -> None:
        text = text or await self.need("Parts of a name, or words such as ext:jpg")
        name = self._here.place.filesystem
        filesystem = await self._session.filesystem(name)
        if not isinstance(filesystem, Searchable):
            raise UsageError("only a remote can be searched as a whole")
        found = await filesystem.search(text, _MOST_FOUND)
        places = [Place(name, each.folder / each.entry.name) for each in found]
        for number, place in enumerate(places, start=1):
            self.say(f"{number}: {show_place(place)}")
        if not places:
            self.say("Nothing was found.")
            return
        answer = await self.ask("Number to go to, or nothing: ")
        if answer and answer.strip().isdigit() and 0 < int(answer) <= len(places):
            path = places[int(answer) - 1].path
            await self._here.go(Place(name, path.parent), on=path.name)
            self._say_place()

    # --- changing ---------------------------------------------------------------------

    async def do_copy(self, _: str) -> None:
        await self._send(move=False)

    async def do_move(self, _: str) -> None:
        await self._send(move=True)

    async def _send(self, *, move: bool) -> None:
        here, there = self._here, self._there
        chosen = here.chosen
        if not chosen:
            raise UsageError("this folder is empty")
        verb = "Move" if move else "Copy"
        target = show_place(there.place)
        if await self.agreed(f"{verb} {here.describe(chosen)} to {target}?"):
            request = CopyRequest(
                source=here.place.filesystem,
                paths=tuple(here.path(entry) for entry in chosen),
                target=there.place.filesystem,
                folder=there.place.path,
                options=CopyOptions(move=move),
            )
            await self._session.transfers.enqueue(request)
            here.marked.clear()
            self.say("Queued. What comes of it is said here.")

    async def do_rename(self, name: str) -> None:
        side, entry = self._here, self._here.current
        if entry is None:
            raise UsageError("this folder is empty")
        name = name or await self.need(f"New name of {printable(entry.name)}")
        place, new = (
            Place(side.place.filesystem, side.place.path / each)
            for each in (entry.name, name)
        )
        await self._session.operations.move(place, new)
        await side.go(side.place, on=name)
        self.say(f"Renamed to {name}.")

    async def do_mkdir(self, name: str) -> None:
        name = name or await self.need("Name of the new folder")
        side = self._here
        new = Place(side.place.filesystem, side.place.path / name)
        await self._session.operations.make_folder(new)
        await side.go(side.place, on=name)
        self.say(f"Made {name}.")
        self.say(side.here)

    async def do_trash(self, _: str) -> None:
        side, chosen = self._here, self._here.chosen
        filesystem = await self._session.filesystem(side.place.filesystem)
        if not chosen or not isinstance(filesystem, Trash):
            raise UsageError("there is nothing here that can be trashed")
        if await self.agreed(f"Move {side.describe(chosen)} to the trash?"):
            places = [Place(side.place.filesystem, side.path(e)) for e in chosen]
            await self._session.operations.trash(places)
            await side.go(side.place)
            self.say(f"Trashed {side.describe(chosen)}. undo takes it back.")

    async def do_undo(self, _: str) -> None:
        await self._take_back(self._session.operations.undo())

    async def do_redo(self, _: str) -> None:
        await self._take_back(self._session.operations.redo())

    async def _take_back(self, work: Awaitable[str]) -> None:
        said = await work
        await self._here.go(self._here.place)
        self.say(f"{sentence(said)}.")

    # --- the queue --------------------------------------------------------------------

    async def do_queue(self, _: str) -> None:
        self.say(self._queue_in_words())
        states = [state for state in State if not state.is_final]
        for each in await self._session.transfers.transfers(states=states, limit=_PAGE):
            why = f", {each.reason}" if each.reason else ""
            name = each.source.path.name
            self.say(f"{name}, {each.state}, to {show_place(each.target)}{why}")

    async def do_pause_all(self, _: str) -> None:
        transfers = self._session.transfers
        if transfers.snapshot().paused:
            await transfers.release()
            self.say("The queue goes on.")
        else:
            await transfers.hold()
            self.say("The queue is paused.")

    async def do_conflicts(self, _: str) -> None:
        transfers = self._session.transfers
        found = await transfers.transfers(states=[State.CONFLICT])
        if not found:
            self.say("There are no conflicts.")
        policies = ["leave", *_POLICIES]
        for number, each in enumerate(found, start=1):
            self.say(f"Conflict {number} of {len(found)}: {show_place(each.target)}")
            if each.conflict is not None:
                for words, side in (
                    ("The new one", each.conflict.source),
                    ("The one there", each.conflict.target),
                ):
                    when = time_cell(side.modified_ns, wide=True)
                    self.say(f"{words}: {show_size(side.size)}, {when}")
            chosen = await self.choose("What is to be done?", policies)
            if chosen != "leave":
                await transfers.decide([each.id], ConflictPolicy(chosen))

    # --- help and the end -------------------------------------------------------------

    async def do_help(self, _: str) -> None:
        self.say(
            "Nothing but Enter says the row you are at; a number goes to that row."
        )
        for line in self._words.help():
            self.say(line)

    async def do_quit(self, _: str) -> None:
        if unfinished := self._session.transfers.snapshot().unfinished:
            self.say(f"{count(unfinished, 'transfer')} still to be finished.")
            options = ["keep them for next time", "stay"]
            if await self.choose("Quit?", options) == "stay":
                return
        self._over = True
        self.say("Goodbye.")


_POLICIES = ("skip", "overwrite", "rename", "newer")
