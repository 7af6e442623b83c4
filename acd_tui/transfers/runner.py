"""Keeps as many workers busy as there are slots, and the planners that feed them."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import logging
from collections.abc import Awaitable, Callable, Sequence

from msgspec.structs import replace

from acd_tui.errors import AcdError, NotFound
from acd_tui.transfers.announcer import Announcer
from acd_tui.transfers.context import Context, as_source, as_target, bring_up_to_date
from acd_tui.transfers.emptied import drop_emptied
from acd_tui.transfers.hand import InHand
from acd_tui.transfers.holder import Let
from acd_tui.transfers.lanes import Lanes
from acd_tui.transfers.model import CopyRequest, Running, State
from acd_tui.transfers.outcomes import unavailable, unexpected
from acd_tui.transfers.planner import FoundFolder
from acd_tui.transfers.rows import Applied, Change, Row
from acd_tui.transfers.skimming import Skimmer
from acd_tui.transfers.states import Effect, Event
from acd_tui.transfers.turns import Turns
from acd_tui.transfers.walker import Walker
from acd_tui.transfers.worker import Worker
from acd_tui.vfs.capabilities import Partials
from acd_tui.vfs.filesystem import FileSystem

_log = logging.getLogger(__name__)

_PLANNERS = 4
_LEAD = 2.0  # real seconds a job has to find its first file before later ones may
_NOTE_EVERY = 2.0  # real seconds between two notes of how far long transfers are
_TROUBLE_PAUSE = 5.0  # seconds after which the queue's own disk is tried again
_LONGEST_SLEEP = 60.0  # so that a clock that was set is noticed


class Runner:
    """Runs the transfers of a queue; only the process that has its lock makes one.

    Attributes:
        moved: bytes that moved since it was made.
    """

    def __init__(
        self,
        context: Context,
        announcer: Announcer,
        *,
        slots: int,
        only: frozenset[int] | None,
        looked: int | None = None,
    ) -> None:
        """Make one that stands still until `start`.

        Args:
            context: what it works with.
            announcer: tells what happened.
            slots: see there.
            only: see `follow`.
            looked: a job whose sides were brought up to date just now.
        """
        self.moved = 0
        self._context = context
        self._store = context.store
        self._jobs = context.jobs
        self._filesystems = context.filesystems
        self._clock = context.clock
        self._announcer = announcer
        self._hands: dict[int, InHand] = {}
        self._planners: dict[int, asyncio.Task[None]] = {}
        self._awaited: dict[int, str] = {}  # what planners of jobs wait for
        self._leading: set[int] = set()  # those of them that others wait for
        self._current: set[str] = set()  # filesystems that were brought up to date
        self._just_looked = looked
        self._walked: dict[
            int, dict[FoundFolder, None]
        ] = {}  # of jobs that are not over
        self._trouble: AcdError | None = None
        self._loops: list[asyncio.Task[None]] = []
        self._slot_free = asyncio.Event()
        self._turns = Turns(slots, self._slot_free.set)
        self._lanes = Lanes(context, self._hands, self._turns, only)
        self._wait_changed = asyncio.Event()
        self._to_plan = asyncio.Event()

    @property
    def slots(self) -> int:
        """How many transfers move at a time; may be changed meanwhile."""
        return self._turns.slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self._turns.slots = slots
        self._turns.offer()

    async def start(self) -> None:
        """Pick up what a process that died left, and begin."""
        now = self._clock.now()
        await asyncio.gather(
            self._store.recover(now), self._store.wake(now, everything_blocked=True)
        )
        self._loops = [
            asyncio.create_task(self._forever(loop, event))
            for loop, event in (
                (self._fill, self._slot_free),
                (self._wake, self._wait_changed),
                (self._plan, self._to_plan),
            )
        ]
        self._loops.append(asyncio.create_task(self._note()))

    async def stop(self, *, finish: bool) -> None:
        """Start nothing new, end what is under way or let go of it, and record that."""
        planners = list(self._planners.values())
        for task in (*self._loops, *planners):
            task.cancel()
        await asyncio.gather(*self._loops, *planners, return_exceptions=True)
        self._let_go(all_of_them=not finish)
        await asyncio.gather(*(hand.task for hand in self._hands.values()))
        self._announcer.flush()

    def poke(self) -> None:
        """Look at everything again: there may be more to do."""
        self._slot_free.set()
        self._wait_changed.set()
        self._to_plan.set()

    def follow(self, only: frozenset[int] | None) -> None:
        """Run these jobs from now on, None for all; what is under way ends."""
        if self._lanes.follow(only):
            for job, planner in self._planners.items():
                if not self._lanes.has(job):
                    planner.cancel()
            self.poke()

    def running(self) -> tuple[Running, ...]:
        """Say how far what is in hand is; may be called from another thread."""
        hands = tuple(self._hands.values())
        return tuple(h.running() for h in hands if not (h.recording or h.waits))

    async def told(self, job: int | None) -> None:
        """Wait until the ends of transfers that are on disk are told as well.

        Args:
            job: only of this one.
        """
        if ending := [h.task for h in self._hands.values() if h.is_ending(job)]:
            await asyncio.wait(ending)

    @property
    def blocked(self) -> frozenset[str]:
        """Filesystems with which nothing begins now; from any thread."""
        now = self._clock.monotonic()
        lasting = tuple(self._lanes.blocked.items())
        awaited = tuple(self._awaited.values())
        return frozenset((*awaited, *(name for name, end in lasting if end > now)))

    async def reconcile(self) -> None:
        """Do as users said about the queue since it was last looked at."""
        totals = await self._store.look()
        self._lanes.forget()
        self._lanes.blocked.clear()  # who says `resume` does not want to wait for a pause
        states = await self._store.states(tuple(self._hands))
        for id_, hand in tuple(self._hands.items()):
            state = states.get(id_)
            if hand.claimed and (state is None or not state.is_active):
                hand.let_go()
        if totals.starts_nothing:
            self._let_go(all_of_them=totals.held)
        if totals.held:
            for planner in self._planners.values():
                planner.cancel()
        self.poke()

    async def filesystem_ready(self, name: str) -> None:
        """Go on with what waited for a filesystem."""
        self._lanes.blocked.pop(name, None)
        self._announcer.signed_in(name)
        await self._store.wake(self._clock.now(), filesystem=name)
        for planner in self._planners.values():
            planner.cancel()  # and started again, where it is
        self.poke()

    async def discard(self, row: Row) -> None:
        """Remove what an interrupted write has kept for going on."""
        target = row.transfer.target
        try:
            filesystem = await self._filesystems(target.filesystem)
            if isinstance(filesystem, Partials):
                await filesystem.discard_partial(target.path, row.md5)
        except AcdError as error:
            _log.warning("what was kept of a cancelled transfer stays: %s", error)

    def _let_go(self, *, all_of_them: bool, of: str | None = None) -> None:
        """Stop what is in hand, or only what has no slot yet, perhaps of a filesystem."""
        for hand in tuple(self._hands.values()):
            places = (hand.transfer.source, hand.transfer.target)
            if of is not None and of not in {place.filesystem for place in places}:
                continue
            if all_of_them or not hand.had_turn:
                hand.let_go()

    async def _forever(
        self, work: Callable[[], Awaitable[object]], event: asyncio.Event
    ) -> None:
        """Do `work` each time `event` is set."""
        while True:
            event.clear()
            try:
                await work()
            except AcdError as error:
                # The queue's own disk. What could not be recorded is begun anew.
                _log.error("the queue cannot be used now: %s", error)
                self._announcer.stuck(error.message)
                await self._recover()
                event.set()
            await event.wait()

    async def _recover(self) -> None:
        """Queue again what nobody has in hand any more, once that can be written."""
        while True:
            await self._clock.sleep(_TROUBLE_PAUSE)
            with contextlib.suppress(AcdError):
                now = self._clock.now()
                await self._store.recover(now, besides=tuple(self._hands))
                return

    # Transfers

    async def _fill(self) -> None:
        if self._trouble is not None:
            trouble, self._trouble = self._trouble, None
            raise trouble
        totals = self._store.totals
        while not totals.starts_nothing:
            row = await self._lanes.next()
            totals = self._store.totals
            if row is None:
                return
            if totals.starts_nothing:
                self._lanes.forget()  # or the one in hand would have lost its place
                return
            turn = self._turns.begin(row.transfer.job)
            hand = InHand(row, self._context, turn, self._count)
            self._hands[hand.id] = hand
            hand.mention(Change(event=Event.CLAIM))
            hand.task = asyncio.create_task(self._carry(hand))

    def _count(self, size: int) -> None:
        self.moved += size

    async def _carry(self, hand: InHand) -> None:
        change: Change | None = None
        try:
            change = await self._work(hand)
        except Let:
            pass
        except asyncio.CancelledError:
            change = Change(event=Event.INTERRUPT, keep={"done": hand.done})
        hand.recording = True
        if change is not None:
            self._block(change)  # before others get its slot
        hand.end_turn()
        try:
            await self._end(hand, change)
        except AcdError as error:
            hand.trouble = error
        finally:
            del self._hands[hand.id]
            self._slot_free.set()
        if hand.trouble is not None:
            self._trouble = hand.trouble

    async def _work(self, hand: InHand) -> Change:
        hand.started = True
        if hand.letting_go:
            raise Let
        sides = []
        for place in (hand.transfer.source, hand.transfer.target):
            try:
                sides.append(await self._up_to_date(place.filesystem))
            except AcdError as error:
                return unavailable(place.filesystem, error, self._clock.now())
            except Exception as error:  # noqa: BLE001 - the worker's border begins here
                return unexpected(hand.row, error)
        source, target = sides
        source = as_source(source, hand.row.options)
        target = as_target(target, hand.row.folder)
        hand.source, hand.target = source, target
        worker = Worker(
            hand.row,
            source,
            target,
            hand=hand,
            context=self._context,
        )
        return await worker.carry()

    async def _up_to_date(self, name: str) -> FileSystem:
        filesystem = await self._filesystems(name)
        if name not in self._current:
            await self._bring_up_to_date(filesystem)
        return filesystem

    async def _bring_up_to_date(
        self, filesystem: FileSystem, *, fresh: bool = False
    ) -> None:
        if not fresh:
            await bring_up_to_date(filesystem)
        self._current.add(filesystem.name)

    async def _end(self, hand: InHand, change: Change | None) -> None:
        """Record what a transfer came to, and tell."""
        await hand.settle()
        if change is None:
            state = (await self._store.states([hand.id])).get(hand.id)
            if state is not None and state.is_active:
                change = Change(event=Event.INTERRUPT)
        applied = None if change is None else await hand.apply(change)
        if applied is None or not applied.accepted:
            await self._after_refusal(hand)
            return
        await self._tell(hand, applied)

    async def _tell(self, hand: InHand, applied: Applied) -> None:
        transfer = applied.transfer
        if transfer.state is State.WAITING:
            self._wait_changed.set()
        if transfer.state is State.DONE and hand.target is not None:
            self._announcer.changed(transfer.target, hand.target)
            for place in (transfer.source, transfer.target):
                self._announcer.signed_in(place.filesystem)
        if hand.row.options.move and hand.source is not None:
            self._announcer.changed(transfer.source, hand.source)
        if Effect.END in applied.effects:
            self._announcer.finished(transfer)
        if applied.job_over:
            await self._over([transfer.job])

    async def _over(self, jobs: list[int]) -> None:
        """Bring jobs to their end of which nothing is left to do."""
        for job in jobs:
            with contextlib.suppress(NotFound):  # cleared away meanwhile
                request = (await self._jobs.get(job)).request
                await drop_emptied(request, self._filesystems, self._announcer)
                await self._seal(request, list(self._walked.pop(job, ())))
        await self._announcer.jobs_over(jobs)

    async def _seal(self, request: CopyRequest, folders: Sequence[FoundFolder]) -> None:
        """Note what is alike by now, so that the next copy of it has little to look at."""
        with contextlib.suppress(AcdError):
            source = await self._filesystems(request.source)
            target = await self._filesystems(request.target)
            await Skimmer(request).seal(folders, source, target)

    async def _after_refusal(self, hand: InHand) -> None:
        """Clean up after a transfer that the user paused or cancelled meanwhile."""
        state = (await self._store.states([hand.id])).get(hand.id)
        if state in {None, State.CANCELLED}:
            await self.discard(replace(hand.row, md5=hand.md5))
        else:
            await self._store.note_done({hand.id: hand.done})

    def _block(self, change: Change) -> None:
        """Start nothing more with a filesystem that cannot be used now."""
        name = change.waits_for
        if name is None or change.wake is None:
            return
        pause = change.wake - self._clock.now()
        self._current.discard(name)
        self._lanes.blocked[name] = self._clock.monotonic() + pause
        self._let_go(all_of_them=False, of=name)
        if change.needs_user:
            self._announcer.sign_in_wanted(name, change.reason or "")

    async def _wake(self) -> None:
        """Queue what has waited long enough, and sleep until the next is due."""
        while True:
            self._wait_changed.clear()  # before it is looked, lest something is missed
            due = await self._store.wake(self._clock.now())
            self._slot_free.set()
            now = self._clock.monotonic()
            pauses = [end - now for end in self._lanes.blocked.values() if end > now]
            if due is not None:
                pauses.append(max(0.0, due - self._clock.now()))
            if not pauses:
                return
            await self._sleep(min(*pauses, _LONGEST_SLEEP))

    async def _sleep(self, seconds: float) -> None:
        """Sleep until then or until something new is to be waited for."""
        sleep = asyncio.ensure_future(self._clock.sleep(seconds))
        poked = asyncio.ensure_future(self._wait_changed.wait())
        try:
            await asyncio.wait({sleep, poked}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            sleep.cancel()
            poked.cancel()

    async def _note(self) -> None:
        """Record now and then how far long transfers are, for other processes to see."""
        while True:
            await asyncio.sleep(_NOTE_EVERY)
            done = {
                hand.id: hand.done
                for hand in self._hands.values()
                if not hand.recording and hand.done != hand.transfer.done
            }
            if done:
                try:
                    await self._store.note_done(done)
                except AcdError as error:
                    self._trouble = error

    # Planning

    async def _plan(self) -> None:
        if self._store.totals.held or not self._store.totals.planning:
            return
        jobs = await self._jobs.planning()
        for job, request in jobs:
            if len(self._planners) == _PLANNERS:
                return
            if job not in self._planners and self._lanes.has(job):
                task = asyncio.create_task(self._plan_one(job, request))
                self._planners[job] = task
                # Not in the task itself: one cancelled early would not even begin.
                task.add_done_callback(functools.partial(self._forget, job))
                self._leading.add(job)
                asyncio.get_running_loop().call_later(_LEAD, self._lead_over, job)
            if job in self._leading and job != jobs[-1][0]:
                if not await self._jobs.any_found(job):
                    return  # what was asked for first begins first
                self._leading.discard(job)

    def _lead_over(self, job: int) -> None:
        self._leading.discard(job)
        self._to_plan.set()

    def _found(self, job: int) -> None:
        if job in self._leading:
            self._to_plan.set()
        self._lanes.found(job)
        self._slot_free.set()

    async def _plan_one(self, job: int, request: CopyRequest) -> None:
        fresh = job == self._just_looked
        if fresh:
            self._just_looked = None  # should it be begun anew, it was a while ago
        walker = Walker(
            job,
            request,
            self._context,
            self._announcer,
            found=functools.partial(self._found, job),
            waits=functools.partial(self._plan_waits, job),
            look=functools.partial(self._bring_up_to_date, fresh=fresh),
        )
        walker.walked = self._walked.setdefault(job, {})  # if it is begun anew, go on
        try:
            try:
                await walker.walk()
            except AcdError:
                raise
            except Exception as error:  # noqa: BLE001 - the planner's border
                _log.exception("planning job %d failed unexpectedly", job)
                await walker.give_up(error)
            now = self._clock.now()
            await self._over(await self._jobs.end_planning(now, job=job))
        except AcdError as error:
            self._trouble = error

    def _plan_waits(self, job: int, filesystem: str | None) -> None:
        if filesystem is None:
            self._awaited.pop(job, None)
        else:
            self._awaited[job] = filesystem

    def _forget(self, job: int, _: asyncio.Task[None]) -> None:
        del self._planners[job]
        self._leading.discard(job)
        self._slot_free.set()
        self._to_plan.set()
