"""What was queued, written as a command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from acd_tui.errors import Denied
from acd_tui.transfers.model import CopyOptions, Filters
from acd_tui.ui.chosen import Chosen
from acd_tui.ui.format import address
from acd_tui.ui.screens.command_line import copy_commands, quoted

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp


async def commands_of(chosen: Chosen, app: AcdApp) -> list[str]:
    """Return the lines that queue a transfer or a job once more.

    Raises:
        Denied: it was given another name at the target.
        NotFound: it is gone.
    """
    queue, transfer = app.session.transfers, chosen.transfer
    job = chosen.whole_job
    if transfer is not None:
        job = await app.engine.run(queue.job(transfer.job))
    assert job is not None
    request = job.request
    flags = [] if transfer is not None else list(_filters(request.options.filters))
    flags += _flags(request.options)
    verb = "move" if request.options.move else "copy"
    if transfer is not None:
        source, target = transfer.source, transfer.target
        if source.path.name != target.path.name:
            raise Denied(
                "it gets another name at the target, which no command says",
                hint="the job has one, in the list of jobs",
            )
        sources = [(address(source.filesystem, source.path), False)]
        folder = address(target.filesystem, target.path.parent)
    else:
        files = await app.engine.run(queue.files_of(job))
        sources = [
            (address(request.source, path), not request.contents and path not in files)
            for path in request.paths
        ]
        folder = address(request.target, request.folder)
    lines = copy_commands(sources, folder, request.policy, verb=verb)
    return [" ".join((line, *flags)) for line in lines]


def _filters(filters: Filters) -> Iterator[str]:
    for rule in filters.rules:
        yield f"--filter {quoted(rule)}"
    for name, size in (("min", filters.min_size), ("max", filters.max_size)):
        if size is not None:
            yield f"--{name}-size {size}B"
    if filters.max_depth is not None:
        yield f"--max-depth {filters.max_depth}"


def _flags(options: CopyOptions) -> Iterator[str]:
    if options.attempts is not None:
        yield f"--retries {options.attempts}"
    for name, is_set in (
        ("--size-only", options.size_only),
        ("--no-mtime", options.no_mtime),
        ("--copy-links", options.copy_links),
    ):
        if is_set:
            yield name
