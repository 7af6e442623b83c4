"""Commands on the trash: into it, out of it, and what is in it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING

import click

from acd_tui.cli.listing import local_minute, utc
from acd_tui.cli.output import Data, examples, json_option, note, report
from acd_tui.cli.places import (
    current,
    filesystem_at,
    in_session,
    parse_remote,
    show_place,
)
from acd_tui.errors import (
    AcdError,
    Denied,
    NotFound,
    PartlyFailed,
    SignInNeeded,
    UsageError,
)
from acd_tui.operations.turned import still_held
from acd_tui.transfers.model import Place

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.entry import TrashItem
    from acd_tui.vfs.filesystem import FileSystem

_DAY_NS = 86_400 * 1_000_000_000


@click.command(epilog=examples("trash photos:2019/blurred.jpg photos:old"))
@click.argument("paths", metavar="REMOTE:PATH…", nargs=-1, required=True)
def trash(paths: tuple[str, ...]) -> None:
    """Move files or folders to the trash: the drive's, or the desktop's.

    Nothing is destroyed: `trash-list` shows it and `restore` gives it back. What lies in
    another folder of the drive as well stays there, and only leaves the one named here.
    """

    async def work(session: Session) -> None:
        async def one(path: str) -> None:
            filesystem, place = await filesystem_at(session, path)
            if place.path.is_root:
                raise UsageError(
                    f"`{show_place(place)}` is the root, which cannot be trashed",
                    hint="name what lies in it",
                )
            await filesystem.stat(place.path)  # which knows best what is missing
            done = await session.operations.trash([place])
            if held := still_held(done):
                note(f"`{show_place(place)}`: {held}")

        await _each(paths, one, "trash")

    in_session(work)


@click.command("trash-list", epilog=examples("trash-list photos:"))
@click.argument("remote", metavar="REMOTE:")
@json_option
def trash_list(remote: str, as_json: bool) -> None:
    """List the trash: when, time left, size, id, where it was."""

    async def work(session: Session) -> None:
        items = await _trashed(await current(session, parse_remote(remote)))
        data = Data()
        if as_json:
            data.json_list(_trash_object(item) for item in items)
        elif items:
            data.table([_trash_row(item, data) for item in items])
        else:
            note("the trash is empty")

    in_session(work)


@click.command(
    epilog=examples("restore photos:2019/blurred.jpg", "restore photos: 2019 old.txt")
)
@click.argument("remote", metavar="REMOTE:")
@click.argument("items", metavar="[ID_OR_PATH]…", nargs=-1)
def restore(remote: str, items: tuple[str, ...]) -> None:
    """Put things back from the trash to where they were.

    Each is named by its path or, if several had the same one, by the id that
    `trash-list` shows. The first path may stand behind the remote, as for `trash`.
    """
    drive, colon, path = remote.partition(":")
    if path:
        remote, items = drive + colon, (remote, *items)
    if not items:
        raise UsageError(
            "nothing is named to be put back",
            hint=f"`acd-tui trash-list {remote}` shows what can be",
        )

    async def work(session: Session) -> None:
        name = parse_remote(remote)
        filesystem = await current(session, name)
        in_trash = await _trashed(filesystem)

        async def one(text: str) -> None:
            insensitive = filesystem.features.case_insensitive
            item = _find(in_trash, name, text, insensitive=insensitive)
            path = await session.operations.restore(name, item.id)
            note(f"restored `{show_place(Place(name, path))}`")

        await _each(items, one, "restore")

    in_session(work)


async def _each(
    names: Iterable[str], work: Callable[[str], Awaitable[None]], verb: str
) -> None:
    """Do something for each name; of several, one that fails stops no other.

    Raises:
        PartlyFailed: some of several failed; each was told of.
        AcdError: the only one failed, or the account did.
    """
    names = tuple(names)
    failed = 0
    for name in names:
        try:
            await work(name)
        except SignInNeeded:
            raise
        except AcdError as error:
            if len(names) == 1:
                raise
            failed += 1
            report(error)
    if failed:
        raise PartlyFailed(f"could not {verb} {failed} of {len(names)}")


async def _trashed(filesystem: FileSystem) -> list[TrashItem]:
    """List a remote's trash, the latest first."""
    from acd_tui.vfs.capabilities import TrashBin

    if not isinstance(filesystem, TrashBin):
        raise Denied(f"`{filesystem.name}` has no trash that can be looked into")
    items = await filesystem.list_trash()
    return sorted(items, key=lambda item: -(item.trashed_ns or 0))


def _find(
    items: list[TrashItem], remote: str, text: str, *, insensitive: bool
) -> TrashItem:
    """Find what is meant by an id or by the path where it was.

    Raises:
        NotFound: nothing.
        UsageError: several.
    """

    def folded(path: str) -> str:
        return path.casefold() if insensitive else path

    by_id = [item for item in items if item.id == text]
    wanted = folded(text.removeprefix(f"{remote}:").strip("/"))
    found = by_id or [item for item in items if folded(_origin(item) or "") == wanted]
    if not found:
        raise NotFound(
            f"`{text}` is not in the trash",
            hint=f"`acd-tui trash-list {remote}:` shows what is",
        )
    if len(found) > 1:
        ids = " ".join(item.id for item in found)
        raise UsageError(
            f"{len(found)} things in the trash were at `{text}`",
            hint=f"name one by its id: {ids}",
        )
    return found[0]


def _origin(item: TrashItem) -> str | None:
    """Where it was, without the leading slash; None where nobody knows."""
    if item.origin is None:
        return None
    return "/".join((*item.origin.parts, item.entry.name))


def _days_left(item: TrashItem) -> int | None:
    from acd_tui.clock import SystemClock

    if item.purged_ns is None:
        return None
    left = item.purged_ns - round(SystemClock().now() * 1e9)
    return max(0, -(-left // _DAY_NS))


def _trash_row(item: TrashItem, data: Data) -> list[str]:
    from acd_tui.units import show_size

    days = _days_left(item)
    size = "folder" if item.entry.is_folder else show_size(item.entry.size)
    name = item.entry.name + ("/" if item.entry.is_folder else "")
    folder = "?" if item.origin is None else "/".join(item.origin.parts)
    return [
        local_minute(item.trashed_ns),
        "?" if days is None else f"{days} d left",
        size,
        item.id,
        data.name(f"{folder}/{name}" if folder else name),
    ]


def _trash_object(item: TrashItem) -> dict[str, object]:
    return {
        "id": item.id,
        "name": item.entry.name,
        "path": _origin(item),
        "is_folder": item.entry.is_folder,
        "size": item.entry.size,
        "trashed": utc(item.trashed_ns),
        "purged": utc(item.purged_ns),
        "days_left": _days_left(item),
    }
