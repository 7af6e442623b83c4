"""Carrying out one job for a command: progress, Ctrl-C, and what came of it."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from acd_tui.cli.output import ProgressLine, note
from acd_tui.cli.places import show_place
from acd_tui.cli.stalls import Stall, soonest, wait_of
from acd_tui.errors import AcdError, Full, PartlyFailed, SignInNeeded, Transient
from acd_tui.transfers.model import (
    CopyRequest,
    JobWarned,
    Place,
    State,
)
from acd_tui.units import show_duration, show_rate, show_size

if TYPE_CHECKING:
    from acd_tui.cli.pauses import Pauses
    from acd_tui.session.core import Session
    from acd_tui.transfers.model import Job, QueueSnapshot, Transfer
    from acd_tui.transfers.pages import Failed
    from acd_tui.vfs.entry import Entry
    from acd_tui.vfs.path import VPath

_PAGE = 500
_LOOK_SECONDS = 1.0
WAITING_LOOKED_AT = 100  # transfers, to tell what is waited for
_PATIENCE = 300.0  # seconds without a step ahead while a side cannot be reached


class NothingTransferred(AcdError):
    """Everything was there already, and the user wanted that to be told apart."""

    exit_code: ClassVar[int] = 9
    advice: ClassVar[str] = "all is there already; `check` compares both sides"


class Interrupted(AcdError):
    """The user stopped it; the queue keeps the rest."""

    exit_code: ClassVar[int] = 130
    advice: ClassVar[str] = "`acd-tui queue run` goes on; `queue list` shows the rest"


class Run:
    """Carries out one job while telling how far it is and listening for Ctrl-C."""

    def __init__(self, session: Session, *, progress: bool, verbose: bool) -> None:
        import asyncio

        self._session = session
        self._line = ProgressLine()
        self._progress = progress
        self._verbose = verbose
        self._stop = asyncio.Event()
        self._stop_now = asyncio.Event()
        self._told: tuple[str, int] | None = None  # see `_tell_why_it_waits`

    async def carry_out(
        self,
        request: CopyRequest,
        *,
        plan: Mapping[VPath, Entry | None] | None = None,
        omit: Collection[VPath] = (),
        looked: bool = False,
    ) -> Job:
        """Queue a job and wait until it ends, or until the user stops it.

        Args:
            request: what to copy.
            plan: see `TransferManager.enqueue`.
            omit: likewise.
            looked: likewise.
        """
        import asyncio
        import gc

        gc.freeze()  # what is loaded by now stays, and is not looked through any more
        transfers = self._session.transfers
        number = await transfers.enqueue(request, plan=plan, omit=omit, looked=looked)
        if looked and (job := await transfers.job(number)).finished:
            return self._ended(job)
        pauses = await self._pauses(number)
        async with self._telling(number):
            await transfers.start(only=number)
            self._tell_if_elsewhere("this job")
            waiting = asyncio.ensure_future(
                pauses.outlast(lambda: transfers.wait(number), note)
            )
            stopping = asyncio.ensure_future(self._stop.wait())
            losing = asyncio.ensure_future(self._lose_patience(number, pauses))
            telling = asyncio.ensure_future(self._tell_progress(number))
            tasks = {waiting, stopping, losing}
            try:
                await asyncio.wait(tasks, return_when="FIRST_COMPLETED")
                if stopping.done() and transfers.snapshot().here:
                    await self._wind_up()
            finally:
                for task in (*tasks, telling):
                    task.cancel()
                await asyncio.wait({*tasks, telling})
        if losing.done() and not losing.cancelled():
            losing.result()
        job = self._ended(await transfers.job(number))
        if waiting.done() and not waiting.cancelled():
            waiting.result()
        return job

    def _ended(self, job: Job) -> Job:
        """Say how far a job came that is not waited for any more."""
        if self._progress:
            self._line.show(progress_line(job, self._session.transfers.snapshot()))
            if self._line.terminal:
                note("")
        return job

    @property
    def stopped(self) -> bool:
        """Whether the user wants no more of it."""
        return self._stop.is_set()

    def raise_if_stopped(self, job: Job) -> None:
        """Say what becomes of the rest, if the user stopped it.

        Raises:
            Interrupted: there is a rest.
        """
        left = _left(job)
        if self.stopped and (left or job.planning):
            raise Interrupted(
                f"stopped; {counted(left)} left in the queue",
                hint="`acd-tui` goes on with them",
            )

    async def _pauses(self, job: int | None) -> Pauses:
        from acd_tui.cli.pauses import Pauses

        pauses = Pauses(self._session, job)
        await pauses.begin()
        return pauses

    def _tell_if_elsewhere(self, what: str) -> None:
        transfers = self._session.transfers
        if transfers.snapshot().here:
            return
        note(f"another acd-tui runs the transfers, and {what} as well")
        if transfers.limits.set_here_only:
            note(
                "--transfers and --bwlimit hold for who runs the transfers, hence not"
                " now; `acd-tui queue limit` sets what holds for any"
            )

    async def _wind_up(self) -> None:
        """Let the files under way end, unless the user asks again."""
        import asyncio

        note("finishing the files under way; press Ctrl-C again to stop now")
        finishing = asyncio.ensure_future(self._session.transfers.close(finish=True))
        stopping = asyncio.ensure_future(self._stop_now.wait())
        await asyncio.wait({finishing, stopping}, return_when="FIRST_COMPLETED")
        stopping.cancel()
        if finishing.done():
            finishing.result()
            return
        finishing.cancel()
        await asyncio.wait({finishing})
        await self._session.transfers.close()

    async def _lose_patience(self, number: int, pauses: Pauses) -> None:
        """Watch for a side that cannot be reached, for too long.

        Raises:
            Transient: nothing has moved for all that time.
        """
        import asyncio

        transfers = self._session.transfers
        loop = asyncio.get_running_loop()
        since, seen = loop.time(), None
        stall = Stall(note)
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            job = await transfers.job(number)
            away = await transfers.transfers(
                job=number, states={State.WAITING}, limit=WAITING_LOOKED_AT
            )
            state = (job.done, sum(job.counts.values()), _left(job))
            waits = away and away[0].waits_for is not None
            all_wait = _left(job) == job.counts.get(State.WAITING) and not job.planning
            known = self._tell_why_it_waits(away, job.done, all_wait=all_wait)
            paused = await pauses.any()
            moved = (state, _bytes_under_way(job, transfers.snapshot()))
            why = away[0].reason if away else None
            stall.look(None if known or paused else moved, loop.time(), why)
            if state != seen or not waits or paused:
                since, seen = loop.time(), state
            elif loop.time() - since > _PATIENCE:
                raise Transient(
                    away[0].reason or "a side of the copy cannot be reached",
                    hint=f"{counted(_left(job))} left in the queue; "
                    "`acd-tui` goes on with them",
                )

    def _tell_why_it_waits(
        self, waiting: Sequence[Transfer], done: int, *, all_wait: bool
    ) -> bool:
        """Say once what is waited for: a side that is away or full, or asks for time.

        Args:
            waiting: some that wait.
            done: bytes so far; after a step ahead the same is said anew.
            all_wait: whether they are all that is left.

        Returns:
            Whether there is such a reason.
        """
        now = self._session.clock.now()
        first = soonest(waiting, now) if all_wait else None
        if waiting and waiting[0].waits_for is not None:
            words = what = waiting[0].reason
        elif first is not None:
            words, what = wait_of(first, now), f"{first.reason} {first.wake}"
        else:
            return False
        if words and what and self._told != (what, done):
            self._told = what, done
            note(f"waiting: {words}")
        return True

    async def _tell_progress(self, number: int) -> None:
        import asyncio

        transfers = self._session.transfers
        while self._progress:
            await asyncio.sleep(self._line.pause)
            self._line.show(
                progress_line(await transfers.job(number), transfers.snapshot())
            )

    @contextlib.asynccontextmanager
    async def _telling(self, job: int | None) -> AsyncIterator[None]:
        """Tell what happens meanwhile to a job, or to all; listen for Ctrl-C."""

        def warn(event: JobWarned) -> None:
            if job is None or event.job in {None, job}:
                note(f"warning: {event.message}")

        async with contextlib.AsyncExitStack() as stack:
            stack.enter_context(self._session.bus.subscribed(JobWarned, warn))
            if self._verbose:
                from acd_tui.cli.naming import naming

                naming_all = naming(self._session, job, note)
                await stack.enter_async_context(naming_all)
            stack.enter_context(self._interruptible())
            yield

    @contextlib.contextmanager
    def _interruptible(self) -> Iterator[None]:
        """Have Ctrl-C set `_stop` first and `_stop_now` then."""
        import asyncio
        import signal

        def interrupted() -> None:
            (self._stop_now if self._stop.is_set() else self._stop).set()

        loop = asyncio.get_running_loop()
        try:
            loop.add_signal_handler(signal.SIGINT, interrupted)
        except (NotImplementedError, ValueError):  # Windows; or not the main thread
            yield
            return
        try:
            yield
        finally:
            loop.remove_signal_handler(signal.SIGINT)


def _bytes_under_way(job: Job, queue: QueueSnapshot) -> int:
    return sum(each.done for each in queue.running if each.transfer.job == job.id)


def progress_line(job: Job, queue: QueueSnapshot) -> str:
    """`12/200 files, 3.2 MiB/10.0 MiB, 32 %, 1.2 MiB/s, 42s left`."""
    mine = any(running.transfer.job == job.id for running in queue.running)
    done = min(job.size, job.done + _bytes_under_way(job, queue))
    files = sum(job.counts.values())
    ended = sum(n for state, n in job.counts.items() if state.is_final)
    parts = [f"{ended}/{files} files", f"{show_size(done)}/{show_size(job.size)}"]
    if job.planning:
        parts.append("still counting")
    elif job.size:
        parts.append(f"{100 * done // job.size} %")
    if mine and queue.rate:
        parts.append(show_rate(queue.rate))
        parts.append(f"{show_duration((job.size - done) / queue.rate)} left")
    return ", ".join(parts)


async def all_of(session: Session, job: Job, state: State) -> AsyncIterator[Transfer]:
    """Go through the transfers of a job that are in one state."""
    offset = 0
    if not job.counts.get(state):
        return
    while page := await session.transfers.transfers(
        job=job.id, states={state}, offset=offset, limit=_PAGE
    ):
        for transfer in page:
            yield transfer
        offset += len(page)


def tell(job: Job, failed: list[Transfer]) -> None:
    """Name what could not be copied and why."""
    for reason in job.left_out:
        note(f"skipped: {reason}")
    for problem in job.problems:
        note(f"error: {problem}")
    for transfer in failed:
        note(f"error: `{show_place(transfer.source)}`: {transfer.reason}")
        if transfer.hint:
            note(f"hint: {transfer.hint}")


def summary(job: Job, failed: list[Transfer]) -> dict[str, object]:
    """Return what became of a job, for JSON."""
    request = job.request
    return {
        "job": job.id,
        "source": show_place(Place(request.source, request.paths[0])),
        "target": show_place(Place(request.target, request.folder)),
        "files": {state.value: job.counts.get(state, 0) for state in State},
        "size": job.size,
        "done": job.done,
        "problems": list(job.problems),
        "left_out": list(job.left_out),
        "failures": [
            {
                "source": show_place(transfer.source),
                "target": show_place(transfer.target),
                "reason": transfer.reason,
                "hint": transfer.hint,
            }
            for transfer in failed
        ],
    }


async def raise_if_resting(session: Session, job: Job) -> None:
    """Say why a job does not go on by itself, if it is not over.

    Raises:
        PartlyFailed: somebody paused it.
        SignInNeeded: the account wants it.
    """
    left = _left(job) - job.counts.get(State.CONFLICT, 0)
    if not left and not job.planning:
        return
    queue = session.transfers.snapshot()
    if queue.paused or queue.draining or job.counts.get(State.PAUSED, 0):
        raise PartlyFailed(
            f"paused; {counted(left)} left in the queue",
            hint="let them go on in `acd-tui`",
        )
    waiting = await session.transfers.transfers(
        job=job.id, states={State.WAITING}, limit=1
    )
    reason = waiting[0].reason if waiting else None
    raise SignInNeeded(
        reason or "the account wants you to sign in again",
        hint="sign in again in `acd-tui`; the queue then goes on with the rest",
    )


def counted(files: int) -> str:
    """Return `1 file`, `2 files`."""
    return "1 file" if files == 1 else f"{files} files"


def _left(job: Job) -> int:
    return sum(n for state, n in job.counts.items() if not state.is_final)


def kind_of(bad: int, why: Job | Failed) -> type[AcdError]:
    """Say which error it is that so many of something failed."""
    if bad == why.exhausted:
        return Transient
    return Full if bad == why.full else PartlyFailed


def raise_outcome(job: Job, *, error_on_no_transfer: bool) -> None:
    """Raise what the exit code should say.

    Raises:
        PartlyFailed: not everything is at the target.
        Transient: likewise, but all that is missing may work later.
        Full: likewise, but there is no room for it.
        NothingTransferred: everything was there before.
    """
    count = job.counts.get
    if conflicts := count(State.CONFLICT, 0):
        raise PartlyFailed(
            f"{counted(conflicts)} to decide on: something else is there already",
            hint="decide in `acd-tui` (conflicts) or with `acd-tui queue decide`",
        )
    bad = count(State.FAILED, 0) + count(State.CANCELLED, 0) + len(job.problems)
    if bad:
        whole = sum(job.counts.values()) + len(job.problems)
        kind = kind_of(bad, job)
        done = "moved" if job.request.options.move else "copied"
        raise kind(f"{bad} of {whole} were not {done}")
    if error_on_no_transfer and not count(State.DONE, 0):
        raise NothingTransferred("there was nothing to transfer")
