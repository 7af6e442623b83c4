"""What `copy` and `move` share: their options, and carrying them out by the queue."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.carrying import (
    Run,
    all_of,
    raise_if_resting,
    raise_outcome,
    summary,
    tell,
)
from acd_tui.cli.how import How
from acd_tui.cli.output import Data, json_option
from acd_tui.cli.selection import (
    copy_options,
    effort_options,
    policy_options,
    refuse_filters,
)
from acd_tui.cli.telling import verbose_option
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, CopyRequest, State

if TYPE_CHECKING:
    from acd_tui.cli.ends import Ends
    from acd_tui.session.core import Session


_OPTIONS = (
    click.argument("source", metavar="SRC"),
    click.argument("target", metavar="DST"),
    policy_options,
    click.option(
        "--transfers",
        "slots",
        type=click.IntRange(1, 64),
        help="Files at the same time (default: as set, 4).",
    ),
    click.option("--bwlimit", help="Bytes a second (64K, 2M), or `off`."),
    copy_options,
    effort_options,
    click.option(
        "-n", "--dry-run", is_flag=True, help="Say what would be done, and do nothing."
    ),
    click.option("-P", "--progress", is_flag=True, help="Say how far it is meanwhile."),
    verbose_option(
        "Name each file when it is done, unless it was there already; -vv: and what "
        "goes over the network."
    ),
    click.option(
        "--error-on-no-transfer",
        is_flag=True,
        help="End with exit code 9 if there was nothing to transfer.",
    ),
    json_option,
)


def copying_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command `source`, `target` and, as `how`, what `How` says."""

    @functools.wraps(function)
    def whole(*, source: str, target: str, **how: Any) -> None:
        function(source=source, target=target, how=How(**how))

    for option in reversed(_OPTIONS):
        whole = option(whole)
    return whole


async def carry_out(session: Session, ends: Ends, how: How) -> None:
    """Queue it, wait until it is done, and say what came of it.

    Raises:
        AcdError: something of it failed, or the user stopped it.
    """
    if not ends.entry.is_folder:
        refuse_filters(how.options.filters)
    session.transfers.limits.set_here(how.slots, how.bwlimit)
    if how.dry_run:
        from acd_tui.cli.foreseen import tell_copy

        await tell_copy(ends, how, session.transfers.promises.anyone)
        return
    run = Run(session, progress=how.progress, verbose=how.verbose)
    request = request_for(ends, how.policy, how.options)
    job = await run.carry_out(request, looked=True)  # by `both_ends`
    failed = [each async for each in all_of(session, job, State.FAILED)]
    tell(job, failed)
    if how.as_json:
        Data().json(summary(job, failed))
    run.raise_if_stopped(job)
    await raise_if_resting(session, job)
    raise_outcome(job, error_on_no_transfer=how.error_on_no_transfer)


def request_for(
    ends: Ends, policy: ConflictPolicy, options: CopyOptions
) -> CopyRequest:
    """Say what is to be copied where."""
    renamed = ends.path.name != ends.source.path.name and not ends.entry.is_folder
    return CopyRequest(
        source=ends.source.filesystem,
        paths=(ends.path,),
        target=ends.target.filesystem,
        folder=ends.target.path,
        policy=policy,
        rename=ends.source.path.name if renamed else None,
        contents=ends.entry.is_folder,
        options=options,
    )
