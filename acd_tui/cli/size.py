"""`size`: how many files, and how much they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from acd_tui.cli.list_tree import Problems, chosen, is_file, name_skipped
from acd_tui.cli.output import Data, byte_unit, count_unit, examples, json_option
from acd_tui.cli.places import in_session, listed_at
from acd_tui.cli.selection import cached_option, choice_options
from acd_tui.errors import NotFound
from acd_tui.transfers.model import Filters
from acd_tui.vfs.walking import Walked, walk

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.filesystem import FileSystem
    from acd_tui.vfs.path import VPath


@click.command(epilog=examples("size photos:2019", "size photos: --json | jq .bytes"))
@click.argument("path", metavar="REMOTE:PATH")
@click.option(
    "--max-depth", type=int, default=-1, help="Count that many levels, -1 for all."
)
@cached_option
@choice_options
@json_option
def size(
    path: str, max_depth: int, cached: bool, filters: Filters, as_json: bool
) -> None:
    """Count the files below a folder and add up their sizes.

    With --json an object with `count`, `bytes` and `sizeless`, the number of files whose
    size nobody knows.
    """

    async def work(session: Session) -> None:
        filesystem, place = await listed_at(session, path, cached=cached)
        problems = Problems()
        found = None
        if max_depth <= 0 and filters == Filters():
            found = await _known(filesystem, place.path)
        count, total, sizeless = found or await _counted(
            filesystem, place.path, max_depth, chosen(filters), problems
        )
        data = Data()
        if as_json:
            data.line(f'{{"count":{count},"bytes":{total},"sizeless":{sizeless}}}')
        else:
            data.line(f"Total objects: {count_unit(count)} ({count})")
            data.line(f"Total size: {byte_unit(total)} ({total} Byte)")
            if sizeless:
                shown = f"{count_unit(sizeless)} ({sizeless})"
                data.line(f"Total objects with unknown size: {shown}")
        problems.end("count")

    in_session(work, offline=cached)


async def _known(filesystem: FileSystem, path: VPath) -> tuple[int, int, int] | None:
    """Ask a filesystem that knows without looking; None if it does not."""
    from acd_tui.vfs.capabilities import Mirrored, Sized
    from acd_tui.vfs.usage import NONE

    if not (isinstance(filesystem, Sized) and isinstance(filesystem, Mirrored)):
        return None
    if not (await filesystem.mirror_status(count=False)).complete:
        return None
    try:
        inside = await filesystem.usage(path, NONE)
    except NotFound:
        return None  # a file, perhaps
    return inside.files, inside.size, 0


async def _counted(
    filesystem: FileSystem,
    path: VPath,
    depth: int,
    let_through: Callable[[Walked], bool],
    problems: Problems,
) -> tuple[int, int, int]:
    count = total = sizeless = 0
    levels = depth if depth > 0 else None
    tree = walk(filesystem, path, depth=levels, problem=problems, into=let_through)
    async for folder in tree:
        name_skipped(folder)
        files = [found for found in folder if is_file(found) and let_through(found)]
        count += len(files)
        total += sum(found.entry.size or 0 for found in files)
        sizeless += sum(found.entry.size is None for found in files)
    return count, total, sizeless
