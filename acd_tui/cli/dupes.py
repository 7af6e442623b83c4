"""`dupes`: files of one content, and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from acd_tui.cli.carrying import counted
from acd_tui.cli.listing import utc
from acd_tui.cli.mirrored import tell_age
from acd_tui.cli.output import Data, ask, examples, json_option, note
from acd_tui.cli.places import (
    current,
    in_session,
    parse_place,
    show_place,
)
from acd_tui.errors import Denied, PartlyFailed, UsageError
from acd_tui.transfers.model import Place

if TYPE_CHECKING:
    from acd_tui.operations.duplicates import Copy, Group, Keep
    from acd_tui.operations.finding import Finder
    from acd_tui.session.core import Session

_KEEP = ("newest", "oldest", "shortest", "first-path")


@click.command(
    epilog=examples(
        "dupes photos:",
        "dupes photos:keep photos:inbox ~/Pictures --keep first-path --trash",
        "dupes ~/Pictures --safe-to-free photos:",
    )
)
@click.argument("places", metavar="REMOTE:[PATH]…", nargs=-1, required=True)
@click.option(
    "--keep",
    type=click.Choice(_KEEP),
    help="Which file of each group stays: by its time, by its path's length, or the "
    "first by the order of the places and of their paths.",
)
@click.option("--trash", is_flag=True, help="Trash all others; asks before.")
@click.option("-y", "--yes", is_flag=True, help="Do not ask.")
@click.option(
    "--safe-to-free",
    metavar="REMOTE:[PATH]",
    help="Instead list the local files that are there, too.",
)
@json_option
def dupes(
    places: tuple[str, ...],
    keep: str | None,
    trash: bool,
    yes: bool,
    safe_to_free: str | None,
    as_json: bool,
) -> None:
    """Find files of one content (size and MD5), in and across drives and local folders.

    Drives are known from their mirrors, without the network; local files are read once
    and remembered. Empty files do not count. With --keep, `=` stands before the file
    that stays and `-` before the others, which --trash moves to the trash, after asking
    the service whether all of them are still what they were; `acd-tui restore`, or `u`
    in the panes, gives those of a drive back.

    --safe-to-free lists what lies in local folders and, by the service's own word, with
    the same size and MD5 in the drive.
    """
    if trash and keep is None:
        raise click.UsageError("--trash needs --keep, which says what stays")
    if safe_to_free is not None:
        if keep is not None:
            raise click.UsageError("--safe-to-free only lists; it takes no --keep")
        in_session(
            lambda session: _safe(session, places, safe_to_free, as_json=as_json)
        )
        return

    async def work(session: Session) -> None:
        from acd_tui.operations.duplicates import Keep
        from acd_tui.operations.finding import Finder

        finder = Finder(note)
        groups = await _found(session, finder, places, online=trash)
        rule = None if keep is None else Keep(keep)
        _show(groups, rule, as_json=as_json)
        too_many = sum(len(group.copies) - 1 for group in groups)
        if rule is not None and trash and groups:
            ask(
                f"Trash {too_many:,} files?",
                yes=yes,
                why="dupes asks before it trashes anything",
                look="look at the list without --trash",
            )
            await _clear(session, groups, rule, too_many)
        _check(finder)

    in_session(work, offline=not trash)


async def _found(
    session: Session, finder: Finder, places: Sequence[str], *, online: bool
) -> list[Group]:
    parsed = [parse_place(place) for place in places]
    opened = []
    for place in parsed:
        if online:
            fs = await current(session, place.filesystem)
        else:
            fs = await session.filesystem(place.filesystem)
        opened.append((fs, place.path))
    for name in dict.fromkeys(place.filesystem for place in parsed):
        await tell_age(session, name)
    return await finder.groups(opened)


def _check(finder: Finder) -> None:
    if finder.missed:
        raise PartlyFailed(f"could not look into {finder.missed} files or folders")


async def _clear(
    session: Session, groups: Sequence[Group], rule: Keep, too_many: int
) -> None:
    from acd_tui.operations.duplicates import Choice, clear

    choices = [Choice.by_rule(group, rule) for group in groups]
    cleared = await clear(session.operations, choices, note)
    note(f"trashed {cleared.files:,} of {too_many:,} files")
    if cleared.files < too_many:
        raise PartlyFailed(f"{too_many - cleared.files:,} files were left alone")


async def _safe(
    session: Session, places: Sequence[str], remote: str, *, as_json: bool
) -> None:
    """List local files that are in a drive, too."""
    from acd_tui.operations.finding import Finder
    from acd_tui.vfs.capabilities import Catalogued, Mirrored

    there = parse_place(remote)
    drive = await session.filesystem(there.filesystem)
    if not isinstance(drive, Catalogued) or not isinstance(drive, Mirrored):
        raise Denied(f"`{remote}` is no drive")
    await drive.refresh()  # so that the mirror says what the service does
    local = []
    for text in places:
        place = parse_place(text)
        fs = await session.filesystem(place.filesystem)
        if isinstance(fs, Catalogued):
            raise UsageError(f"`{text}` is not a local folder")
        local.append((fs, place.path))
    finder = Finder(note)
    safe = await finder.safe(local, drive, there.path)
    _show_safe(safe, as_json=as_json)
    size = sum(group.size for group in safe)
    note(
        f"{len(safe):,} of {finder.files_found:,} files are in {remote}, "
        f"{_size(size)} can be freed"
    )
    _check(finder)


def _show_safe(safe: Sequence[Group], *, as_json: bool) -> None:
    data = Data()
    if as_json:
        data.json_list(
            {
                "path": _on_disk(local),
                "size": local.entry.size,
                "modified": utc(local.entry.modified_ns),
                "there": show_place(_place(there)),
            }
            for there, local in (group.copies for group in safe)
        )
        return
    for group in safe:
        data.line(data.name(_on_disk(group.copies[1])))


def _on_disk(copy: Copy) -> str:
    """Return a local path as other programs take it."""
    from acd_tui.vfs.capabilities import OnDisk

    return (
        copy.fs.disk_path(copy.path) if isinstance(copy.fs, OnDisk) else str(copy.path)
    )


def _show(groups: Sequence[Group], rule: Keep | None, *, as_json: bool) -> None:
    data = Data()
    if as_json:
        data.json_list(_group_object(group, rule) for group in groups)
    else:
        for group in groups:
            kept = None if rule is None else group.kept(rule)
            data.line(
                f"{len(group.copies)} × {_size(group.size)}, "
                f"{_size(group.wasted)} wasted, md5 {group.md5}"
            )
            for copy in group.copies:
                mark = " " if kept is None else "=" if copy is kept else "-"
                data.line(f"  {mark} {data.name(show_place(_place(copy)))}")
    count = sum(len(group.copies) - 1 for group in groups)
    wasted = sum(group.wasted for group in groups)
    groups_found = "1 group" if len(groups) == 1 else f"{len(groups):,} groups"
    note(f"{groups_found}, {counted(count)} too many, {_size(wasted)} wasted")


def _group_object(group: Group, rule: Keep | None) -> dict[str, object]:
    kept = None if rule is None else group.kept(rule)
    return {
        "md5": group.md5,
        "size": group.size,
        "wasted": group.wasted,
        "files": [
            {**_object(copy), "keep": None if kept is None else copy is kept}
            for copy in group.copies
        ],
    }


def _object(copy: Copy) -> dict[str, object]:
    return {"path": show_place(_place(copy)), "modified": utc(copy.entry.modified_ns)}


def _place(copy: Copy) -> Place:
    return Place(copy.filesystem, copy.path)


def _size(size: int) -> str:
    from acd_tui.units import show_size

    return show_size(size)
