"""`du`: how much the folders hold."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from acd_tui.cli.mirrored import tell_age
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session, parse_place, show_place
from acd_tui.errors import PartlyFailed
from acd_tui.transfers.model import Place

if TYPE_CHECKING:
    from acd_tui.operations.space import Held
    from acd_tui.session.core import Session
    from acd_tui.vfs.capabilities import Sized
    from acd_tui.vfs.filesystem import FileSystem
    from acd_tui.vfs.path import VPath


_ORDERS: dict[str, Callable[[Held], object]] = {
    "size": lambda held: (-held.size, held.path),
    "name": lambda held: held.path,
    "count": lambda held: (-held.files, held.path),
}


@click.command(
    epilog=examples("du photos:", "du photos:2019 --max-depth 3 --sort name", "du .")
)
@click.argument("path", metavar="REMOTE:[PATH]")
@click.option(
    "--max-depth",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    metavar="N",
    help="How many levels of folders to show; 0 for the sum alone.",
)
@click.option(
    "--sort",
    type=click.Choice(list(_ORDERS)),
    default="size",
    show_default=True,
    help="The largest first, by name, or the most files first.",
)
@json_option
def du(path: str, max_depth: int, sort: str, as_json: bool) -> None:
    """Show how much the folders below a folder hold: size, files, folders, path.

    Of a drive that is known from its mirror, without the network; a local folder is
    looked through. Each number includes all that lies in the folder, at any depth.
    The last line is the folder that was asked for.
    """

    async def work(session: Session) -> None:
        from acd_tui.vfs.capabilities import Sized

        place = parse_place(path)
        filesystem = await session.filesystem(place.filesystem)
        await tell_age(session, place.filesystem)
        missed: list[str] = []
        if isinstance(filesystem, Sized):
            found = await _known(filesystem, place.path, max_depth)
        else:
            found = await _scanned(filesystem, place.path, max_depth, missed)
        whole, *inner = found
        inner.sort(key=_ORDERS[sort])  # type: ignore[arg-type] # each orders its own
        _show(place, [*inner, whole], as_json=as_json)
        if missed:
            raise PartlyFailed(f"could not look into {len(missed)} of the folders")

    in_session(work, offline=True)


async def _known(filesystem: Sized, root: VPath, depth: int) -> list[Held]:
    """Ask a filesystem that knows; the folder itself comes first."""
    from acd_tui.operations.space import Held
    from acd_tui.vfs.usage import NONE, Asked, By

    only_folders = Asked(by=By.NAME, files=False)
    whole = Held(root)
    inside = await filesystem.usage(root, NONE)
    whole.add(inside.size, inside.files, inside.folders)
    found = [whole]
    level = [root]
    for _ in range(depth):
        inner = [
            Held(folder / child.entry.name, child.size, child.files, child.folders)
            for folder in level
            for child in (await filesystem.usage(folder, only_folders)).first
        ]
        found += inner
        level = [held.path for held in inner if held.folders]
    return found


async def _scanned(
    filesystem: FileSystem, root: VPath, depth: int, missed: list[str]
) -> list[Held]:
    """Look into every folder; the folder itself comes first."""
    from acd_tui.operations.space import Scan

    def problem(text: str) -> None:
        missed.append(text)
        note(text)

    scan = Scan(filesystem, root)
    await scan.run(problem)
    deepest = len(root.parts) + depth
    return [held for held in scan.held if len(held.path.parts) <= deepest]


def _show(place: Place, found: list[Held], *, as_json: bool) -> None:
    from acd_tui.units import show_size

    data = Data()
    if as_json:
        data.json_list(
            {
                "path": "/".join(held.path.relative_to(place.path)),
                "size": held.size,
                "files": held.files,
                "folders": held.folders,
            }
            for held in found
        )
        return
    rows = [
        [show_size(held.size), f"{held.files:,}", f"{held.folders:,}"] for held in found
    ]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for held, row in zip(found, rows, strict=True):
        numbers = "  ".join(
            cell.rjust(width) for cell, width in zip(row, widths, strict=True)
        )
        shown = show_place(Place(place.filesystem, held.path))
        data.line(f"{numbers}  {data.name(shown)}")
