"""What the commands that list share: how deep, what of it, and how it is written."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click
import msgspec

from acd_tui.cli.listing import Listed, json_line, with_md5
from acd_tui.cli.output import Data, note
from acd_tui.cli.places import in_session, listed_at
from acd_tui.cli.selection import cached_option, choice_options
from acd_tui.errors import AcdError, FolderNotFound, PartlyFailed
from acd_tui.transfers.filters import Filter
from acd_tui.transfers.model import Filters
from acd_tui.vfs.entry import Kind
from acd_tui.vfs.walking import Walked, walk

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.filesystem import FileSystem

_FILES_AT_ONCE = 500  # are hashed together, so that small folders do not cost more
_BYTES_AT_ONCE = 64 * 2**20

Line = Callable[[str, Listed], str]
"""Writes a name, as it may be shown, and what it belongs to."""


class What(msgspec.Struct, frozen=True):
    """What is to be listed, as it was said.

    Attributes:
        path: as typed.
        recursive: all levels.
        max_depth: that many, all if it is no number above 0; None: it was not said.
        cached: as it is known, without asking the drive.
        filters: which files and folders.
    """

    path: str
    recursive: bool
    max_depth: int | None
    cached: bool
    filters: Filters

    def depth(self, default: int | None) -> int | None:
        """Say how many levels to list, None for all."""
        if self.max_depth is not None:
            return self.max_depth if self.max_depth > 0 else None
        return None if self.recursive else default


def listing_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command PATH, `-R` and other such options, as the parameter `what`."""

    @functools.wraps(function)
    def whole(
        *,
        path: str,
        recursive: bool,
        max_depth: int | None,
        cached: bool,
        filters: Filters,
        **others: Any,
    ) -> None:
        function(what=What(path, recursive, max_depth, cached, filters), **others)

    listing = choice_options(whole)
    for decorate in (
        cached_option,
        click.option(
            "--max-depth",
            type=int,
            help="List that many levels, -1 for all.",
        ),
        click.option("-R", "--recursive", is_flag=True, help="List all levels."),
        click.argument("path", metavar="REMOTE:PATH"),
    ):
        listing = decorate(listing)
    return listing


def chosen(filters: Filters) -> Callable[[Walked], bool]:
    """Return what says whether the filters let something through."""
    which = Filter(filters)
    if not which.active:
        return lambda _: True
    return lambda found: which.takes(found.names, found.entry)


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
    what: What,
    wanted: Callable[[Walked], bool],
    line: Line | None,
    *,
    depth: int | None,
    hashes: bool = False,
    as_object: Callable[..., str] = json_line,
) -> None:
    """List a tree folder by folder, each written as soon as it is known.

    Args:
        what: as it was said.
        wanted: whether to list that.
        line: how to write one; None for the objects of `lsjson`.
        depth: how many levels unless that was said, None for all.
        hashes: find out the MD5 of files.
        as_object: how to write those objects.
    """

    async def work(session: Session) -> None:
        filesystem, place = await listed_at(session, what.path, cached=what.cached)
        data, problems, let_through = Data(), Problems(), chosen(what.filters)
        writer = Writer(data, filesystem, line, as_object, problems=problems)
        tree = walk(
            filesystem,
            place.path,
            depth=what.depth(depth),
            problem=problems,
            into=let_through,
        )
        at_once = not hashes or filesystem.features.knows_md5
        waiting: list[Walked] = []
        try:
            async for folder in tree:
                if wanted is is_folder and any(
                    each.path == place.path for each in folder
                ):
                    raise FolderNotFound(f"`{what.path}` is no folder")
                name_skipped(folder)
                waiting += [
                    each for each in folder if wanted(each) and let_through(each)
                ]
                if at_once or _are_enough(waiting):
                    some, waiting = waiting, []
                    await writer.write(some, hashes=hashes)
        except AcdError:
            await writer.write(waiting, hashes=hashes)
            raise
        await writer.write(waiting, hashes=hashes)
        writer.end()
        problems.end("list")

    in_session(work, offline=what.cached)


def _are_enough(files: list[Walked]) -> bool:
    """Whether it is worth while to hash these before looking at any more."""
    return len(files) > _FILES_AT_ONCE or (
        sum(each.entry.size or 0 for each in files) > _BYTES_AT_ONCE
    )


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


class Writer:
    """Writes what was found, as lines or as the elements of one JSON array.

    Args:
        data: where to.
        filesystem: where it was found.
        line: how to write one as a line; None for JSON.
        as_object: how to write one as JSON.
        problems: is told of files that cannot be read.
    """

    def __init__(
        self,
        data: Data,
        filesystem: FileSystem,
        line: Line | None,
        as_object: Callable[..., str] = json_line,
        *,
        problems: Problems,
    ) -> None:
        self._data = data
        self._filesystem = filesystem
        self._line = line
        self._as_object = as_object
        self._problems = problems
        self._between = "[\n"

    async def write(self, found: list[Walked], *, hashes: bool = False) -> None:
        """Write entries; those whose MD5 takes time as soon as it is known."""
        if not hashes:
            self._data.write("".join(self._one(each, None) for each in found))
            return
        async for some in with_md5(self._filesystem, found):
            lines = []
            for each, md5 in some:
                if isinstance(md5, AcdError):
                    self._problems(md5.message)
                    md5 = None  # noqa: PLW2901 - nobody knows it
                lines.append(self._one(each, md5))
            self._data.write("".join(lines))

    def end(self) -> None:
        if self._line is None:
            self._data.write("[\n]\n" if self._between == "[\n" else "\n]\n")

    def _one(self, found: Walked, md5: str | None) -> str:
        remote = self._filesystem.features.remote
        if self._line is None:
            before, self._between = self._between, ",\n"
            return before + self._as_object(found, remote=remote, md5=md5)
        listed = Listed(found, md5, remote)
        return self._line(self._data.name(found.shown), listed) + "\n"


def name_skipped(folder: list[Walked]) -> None:
    """Say what is neither file nor folder, as rclone does."""
    for found in folder:
        if not is_either(found):
            kind = "a symbolic link" if found.entry.kind.value == "link" else "special"
            note(f"skipped `{found.shown}`: it is {kind}")
