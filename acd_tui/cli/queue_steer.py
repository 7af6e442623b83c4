"""`queue pause`, `resume`, `cancel`, `retry`, `priority`, `decide`: of single transfers."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Coroutine
from typing import TYPE_CHECKING, Any

import click
import msgspec

from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session
from acd_tui.errors import Denied, NotFound, UsageError
from acd_tui.transfers.model import ConflictPolicy, Priority, State

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.manager import TransferManager
    from acd_tui.transfers.model import QueueSnapshot

_MOVES = ("front", "back", "up", "down")
_PRIORITIES = tuple(priority.name.lower() for priority in Priority)
_DECISIONS = tuple(
    policy.value
    for policy in (
        ConflictPolicy.OVERWRITE,
        ConflictPolicy.SKIP,
        ConflictPolicy.RENAME,
        ConflictPolicy.NEWER,
    )
)
_UNFINISHED = frozenset(state for state in State if not state.is_final)


class _Chosen(msgspec.Struct, frozen=True):
    """Which transfers a command means: some, those of a job, or all."""

    ids: tuple[int, ...] | None
    job: int | None

    @property
    def everything(self) -> bool:
        return self.ids is None and self.job is None


def _choosing(function: Any) -> Any:
    """Give a command `ID…`, `--job` and `--all`, as the parameter `chosen`."""

    @functools.wraps(function)
    def whole(
        *, ids: tuple[int, ...], job: int | None, all_: bool, **others: Any
    ) -> Any:
        if bool(ids) + (job is not None) + all_ != 1:
            raise UsageError(
                "say which: the ids of some transfers, or --job N, or --all",
                hint="`acd-tui queue list` shows the ids",
            )
        return function(chosen=_Chosen(ids or None, job), **others)

    for option in (
        click.option("--all", "all_", is_flag=True, help="All of the queue."),
        click.option("--job", type=int, help="All of one job."),
        click.argument("ids", nargs=-1, type=int, metavar="[ID]..."),
    ):
        whole = option(whole)
    return whole


async def _check(
    transfers: TransferManager, chosen: _Chosen, fit: Collection[State], deed: str
) -> None:
    """See that a command means something to all it names, before anything changes.

    Raises:
        NotFound: there is no such transfer, or no such job.
        Denied: one of them is in a state in which that cannot be done.
    """
    if chosen.job is not None:
        await transfers.job(chosen.job)
    states = await transfers.states(chosen.ids or ())
    for id_ in chosen.ids or ():
        if id_ not in states:
            raise NotFound(
                f"there is no transfer {id_} in the queue",
                hint="`acd-tui queue list` shows the ids; nothing was changed",
            )
        if states[id_] not in fit:
            raise Denied(
                f"transfer {id_} is {states[id_].value} and cannot be {deed}",
                hint="nothing was changed",
            )


async def _report(chosen: _Chosen, number: int, deed: str, as_json: bool) -> None:
    if as_json:
        Data().json({"changed": number})
    if not number and chosen.job is not None:
        raise Denied(
            f"nothing of job {chosen.job} can be {deed}",
            hint=f"`acd-tui queue list --job {chosen.job}` shows how it stands",
        )
    note(f"{_counted(number)} {deed}")


def _counted(number: int) -> str:
    return f"{number} {'transfer' if number == 1 else 'transfers'}"


async def tell_if_stopped(transfers: TransferManager) -> None:
    """Say so if nothing of the queue begins."""
    queue = await transfers.look()
    if queue.paused:
        note("the queue is paused; `acd-tui queue resume --all` lets it go on")
    elif queue.draining:
        note("nothing new is begun until `acd-tui queue resume --all`")


async def who_runs(transfers: TransferManager) -> str:
    """Name who carries out what is queued now."""
    elsewhere = await transfers.runs_elsewhere()
    return "the acd-tui that runs now" if elsewhere else "`acd-tui queue run`"


_Deed = Callable[["TransferManager", _Chosen], Coroutine[Any, Any, int]]


def _carry_out(
    chosen: _Chosen, fit: Collection[State], deed: str, act: _Deed, as_json: bool
) -> None:
    async def work(session: Session) -> None:
        transfers = session.transfers
        await _check(transfers, chosen, fit, deed)
        await _report(chosen, await act(transfers, chosen), deed, as_json)

    in_session(work)


async def _hold(transfers: TransferManager, as_json: bool) -> None:
    await transfers.hold()
    queue = transfers.snapshot()
    if as_json:
        Data().json({"changed": _waiting(queue)})
    note(
        f"the queue is paused, with {_content(queue)} in it;"
        " `acd-tui queue resume --all` lets it go on"
    )


async def _release(transfers: TransferManager, as_json: bool) -> None:
    queue = await transfers.look()
    await transfers.release()
    number = await transfers.resume(None)
    text = f"{_counted(number)} resumed"
    if queue.paused or queue.draining:
        number = _waiting(queue)
        text = f"the queue goes on, with {_content(queue)} in it"
    if as_json:
        Data().json({"changed": number})
    note(text)


def _content(queue: QueueSnapshot) -> str:
    """Say what rests or goes on with the queue, also what nobody has looked at yet."""
    text = _counted(_waiting(queue))
    if queue.planning:
        text += f" and {_jobs(queue.planning)} to be looked through"
    return text


def _jobs(number: int) -> str:
    return "a job" if number == 1 else f"{number} jobs"


def _waiting(queue: QueueSnapshot) -> int:
    """How many rest or go on with the queue."""
    return queue.unfinished - queue.counts.get(State.CONFLICT, 0)


@click.command(
    epilog=examples("queue pause 12 13", "queue pause --job 3", "queue pause --all")
)
@_choosing
@json_option
def pause(chosen: _Chosen, as_json: bool) -> None:
    """Let transfers rest until they are resumed.

    --all holds the queue as a whole: its transfers stay as they are, and what is
    queued later does not start either.
    With --json an object with `changed`, the number of transfers.
    """
    if chosen.everything:
        in_session(lambda session: _hold(session.transfers, as_json))
        return

    async def act(transfers: TransferManager, chosen: _Chosen) -> int:
        return await transfers.pause(chosen.ids, job=chosen.job)

    _carry_out(chosen, _UNFINISHED - {State.CONFLICT}, "paused", act, as_json)


@click.command(epilog=examples("queue resume 12", "queue resume --all"))
@_choosing
@json_option
def resume(chosen: _Chosen, as_json: bool) -> None:
    """Go on with what is paused, and at once with what waits.

    --all also releases a queue that is held or drained.
    With --json an object with `changed`, the number of transfers.
    """
    if chosen.everything:
        in_session(lambda session: _release(session.transfers, as_json))
        return

    async def act(transfers: TransferManager, chosen: _Chosen) -> int:
        return await transfers.resume(chosen.ids, job=chosen.job)

    _carry_out(chosen, _UNFINISHED - {State.CONFLICT}, "resumed", act, as_json)


@click.command(
    epilog=examples("queue cancel 12", "queue cancel --job 3", "queue cancel --all")
)
@_choosing
@json_option
def cancel(chosen: _Chosen, as_json: bool) -> None:
    """Give up transfers that are not done yet; nothing half-written stays.

    With --json an object with `changed`, the number of transfers.
    """

    async def work(session: Session) -> None:
        transfers = session.transfers
        await _check(transfers, chosen, _UNFINISHED | {State.FAILED}, "cancelled")
        before = (await transfers.look()).planning
        number = await transfers.cancel(chosen.ids, job=chosen.job)
        given_up = before - (await transfers.look()).planning
        if given_up > 0:
            note(f"{_jobs(given_up)} to be looked through: given up")
        if number or given_up <= 0:
            await _report(chosen, number, "cancelled", as_json)
        elif as_json:
            Data().json({"changed": 0})

    in_session(work)


@click.command(epilog=examples("queue retry 12", "queue retry --all --json"))
@_choosing
@json_option
def retry(chosen: _Chosen, as_json: bool) -> None:
    """Try again what failed; what was cancelled only where its id is given.

    With --json an object with `changed`, the number of transfers.
    """

    async def act(transfers: TransferManager, chosen: _Chosen) -> int:
        return await transfers.retry(chosen.ids, job=chosen.job)

    fit = {State.FAILED, State.CANCELLED, State.WAITING}
    _carry_out(chosen, fit, "queued again", act, as_json)


@click.command(
    epilog=examples(
        "queue priority high 12 13",
        "queue priority low --job 3",
        "queue priority front 12",
    )
)
@click.argument("where", metavar="PRIORITY", type=click.Choice(_PRIORITIES + _MOVES))
@_choosing
@json_option
def priority(where: str, chosen: _Chosen, as_json: bool) -> None:
    """Say what runs first.

    PRIORITY is lowest, low, normal, high or highest; or front or back, before or
    behind everything; or up or down by one place. It holds from the next file on.
    With --json an object with `changed`, the number of transfers.
    """
    if where in {"up", "down"} and chosen.ids is None:
        raise UsageError(f"{where} moves single transfers", hint="give their ids")

    async def act(transfers: TransferManager, chosen: _Chosen) -> int:
        from acd_tui.transfers.controls import Step

        if where in _MOVES:
            return await transfers.move(chosen.ids, Step(where), job=chosen.job)
        level = Priority[where.upper()]
        return await transfers.prioritise(chosen.ids, level, job=chosen.job)

    async def work(session: Session) -> None:
        transfers, deed = session.transfers, "moved in the order"
        fit = {State.QUEUED} if where in {"up", "down"} else _UNFINISHED
        await _check(transfers, chosen, fit, deed)
        number = await act(transfers, chosen)
        if chosen.job is not None and (await transfers.job(chosen.job)).planning:
            note(f"what is yet to be found of job {chosen.job} has its place as well")
            if not number:
                if as_json:
                    Data().json({"changed": 0})
                return
        await _report(chosen, number, deed, as_json)

    in_session(work)


@click.command(
    epilog=examples(
        "queue decide overwrite 12 13",
        "queue decide newer --job 3",
        "queue decide rename --all",
    )
)
@click.argument("decision", metavar="DECISION", type=click.Choice(_DECISIONS))
@_choosing
@json_option
def decide(decision: str, chosen: _Chosen, as_json: bool) -> None:
    """Decide conflicts: what to do where something else is there already.

    DECISION is as with `copy --conflict`: overwrite what is there; skip the new one;
    rename the new one to `name (2).ext`; or newer, to overwrite if the new one was
    changed later and skip it otherwise. Where that settles nothing, as where a folder
    is there, it is a conflict again.
    `queue list --state conflict` shows both sides of each.
    With --json an object with `changed`, the number of transfers.
    """

    async def work(session: Session) -> None:
        transfers = session.transfers
        fit, deed = {State.CONFLICT}, "decided"
        await _check(transfers, chosen, fit, f"{deed}: it is no conflict")
        policy = ConflictPolicy(decision)
        number = await transfers.decide(chosen.ids, policy, job=chosen.job)
        await _report(chosen, number, deed, as_json)
        if number:
            note(f"{await who_runs(transfers)} carries it out")
            await tell_if_stopped(transfers)

    in_session(work)
