"""`sync`: makes one folder like another; what is too much goes to a trash."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click
from msgspec.structs import replace

from acd_tui.cli.carrying import (
    Interrupted,
    NothingTransferred,
    Run,
    all_of,
    counted,
    raise_if_resting,
    raise_outcome,
    summary,
    tell,
)
from acd_tui.cli.output import Data, ask, examples, json_option, note, report
from acd_tui.cli.places import in_session, show_place
from acd_tui.cli.selection import copy_options, effort_options, policy_options
from acd_tui.cli.telling import verbose_option
from acd_tui.errors import (
    AcdError,
    Denied,
    PartlyFailed,
    UsageError,
)
from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, Filters, Place, State
from acd_tui.units import show_size
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.cli.ends import Ends
    from acd_tui.session.core import Session
    from acd_tui.transfers.model import Job, Transfer
    from acd_tui.transfers.sync_plan import Removal, SyncPlan

_SHOWN = 20  # lines of a plan, unless asked for all


@click.command(
    epilog=examples(
        "sync ~/Pictures photos:Pictures --dry-run",
        "sync ~/Pictures photos:Pictures --exclude '*.tmp' --yes",
        "sync photos:Pictures ~/Pictures --conflict newer",
    )
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@copy_options
@effort_options
@click.option(
    "-n", "--dry-run", is_flag=True, help="Show the plan, and do nothing about it."
)
@policy_options
@click.option(
    "--error-on-no-transfer",
    is_flag=True,
    help="End with exit code 9 if there was nothing to transfer.",
)
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--transfers",
    "slots",
    type=click.IntRange(1, 64),
    help="Files at the same time (default: as set, 4).",
)
@click.option("--bwlimit", help="Bytes a second (64K, 2M), or `off`.")
@click.option("-P", "--progress", is_flag=True, help="Say how far it is meanwhile.")
@verbose_option("Show all of the plan; -vv: and what goes over the network.")
@json_option
def sync(
    source: str,
    target: str,
    options: CopyOptions,
    checkers: int,
    tries: int | None,
    dry_run: bool,
    policy: ConflictPolicy,
    error_on_no_transfer: bool,
    yes: bool,
    slots: int | None,
    bwlimit: str | None,
    progress: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Make the folder DST hold what SRC holds.

    Shows what it would copy and remove, and asks. Files that SRC does not have go to
    the trash (the drive's, or the desktop's), once everything is copied: exactly those
    that were shown, and only if they are still what they were. Files that the filters
    leave out stay where they are, and so do those that --conflict keeps.
    """

    async def work(session: Session) -> None:
        session.transfers.limits.set_here(slots, bwlimit)
        ends = await _ends(session, source, target)
        plan = await _plan(session, ends, options, checkers, policy)
        _show(plan, verbose=verbose, as_json=as_json)
        outcome = _Outcome(dry_run=dry_run)
        if not dry_run and not plan.empty:
            ask(
                "Do this?",
                yes=yes,
                why="sync asks before it changes anything",
                look="look at the plan with --dry-run",
            )
            run = Run(session, progress=progress, verbose=verbose)
            await _carry_out(run, session, ends, plan, options, outcome)
        if as_json:
            Data().json(_object(ends, plan, outcome))
        if dry_run or plan.empty:
            note("dry run: nothing was done" if dry_run else "there was nothing to do")
        _raise_outcome(plan, outcome)
        if error_on_no_transfer and not dry_run and not plan.copies:
            raise NothingTransferred("there was nothing to transfer")

    in_session(work, tries=tries)


@dataclass(slots=True, kw_only=True)
class _Outcome:
    """What was done about a plan.

    Attributes:
        job: the copying, if there was any.
        removed: what went to the trash.
        failures: what did not, one sentence each.
        kept: why nothing was to go there.
    """

    dry_run: bool
    job: Job | None = None
    removed: list[Removal] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    kept: AcdError | None = None


async def _ends(session: Session, source: str, target: str) -> Ends:
    """Look at both sides.

    Raises:
        UsageError: the source is a file, or one of them lies in the other.
    """
    from acd_tui.cli.ends import both_ends, check_disjoint

    ends = await both_ends(session, source, target)
    if not ends.entry.is_folder:
        raise UsageError(
            f"`{ends.shown[0]}` is a file, and sync makes folders alike",
            hint="use `acd-tui copy`",
        )
    check_disjoint(ends)
    return ends


async def _plan(
    session: Session,
    ends: Ends,
    options: CopyOptions,
    checkers: int,
    policy: ConflictPolicy,
) -> SyncPlan:
    """Compare both sides.

    Raises:
        Denied: the source is empty, and the target is not.
    """
    from acd_tui.transfers.sync_plan import make_plan

    plan = await make_plan(
        ends.compared(options, checkers=checkers, policy=policy),
        filtered=options.filters != Filters(),
        policy=policy,
        size_only=options.size_only,
        is_promised=session.transfers.promises.anyone,
    )
    if plan.removals and await _is_hollow(ends, plan, options):
        raise Denied(
            f"`{ends.shown[0]}` holds no files: everything in the target would be removed",
            hint="is a disk not mounted? To empty the target, use `acd-tui trash`",
        )
    return plan


async def _is_hollow(ends: Ends, plan: SyncPlan, options: CopyOptions) -> bool:
    """Whether the source holds no files at all, as a disk that is not mounted."""
    if options.filters != Filters():
        return not await ends.origin.list(ends.path)
    return not (plan.copies or plan.same or plan.kept or plan.problems or plan.left_out)


def _show(plan: SyncPlan, *, verbose: bool, as_json: bool) -> None:
    """Show the plan: on standard output, or, where that is for JSON, in short."""
    if not as_json:
        data = Data()
        copies = [
            _line(each.act.value, each.size, each.names, each.reason)
            for each in plan.copies
        ]
        removals = [_line("remove", r.size, _names(r)) for r in plan.removals]
        for lines in (copies, removals):
            shown = lines if verbose else lines[:_SHOWN]
            for line in shown:
                data.line(data.name(line))
            if len(lines) > len(shown):
                note(f"and {len(lines) - len(shown)} more; -v shows them all")
    for sentence in plan.left_out:
        note(f"skipped: {sentence}")
    for sentence in plan.problems:
        note(f"problem: {sentence}")
    folders = f", folders to make: {plan.folders}" if plan.folders else ""
    others = f", {plan.renamed} under another name" if plan.renamed else ""
    others += f", {plan.asked} to decide on" if plan.asked else ""
    kept = f", {plan.kept} kept although they differ" if plan.kept else ""
    note(
        f"plan: {plan.new} to copy, {plan.overwritten} to overwrite{others} "
        f"({show_size(plan.size)}){folders}, {plan.removed} to move to the trash "
        f"({show_size(plan.removed_size)}), {plan.same} the same{kept}"
    )


def _names(removal: Removal) -> tuple[str, ...]:
    if not removal.entry.is_folder:
        return removal.names
    return (*removal.names[:-1], f"{removal.names[-1]}/  ({counted(removal.files)})")


def _line(
    verb: str, size: int, names: tuple[str, ...], reason: str | None = None
) -> str:
    why = f"  ({reason})" if reason else ""
    return f"{verb:<9}  {show_size(size):>10}  {'/'.join(names)}{why}"


async def _carry_out(
    run: Run,
    session: Session,
    ends: Ends,
    plan: SyncPlan,
    options: CopyOptions,
    outcome: _Outcome,
) -> None:
    """Copy through the queue, then remove what is too much.

    Raises:
        AcdError: copying was stopped, or waits for the user.
    """
    from acd_tui.cli.copying import request_for
    from acd_tui.transfers.sync_plan import why_keep

    if plan.copies or plan.folders:
        options = replace(options, planned=True)
        request = request_for(ends, plan.policy, options)
        goal = ends.target.path.parts
        there = (each.there for each in plan.copies)
        shown = dict(zip(plan.goals_in(ends.target.path), there, strict=True))
        omit = [VPath((*goal, *names)) for names in plan.omit]
        job = outcome.job = await run.carry_out(request, plan=shown, omit=omit)
        failed = [
            each
            async for each in all_of(session, job, State.FAILED)
            if not _said(plan, _problem(each, len(goal)))
        ]
        new = tuple(each for each in job.problems if not _said(plan, each))
        tell(replace(job, problems=new, left_out=()), failed)
        run.raise_if_stopped(job)
        await raise_if_resting(session, job)
    if plan.removals:
        if run.stopped:
            raise Interrupted(
                "stopped before anything was removed",
                hint="sync again to see what is too much, and to remove it",
            )
        outcome.kept = why_keep(plan.problems, outcome.job)
        if outcome.kept is None:
            await _remove(session, ends, plan, outcome)


def _problem(failed: Transfer, depth: int) -> str:
    """Return what the plan says of a file that is not to take another one's place."""
    shown = printable("/".join(failed.target.path.parts[depth:]))
    return f"{shown}: {failed.reason}"


def _said(plan: SyncPlan, problem: str) -> bool:
    """Whether the plan has named a problem of the copying already."""
    return any(problem in sentence for sentence in plan.problems)


async def _remove(
    session: Session, ends: Ends, plan: SyncPlan, outcome: _Outcome
) -> None:
    """Trash what the plan has shown and is still the same."""
    from acd_tui.operations.turned import still_held
    from acd_tui.transfers.needed import Folder
    from acd_tui.transfers.sync_plan import remove_all

    async def trash(path: VPath) -> None:
        place = Place(ends.target.filesystem, path)
        if held := still_held(await session.operations.trash([place])):
            note(f"`{show_place(place)}`: {held}")

    source = Folder(ends.origin, ends.path)
    target = Folder(ends.goal, ends.target.path)
    goals = plan.goals_in(target.path)
    async for removal, error in remove_all(
        source, target, plan.removals, trash, goals=goals
    ):
        if error is None:
            outcome.removed.append(removal)
        else:
            outcome.failures.append(error.message)
            report(error)


def _object(ends: Ends, plan: SyncPlan, outcome: _Outcome) -> dict[str, Any]:
    return {
        "dry_run": outcome.dry_run,
        "source": ends.shown[0],
        "target": ends.shown[1],
        "plan": {
            "copy": plan.new,
            "overwrite": plan.overwritten,
            "rename": plan.renamed,
            "ask": plan.asked,
            "size": plan.size,
            "folders": plan.folders,
            "remove": plan.removed,
            "removed_size": plan.removed_size,
            "same": plan.same,
            "kept": plan.kept,
            "copies": [
                {
                    "path": "/".join(each.names),
                    "size": each.size,
                    "overwrites": each.overwrites,
                    "action": each.act.value,
                    "reason": each.reason,
                }
                for each in plan.copies
            ],
            "removals": [_removal_object(each) for each in plan.removals],
            "left_out": plan.left_out,
            "problems": plan.problems,
        },
        "job": outcome.job and summary(outcome.job, []),
        "removed": [_removal_object(each) for each in outcome.removed],
        "failures": outcome.failures,
    }


def _removal_object(removal: Removal) -> dict[str, Any]:
    return {
        "path": "/".join(removal.names),
        "is_folder": removal.entry.is_folder,
        "files": removal.files,
        "size": removal.size,
    }


def _raise_outcome(plan: SyncPlan, outcome: _Outcome) -> None:
    """Raise what the exit code should say.

    Raises:
        PartlyFailed: the two sides are not alike now, or would not be.
    """
    if outcome.kept is not None:
        raise outcome.kept
    if plan.problems:
        raise PartlyFailed(f"{len(plan.problems)} could not be copied or compared")
    if failed := len(outcome.failures):
        raise PartlyFailed(f"{failed} of {len(plan.removals)} were not removed")
    if plan.asked and outcome.dry_run:
        raise PartlyFailed(f"{plan.asked} would wait for a decision")
    if outcome.job is not None:
        raise_outcome(outcome.job, error_on_no_transfer=False)
