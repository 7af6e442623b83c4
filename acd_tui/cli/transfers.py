"""`copy`: a job for the queue, carried out and reported by one command."""

from __future__ import annotations

import contextlib
import os
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING, ClassVar

import click

from acd_tui.cli.output import Data, ProgressLine, examples, json_option, note
from acd_tui.cli.places import LOCAL, filesystem_at, in_session, show_place
from acd_tui.errors import (
    AcdError,
    Denied,
    Exists,
    FolderNotFound,
    NotFound,
    PartlyFailed,
    SignInNeeded,
    Transient,
    UsageError,
)
from acd_tui.transfers.model import (
    ConflictPolicy,
    CopyRequest,
    Place,
    State,
    TransferFinished,
)
from acd_tui.units import show_duration, show_rate, show_size
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.session import Session
    from acd_tui.transfers.model import Job, QueueSnapshot, Transfer
    from acd_tui.vfs.filesystem import FileSystem

_TERMINAL_SECONDS = 0.2
_PLAIN_SECONDS = 5.0
_PAGE = 500
_LOOK_SECONDS = 1.0
_PATIENCE = 300.0  # seconds without a step ahead while a side cannot be reached


class NothingTransferred(AcdError):
    """Everything was there already, and the user wanted that to be told apart."""

    exit_code: ClassVar[int] = 9


class Interrupted(AcdError):
    """The user stopped it; the queue keeps the rest."""

    exit_code: ClassVar[int] = 130


@click.command(
    epilog=examples(
        "copy ~/Pictures/2019 photos:2019 --progress",
        "copy photos:2019/a.jpg .",
        "copy photos:2019 backup:2019 --conflict newer --json",
    )
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@click.option(
    "--conflict",
    type=click.Choice([policy.value for policy in ConflictPolicy]),
    help="What to do where another file of that name is (default: overwrite, as "
    "rclone does). `ask` leaves those files for the conflicts screen.",
)
@click.option(
    "--ignore-existing", is_flag=True, help="The same as --conflict skip, as in rclone."
)
@click.option(
    "--transfers",
    "slots",
    type=click.IntRange(1, 64),
    help="Files at the same time (default: as set, 4).",
)
@click.option("-P", "--progress", is_flag=True, help="Say how far it is meanwhile.")
@click.option("-v", "--verbose", is_flag=True, help="Name each file when it is done.")
@click.option(
    "--error-on-no-transfer",
    is_flag=True,
    help="End with exit code 9 if there was nothing to transfer.",
)
@json_option
def copy(
    source: str,
    target: str,
    conflict: str | None,
    ignore_existing: bool,
    slots: int | None,
    progress: bool,
    verbose: bool,
    error_on_no_transfer: bool,
    as_json: bool,
) -> None:
    """Copy a file, or what a folder holds, into the folder DST.

    Each copy is checked by its MD5; what is there already is not sent again. The work
    goes through the program's queue: Ctrl-C finishes the files under way, a second one
    stops at once, and the queue keeps what is left.
    """
    if ignore_existing and conflict not in {None, ConflictPolicy.SKIP}:
        raise click.UsageError("--ignore-existing and --conflict contradict each other")
    policy = ConflictPolicy.SKIP if ignore_existing else ConflictPolicy.OVERWRITE
    if conflict:
        policy = ConflictPolicy(conflict)

    async def work(session: Session) -> None:
        request = await _request(session, source, target, policy)
        if slots:
            session.transfers.slots = slots
        run = _Run(session, progress=progress, verbose=verbose)
        job = await run.carry_out(request)
        failed = [each async for each in _all(session, job, State.FAILED)]
        _tell(job, failed)
        if as_json:
            Data().json(_summary(job, failed))
        run.raise_if_stopped(job)
        await _raise_if_resting(session, job)
        _raise_outcome(job, error_on_no_transfer=error_on_no_transfer)

    in_session(work)


async def _request(
    session: Session, source: str, target: str, policy: ConflictPolicy
) -> CopyRequest:
    """Look at both ends and say what is to be copied where.

    Raises:
        FolderNotFound: the source is missing.
        Exists: the target is a file.
        UsageError: the target is the source, or in it.
        AcdError: one of them cannot be reached.
    """
    origin, place = await filesystem_at(session, source)
    goal, folder = await filesystem_at(session, target)
    entry, path = await _look(origin, place)
    with contextlib.suppress(NotFound):
        if not (await goal.stat(folder.path)).is_folder:
            raise Exists(
                f"`{show_place(folder)}` is a file, not a folder to copy into",
                hint="name the folder it should go to",
            )
    if goal is origin:
        _check_apart(place.path, path, folder.path, is_folder=entry.is_folder)
    renamed = path.name != place.path.name and not entry.is_folder
    return CopyRequest(
        source=place.filesystem,
        paths=(path,),
        target=folder.filesystem,
        folder=folder.path,
        policy=policy,
        rename=place.path.name if renamed else None,
        contents=entry.is_folder,
    )


async def _look(filesystem: FileSystem, place: Place) -> tuple[Entry, VPath]:
    """Say what a source is; a symbolic link that was named is followed."""
    import asyncio

    path = place.path
    try:
        entry = await filesystem.stat(path)
        if entry.kind is Kind.LINK and filesystem.name == LOCAL:
            real = await asyncio.to_thread(os.path.realpath, str(path))
            path = VPath.parse(real)
            entry = await filesystem.stat(path)
    except NotFound as error:
        raise FolderNotFound(error.message, hint=error.hint) from None
    if entry.kind not in {Kind.FILE, Kind.FOLDER}:
        raise Denied(f"`{show_place(place)}` is neither a file nor a folder")
    return entry, path


def _check_apart(
    named: VPath, source: VPath, folder: VPath, *, is_folder: bool
) -> None:
    if is_folder and folder.is_within(source):
        raise UsageError(
            "the target is the source itself, or a folder in it",
            hint="copy to a folder outside",
        )
    if not is_folder and folder / named.name == source:
        raise UsageError("source and target are the same file")


class _Run:
    """Carries out one job while telling how far it is and listening for Ctrl-C."""

    def __init__(self, session: Session, *, progress: bool, verbose: bool) -> None:
        import asyncio

        self._session = session
        self._line = ProgressLine()
        self._progress = progress
        self._verbose = verbose
        self._stop = asyncio.Event()
        self._stop_now = asyncio.Event()

    async def carry_out(self, request: CopyRequest) -> Job:
        """Queue a job and wait until it ends, or until the user stops it."""
        import asyncio

        transfers = self._session.transfers
        number = await transfers.enqueue(request)
        with self._verbosely(number), self._interruptible():
            await transfers.start(only=number)
            if not transfers.snapshot().here:
                note("another acd-tui runs the transfers, this one watches")
            waiting = asyncio.ensure_future(transfers.wait(number))
            stopping = asyncio.ensure_future(self._stop.wait())
            losing = asyncio.ensure_future(self._lose_patience(number))
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
        job = await transfers.job(number)
        if self._progress:
            self._line.show(_progress(job, transfers.snapshot()))
            if self._line.terminal:
                note("")
        if waiting.done() and not waiting.cancelled():
            waiting.result()
        return job

    def raise_if_stopped(self, job: Job) -> None:
        """Say what becomes of the rest, if the user stopped it.

        Raises:
            Interrupted: there is a rest.
        """
        left = _left(job)
        if self._stop.is_set() and (left or job.planning):
            raise Interrupted(
                f"stopped; {_counted(left)} left in the queue",
                hint="`acd-tui` goes on with them",
            )

    async def _wind_up(self) -> None:
        """Let the files under way end, unless the user asks again."""
        import asyncio

        self._line.clear()
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

    async def _lose_patience(self, number: int) -> None:
        """Watch for a side that cannot be reached, for too long.

        Raises:
            Transient: nothing has moved for all that time.
        """
        import asyncio

        transfers = self._session.transfers
        loop = asyncio.get_running_loop()
        since, seen = loop.time(), None
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            job = await transfers.job(number)
            away = await transfers.transfers(
                job=number, states={State.WAITING}, limit=1
            )
            state = (job.done, sum(job.counts.values()), _left(job))
            if state != seen or not away or away[0].waits_for is None:
                since, seen = loop.time(), state
            elif loop.time() - since > _PATIENCE:
                raise Transient(
                    away[0].reason or "a side of the copy cannot be reached",
                    hint=f"{_counted(_left(job))} left in the queue; "
                    "`acd-tui` goes on with them",
                )

    async def _tell_progress(self, number: int) -> None:
        import asyncio

        transfers = self._session.transfers
        pause = _TERMINAL_SECONDS if self._line.terminal else _PLAIN_SECONDS
        while self._progress:
            await asyncio.sleep(pause)
            self._line.show(
                _progress(await transfers.job(number), transfers.snapshot())
            )

    @contextlib.contextmanager
    def _verbosely(self, number: int) -> Iterator[None]:
        def tell(event: TransferFinished) -> None:
            transfer = event.transfer
            if self._verbose and transfer.job == number:
                self._line.clear()
                note(f"{transfer.state.value}: {show_place(transfer.target)}")

        with self._session.bus.subscribed(TransferFinished, tell):
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


def _progress(job: Job, queue: QueueSnapshot) -> str:
    """`12/200 files, 3.2 MiB/10.0 MiB, 32 %, 1.2 MiB/s, 42s left`."""
    mine = [running for running in queue.running if running.transfer.job == job.id]
    done = min(job.size, job.done + sum(running.done for running in mine))
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


async def _all(session: Session, job: Job, state: State) -> AsyncIterator[Transfer]:
    offset = 0
    while page := await session.transfers.transfers(
        job=job.id, states={state}, offset=offset, limit=_PAGE
    ):
        for transfer in page:
            yield transfer
        offset += len(page)


def _tell(job: Job, failed: list[Transfer]) -> None:
    """Name what could not be copied and why."""
    for problem in job.problems:
        note(f"skipped: {problem}")
    for transfer in failed:
        note(f"error: `{show_place(transfer.source)}`: {transfer.reason}")
        if transfer.hint:
            note(f"hint: {transfer.hint}")


def _summary(job: Job, failed: list[Transfer]) -> dict[str, object]:
    request = job.request
    return {
        "job": job.id,
        "source": show_place(Place(request.source, request.paths[0])),
        "target": show_place(Place(request.target, request.folder)),
        "files": {state.value: job.counts.get(state, 0) for state in State},
        "size": job.size,
        "done": job.done,
        "problems": list(job.problems),
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


async def _raise_if_resting(session: Session, job: Job) -> None:
    """Say why a job does not go on by itself, if it is not over.

    Raises:
        PartlyFailed: somebody paused it.
        SignInNeeded: the account wants it.
    """
    left = _left(job) - job.counts.get(State.CONFLICT, 0)
    if not left and not job.planning:
        return
    if session.transfers.snapshot().paused or job.counts.get(State.PAUSED, 0):
        raise PartlyFailed(
            f"paused; {_counted(left)} left in the queue",
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


def _counted(files: int) -> str:
    return "1 file" if files == 1 else f"{files} files"


def _left(job: Job) -> int:
    return sum(n for state, n in job.counts.items() if not state.is_final)


def _raise_outcome(job: Job, *, error_on_no_transfer: bool) -> None:
    """Raise what the exit code should say.

    Raises:
        PartlyFailed: not everything is at the target.
        NothingTransferred: everything was there before.
    """
    count = job.counts.get
    if conflicts := count(State.CONFLICT, 0):
        raise PartlyFailed(
            f"{_counted(conflicts)} to decide on: something else is there already",
            hint="decide in `acd-tui` (conflicts), or copy again with --conflict",
        )
    bad = count(State.FAILED, 0) + count(State.CANCELLED, 0) + len(job.problems)
    if bad:
        whole = sum(job.counts.values()) + len(job.problems)
        raise PartlyFailed(f"{bad} of {whole} were not copied")
    if error_on_no_transfer and not count(State.DONE, 0):
        raise NothingTransferred("there was nothing to transfer")
