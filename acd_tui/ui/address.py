"""Reading what users type as a place: `/home/x`, `~/x`, `photos:a/b`, `sub/folder`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from acd_tui.errors import AcdError, UsageError
from acd_tui.transfers.model import Place
from acd_tui.ui.engine import Engine
from acd_tui.ui.format import LOCAL, address
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


def parse_folder(text: str, at: Place) -> Place:
    """Read a new folder as a user types it: from `at` on, or from the root or home.

    Raises:
        Denied: it cannot be one.
    """
    if at.filesystem == LOCAL and text.startswith("~/"):
        text = f"{Path.home()}{text[1:]}"
    base = VPath() if text.startswith("/") else at.path
    names = tuple(name for name in text.split("/") if name)
    return Place(at.filesystem, base.joined(names))


def begun_address(place: Place) -> str:
    """Write a folder so that a name in it can follow."""
    text = address(place.filesystem, place.path)
    return text if text.endswith(("/", ":")) else f"{text}/"


async def completions(text: str, base: Place, engine: Engine) -> Sequence[str]:
    """Return a begun address with the name of each folder that fits, in their order.

    Where no folder was named yet, a remote may be meant as well. After a `/` all folders
    fit that do not begin with a dot.

    Args:
        text: what was typed of it.
        base: what relative paths start from.
        engine: has the session whose filesystems are asked.
    """
    start, slash, prefix = text.rpartition("/")
    if not slash:
        start, slash, prefix = text.rpartition(":")
    if not slash and not prefix:
        return ()
    session = engine.session
    remotes = session.remote_names()
    try:
        above = parse_address(start + slash, base, remotes)
        filesystem = await engine.run(session.filesystem(above.filesystem))
        entries = await engine.run(filesystem.list(above.path))
    except AcdError:
        entries = []
    folders = [
        entry.name
        for entry in entries
        if entry.is_folder and (prefix or not entry.name.startswith("."))
    ]
    fitting = [f"{start}{slash}{name}/" for name in _fitting(folders, prefix)]
    if not slash:
        fitting += [f"{name}:" for name in _fitting(remotes, prefix)]
    return fitting


def _fitting(names: Iterable[str], prefix: str) -> Sequence[str]:
    """Those that begin so; if none is written like that, capitals do not count."""
    folded = prefix.casefold()
    fitting = sorted(name for name in names if name.casefold().startswith(folded))
    return [name for name in fitting if name.startswith(prefix)] or fitting


def _walk(path: VPath, text: str) -> VPath:
    for name in text.split("/"):
        if name == "..":
            path = path.parent
        elif name not in {"", "."}:
            path /= name
    return path
