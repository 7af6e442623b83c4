"""The linear interface at work: reads a line, does it, says what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING

from acd_tui.config.file import SettingsFile
from acd_tui.config.settings import Settings
from acd_tui.errors import AcdError, UsageError
from acd_tui.printable import printable
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.model import (
    CopyOptions,
    CopyRequest,
    JobFinished,
    JobWarned,
    Place,
    State,
    TransferFinished,
)
from acd_tui.transfers.two_sides import TwoSides
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count, sentence, show_place
from acd_tui.ui.keymap import keymap
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.lines import Ask, Say
from acd_tui.ui.linear.queue import QueueTalk
from acd_tui.ui.linear.side import Side
from acd_tui.ui.linear.walk import Walk
from acd_tui.ui.widgets.listing import Order, SortKey
from acd_tui.units import show_duration
from acd_tui.vfs.filesystem import Trash
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.linear.looking import Looking
    from acd_tui.ui.linear.remotes import Services

_PULSE_SECONDS = 20.0  # between two words on how far the queue is


class Talk(Walk):
    """Two sides, a queue, and lines going back and forth."""

    def __init__(
        self,
        session: Session,
        say: Say,
        ask: Ask,
        *,
        left: Place,
        right: Place | None,
        settings: SettingsFile,
        services: Services,
    ) -> None:
        """Be ready to talk.

        Args:
            session: an open one.
            say: prints a line.
            ask: asks for one.
            left: where one is first.
            right: the other side; without, the first remote there is.
            settings: the file of these; the keys of the actions are read from it.
            services: set up remotes and change them.
        """
        names = session.remote_names()
        other = right or (Place(names[0], VPath()) if names else left)
        here, there = Side(session, left), Side(session, other)
        super().__init__(session, say, ask, here=here, there=there)
        self._take(settings.load())
        self._settings = settings
        self._services = services
        self._plans: set[asyncio.Task[None]] = set()  # that are being carried out
        self._over = False
        self._said = ""

    def _take(self, settings: Settings) -> None:
        """Go by settings from now on."""
        keys = settings.keys
        self._words = Words(keymap(keys.preset, keys.bind).keys)
        for side in (self._here, self._there):
            side.order = Order(SortKey(settings.sort))
            side.hidden = settings.show_hidden

    async def run(self) -> None:
        """Talk until the user leaves."""
        self.say("acd-tui, line by line. Type help for the commands, quit to leave.")
        if not self._session.remote_names():
            self.say("No drive is set up: the command remotes does that.")
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
                bus.subscribed(SignInWanted, self._sign_in_wanted),
            ):
                yield
        finally:
            for task in (pulse, *self._plans):
                task.cancel()

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

    def _sign_in_wanted(self, event: SignInWanted) -> None:
        self.say(
            f"{event.filesystem} wants you to sign in again: the command remotes does."
        )

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
        await QueueTalk(self, self._session.transfers).run()

    async def do_pause_all(self, _: str) -> None:
        transfers = self._session.transfers
        if transfers.snapshot().paused:
            await transfers.release()
            self.say("The queue goes on.")
        else:
            await transfers.hold()
            self.say("The queue is paused.")

    async def do_conflicts(self, _: str) -> None:
        await QueueTalk(self, self._session.transfers).conflicts()

    # --- drives -----------------------------------------------------------------------

    async def do_compare(self, _: str) -> None:
        from acd_tui.ui.linear.comparing import CompareTalk, trash_then
        from acd_tui.ui.syncing import enqueue

        sides = TwoSides(self._here.place, self._there.place)
        if not await CompareTalk(self, self._session, sides).run():
            return
        jobs = await enqueue(self._session, sides)
        self.say("Queued. What comes of it is said here.")
        if sides.removals():
            plan = self._guarded(trash_then(self, self._session, jobs, sides))
            task = asyncio.ensure_future(plan)
            self._plans.add(task)
            task.add_done_callback(self._plans.discard)

    async def do_space(self, _: str) -> None:
        await self._show(await (await self._looking()).space())

    async def do_changes(self, _: str) -> None:
        await self._show(await (await self._looking()).changes())

    async def do_account(self, _: str) -> None:
        await (await self._looking()).account()

    async def do_trash_screen(self, _: str) -> None:
        await (await self._looking()).trash()
        await self._here.go(self._here.place)

    async def _looking(self) -> Looking:
        from acd_tui.ui.linear.looking import Looking

        place = self._here.place
        filesystem = await self._session.filesystem(place.filesystem)
        return Looking(self, self._session, place, filesystem)

    async def do_remotes(self, _: str) -> None:
        from acd_tui.ui.linear.remotes import RemoteTalk

        name = await RemoteTalk(self, self._services).run()
        if name is not None:
            await self._here.go(Place(name, VPath()))
            self._say_place()

    async def do_settings(self, _: str) -> None:
        from acd_tui.ui.linear.settings import change_settings

        self._take(await change_settings(self, self._settings))
        for side in (self._here, self._there):
            on = side.current.name if side.current is not None else None
            await self._guarded(side.go(side.place, on=on))

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
            if self._plans:
                self.say("What was to be trashed after that stays if you quit.")
            options = ["keep them for next time", "stay"]
            if await self.choose("Quit?", options) == "stay":
                return
        self._over = True
        self.say("Goodbye.")
