"""`tree`: what lies below a folder, drawn."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

import click

from acd_tui.cli.list_tree import (
    Problems,
    Writer,
    chosen,
    is_either,
    is_folder,
    name_skipped,
)
from acd_tui.cli.output import Data, examples, json_option
from acd_tui.cli.places import in_session, listed_at
from acd_tui.cli.selection import cached_option, choice_options
from acd_tui.vfs.walking import Walked, walk

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.model import Filters

_INNER, _LAST = ("├── ", "│   "), ("└── ", "    ")
"""What stands before an entry, and before all that lies in it."""


@click.command(epilog=examples("tree photos:2019", "tree -d --level 2 photos:"))
@click.argument("path", metavar="REMOTE:PATH")
@click.option(
    "-a", "--all", "hidden", is_flag=True, help="Show names with a dot in front, too."
)
@click.option("-d", "--dirs-only", is_flag=True, help="Show folders only.")
@click.option(
    "--level",
    "--max-depth",
    "level",
    type=int,
    default=-1,
    help="Go down that many levels; -1 for all, as without it.",
)
@click.option("--full-path", is_flag=True, help="Show the whole path of each.")
@click.option("--noreport", is_flag=True, help="Do not count at the end.")
@cached_option
@choice_options
@json_option
def tree(
    path: str,
    hidden: bool,
    dirs_only: bool,
    level: int,
    full_path: bool,
    noreport: bool,
    cached: bool,
    filters: Filters,
    as_json: bool,
) -> None:
    """Draw what lies below a folder, and count it.

    Names that begin with a dot are left out, as the program of that name does. With
    --json the objects of `lsjson`, in the order of the drawing.
    """
    let_through = chosen(filters)

    def wanted(found: Walked) -> bool:
        shown = hidden or not found.names[-1].startswith(".")
        return (shown and let_through(found)) and (
            is_folder(found) if dirs_only else is_either(found)
        )

    async def work(session: Session) -> None:
        filesystem, place = await listed_at(session, path, cached=cached)
        depth = level if level > 0 else None
        data, problems = Data(), Problems()
        listings = walk(
            filesystem, place.path, depth=depth, problem=problems, into=wanted
        )
        drawing = await _Drawing.begin(listings, wanted, depth)
        objects = Writer(data, filesystem, None, problems=problems) if as_json else None
        if objects is None:
            data.line("/")
        async for branches in drawing.branches():
            if objects is not None:
                await objects.write([found for _, found in branches])
                continue
            data.lines(
                prefix + data.name("/" + found.shown if full_path else found.names[-1])
                for prefix, found in branches
            )
        if objects is not None:
            objects.end()
        elif not noreport:
            files = "" if dirs_only else f", {drawing.files} files"
            data.line(f"\n{drawing.folders} directories{files}")
        problems.end("list")

    in_session(work, offline=cached)


class _Drawing:
    """Puts a tree in the order of its drawing while it is walked.

    It holds no more of it than the folders on one way down. (rclone's `tree -d` counts
    no directories at all, by mistake; this counts them.)

    Attributes:
        folders: how many were drawn so far.
        files: likewise.
    """

    def __init__(
        self,
        listings: AsyncIterator[list[Walked]],
        wanted: Callable[[Walked], bool],
        depth: int | None,
    ) -> None:
        self._listings = listings
        self._wanted = wanted
        self._depth = depth
        self._way: list[Iterator[tuple[str, str, Walked]]] = []
        self.folders = 0
        self.files = 0

    @classmethod
    async def begin(
        cls,
        listings: AsyncIterator[list[Walked]],
        wanted: Callable[[Walked], bool],
        depth: int | None,
    ) -> _Drawing:
        """Look into the root.

        Args:
            listings: of `walk`.
            wanted: whether to draw that.
            depth: how many levels `walk` lists.

        Raises:
            AcdError: there is none.
        """
        drawing = cls(listings, wanted, depth)
        drawing._way.append(await drawing._listed(""))
        return drawing

    async def branches(self) -> AsyncIterator[list[tuple[str, Walked]]]:
        """Give what is to be drawn, each with the lines before it."""
        way = self._way
        while way:
            drawn: list[tuple[str, Walked]] = []
            inner = None
            for mark, below, found in way[-1]:
                drawn.append((mark, found))
                self.folders += found.entry.is_folder
                self.files += not found.entry.is_folder
                if found.entry.is_folder and len(way) != self._depth:
                    inner = below
                    break
            yield drawn
            if inner is None:
                way.pop()
            else:
                way.append(await self._listed(inner))

    async def _listed(self, prefix: str) -> Iterator[tuple[str, str, Walked]]:
        """Return the next folder's entries, with the lines before and below each."""
        everything = await anext(self._listings)
        name_skipped(everything)
        found = [each for each in everything if self._wanted(each)]
        marks = [_INNER] * (len(found) - 1) + [_LAST]
        return (
            (prefix + mark, prefix + below, each)
            for (mark, below), each in zip(marks, found, strict=False)
        )
