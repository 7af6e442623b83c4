"""`search`: finding anything in a drive, from its mirror."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from acd_tui.cli.listing import long_line, utc
from acd_tui.cli.mirrored import tell_age
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session, parse_remote, show_place
from acd_tui.errors import Denied
from acd_tui.transfers.model import Place

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.entry import Found

_LIMIT = 1000


class _Search(click.Command):
    """Takes `-word` for a word that must not apply, not for options in a row."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        if "--" not in args:
            excluded = [each for each in args if each[:1] == "-" and len(each) > 2]
            excluded = [each for each in excluded if each[1] != "-" and each != "-vv"]
            rest = [each for each in args if each not in excluded]
            # All words apply, in whatever order.
            args = [*rest, "--", *excluded] if excluded else rest
        return super().parse_args(ctx, args)


@click.command(
    cls=_Search,
    epilog=examples(
        "search photos: beach ext:jpg after:2019-06 -draft",
        "search photos: 'in:\"/my films\" size:>1g' -l",
        "search photos: trashed:yes kind:folder --json",
    ),
)
@click.argument("remote", metavar="REMOTE:")
@click.argument("words", metavar="QUERY…", nargs=-1, required=True)
@click.option(
    "--limit",
    type=click.IntRange(min=1),
    default=_LIMIT,
    show_default=True,
    metavar="N",
    help="The most to show.",
)
@click.option("-l", "long", is_flag=True, help="Show sizes and times, as lsl does.")
@json_option
def search(
    remote: str, words: tuple[str, ...], limit: int, long: bool, as_json: bool
) -> None:
    """Find files and folders anywhere in a drive, from its mirror, without the network.

    All words have to apply; letter case does not count. A word is a part of the name,
    or one of these:

    \b
    "two words"                 as they stand, in the name
    name:size:                  in the name, whatever it looks like
    fuzzy:wdsnw                 letters of the name in order; the likeliest come first
    ext:jpg                     how the name ends
    size:>1g  size:1m..2g       also <, >=, <=; a bare number is KiB
    md5:5d41402a                how the MD5 begins
    in:/2019                    anywhere below that folder
    after:2019  before:2020-05  changed then or later; earlier than that
    kind:folder  kind:file
    trashed:yes                 in the trash instead
    -word                       not that; before any of these

    Folders come first, then names in order. Ends with exit code 1 if nothing is found.
    """

    async def work(session: Session) -> bool:
        from acd_tui.vfs.capabilities import Searchable

        name = parse_remote(remote)
        filesystem = await session.filesystem(name)
        if not isinstance(filesystem, Searchable):
            raise Denied(f"`{remote}` cannot be searched")
        await tell_age(session, name)
        found = await filesystem.search(" ".join(words), limit + 1)
        _show(name, found[:limit], long=long, as_json=as_json)
        if len(found) > limit:
            note(f"there are more than {limit:,}; --limit shows more")
        return bool(found)

    if not in_session(work, offline=True):
        from acd_tui.vfs.query import loosened

        loose = loosened(" ".join(words))
        more = f"; `{loose}` finds names that are alike" if loose else ""
        note(f"nothing matches{more}")
        raise click.exceptions.Exit(1)


def _show(name: str, found: Sequence[Found], *, long: bool, as_json: bool) -> None:
    data = Data()
    if as_json:
        data.json_list(_object(each) for each in found)
        return
    for each in found:
        place = show_place(Place(name, each.folder / each.entry.name))
        shown = data.name(place) + "/" * each.entry.is_folder
        data.line(long_line(shown, each.entry) if long else shown)


def _object(found: Found) -> dict[str, object]:
    entry = found.entry
    return {
        "path": "/".join((*found.folder.parts, entry.name)),
        "name": entry.name,
        "is_folder": entry.is_folder,
        "size": entry.size,
        "modified": utc(entry.modified_ns),
        "md5": entry.md5,
        "id": entry.id,
        "trashed": found.trashed,
    }
