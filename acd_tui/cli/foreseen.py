"""`--dry-run` of a copy: says what would happen, file by file."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from acd_tui.cli.output import Data, json_text, note
from acd_tui.errors import PartlyFailed
from acd_tui.transfers.model import Filters
from acd_tui.transfers.planner import size_warning
from acd_tui.transfers.preview import Act, Step, foresee
from acd_tui.transfers.promised import Anyone, nobody
from acd_tui.units import show_size
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.cli.ends import Ends
    from acd_tui.cli.how import How
    from acd_tui.vfs.filesystem import FileSystem


async def tell_copy(ends: Ends, how: How, is_promised: Anyone = nobody) -> None:
    """Say what a copy would do.

    Args:
        ends: of it.
        how: it would be done.
        is_promised: see `foresee`.

    Raises:
        PartlyFailed: it would not copy everything.
    """
    data = Data()
    counts: Counter[str] = Counter()
    size, first = 0, True
    if how.as_json:
        data.write(_head(ends))
    filtered = how.options.filters != Filters()
    size_only = how.options.size_only and not how.options.move
    async for compared in ends.compared(
        how.options, checkers=how.checkers, policy=how.policy
    ):
        step = await foresee(
            compared,
            how.policy,
            ends.goal,
            size_only=size_only,
            moves=how.options.move,
            is_promised=is_promised,
        )
        if step is None or (step.act is Act.FOLDER and filtered):
            continue  # of what is filtered, no empty folder is made
        _warn(step, ends.goal)
        counts[step.act] += 1
        size += step.size
        if step.act is Act.SAME and not how.verbose:
            continue
        if how.as_json:
            data.element(step_object(step), first=first)
            first = False
        else:
            data.line(step_line(step, data))
    if how.as_json:
        data.write(("[" if first else "") + _tail(counts, size))
    copied = sum(counts[act] for act in Act if act.copies)
    note(
        f"dry run: {copied} to copy ({show_size(size)}), {counts[Act.OVERWRITE]} of them "
        f"over other files, {counts[Act.SAME]} there already; nothing was done"
    )
    if bad := counts[Act.FAIL] + counts[Act.ASK]:
        whole = counts.total() - counts[Act.FOLDER]
        raise PartlyFailed(
            f"{bad} of {whole} would not be copied",
            hint="each is named above; --conflict says what to do where something "
            "else is there",
        )


def _head(ends: Ends) -> str:
    """Begin the JSON document: of a large tree its actions do not fit into memory."""
    head = {"dry_run": True, "source": ends.shown[0], "target": ends.shown[1]}
    return json_text(head).removesuffix("}") + ', "actions": '


def _tail(counts: Counter[str], size: int) -> str:
    """End it, with what is known only then."""
    files = {act.value: counts[act] for act in Act if act is not Act.FOLDER}
    tail = {"files": files, "folders": counts[Act.FOLDER], "size": size}
    return "\n], " + json_text(tail).removeprefix("{") + "\n"


def _warn(step: Step, goal: FileSystem) -> None:
    """Say of a file that would be tried that it may well fail."""
    doubtful = goal.features.doubtful_size
    if step.act.copies and (
        warning := size_warning(VPath(step.names), step.size, doubtful)
    ):
        note(f"warning: {warning}")


def step_line(step: Step, data: Data) -> str:
    """Write a step as a line: what, how much, which, why."""
    name = data.name("/".join(step.names))
    size = show_size(step.size) if step.act.copies else ""
    why = f"  ({step.reason})" if step.reason else ""
    return f"{step.act:<9}  {size:>10}  {name}{why}"


def step_object(step: Step) -> dict[str, object]:
    """Return a step for JSON."""
    return {
        "action": step.act.value,
        "path": "/".join(step.names),
        "size": step.size,
        "reason": step.reason,
    }
