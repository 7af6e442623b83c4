"""`queue status`: the whole queue in a few lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import Data, examples, json_option
from acd_tui.cli.places import in_session
from acd_tui.cli.queue_run import totals_of
from acd_tui.units import show_rate, show_size

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.model import QueueSnapshot


@click.command(epilog=examples("queue status", "queue status --json"))
@json_option
def status(as_json: bool) -> None:
    """Say how the queue stands: held or not, how many are in which state.

    With --json an object with `paused` and `draining` (see `pause --all` and `drain`),
    `runs` (whether an acd-tui carries out whatever is queued now), `planning` (jobs yet
    to be looked through), `transfers` and `bandwidth` (see `limit`), and `files`, `size`
    and `done` as of `run`.
    """

    async def work(session: Session) -> None:
        runs = await session.transfers.runs_elsewhere()
        queue = await session.transfers.look()
        data = Data()
        if as_json:
            data.json(_as_json(queue, runs=runs))
        else:
            data.table(_lines(queue, runs=runs))

    in_session(work)


def _as_json(queue: QueueSnapshot, *, runs: bool) -> dict[str, object]:
    return {
        "paused": queue.paused,
        "draining": queue.draining,
        "runs": runs,
        "planning": queue.planning,
        "transfers": queue.slots,
        "bandwidth": queue.bandwidth,
        **totals_of(queue),
    }


def _lines(queue: QueueSnapshot, *, runs: bool) -> list[tuple[str, str]]:
    goes_on = "`acd-tui queue resume --all` lets it go on"
    state = (
        "goes on" if runs else "rests, as a whole; `acd-tui queue run` carries it out"
    )
    if not queue.unfinished and not queue.planning:
        state = "is empty"
    if queue.draining:
        state = f"ends what is under way and begins nothing new; {goes_on}"
    if queue.paused:
        state = f"is paused; {goes_on}"
    files = [f"{number} {state.value}" for state, number in queue.counts.items()]
    lines = [("queue", state), ("files", ", ".join(files) or "none")]
    if queue.planning:
        lines.append(("jobs to be looked through", str(queue.planning)))
    if queue.size:
        lines.append(("size", f"{show_size(queue.done)} of {show_size(queue.size)}"))
    shown = "off" if queue.bandwidth is None else show_rate(queue.bandwidth)
    return [*lines, ("transfers", str(queue.slots)), ("bandwidth", shown)]
