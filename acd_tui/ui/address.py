"""Reading what users type as a place: `/home/x`, `~/x`, `photos:a/b`, `sub/folder`."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from acd_tui.errors import AcdError, UsageError
from acd_tui.transfers.model import Place
from acd_tui.ui.engine import Engine
from acd_tui.ui.format import LOCAL
from acd_tui.vfs.path import VPath


def parse_address(text: str, base: Place, remotes: Collection[str]) -> Place:
    """Read an address as a user types it.

    Args:
        text: an absolute path of this machine, a remote with a path, or a path from
            `base` on; `..` is understood.
        base: what relative paths start from.
        remotes: names of the remotes there are.

    Raises:
        UsageError: there is no such remote.
        Denied: it cannot be a path.
    """
    text = text.strip()
    if text == "~" or text.startswith("~/"):
        text = f"{Path.home()}/{text[2:]}"
    if text.startswith("/"):
        return Place(LOCAL, _walk(VPath(), text))
    name, colon, rest = text.partition(":")
    if colon and name in {*remotes, LOCAL}:
        return Place(name, _walk(VPath(), rest))
    if colon and "/" not in name:
        known = ", ".join(sorted(remotes)) or "none"
        raise UsageError(
            f"there is no remote {name!r}", hint=f"remotes there are: {known}"
        )
    return Place(base.filesystem, _walk(base.path, text))


async def complete(text: str, base: Place, engine: Engine) -> str | None:
    """Return a begun address with the name of the first folder that fits.

    Args:
        text: what was typed of it.
        base: what relative paths start from.
        engine: has the session whose filesystems are asked.
    """
    start, slash, prefix = text.rpartition("/")
    if not slash:
        start, slash, prefix = text.rpartition(":")
    if not prefix:
        return None
    try:
        session = engine.session
        above = parse_address(start + slash, base, session.remote_names())
        filesystem = await engine.run(session.filesystem(above.filesystem))
        entries = await engine.run(filesystem.list(above.path))
    except AcdError:
        return None
    folded = prefix.casefold()
    names = sorted(
        entry.name
        for entry in entries
        if entry.is_folder and entry.name.casefold().startswith(folded)
    )
    exact = [name for name in names if name.startswith(prefix)]
    return f"{start}{slash}{(exact or names)[0]}/" if names else None


def _walk(path: VPath, text: str) -> VPath:
    for name in text.split("/"):
        if name == "..":
            path = path.parent
        elif name not in {"", "."}:
            path /= name
    return path
