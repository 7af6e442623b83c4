"""What a dialog is about to do, written as a command."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable

from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.ui.format import address
from acd_tui.ui.widgets.chosen import Chosen

_MOST = 1000  # things that one would name in commands
_PLAIN_BYTE = re.compile(rb"[\x20-\x7e]")


def sources_of(filesystem: str, rows: Chosen) -> list[tuple[str, bool]]:
    """The address of each row and whether it is a folder; of very many nothing."""
    if len(rows) > _MOST:
        return []
    return [(address(filesystem, row.path), row.entry.is_folder) for row in rows]


def quoted(text: str) -> str:
    """Quote `text` for bash, zsh and fish-like shells, so that it can also be shown.

    What cannot be shown is written as bytes in `$'…'`.
    """
    if printable(text) == text:
        return shlex.quote(text)
    parts = []
    for byte in os.fsencode(text):
        character = bytes([byte])
        if character in b"'\\":
            parts.append("\\" + character.decode())
        elif _PLAIN_BYTE.fullmatch(character):
            parts.append(character.decode())
        else:
            parts.append(f"\\{byte:03o}")
    return "$'" + "".join(parts) + "'"


def rename_command(address: str, name: str) -> str:
    """Return the command that gives something another name."""
    end = "-- " if name.startswith("-") else ""
    return f"acd-tui rename {quoted(address)} {end}{quoted(name)}"


def command(verb: str, addresses: Iterable[str]) -> str:
    """Return a command that takes nothing but addresses, such as `mkdir`."""
    return " ".join(["acd-tui", verb, *map(quoted, addresses)])


def copy_commands(
    sources: Iterable[tuple[str, bool]],
    target: str,
    policy: ConflictPolicy,
    *,
    verb: str = "copy",
) -> list[str]:
    """Return the commands that copy as the dialog would, one for each source.

    Args:
        sources: the address of each (`photos:/a/b`, `/home/u/b`) and whether it is a
            folder. The command copies what a folder holds, so the folder's name is
            added to the target, as for rclone.
        target: the address of the folder copied to.
        policy: what to do about conflicts.
        verb: `copy` or `move`.
    """
    lines = []
    for source, is_folder in sources:
        to = target
        if is_folder:
            _, below, name = source.rstrip("/").rpartition("/")
            if not below:  # at the root of a remote: its own name may hold colons, too
                name = name.partition(":")[2]
            slash = "" if not name or to.endswith(("/", ":")) else "/"
            to = f"{to}{slash}{name}"
        lines.append(
            f"acd-tui {verb} {quoted(source)} {quoted(to)} --conflict {policy.value}"
        )
    return lines
