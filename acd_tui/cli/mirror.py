"""`mirror`: the local copy of a drive's tree."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.listing import local_minute, utc
from acd_tui.cli.mirrored import age, tell_age
from acd_tui.cli.output import Data, ProgressLine, examples, json_option, note
from acd_tui.cli.places import in_session, parse_remote
from acd_tui.errors import Denied, UsageError

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.capabilities import Mirrored
    from acd_tui.vfs.entry import MirrorStatus
    from acd_tui.vfs.timeline import Change

_EVERY = 1.0  # seconds
_ALL = 1_000_000  # changes; fewer are kept


@click.group(epilog=examples("mirror status photos:", "mirror refresh photos:"))
def mirror() -> None:
    """See and renew the local copy of a drive's tree.

    The copy holds names, sizes, times and MD5s, no content. `search`, `du` and `dupes`
    answer from it without the network; other commands bring it up to date first.
    """


@mirror.command(
    epilog=examples("mirror status photos:", "mirror status photos: --json")
)
@click.argument("remote", metavar="REMOTE:")
@json_option
def status(remote: str, as_json: bool) -> None:
    """Show how old, how many and how big, without the network."""

    async def work(session: Session) -> None:
        found = await (await _mirrored(session, remote)).mirror_status()
        if as_json:
            Data().json(_object(session, found))
        else:
            _show(session, found)

    in_session(work, offline=True)


@mirror.command(epilog=examples("mirror refresh photos:"))
@click.argument("remote", metavar="REMOTE:")
def refresh(remote: str) -> None:
    """Bring the copy up to date, or read the drive for the first time."""

    async def work(session: Session) -> None:
        filesystem = await _mirrored(session, remote)
        await _watched(filesystem, filesystem.refresh())

    in_session(work)


@mirror.command(epilog=examples("mirror rebuild photos:"))
@click.argument("remote", metavar="REMOTE:")
def rebuild(remote: str) -> None:
    """Read the whole drive anew.

    Until it is read, and if it cannot be, the copy stays what it is.
    """

    async def work(session: Session) -> None:
        from acd_tui.vfs.capabilities import Rebuilding

        filesystem = await _mirrored(session, remote)
        if not isinstance(filesystem, Rebuilding):
            raise Denied(f"the copy of `{remote}` cannot be made anew")
        await _watched(filesystem, filesystem.rebuild())

    in_session(work)


@mirror.command(
    epilog=examples("mirror changes photos:", "mirror changes photos: --since 2d")
)
@click.argument("remote", metavar="REMOTE:")
@click.option(
    "--since",
    metavar="WHEN",
    help="How long ago (2d, 3h30m), or a day (2026-11-20); without, all that is known.",
)
@json_option
def changes(remote: str, since: str | None, as_json: bool) -> None:
    """List what changed in the drive, the latest first, as far as the copy has seen it.

    What the copy learned when the drive was first read is no change. Files that share
    the fate of a folder are counted with it. Changes made here by this program are
    marked with a star.
    """
    begin = None if since is None else _parse_since(since)

    async def work(session: Session) -> None:
        from acd_tui.vfs.capabilities import Chronicled
        from acd_tui.vfs.timeline import folded

        name = parse_remote(remote)
        filesystem = await session.filesystem(name)
        if not isinstance(filesystem, Chronicled):
            raise Denied(f"what changed in `{remote}` is not known")
        await tell_age(session, name)
        found = (await filesystem.timeline(_ALL)).changes
        if begin is not None:
            first = begin(session.clock.now())
            found = [change for change in found if change.at_ns >= first * 1e9]
        _show_changes(folded(found), as_json=as_json)

    in_session(work, offline=True)


def _parse_since(text: str) -> Callable[[float], float]:
    """Return what gives the moment that is meant, seconds since 1970, for a now."""
    from datetime import datetime

    from acd_tui.units import parse_duration

    try:
        day = datetime.fromisoformat(text)
    except ValueError:
        pass
    else:
        return lambda _: day.timestamp()
    try:
        seconds = parse_duration(text)
    except UsageError:
        seconds = None
    if seconds is None:
        raise UsageError(
            f"{text!r} is neither a duration nor a day",
            hint="write it like 2d, 3h30m or 2026-11-20",
        )
    return lambda now: now - seconds


def _show_changes(found: Sequence[Change], *, as_json: bool) -> None:
    data = Data()
    if as_json:
        data.json_list(
            {
                "when": utc(change.at_ns),
                "what": change.kind.value,
                "path": _path(change),
                "before": None if change.before is None else str(change.before),
                "folder": change.entry.is_folder,
                "size": change.entry.size,
                "inside": change.inside,
                "own": change.own,
            }
            for change in found
        )
        return
    for change in found:
        star = "*" if change.own else " "
        path = _path(change)
        text = "the drive was read anew" if path is None else data.name(path)
        if change.before is not None:
            text = f"{data.name(str(change.before))} -> {text}"
        if change.inside:
            text += f" (with {change.inside:,} inside)"
        when = local_minute(change.at_ns)
        data.line(f"{when}  {change.kind.value:<9}{star} {text}")


def _path(change: Change) -> str | None:
    """Return where something was; with a question mark if its folder is not known."""
    from acd_tui.vfs.timeline import ChangeKind

    if change.kind is ChangeKind.UNKNOWN:
        return None
    if change.folder is None:
        path = f"?/{change.entry.name}"
    else:
        path = str(change.folder / change.entry.name)
    return path + ("/" if change.entry.is_folder else "")


async def _mirrored(session: Session, remote: str) -> Mirrored:
    from acd_tui.vfs.capabilities import Mirrored

    filesystem = await session.filesystem(parse_remote(remote))
    if not isinstance(filesystem, Mirrored):
        raise Denied(f"`{remote}` has no local copy")
    return filesystem


async def _watched(filesystem: Mirrored, work: Coroutine[Any, Any, None]) -> None:
    """Do the work, with a line that counts on a terminal, and say what came of it."""
    import asyncio

    line = ProgressLine()
    task = asyncio.ensure_future(work)
    try:
        while not (await asyncio.wait({task}, timeout=_EVERY))[0]:
            if line.terminal:
                count = (await filesystem.mirror_status()).nodes
                line.show(f"{count:,} files and folders so far")
    finally:
        line.give_way()
        task.cancel()  # nothing if it is done
    await task
    count = (await filesystem.mirror_status()).nodes
    note(f"{count:,} files and folders, all up to date")


def _show(session: Session, status: MirrorStatus) -> None:
    from acd_tui.units import show_duration, show_size

    old = age(session, status)
    rows = [
        ("State:", "complete" if status.complete else "not complete"),
        ("Checked:", "never" if old is None else f"{show_duration(old)} ago"),
        ("Nodes:", f"{status.nodes:,}"),
        ("Size:", show_size(status.size)),
    ]
    if problem := status.problem or status.damage:
        rows.append(("Problem:", problem))
    Data().table(rows)


def _object(session: Session, status: MirrorStatus) -> dict[str, object]:
    checked = status.checked
    return {
        "complete": status.complete,
        "checked": utc(None if checked is None else round(checked * 1e9)),
        "age": age(session, status),
        "nodes": status.nodes,
        "bytes": status.size,
        "problem": status.problem or status.damage,
    }
