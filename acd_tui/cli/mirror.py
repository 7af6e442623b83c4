"""`mirror`: the local copy of a drive's tree."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.listing import utc
from acd_tui.cli.mirrored import age
from acd_tui.cli.output import Data, ProgressLine, examples, json_option, note
from acd_tui.cli.places import in_session, parse_remote
from acd_tui.errors import Denied

if TYPE_CHECKING:
    from acd_tui.session import Session
    from acd_tui.vfs.entry import MirrorStatus
    from acd_tui.vfs.filesystem import Mirrored

_EVERY = 1.0  # seconds


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
        from acd_tui.vfs.filesystem import Rebuilding

        filesystem = await _mirrored(session, remote)
        if not isinstance(filesystem, Rebuilding):
            raise Denied(f"the copy of `{remote}` cannot be made anew")
        await _watched(filesystem, filesystem.rebuild())

    in_session(work)


async def _mirrored(session: Session, remote: str) -> Mirrored:
    from acd_tui.vfs.filesystem import Mirrored

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
        line.clear()
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
    if status.problem:
        rows.append(("Problem:", status.problem))
    Data().table(rows)


def _object(session: Session, status: MirrorStatus) -> dict[str, object]:
    checked = status.checked
    return {
        "complete": status.complete,
        "checked": utc(None if checked is None else round(checked * 1e9)),
        "age": age(session, status),
        "nodes": status.nodes,
        "bytes": status.size,
        "problem": status.problem,
    }
