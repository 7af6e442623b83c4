"""`queue`: the durable queue of transfers, whoever runs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.listing import utc
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session, show_place
from acd_tui.cli.queue_steer import tell_if_stopped, who_runs
from acd_tui.cli.selection import copy_options, policy_options, refuse_filters
from acd_tui.cli.stalls import wait_of
from acd_tui.errors import UsageError
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, Priority, State
from acd_tui.units import parse_size, show_rate, show_size

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.manager import TransferManager
    from acd_tui.transfers.model import Side, Transfer

_FIRST = (State.RUNNING, State.VERIFYING, State.CHECKING)
_IN_ORDER = (*_FIRST, *(state for state in State if state not in _FIRST))


@click.group(
    name="queue",
    epilog=examples("queue list", "queue pause --job 3", "queue run --then quit"),
)
def queue_group() -> None:
    """See and steer the queue of transfers.

    It is the same queue as the one of the panes and of `copy`, and outlives them all.
    Whoever runs the transfers does within a second as is said here; when nobody does,
    it holds for the next one who does.
    """


@queue_group.command(
    name="list",
    epilog=examples(
        "queue list",
        "queue list --state failed --state conflict",
        "queue list --job 3 --json",
    ),
)
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice([state.value for state in State]),
    help="Only those in this state; may be given several times.",
)
@click.option("--job", type=int, help="Only those of this job.")
@json_option
def list_transfers(states: tuple[str, ...], job: int | None, as_json: bool) -> None:
    """List transfers: those under way first, and each state as it runs.

    The columns: id, job, state, how much has arrived, size, priority, source and
    target, and why it waits or failed. A conflict is followed by what comes and what
    is there; `queue decide` settles it. With --json an array of objects with `id`,
    `job`, `state`, `done`, `size`, `priority`, `source`, `target`, `attempts`,
    `reason`, `hint`, and `again`, when one that waits goes on; those of conflicts
    also have `conflict`, with what comes (`source`) and what is there (`target`). An
    MD5 that nobody has read is null; `md5sum` reads it. Whether the queue is held says
    `queue status`.
    """

    async def work(session: Session) -> None:
        transfers = session.transfers
        if job is not None:
            await transfers.job(job)
        wanted = [s for s in _IN_ORDER if not states or s.value in states]
        data, some = Data(), False
        async for page in transfers.pages(wanted, job=job):
            now = session.clock.now()
            if as_json:
                data.json_part([_as_json(each) for each in page], first=not some)
            else:
                data.write("".join(f"{_line(data, each, now)}\n" for each in page))
            some = True
        if as_json:
            data.write("\n]\n" if some else "[\n]\n")
        elif not some:
            await _tell_none(transfers, wanted)
        await tell_if_stopped(transfers)

    in_session(work)


async def _tell_none(transfers: TransferManager, wanted: list[State]) -> None:
    queue = await transfers.look()
    if wanted == [State.PAUSED]:
        note("no transfer is paused by itself")
    else:
        note("no such transfers")
    if planning := queue.planning:
        note(f"jobs of which the files are yet to be found: {planning}")


def _as_json(transfer: Transfer) -> dict[str, object]:
    row: dict[str, object] = {
        "id": transfer.id,
        "job": transfer.job,
        "state": transfer.state.value,
        "done": transfer.arrived,
        "size": transfer.size,
        "priority": transfer.priority,
        "source": show_place(transfer.source),
        "target": show_place(transfer.target),
        "attempts": transfer.attempts,
        "reason": transfer.reason,
        "hint": transfer.hint,
        "again": None if transfer.wake is None else utc(round(transfer.wake * 1e9)),
    }
    if (clash := transfer.conflict) is not None:
        sides = {"source": clash.source, "target": clash.target}
        row["conflict"] = {name: _side_as_json(side) for name, side in sides.items()}
    return row


def _side_as_json(side: Side) -> dict[str, object]:
    return {
        "folder": side.is_folder,
        "size": side.size,
        "modified": utc(side.modified_ns),
        "md5": side.md5,
    }


def _line(data: Data, transfer: Transfer, now: float) -> str:
    done = 100 * transfer.arrived // transfer.size if transfer.size else 0
    shown = "" if transfer.state.is_final or not done else f"{done}%"
    source, target = (
        data.name(show_place(place)) for place in (transfer.source, transfer.target)
    )
    priority = (
        Priority(transfer.priority).name.lower()
        if transfer.priority in tuple(Priority)
        else str(transfer.priority)
    )
    text = (
        f"{transfer.id:>6} {transfer.job:>4}  {transfer.state.value:<9} {shown:>4}"
        f" {show_size(transfer.size):>10}  {priority:<7}  {source} → {target}"
    )
    if why := wait_of(transfer, now):
        text += f"  ({data.name(why)})"
    if (clash := transfer.conflict) is not None:
        text += f"  new: {_side(clash.source)}; there: {_side(clash.target)}"
    return text


def _side(side: Side) -> str:
    if side.is_folder:
        return "a folder"
    size = "?" if side.size is None else f"{side.size:,} B"
    return f"{size}, {utc(side.modified_ns) or '?'}, MD5 {side.md5 or '?'}"


@queue_group.command(
    epilog=examples(
        "queue add ~/Pictures/2019 photos:2019",
        "queue add photos:2019 backup:2019 --conflict newer --json",
    )
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@policy_options
@copy_options
@json_option
def add(
    source: str,
    target: str,
    policy: ConflictPolicy,
    options: CopyOptions,
    as_json: bool,
) -> None:
    """Queue a copy as `copy` would make it, without running it.

    A drive that cannot be reached has to be known: `queue run` waits until it is there.
    With --json an object with `job`, `source`, `target`.
    """

    async def work(session: Session) -> None:
        from acd_tui.cli.copying import request_for
        from acd_tui.cli.ends import both_ends, ends_of_copy

        ends = await both_ends(session, source, target, known_will_do=True)
        ends = await ends_of_copy(session, ends, policy)
        if not ends.entry.is_folder:
            refuse_filters(options.filters)
        request = request_for(ends, policy, options)
        job = await session.transfers.enqueue(request)
        who = await who_runs(session.transfers)
        note(f"queued as job {job}; {who} carries it out")
        await tell_if_stopped(session.transfers)
        if as_json:
            shown = ends.shown
            Data().json({"job": job, "source": shown[0], "target": shown[1]})

    in_session(work, may_be_old=True)


@queue_group.command(epilog=examples("queue drain", "queue resume --all"))
@json_option
def drain(as_json: bool) -> None:
    """Let what is under way end, and start nothing new until `queue resume --all`.

    With --json an object with `changed`, the number of transfers that wait for that.
    """

    async def work(session: Session) -> None:
        await session.transfers.drain()
        if as_json:
            queued = session.transfers.snapshot().counts.get(State.QUEUED, 0)
            Data().json({"changed": queued})
        note("nothing new is started; `acd-tui queue resume --all` goes on")

    in_session(work)


@queue_group.command(
    epilog=examples(
        "queue limit", "queue limit --transfers 8 --bandwidth 2M", "queue limit --json"
    )
)
@click.option("--transfers", "slots", help="Files at the same time, or `default`.")
@click.option(
    "--bandwidth",
    "--bwlimit",
    "bandwidth",
    help="Bytes a second (64K, 2M), or `off`.",
)
@json_option
def limit(slots: str | None, bandwidth: str | None, as_json: bool) -> None:
    """Set how much of the queue runs at a time, or say what is set.

    It holds for whoever runs the transfers, at once and from then on. With --json an
    object with `transfers` and `bandwidth` (bytes a second, or null).
    """
    number = None if slots in {None, "default"} else _number(slots or "")
    rate = None if bandwidth is None else parse_size(bandwidth) or None

    async def work(session: Session) -> None:
        limits = session.transfers.limits
        await session.transfers.look()
        if slots is not None:
            await limits.set_slots(number)
        if bandwidth is not None:
            await limits.set_bandwidth(rate)
        if as_json:
            Data().json({"transfers": limits.slots, "bandwidth": limits.bandwidth})
            return
        shown = "off" if limits.bandwidth is None else show_rate(limits.bandwidth)
        Data().table([("transfers", str(limits.slots)), ("bandwidth", shown)])

    in_session(work)


def _number(text: str) -> int:
    most = 64
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= most:
        raise UsageError(
            f"`{text}` is no number of transfers", hint=f"1 to {most}, or `default`"
        )
    return int(text)


@queue_group.command(epilog=examples("queue clear", "queue clear --json"))
@json_option
def clear(as_json: bool) -> None:
    """Forget what is done, skipped or cancelled; what failed stays.

    With --json an object with `changed`, the number of transfers.
    """

    async def work(session: Session) -> None:
        number = await session.transfers.clear_finished()
        if as_json:
            Data().json({"changed": number})
        note(f"{number} {'transfer' if number == 1 else 'transfers'} forgotten")

    in_session(work)
