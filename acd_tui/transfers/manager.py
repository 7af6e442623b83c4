"""The queue as the rest of the program sees it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from pathlib import Path

from acd_tui.clock import Clock
from acd_tui.db import Database
from acd_tui.errors import AcdError, Denied
from acd_tui.events import EventBus
from acd_tui.transfers.announcer import Announcer
from acd_tui.transfers.beside import free_beside
from acd_tui.transfers.context import Context, Filesystems, Retrying
from acd_tui.transfers.controls import Controls, Selection, Step
from acd_tui.transfers.jobs import Jobs
from acd_tui.transfers.limiter import Limiter
from acd_tui.transfers.limits import Limits
from acd_tui.transfers.listing import Part, count_part, files_among, read_ids
from acd_tui.transfers.lock import QueueLock
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyRequest,
    Job,
    Place,
    QueueSnapshot,
    Running,
    State,
    Transfer,
)
from acd_tui.transfers.overview import Overview
from acd_tui.transfers.pages import Failed, ended, failed, pages, rests, stands_still
from acd_tui.transfers.planner import check_request
from acd_tui.transfers.progress import Rate, time_left
from acd_tui.transfers.promised import Promises
from acd_tui.transfers.runner import Runner
from acd_tui.transfers.skimming import Skimmed, Skimmer
from acd_tui.transfers.states import Event
from acd_tui.transfers.steps import Moved
from acd_tui.transfers.store import Store
from acd_tui.transfers.story import StoryLine, read_story
from acd_tui.transfers.unplanned import Unplanned
from acd_tui.transfers.wanted import Wanted
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

_log = logging.getLogger(__name__)

_LOOK_EVERY = 0.5  # real seconds between two looks at what other processes did
_WAIT_STEP = 0.05  # real seconds between two looks at a job that is waited for
_ALL, _NO_JOB = b"all", -1
_ACTIVE = tuple(state for state in State if state.is_active)


class TransferManager:
    """A durable queue of copies, and the workers that carry them out.

    Several processes may have one on the same queue: one of them runs the transfers,
    the others see them and may say what is to happen; when the one that runs them
    ends, another takes over.

    Attributes:
        limits: how much of it runs at a time, and how fast.
        promises: to whom of it names at targets are promised.
    """

    def __init__(
        self,
        db: Database,
        filesystems: Filesystems,
        bus: EventBus,
        clock: Clock,
        *,
        lock_file: Path,
        slots: int = 4,
        attempts: int = 5,
    ) -> None:
        """Make a queue that stands still until `start`.

        Args:
            db: opened, with the schema of this package, `synchronous="FULL"`.
            filesystems: gives a filesystem by its name.
            bus: where ends of transfers and jobs are told.
            clock: the time.
            lock_file: who holds its lock runs the transfers.
            slots: how many files move at a time, unless the queue says otherwise.
            attempts: after how many passing troubles a transfer has failed.
        """
        self._clock = clock
        self._lock = QueueLock(lock_file)
        self._store = Store(db)
        self._wanted = Wanted(db)
        self._controls = Controls(self._store)
        self.limits = Limits(
            self._store, self._controls, slots=slots, changed=self._keep_limits
        )
        self._limiter = Limiter(clock)
        self._jobs = Jobs(self._store)
        self.promises = Promises(self._store)
        self._context = Context(
            store=self._store,
            jobs=self._jobs,
            promises=self.promises,
            filesystems=filesystems,
            bus=bus,
            clock=clock,
            retrying=Retrying(attempts, random.random),
            limiter=self._limiter,
        )
        self._announcer = Announcer(bus, self._jobs)
        self._runner = self._new_runner(None)
        self._only: int | None = None
        self._looked: int | None = None
        self._here = False
        self._watching: asyncio.Task[None] | None = None
        self._elsewhere: tuple[Running, ...] = ()
        self._rates: dict[int, Rate] = {}  # of those
        self._overview = Overview(clock)

    def _new_runner(
        self, only: frozenset[int] | None, looked: int | None = None
    ) -> Runner:
        return Runner(
            self._context, self._announcer, slots=self.slots, only=only, looked=looked
        )

    async def start(self, *, only: int | None = None) -> None:
        """Run the transfers, or wait until no other process does any more.

        Args:
            only: run just this job, and those that other processes wait for.

        Raises:
            AcdError: the queue or its lock file cannot be used.
        """
        self._only = only
        await self._store.look()
        self._keep_limits()
        looked, self._looked = self._looked, None  # it does not stay true for long
        await self._take_over_if_free(looked)
        self._watching = asyncio.create_task(self._watch())

    async def close(self, *, finish: bool = False) -> None:
        """Stop: what is under way ends first or is queued again.

        Args:
            finish: let files under way end.
        """
        if self._watching is not None:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
            self._watching = None
            if not self._here:
                await self._wanted.withdraw(self._only)
        if self._here:
            await self._runner.stop(finish=finish)
            self._here = False
        self._lock.release()

    async def _take_over_if_free(self, looked: int | None = None) -> None:
        if self._lock.acquire(_ALL if self._only is None else b""):
            self._runner = self._new_runner(await self._all_wanted(), looked)
            await self._runner.start()
            self._here = True
            self._elsewhere = ()
        else:
            await self._wanted.renew(self._only, self._clock.now())

    async def runs_elsewhere(self) -> bool:
        """Whether another process runs whatever is queued, not some jobs alone.

        Only to be asked before `start`.
        """
        if self._lock.acquire():
            self._lock.release()
            return False
        if self._lock.word == _ALL:
            return True
        # A third one may wait for all, which then runs as well.
        return await self._wanted.besides(_NO_JOB, self._clock.now()) is None

    async def _all_wanted(self) -> frozenset[int] | None:
        return await self._wanted.besides(self._only, self._clock.now())

    async def _watch(self) -> None:
        """See what other processes do to the queue, or that they are gone."""
        seen = self._store.totals.commands
        while True:
            # The loop's own time: how others fare has nothing to do with ours.
            await asyncio.sleep(_LOOK_EVERY)
            try:
                if not self._here:
                    await self._take_over_if_free()
                totals = await self._store.look()
                self._keep_limits()
                if self._here:
                    self._runner.follow(await self._all_wanted())
                    if totals.commands != seen:
                        await self._runner.reconcile()
                else:
                    self._elsewhere = await self._look_elsewhere()
            except AcdError as error:
                _log.warning("the queue cannot be looked at: %s", error)
            else:
                seen = totals.commands

    async def _look_elsewhere(self) -> tuple[Running, ...]:
        active = await self.transfers(states=_ACTIVE)
        now, known = self._clock.monotonic(), self._rates
        self._rates = {each.id: known.get(each.id, Rate()) for each in active}
        return tuple(
            _running(each, self._rates[each.id].sample(now, each.done))
            for each in active
        )

    @property
    def slots(self) -> int:
        """How many files move at a time; see `Limits.slots`."""
        return self.limits.slots

    @slots.setter
    def slots(self, slots: int) -> None:
        self.limits.slots = slots

    def _keep_limits(self) -> None:
        self._limiter.rate = self.limits.bandwidth
        if self._runner.slots != self.slots:
            self._runner.slots = self.slots
            self._runner.poke()

    # What is in the queue

    def snapshot(self) -> QueueSnapshot:
        """Return the queue as it is now, from memory; from any thread."""
        return self._overview.snapshot(
            self._store.totals,
            self._runner.running() if self._here else self._elsewhere,
            moved=self._runner.moved if self._here else None,
            slots=self.slots,
            bandwidth=self.limits.bandwidth,
            blocked=self._runner.blocked if self._here else frozenset(),
        )

    async def transfers(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        matching: str = "",
        offset: int = 0,
        limit: int = 200,
        newest_first: bool = False,
    ) -> list[Transfer]:
        """Return a part of the queue, in the order it runs unless told otherwise.

        Args:
            job: only of this one.
            states: only what is in one of these.
            matching: only what has this in the path of its source.
            offset: how many to pass over.
            limit: how many at most.
            newest_first: what ended last first; what has not ended is left out.
        """
        return await self._store.transfers(
            Part(job=job, states=states, matching=matching),
            offset=offset,
            limit=limit,
            newest_first=newest_first,
        )

    async def ids(
        self,
        *,
        job: int | None = None,
        states: Collection[State] | None = None,
        matching: str = "",
        newest_first: bool = False,
    ) -> list[int]:
        """Return the numbers of all that `transfers` would return, in that order."""
        part = Part(job=job, states=states, matching=matching)
        return await self._store.read(
            lambda c: read_ids(c, part, latest_first=newest_first)
        )

    def pages(
        self, states: Collection[State], *, job: int | None = None
    ) -> AsyncIterator[list[Transfer]]:
        """Read all of the queue, a page at a time, by state."""
        return pages(self._store, states, job)

    async def ended(self, since: float, *, job: int | None = None) -> list[Transfer]:
        """Return what has ended since a moment, whoever carried it out."""
        return await ended(self._store, since, job)

    async def failed(self) -> Failed:
        """Return how many of the whole queue have failed, and why."""
        return await self._store.read(lambda c: failed(c, None))

    def unplanned(self) -> Unplanned:
        """Watch for what cannot be planned of the jobs that are not over yet."""
        return Unplanned(self._store)

    async def look(self) -> QueueSnapshot:
        """Return the queue as it is now, with what other processes did just now."""
        await self._store.look()
        return self.snapshot()

    async def states(self, ids: Collection[int]) -> dict[int, State]:
        """Return the states of these transfers; those that are not there are missing."""
        return await self._store.states(ids)

    async def transfer(self, id: int) -> Transfer:  # noqa: A002 - what it is
        """Return one transfer.

        Raises:
            NotFound: there is none, or it was cleared away.
        """
        return await self._store.transfer(id)

    async def counts(
        self, *, job: int | None = None, matching: str = ""
    ) -> dict[State, int]:
        """Return how many such transfers are in which state; see `transfers`."""
        part = Part(job=job, matching=matching)
        return await self._store.read(lambda c: count_part(c, part))

    async def story(self, transfer: int) -> list[StoryLine]:
        """Return what went wrong with a transfer on its way, the oldest first."""
        return await self._store.read(lambda c: read_story(c, transfer))

    async def files_of(self, job: Job) -> frozenset[VPath]:
        """Return which of the paths a job names itself are files."""
        paths = job.request.paths
        return await self._store.read(lambda c: files_among(c, job.id, paths))

    async def free_beside(self, place: Place) -> VPath:
        """Return where a copy goes that is made beside the original.

        Raises:
            AcdError: there is no name for it, or nobody can say.
        """
        name = place.filesystem
        filesystem = await self._context.filesystems(name)
        return await free_beside(filesystem, place.path, self.promises.anyone)

    async def jobs(self, *, limit: int = 50, offset: int = 0) -> list[Job]:
        """Return jobs, the newest first."""
        return await self._jobs.newest(limit, offset)

    async def count_jobs(self) -> int:
        """Return how many jobs there are, those in the history included."""
        return await self._jobs.count()

    async def job(self, id: int) -> Job:  # noqa: A002 - what it is
        """Return one job.

        Raises:
            NotFound: there is none, or it was cleared away.
        """
        return await self._jobs.get(id)

    async def wait(self, job: int) -> Job:
        """Wait until nothing of a job will change without the user.

        So when it is over, but also when all that is left are conflicts, paused
        transfers or ones that wait for a sign-in, or when the whole queue is held.

        Raises:
            NotFound: there is none, or it was cleared away.
        """
        found: Job | None = None

        async def over() -> bool:
            nonlocal found
            found = await self._jobs.get(job)
            return found.finished or await self._jobs.rests(job)

        await self._until(over, job=job)
        if found is None or not found.finished:  # then it may have changed since
            found = await self._jobs.get(job)
        return found

    async def wait_all(self) -> None:
        """Wait until nothing of the whole queue will change without the user."""
        await self._until(lambda: rests(self._store))

    async def _until(
        self, over: Callable[[], Awaitable[bool]], *, job: int | None = None
    ) -> None:
        seen = -1
        while True:
            totals = self._store.totals
            if totals.revision != seen:
                seen = totals.revision
                if stands_still(totals) or await over():
                    # That may have been seen before the answer to what ended it came.
                    await self._store.look()
                    await self._runner.told(job)
                    return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_WAIT_STEP):
                    await self._announcer.job_over.wait()
            self._announcer.job_over.clear()
            if not self._here:
                await self._store.look()

    # What is to happen to it

    async def enqueue(
        self,
        request: CopyRequest,
        *,
        plan: Mapping[VPath, Entry | None] | None = None,
        omit: Collection[VPath] = (),
        looked: bool = False,
    ) -> int:
        """Queue a copy; it is on disk when this returns.

        Args:
            request: what to copy.
            plan: with `CopyOptions.planned`, what may be copied: each target, and what
                is there; None for nothing.
            omit: what the plan has shown too, but is not wanted: targets of files, and
                of folders that are not to be made for their own sake.
            looked: whether both sides were brought up to date just now, so that this
                need not be done once more, nor a runner be waited for to see what is
                there already: if all is, the job is over at once.

        Returns:
            The number of the job.

        Raises:
            Denied: it would copy something onto or into itself, or nothing at all.
        """
        request = check_request(request)
        skimmed = await self._skimmed(request) if looked else None
        job, over = await self._jobs.add(
            request, self._clock.now(), plan=plan, omit=omit, skimmed=skimmed
        )
        if over:
            await self._announcer.jobs_over([job])
        elif looked:
            self._looked = job
        self._runner.poke()
        return job

    async def _skimmed(self, request: CopyRequest) -> Skimmed | None:
        get = self._context.filesystems
        source, target = await get(request.source), await get(request.target)
        return await Skimmer(request).skim_all(source, target)

    async def pause(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> int:
        """Let transfers rest; return how many that were."""
        return await self._say(Event.PAUSE, Selection(ids=ids, job=job))

    async def resume(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> int:
        """Go on with what is paused, and at once with what waits."""
        return await self._say(Event.RESUME, Selection(ids=ids, job=job))

    async def cancel(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> int:
        """Give up what is not done yet; without `ids` also what is yet to be planned."""
        if ids is None:
            now = self._clock.now()
            over = await self._jobs.end_planning(now, job=job, command=True)
            await self._announcer.jobs_over(over)
        return await self._say(Event.CANCEL, Selection(ids=ids, job=job))

    async def retry(
        self, ids: Collection[int] | None, *, job: int | None = None
    ) -> int:
        """Try again what failed; what was cancelled only where it is named."""
        states = (State.FAILED,) if ids is None else None
        return await self._say(Event.RETRY, Selection(ids=ids, job=job), states=states)

    async def prioritise(
        self, ids: Collection[int] | None, priority: int, *, job: int | None = None
    ) -> int:
        """Say what runs first; see `Controls.prioritise`."""
        what = Selection(ids=ids, job=job)
        return await self._rearranged(await self._controls.prioritise(what, priority))

    async def move(
        self, ids: Collection[int] | None, step: Step, *, job: int | None = None
    ) -> int:
        """Move transfers in the order they run; see `Controls.move`."""
        what = Selection(ids=ids, job=job)
        return await self._rearranged(await self._controls.move(what, step))

    async def _rearranged(self, number: int) -> int:
        if self._here:
            await self._runner.reconcile()
        return number

    async def decide(
        self,
        ids: Collection[int] | None,
        policy: ConflictPolicy,
        *,
        job: int | None = None,
    ) -> int:
        """Say what to do about conflicts; return how many were decided."""
        what = Selection(ids=ids, job=job)
        return await self._say(Event.DECIDE, what, policy=policy)

    async def _say(
        self,
        event: Event,
        what: Selection,
        *,
        states: Collection[State] | None = None,
        policy: ConflictPolicy | None = None,
    ) -> int:
        moved = await self._store.apply_all(
            event,
            self._clock.now(),
            ids=what.ids,
            job=what.job,
            states=states,
            policy=policy,
        )
        await self._after(moved)
        return len(moved.ids)

    async def _after(self, moved: Moved) -> None:
        if self._here:
            await self._runner.reconcile()
        for row in moved.discard:
            await self._runner.discard(row)
        await self._announcer.jobs_over(moved.jobs)

    async def hold(self) -> None:
        """Let the whole queue rest: what is under way stops and is queued again."""
        await self._controls.hold()
        await self._rearranged(0)

    async def drain(self) -> None:
        """Let what is under way end, and start nothing new."""
        await self._controls.drain()
        await self._rearranged(0)

    async def release(self) -> None:
        """Go on after `hold` or `drain`."""
        await self._controls.release()
        await self._rearranged(0)

    async def clear_finished(self) -> int:
        """Forget what is done, skipped or cancelled; return how many that were.

        What failed stays until it is retried or cancelled.
        """
        return await self._store.clear()

    async def filesystem_ready(self, name: str) -> None:
        """Go on with what waits for a filesystem: it is known, or signed in, now."""
        if self._here:
            await self._runner.filesystem_ready(name)
        else:
            await self._store.wake(self._clock.now(), filesystem=name)

    async def refuse_unfinished(self, name: str) -> None:
        """Make sure that nothing in the queue is yet to be done with a filesystem.

        Raises:
            Denied: something is.
        """
        _refuse(name, await self._store.unfinished(name))

    async def rename_filesystem(self, old: str, new: str) -> None:
        """Have the history speak of a filesystem by its new name.

        Raises:
            Denied: something of it is yet to be done; nothing is changed.
        """
        _refuse(old, await self._store.rename_filesystem(old, new))


def _running(transfer: Transfer, rate: float) -> Running:
    """Say how far one is that another process has in hand, as it recorded that last."""
    left = time_left(transfer.size - transfer.done, rate)
    return Running(transfer=transfer, done=transfer.done, rate=rate, left=left)


def _refuse(name: str, unfinished: int) -> None:
    if unfinished:
        jobs = "a job" if unfinished == 1 else f"{unfinished} jobs"
        raise Denied(
            f"{jobs} of the queue with {name}: {'is' if unfinished == 1 else 'are'} "
            "not over",
            hint="let them finish or cancel them; `acd-tui queue list` shows them",
        )
