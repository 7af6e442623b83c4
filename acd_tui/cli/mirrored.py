"""Remotes that answer from their mirrors, and how far these can be trusted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import note

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.vfs.entry import MirrorStatus

_OLD = 60.0
"""Seconds after which the age of a mirror is worth saying."""


_SAID = "acd_tui.damage_said"


def unread(name: str, status: MirrorStatus) -> str:
    """Say why the mirror of a remote does not hold the whole drive."""
    if status.damage is None:
        return f"{name}: was never read as a whole"
    click.get_current_context().meta[_SAID] = True
    return f"{name}: {status.damage}"


async def tell_damage(session: Session) -> None:
    """Say on standard error which mirrors turned out to be damaged, unless that is said."""
    from acd_tui.vfs.capabilities import Mirrored
    from acd_tui.vfs.entry import MADE_ANEW

    for name, filesystem in session.opened.items():
        if isinstance(filesystem, Mirrored):
            status = await filesystem.mirror_status(count=False)
            if status.damages and not click.get_current_context().meta.get(_SAID):
                note(f"{name}: {MADE_ANEW}")


def age(session: Session, status: MirrorStatus) -> float | None:
    """Return how many seconds ago a mirror agreed with its drive; None for never."""
    if status.checked is None:
        return None
    return max(0.0, session.clock.now() - status.checked)


async def tell_age(session: Session, name: str, *, why: str = "") -> None:
    """Say on standard error how far the mirror of a remote may be behind.

    Args:
        session: has the remotes.
        name: of the remote.
        why: it has to do, if that is not the command's way; its age is said however young.
    """
    from acd_tui.units import show_duration
    from acd_tui.vfs.capabilities import Mirrored

    filesystem = await session.filesystem(name)
    if not isinstance(filesystem, Mirrored):
        return
    status = await filesystem.mirror_status()
    old = age(session, status)
    if not status.complete:
        note(
            f"{unread(name, status)}, so there may be more; "
            f"`acd-tui mirror refresh {name}:` reads it"
        )
    elif old is not None and (why or old > _OLD):
        reason = f"{why}; " if why else ""
        note(f"{reason}as {name}: was {show_duration(old)} ago")
