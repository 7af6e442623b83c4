"""Commands on files and folders: list, read, make."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.listing import (
    Found,
    json_line,
    ls_line,
    lsd_line,
    lsl_line,
    md5_line,
    walk,
    with_md5,
)
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import filesystem_at, in_session, show_place
from acd_tui.errors import Exists, FolderNotFound, NotFound, PartlyFailed
from acd_tui.transfers.model import Place
from acd_tui.vfs.entry import Kind

if TYPE_CHECKING:
    from acd_tui.session import Session
    from acd_tui.vfs.filesystem import FileSystem


def _listing(function: Any) -> Any:
    """Give a command PATH, `-R`, `--max-depth` and `--json`."""
    for decorate in (
        json_option,
        click.option(
            "--max-depth",
            type=int,
            help="List that many levels, -1 for all.",
        ),
        click.option("-R", "--recursive", is_flag=True, help="List all levels."),
        click.argument("path", metavar="REMOTE:PATH"),
    ):
        function = decorate(function)
    return function


@click.command(epilog=examples("ls photos:2019", "ls photos: --max-depth 1"))
@_listing
def ls(path: str, recursive: bool, max_depth: int | None, as_json: bool) -> None:
    """List files with their sizes, in all levels unless told otherwise."""
    _list(path, _files, ls_line, _depth(recursive, max_depth, None), as_json=as_json)


@click.command(epilog=examples("lsl photos:2019"))
@_listing
def lsl(path: str, recursive: bool, max_depth: int | None, as_json: bool) -> None:
    """List files with sizes and modification times, in all levels."""
    _list(path, _files, lsl_line, _depth(recursive, max_depth, None), as_json=as_json)


@click.command(epilog=examples("lsd photos:", "lsd -R photos:2019"))
@_listing
def lsd(path: str, recursive: bool, max_depth: int | None, as_json: bool) -> None:
    """List the folders in a folder."""
    _list(path, _folders, lsd_line, _depth(recursive, max_depth, 1), as_json=as_json)


@click.command(
    epilog=examples("lsjson photos:2019", "lsjson -R --hash photos: | jq '.[].Path'")
)
@click.argument("path", metavar="REMOTE:PATH")
@click.option("-R", "--recursive", is_flag=True, help="List all levels.")
@click.option("--max-depth", type=int, help="List that many levels, -1 for all.")
@click.option("--hash", "hashes", is_flag=True, help="Say the MD5 of each file.")
@click.option("--files-only", is_flag=True, help="List files only.")
@click.option("--dirs-only", is_flag=True, help="List folders only.")
@click.option("--json", is_flag=True, expose_value=False, hidden=True)
def lsjson(
    path: str,
    recursive: bool,
    max_depth: int | None,
    hashes: bool,
    files_only: bool,
    dirs_only: bool,
) -> None:
    """List files and folders as JSON, one object a line."""
    if files_only and dirs_only:
        raise click.UsageError("--files-only and --dirs-only leave nothing to list")
    wanted = _files if files_only else _folders if dirs_only else _anything
    depth = _depth(recursive, max_depth, 1)
    _list(path, wanted, None, depth, as_json=True, hashes=hashes)


@click.command(epilog=examples("md5sum photos:2019 > 2019.md5"))
@_listing
def md5sum(path: str, recursive: bool, max_depth: int | None, as_json: bool) -> None:
    """List files with their MD5, in the format of the program of that name.

    What a drive knows is not read again; local files are read once and remembered.
    """
    depth = _depth(recursive, max_depth, None)
    _list(path, _files, None, depth, as_json=as_json, hashes=True)


def _depth(recursive: bool, max_depth: int | None, default: int | None) -> int | None:
    if max_depth is not None:
        return max_depth if max_depth >= 0 else None
    return None if recursive else default


def _files(found: Found) -> bool:
    return found.entry.kind is Kind.FILE


def _folders(found: Found) -> bool:
    return found.entry.is_folder


def _anything(found: Found) -> bool:
    return _files(found) or _folders(found)


def _list(
    path: str,
    wanted: Callable[[Found], bool],
    line: Callable[[str, Any], str] | None,
    depth: int | None,
    *,
    as_json: bool,
    hashes: bool = False,
) -> None:
    """List a tree folder by folder, each written as soon as it is known.

    Args:
        path: as typed.
        wanted: whether to list that.
        line: how to write a name and its entry; None for `lsjson` and `md5sum`.
        depth: how many levels, None for all.
        as_json: write objects of `lsjson` instead.
        hashes: find out the MD5 of files.
    """

    async def work(session: Session) -> None:
        filesystem, place = await filesystem_at(session, path)
        data, problems = Data(), _Problems()
        writer = _Writer(data, filesystem, line, as_json=as_json, hashes=hashes)
        tree = walk(filesystem, place.path, depth=depth, problem=problems)
        async for folder in tree:
            if wanted is _folders and any(each.path == place.path for each in folder):
                raise FolderNotFound(f"`{path}` is no folder")
            _name_skipped(folder)
            if depth != 0:
                await writer.write([found for found in folder if wanted(found)])
        writer.end()
        problems.end("list")

    in_session(work)


class _Writer:
    """Writes what was found, as lines or as the elements of one JSON array."""

    def __init__(
        self,
        data: Data,
        filesystem: FileSystem,
        line: Callable[[str, Any], str] | None,
        *,
        as_json: bool,
        hashes: bool,
    ) -> None:
        self._data = data
        self._filesystem = filesystem
        self._line = line
        self._as_json = as_json
        self._hashes = hashes
        self._between = "[\n"

    async def write(self, found: list[Found]) -> None:
        """Write a folder's entries; those whose MD5 takes time one by one."""
        if not self._hashes:
            self._data.write("".join(self._one(each, None) for each in found))
            return
        async for each, md5 in with_md5(self._filesystem, found):
            self._data.write(self._one(each, md5))

    def end(self) -> None:
        if self._as_json:
            self._data.write("[\n]\n" if self._between == "[\n" else "\n]\n")

    def _one(self, found: Found, md5: str | None) -> str:
        if self._as_json:
            before, self._between = self._between, ",\n"
            remote = self._filesystem.features.remote
            return before + json_line(found, remote=remote, md5=md5)
        shown = self._data.name(found.shown)
        if self._line is None:
            return md5_line(shown, md5) + "\n"
        return self._line(shown, found.entry) + "\n"


class _Problems:
    """Tells of each thing that failed while the rest goes on."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, problem: str) -> None:
        self.count += 1
        note(f"error: {problem}")

    def end(self, verb: str) -> None:
        """Raise `PartlyFailed` if there was anything."""
        if self.count:
            raise PartlyFailed(f"could not {verb} everything ({self.count} failed)")


def _name_skipped(folder: list[Found]) -> None:
    """Say what is neither file nor folder, as rclone does."""
    for found in folder:
        if not _anything(found):
            kind = "a symbolic link" if found.entry.kind.value == "link" else "special"
            note(f"skipped `{found.shown}`: it is {kind}")


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
        data, problems = Data(), _Problems()
        for path in paths:
            filesystem, place = await filesystem_at(session, path)
            entry = await filesystem.stat(place.path)
            if not entry.is_folder:
                await _pour(filesystem, place, data, offset, count)
                continue
            tree = walk(filesystem, place.path, depth=None, problem=problems)
            async for folder in tree:
                for found in filter(_files, folder):
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
