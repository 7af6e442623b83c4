"""What the commands that list share: how deep, what of it, and how it is written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.listing import Listed, json_line, with_md5
from acd_tui.cli.output import Data, note
from acd_tui.cli.places import filesystem_at, in_session
from acd_tui.errors import FolderNotFound, PartlyFailed
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.walking import Walked, walk

if TYPE_CHECKING:
    from acd_tui.session import Session
    from acd_tui.vfs.filesystem import FileSystem

Line = Callable[[str, Listed], str]
"""Writes a name, as it may be shown, and what it belongs to."""


def listing_options(function: Any) -> Any:
    """Give a command PATH, `-R` and `--max-depth`."""
    for decorate in (
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


def depth_of(recursive: bool, max_depth: int | None, default: int | None) -> int | None:
    """Say how many levels to list, None for all."""
    if max_depth is not None:
        return max_depth if max_depth > 0 else None
    return None if recursive else default


def is_file(found: Walked) -> bool:
    """Say whether to list it where files are listed."""
    return found.entry.kind is Kind.FILE


def is_folder(found: Walked) -> bool:
    """Say whether to list it where folders are listed."""
    return found.entry.is_folder


def is_either(found: Walked) -> bool:
    """Say whether it is a file or a folder, and no link or device."""
    return is_file(found) or is_folder(found)


def list_tree(
    path: str,
    wanted: Callable[[Walked], bool],
    line: Line | None,
    depth: int | None,
    *,
    hashes: bool = False,
) -> None:
    """List a tree folder by folder, each written as soon as it is known.

    Args:
        path: as typed.
        wanted: whether to list that.
        line: how to write one; None for the objects of `lsjson`.
        depth: how many levels, None for all.
        hashes: find out the MD5 of files.
    """

    async def work(session: Session) -> None:
        filesystem, place = await filesystem_at(session, path, known_will_do=True)
        data, problems = Data(), Problems()
        writer = Writer(data, filesystem, line, hashes=hashes)
        tree = walk(filesystem, place.path, depth=depth, problem=problems)
        async for folder in tree:
            if wanted is is_folder and any(each.path == place.path for each in folder):
                raise FolderNotFound(f"`{path}` is no folder")
            name_skipped(folder)
            await writer.write([found for found in folder if wanted(found)])
        writer.end()
        problems.end("list")

    in_session(work)


class Writer:
    """Writes what was found, as lines or as the elements of one JSON array."""

    def __init__(
        self,
        data: Data,
        filesystem: FileSystem,
        line: Line | None,
        *,
        hashes: bool = False,
    ) -> None:
        self._data = data
        self._filesystem = filesystem
        self._line = line
        self._hashes = hashes
        self._between = "[\n"

    async def write(self, found: list[Walked]) -> None:
        """Write a folder's entries; those whose MD5 takes time one by one."""
        if not self._hashes:
            self._data.write("".join(self._one(each, None) for each in found))
            return
        async for each, md5 in with_md5(self._filesystem, found):
            self._data.write(self._one(each, md5))

    def end(self) -> None:
        if self._line is None:
            self._data.write("[\n]\n" if self._between == "[\n" else "\n]\n")

    def _one(self, found: Walked, md5: str | None) -> str:
        remote = self._filesystem.features.remote
        if self._line is None:
            before, self._between = self._between, ",\n"
            return before + json_line(found, remote=remote, md5=md5)
        listed = Listed(found, md5, remote)
        return self._line(self._data.name(found.shown), listed) + "\n"


class Problems:
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


def name_skipped(folder: list[Walked]) -> None:
    """Say what is neither file nor folder, as rclone does."""
    for found in folder:
        if not is_either(found):
            kind = "a symbolic link" if found.entry.kind.value == "link" else "special"
            note(f"skipped `{found.shown}`: it is {kind}")
