"""The linear interface at work: reads a line, does it, says what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable
from typing import TYPE_CHECKING

from acd_tui.config.file import SettingsFile
from acd_tui.config.places import PlacesFile
from acd_tui.config.settings import Settings
from acd_tui.errors import AcdError, SignInNeeded, UsageError
from acd_tui.session.events import Hindered
from acd_tui.transfers.events import SignInWanted
from acd_tui.transfers.model import (
    JobFinished,
    JobWarned,
    Place,
    State,
    TransferFinished,
)
from acd_tui.transfers.two_sides import TwoSides
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count, sentence
from acd_tui.ui.keymap import keymap
from acd_tui.ui.leaving import still_moving
from acd_tui.ui.linear.changing import Changing
from acd_tui.ui.linear.commands import COMMANDS, Words
from acd_tui.ui.linear.lines import Ask, Say
from acd_tui.ui.linear.queue import QueueTalk
from acd_tui.ui.linear.side import Side
from acd_tui.ui.widgets.listing import Order, SortKey
from acd_tui.units import show_duration
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.linear.looking import Looking
    from acd_tui.ui.linear.remote_changes import Services

_PULSE_SECONDS = 20.0  # between two words on how far the queue is
_LOOK_SECONDS = 0.5  # between two looks whether all is done
_STAY, _FINISH = "stay", "finish them first, then quit"


class Talk(Changing):
    """Two sides, a queue, and lines going back and forth."""

    def __init__(  # noqa: PLR0913 - what it is made of, told by name
        self,
        session: Session,
        say: Say,
        ask: Ask,
        *,
        left: Place,
        right: Place | None,
        settings: SettingsFile,
        services: Services,
        places: PlacesFile | None = None,
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
            places: where bookmarks are kept; None if they are not.
        """
        names = session.remote_names()
        other = right or (Place(names[0], VPath()) if names else left)
        here, there = Side(session, left), Side(session, other)
        super().__init__(session, say, ask, here=here, there=there, places=places)
        self._take(settings.load())
        self._settings = settings
        self._services = services
        self._plans: set[asyncio.Task[None]] = set()  # that are being carried out
        self._over = False
        self._leaving = False  # as soon as all is done
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
                line = await self._next_line()
                if line is None:
                    break
                await self._guarded(self.do(line))
                await self._guarded(self._places.keep())
        self.say("Goodbye.")

    async def _next_line(self) -> str | None:
        """Ask for a command; None at the end of input, and once all is done if so said."""
        asking = asyncio.ensure_future(self.ask("> "))
        try:
            while not asking.done():
                if self._leaving and not self._is_busy:
                    self.say("All is done.")
                    return None
                await asyncio.wait((asking,), timeout=_LOOK_SECONDS)
            return await asking
        finally:
            asking.cancel()

    @property
    def _is_busy(self) -> bool:
        """Whether something runs here or will run without the user."""
        return bool(self._plans) or still_moving(self._session.transfers.snapshot())

    async def _guarded(self, work: Awaitable[None]) -> None:
        try:
            await work
        except AcdError as error:
            self.say(f"Error: {error.message}.")
            if isinstance(error, SignInNeeded):
                self.say("The command remotes signs in again.")
            elif error.hint:
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
                bus.subscribed(Hindered, self._hindered),
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

    def _hindered(self, event: Hindered) -> None:
        if event.why is None:
            self.say(f"{event.remote} answers again.")
        else:
            self.say(f"{event.remote}: {event.why}. It is asked again and again.")

    async def _say_progress(self) -> None:
        while True:
            await asyncio.sleep(_PULSE_SECONDS)
            snapshot = self._session.transfers.snapshot()
            if snapshot.running or snapshot.blocked:
                text = self._queue_in_words()
                if text != self._said:
                    self.say(text)
                self._said = text

    def _queue_in_words(self) -> str:
        """Say how the queue is: `Queue: 3 running, 45 percent, 2m left.`."""
        snapshot = self._session.transfers.snapshot()
        counts = sorted(snapshot.counts.items(), key=lambda each: each[0].is_final)
        states = [f"{n:,} {state}" for state, n in counts if n]
        if snapshot.planning:
            states.append(f"{count(snapshot.planning, 'job')} still to be looked at")
        states += [f"{name} cannot be used now" for name in sorted(snapshot.blocked)]
        if snapshot.unfinished and snapshot.size:
            states.append(f"{100 * snapshot.done // snapshot.size} percent")
        if snapshot.left is not None and snapshot.unfinished:
            states.append(f"{show_duration(snapshot.left)} left")
        if snapshot.paused:
            states.append("all of it paused")
        elif snapshot.draining:
            states.append("nothing new starts")
        return f"Queue: {', '.join(states) or 'empty'}."

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

    async def do_drain(self, _: str) -> None:
        await QueueTalk(self, self._session.transfers).drain()

    async def do_limits(self, _: str) -> None:
        await QueueTalk(self, self._session.transfers).limits()

    async def do_retry_all(self, _: str) -> None:
        await self._session.transfers.retry(None)
        self.say(self._queue_in_words())

    async def do_cancel_all(self, _: str) -> None:
        await QueueTalk(self, self._session.transfers).cancel_all()

    async def do_clear_finished(self, _: str) -> None:
        cleared = await self._session.transfers.clear_finished()
        self.say(f"{count(cleared, 'transfer')} cleared away.")

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

    async def do_duplicates(self, _: str) -> None:
        from acd_tui.ui.linear.duplicates import DuplicatesTalk

        places = [
            (await self._session.filesystem(side.place.filesystem), side.place.path)
            for side in (self._here, self._there)
        ]
        found = await DuplicatesTalk(self, self._session).run(places)
        if found is not None:
            place = Place(found.filesystem, found.path.parent)
            await self._here.go(place, on=found.path.name)
            self._say_place()
        else:
            await self._here.go(self._here.place)

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

    async def do_help(self, about: str) -> None:
        if not about:
            self.say(
                "Nothing but Enter says the row you are at; a number goes to that row. "
                "help and a word of these says more about it."
            )
        for line in self._words.help(about):
            self.say(line)

    async def do_quit(self, _: str) -> None:
        if not self._is_busy:
            self._over = True
            return
        unfinished = self._session.transfers.snapshot().unfinished
        self.say(f"{count(unfinished, 'transfer')} still to be finished.")
        keep = "keep them for next time"
        if self._plans:
            keep += "; what was to be trashed after that stays"
        chosen = await self.choose("Quit?", [_STAY, _FINISH, keep])
        self._over = chosen == keep
        self._leaving = chosen == _FINISH
        if self._leaving:
            self.say("Leaving once all is done; you can go on meanwhile.")
