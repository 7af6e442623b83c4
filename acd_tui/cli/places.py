"""`REMOTE:path` and local paths, and running a command inside a session."""

from __future__ import annotations

import contextlib
import os
import posixpath
import re
from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import click

from acd_tui.cli.mirrored import tell_age, tell_damage, unread
from acd_tui.cli.output import note
from acd_tui.errors import Transient, Unreachable, UsageError
from acd_tui.transfers.model import Place
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.session.events import Hindered
    from acd_tui.vfs.filesystem import FileSystem

T = TypeVar("T")

LOCAL = "local"

_UNCONFIRMED = "acd_tui.unconfirmed"
_SILENCE = 3.0  # seconds without an answer after which the user is told so

# amazon-drive-api.md §7.1
_REMOTE_NAME = re.compile(r"[\w.+@](?:[\w.+@ -]*[\w.+@-])?")


def parse_place(text: str) -> Place:
    """Read `photos:2019/a.jpg`, `photos:`, `./a:b` or `/home/me/a`, as rclone does.

    What stands before a colon is a remote, unless there is a slash before it. `..` is
    resolved by the names alone.

    Raises:
        UsageError: that cannot be a place.
    """
    if not text:
        raise UsageError("a path is empty", hint="write `.` for the current folder")
    remote, colon, path = text.partition(":")
    if not colon or "/" in remote:
        return Place(LOCAL, VPath.parse(_absolute(text)))
    if not _REMOTE_NAME.fullmatch(remote) or remote == LOCAL:
        raise UsageError(
            f"`{remote}` cannot be the name of a remote",
            hint=f"write `./{text}` for a local file of that name",
        )
    return Place(remote, VPath.parse(posixpath.normpath("/" + path)))


def parse_remote(text: str) -> str:
    """Read `photos:` (the colon may be missing) where only a remote makes sense.

    Raises:
        UsageError: it is no remote, or there is a path behind it.
    """
    remote, _, path = text.partition(":")
    if path or not _REMOTE_NAME.fullmatch(remote) or remote == LOCAL:
        raise UsageError(
            f"`{text}` is not a remote", hint="write its name and a colon: `photos:`"
        )
    return remote


def show_place(place: Place) -> str:
    """Write a place the way it is read."""
    if place.filesystem == LOCAL:
        return str(place.path)
    return f"{place.filesystem}:{'/'.join(place.path.parts)}"


async def filesystem_at(
    session: Session, text: str, *, known_will_do: bool = False
) -> tuple[FileSystem, Place]:
    """Read a place and open its filesystem, for what it holds now.

    Args:
        session: has the remotes.
        text: as typed.
        known_will_do: see `current`.

    Raises:
        UsageError: it is no place, or there is no such remote.
        SignInNeeded, Transient: of the remote.
    """
    place = parse_place(text)
    filesystem = await current(session, place.filesystem, known_will_do=known_will_do)
    return filesystem, place


async def listed_at(
    session: Session, text: str, *, cached: bool
) -> tuple[FileSystem, Place]:
    """Read a place and open its filesystem, to list what it holds.

    Args:
        session: has the remotes.
        text: as typed.
        cached: whether that is as it is known, without asking, however old.

    Raises:
        UsageError: it is no place, or there is no such remote.
        SignInNeeded, Transient: of the remote.
        Unreachable: it is to be listed as it is known, and is not known as a whole.
    """
    from acd_tui.vfs.capabilities import Mirrored

    if not cached:
        return await filesystem_at(session, text, known_will_do=True)
    place = parse_place(text)
    name = place.filesystem
    filesystem = await session.filesystem(name)
    if isinstance(filesystem, Mirrored):
        status = await filesystem.mirror_status(count=False)
        if not status.complete:
            raise Unreachable(
                unread(name, status),
                hint=f"`acd-tui mirror refresh {name}:` reads it",
            )
        await tell_age(session, name)
    return filesystem, place


async def current(
    session: Session, name: str, *, known_will_do: bool = False
) -> FileSystem:
    """Open a filesystem for what it holds now, not when it was last looked at.

    Panes show what the mirror has and correct themselves; what a command prints has to
    be right at once. A mirror that is not complete yet is not relied on anyway.

    Args:
        session: has the remotes.
        name: of the filesystem.
        known_will_do: what a complete mirror knows is better than nothing if nobody
            answers. Its age is said, and the command ends with the exit code of a
            temporary error, so that no script takes it for what is there now.

    Raises:
        UsageError: there is no such remote.
        SignInNeeded, Transient: of the remote.
    """
    import asyncio

    from acd_tui.vfs.capabilities import (
        Followed,
        Mirrored,
        Quota,
    )

    filesystem = await session.filesystem(name)
    if not isinstance(filesystem, Mirrored):
        return filesystem
    opened: object = filesystem
    followed = opened if isinstance(opened, Followed) else None
    waiting = asyncio.get_running_loop().call_later(
        _SILENCE, note, f"waiting for an answer from {name}:"
    )
    whole = (await filesystem.mirror_status(count=False)).complete
    try:
        if whole:
            await (followed.first_look() if followed else filesystem.refresh())
        elif isinstance(filesystem, Quota):
            # The least one can ask, so that no old listing hides that nobody answers.
            await filesystem.space(VPath())
    except Transient as error:
        if not (whole and known_will_do):
            raise
        await tell_age(session, name, why=error.message)
        click.get_current_context().meta[_UNCONFIRMED] = True
    finally:
        waiting.cancel()
    return filesystem


def in_session(
    work: Callable[[Session], Coroutine[Any, Any, T]],
    *,
    tries: int | None = None,
    offline: bool = False,
    configuring: bool = False,
    may_be_old: bool = False,
) -> T:
    """Open a session, do the work of one command in it, close it.

    Args:
        work: of the command.
        tries: how often one call of a drive is sent; None for the usual number.
        offline: whether remotes answer from their mirrors alone.
        configuring: whether it is the configuration that is worked on.
        may_be_old: whether the command did its work even if it had to go by what was
            known of a drive that does not answer; see `current`.
    """
    import asyncio

    from acd_tui.cli import flags
    from acd_tui.cli.telling import start_log
    from acd_tui.locations import Locations
    from acd_tui.session.core import Session
    from acd_tui.session.events import Hindered

    locations = Locations.from_environment()
    start_log(locations)

    remotes = flags.remotes()
    named = _remotes_named(click.get_current_context().params)
    if configuring or named:
        # A password is asked for here, where Ctrl-C still ends the program.
        named = named.difference(remotes.names())

    async def whole() -> T:
        opened = Session.open(locations, remotes=remotes)
        async with opened as session, contextlib.AsyncExitStack() as stack:
            session.tries, session.offline = tries, offline
            stack.enter_context(session.bus.subscribed(Hindered, _tell_hindered))
            if named:
                from acd_tui.cli.built_in import in_use

                await stack.enter_async_context(in_use(session, locations, named))
            try:
                return await work(session)
            finally:
                await tell_damage(session)

    result = asyncio.run(whole())
    if click.get_current_context().meta.get(_UNCONFIRMED) and not may_be_old:
        raise click.exceptions.Exit(Transient.exit_code)
    return result


def _tell_hindered(event: Hindered) -> None:
    if event.why is not None:
        note(event.sentence)


def _remotes_named(parameters: Mapping[str, object]) -> frozenset[str]:
    """What stands where the name of a remote does, in anything that was given."""
    return frozenset(
        each.partition(":")[0]
        for value in parameters.values()
        for each in (value if isinstance(value, tuple) else (value,))
        if isinstance(each, str) and ":" in each.split("/")[0]
    )


def _absolute(text: str) -> str:
    try:
        return os.path.abspath(text)  # noqa: PTH100 - Path.absolute keeps `..`
    except OSError as error:
        raise UsageError(
            f"the current folder cannot be used: {error.strerror}",
            hint="change to another folder or give a whole path",
        ) from error
