"""`queue run`: carries out what is queued until nothing is left."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, NamedTuple

import click

from acd_tui.cli.carrying import WAITING_LOOKED_AT, Interrupted, Run, kind_of
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session
from acd_tui.cli.telling import verbose_option
from acd_tui.errors import AcdError, PartlyFailed, SignInNeeded, Transient
from acd_tui.transfers.model import QueueSnapshot, State
from acd_tui.transfers.pages import Failed
from acd_tui.transfers.when_empty import Then, WhenEmpty
from acd_tui.units import show_duration, show_rate, show_size

if TYPE_CHECKING:
    from acd_tui.cli.pauses import Pauses
    from acd_tui.session.core import Session
    from acd_tui.transfers.manager import TransferManager
    from acd_tui.transfers.unplanned import NotTaken

_LOOK_SECONDS = 0.2
_PLAIN_SECONDS = 5.0
_PATIENCE = 300.0  # seconds without a step ahead


class _RunAll(Run):
    """Carries out the whole queue as `Run` does one job."""

    async def carry_out_all(self) -> None:
        """Wait until the queue is empty, or stands still, or the user stops it.

        Raises:
            Transient: nothing has moved for a long time.
        """
        import asyncio

        transfers = self._session.transfers
        pauses = await self._pauses(None)
        async with self._telling(None):
            await transfers.start()
            self._tell_if_elsewhere("all of the queue")
            ending = {
                asyncio.ensure_future(work)
                for work in (
                    pauses.outlast(transfers.wait_all, note),
                    self._stop.wait(),
                    self._lose_patience_with_all(pauses),
                )
            }
            telling = asyncio.ensure_future(self._tell_all())
            try:
                done, _ = await asyncio.wait(ending, return_when="FIRST_COMPLETED")
                if self.stopped and transfers.snapshot().here:
                    await self._wind_up()
            finally:
                for task in (*ending, telling):
                    task.cancel()
                await asyncio.wait({*ending, telling})
        self._show()
        if self._progress and self._line.terminal:
            note("")
        for task in done:
            task.result()

    @property
    def stopped(self) -> bool:
        """Whether the user pressed Ctrl-C."""
        return self._stop.is_set()

    async def _tell_all(self) -> None:
        import asyncio

        while True:
            await asyncio.sleep(
                _LOOK_SECONDS if self._line.terminal else _PLAIN_SECONDS
            )
            self._show()

    def _show(self) -> None:
        if self._progress:
            self._line.show(_progress(self._session.transfers.snapshot()))

    async def _lose_patience_with_all(self, pauses: Pauses) -> None:
        import asyncio

        transfers = self._session.transfers
        loop = asyncio.get_running_loop()
        since, seen = loop.time(), None
        while True:
            await asyncio.sleep(1.0)
            now = transfers.snapshot()
            state = (dict(now.counts), now.done)
            moving = now.running or State.WAITING not in now.counts
            if not moving:
                away = await transfers.transfers(
                    states={State.WAITING}, limit=WAITING_LOOKED_AT
                )
                self._tell_why_it_waits(away, now.done, all_wait=not now.planning)
            if state != seen or moving or await pauses.any():
                since, seen = loop.time(), state
            elif loop.time() - since > _PATIENCE:
                raise Transient(
                    "nothing has moved for five minutes",
                    hint="`acd-tui queue list --state waiting` says why",
                )


def _progress(queue: QueueSnapshot) -> str:
    """`12 done, 188 left, 3.2 MiB/10.0 MiB, 32 %, 1.2 MiB/s, 42s left`."""
    ended = sum(n for state, n in queue.counts.items() if state.is_final)
    parts = [f"{ended} finished", f"{queue.unfinished} left"]
    if queue.size:
        parts.append(f"{show_size(queue.done)}/{show_size(queue.size)}")
    if queue.planning:
        parts.append("still counting")
    elif queue.size:
        parts.append(f"{100 * queue.done // queue.size} %")
    if queue.unfinished and queue.running and queue.rate:
        parts.append(show_rate(queue.rate))
        if queue.left is not None:
            parts.append(f"{show_duration(queue.left)} left")
    if queue.draining:
        parts.append("starting nothing new")
    return ", ".join(parts)


@click.command(
    epilog=examples(
        "queue run --progress",
        "queue run --transfers 8 --bwlimit 2M",
        "queue run --then 'run systemctl suspend'",
    )
)
@click.option(
    "--transfers",
    "slots",
    type=click.IntRange(1, 64),
    help="Files at the same time (default: as set, 4).",
)
@click.option("--bwlimit", help="Bytes a second (64K, 2M), or `off`.")
@click.option(
    "--then",
    default="nothing",
    help="When all is done: `notify`, `quit`, or `run COMMAND ARGUMENT…`.",
)
@click.option("-P", "--progress", is_flag=True, help="Say how far it is meanwhile.")
@verbose_option("Name each file when it is done; -vv: and what goes over the network.")
@json_option
def run(
    slots: int | None,
    bwlimit: str | None,
    then: str,
    progress: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Carry out what is queued, until nothing is left to do.

    What is paused meanwhile is waited for until it is resumed. Ctrl-C finishes the
    files under way, a second one stops at once; the queue keeps what is left. --transfers and --bwlimit go for this run, unless
    another acd-tui runs the transfers. With --json an object with
    the number of transfers in each state (`files`), the bytes of all that neither
    failed nor was cancelled (`size`), and of these the ones that are there (`done`).
    """
    afterwards = WhenEmpty.parse(then)

    async def work(session: Session) -> None:
        transfers = session.transfers
        transfers.limits.set_here(slots, bwlimit)
        before = await _lost(transfers)
        unplanned = transfers.unplanned()
        await unplanned.begin()
        running = _RunAll(session, progress=progress, verbose=verbose)
        await running.carry_out_all()
        queue = await transfers.look()
        if as_json:
            Data().json(totals_of(queue))
        not_taken = await unplanned.found()
        _tell(not_taken)
        if running.stopped and (queue.unfinished or queue.planning):
            raise Interrupted(
                f"stopped; {queue.unfinished} left in the queue",
                hint="`acd-tui queue run` goes on with them",
            )
        trouble = _trouble(
            queue, before, await _lost(transfers), len(not_taken.problems)
        )
        if not running.stopped and not _rest(queue):
            await _do(afterwards)
        if trouble is not None:
            raise trouble

    in_session(work)


def totals_of(queue: QueueSnapshot) -> dict[str, object]:
    """Return `files`, `size` and `done` of the whole queue, its history included."""
    files = {state.value: queue.counts.get(state, 0) for state in State}
    past = queue.past_size  # in `files`, too
    return {"files": files, "size": queue.size + past, "done": queue.done + past}


def _rest(queue: QueueSnapshot) -> int:
    """How many have still to run."""
    return queue.unfinished - queue.counts.get(State.CONFLICT, 0) + queue.planning


class _Lost(NamedTuple):
    """How many are not copied, and how many of those that failed for what."""

    failed: int
    cancelled: int
    why: Failed


async def _lost(transfers: TransferManager) -> _Lost:
    counts = (await transfers.look()).counts
    failed, cancelled = counts.get(State.FAILED, 0), counts.get(State.CANCELLED, 0)
    return _Lost(failed, cancelled, await transfers.failed())


def _tell(not_taken: NotTaken) -> None:
    """Name what has got no transfers; what failed is in the queue to be looked at."""
    for reason in not_taken.left_out:
        note(f"skipped: {reason}")
    for problem in not_taken.problems:
        note(f"error: {problem}")


def _trouble(
    queue: QueueSnapshot,
    before: _Lost,
    now: _Lost,
    problems: int,
) -> AcdError | None:
    """What the exit code should say."""
    if queue.paused or queue.draining or queue.counts.get(State.PAUSED):
        if rest := _rest(queue):
            return PartlyFailed(
                f"paused; {rest} left in the queue",
                hint="`acd-tui queue resume --all` lets them go on",
            )
    elif _rest(queue):
        return SignInNeeded(
            "a drive wants you to sign in again",
            hint="sign in again in `acd-tui`; the queue then goes on",
        )
    if conflicts := queue.counts.get(State.CONFLICT, 0):
        return PartlyFailed(
            f"{conflicts} to decide on: something else is there already",
            hint="decide in `acd-tui` (conflicts) or with `acd-tui queue decide`",
        )
    return _loss(before, now, problems)


def _loss(before: _Lost, now: _Lost, problems: int) -> AcdError | None:
    """What the exit code should say of all that the run has not copied."""
    cancelled = max(0, now.cancelled - before.cancelled)
    failed = max(0, now.failed - before.failed)
    since = (one - other for one, other in zip(now.why, before.why, strict=True))
    kind = kind_of(failed + cancelled + problems, Failed(*since))
    if failed:
        return kind(
            f"{failed} failed",
            hint="`acd-tui queue list --state failed` says why",
        )
    if problems:
        return kind(
            f"{problems} could not be queued",
            hint="each is named above; copy it again once that is mended",
        )
    if cancelled:
        return PartlyFailed(
            f"{cancelled} cancelled",
            hint="`acd-tui queue retry` with their ids takes them up again",
        )
    return None


async def _do(afterwards: WhenEmpty) -> None:
    if afterwards.then is Then.NOTIFY:
        if sys.stderr.isatty():
            sys.stderr.write("\a")
        note("the queue is empty")
    elif afterwards.then is Then.RUN:
        await afterwards.run()
