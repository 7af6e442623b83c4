"""Commands on files and folders: read, make."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.list_tree import Problems, is_file
from acd_tui.cli.output import Data, examples
from acd_tui.cli.places import filesystem_at, in_session, show_place
from acd_tui.errors import Exists, NotFound
from acd_tui.transfers.model import Place
from acd_tui.vfs.walking import walk

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.filesystem import FileSystem


@click.command(
    epilog=examples(
        "cat photos:2019/notes.txt",
        "cat photos:film.mkv --offset 1000000 --count 4096 | xxd",
    )
)
@click.argument("paths", metavar="REMOTE:PATH…", nargs=-1, required=True)
@click.option(
    "--offset", type=int, default=0, help="Start there; below 0: from the end."
)
@click.option("--count", type=int, default=-1, help="Write that many bytes only.")
def cat(paths: tuple[str, ...], offset: int, count: int) -> None:
    """Write files to standard output; of a folder, all files in it."""

    async def work(session: Session) -> None:
        data, problems = Data(), Problems()
        for path in paths:
            filesystem, place = await filesystem_at(session, path)
            entry = await filesystem.stat(place.path)
            if not entry.is_folder:
                await _pour(filesystem, place, data, offset, count)
                continue
            tree = walk(filesystem, place.path, depth=None, problem=problems)
            async for folder in tree:
                for found in filter(is_file, folder):
                    file = Place(place.filesystem, found.path)
                    await _pour(filesystem, file, data, offset, count)
        problems.end("read")

    in_session(work)


async def _pour(
    filesystem: FileSystem, place: Place, data: Data, offset: int, count: int
) -> None:
    content = await filesystem.read(place.path)
    start = offset if offset >= 0 else max(0, content.size + offset)
    left = content.size - start if count < 0 else min(count, content.size - start)
    if left <= 0:
        return
    async with content.open(start) as pieces:
        async for piece in pieces:
            data.write_bytes(piece[:left])
            left -= len(piece)
            if left <= 0:
                return


@click.command(epilog=examples("mkdir photos:2019/summer"))
@click.argument("path", metavar="REMOTE:PATH")
def mkdir(path: str) -> None:
    """Make a folder and those above it; one that exists is fine."""

    async def work(session: Session) -> None:
        filesystem, place = await filesystem_at(session, path)
        missing = []
        for folder in (place.path, *place.path.parents):
            try:
                entry = await filesystem.stat(folder)
            except NotFound:
                missing.append(folder)
                continue
            if not entry.is_folder:
                where = show_place(Place(place.filesystem, folder))
                raise Exists(f"`{where}` is a file")
            break
        for folder in reversed(missing):
            await session.operations.make_folder(Place(place.filesystem, folder))

    in_session(work)
