"""Finding an rclone.conf and what of it to take over (amazon-drive-api.md §7.2)."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from acd_tui.config import crypt
from acd_tui.config.ini import IniText
from acd_tui.config.options import TYPE
from acd_tui.config.password import Passwords
from acd_tui.errors import NotFound, UsageError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes

_POINTERS = ("remote", "remotes", "upstreams")
"""Keys by which a section of rclone's speaks of other sections."""


class Source(msgspec.Struct, frozen=True):
    """A configuration to take remotes over from.

    Attributes:
        ini: what it holds.
        encrypted: whether all of it was encrypted, not only what is known as a secret.
    """

    ini: IniText
    encrypted: bool

    def may_be_copied_to(self, remotes: Remotes) -> bool:
        """Whether sections of others, secrets and all, would be no more open there."""
        return remotes.encrypted or not self.encrypted


def opened(passwords: Passwords, path: Path, text: str) -> Source:
    """Read a configuration, encrypted or not.

    Raises:
        Locked: it is encrypted, and its password is not known.
        UsageError: it is damaged, or the command for its password failed.
    """
    return Source(IniText(passwords.opened(path, text)), crypt.is_encrypted(text))


def rclone_file(environment: Mapping[str, str]) -> Path:
    """Return the configuration that rclone itself would use.

    Raises:
        NotFound: there is none; says where it was looked for.
    """
    tried = list(dict.fromkeys(_candidates(environment)))
    for path in tried:
        if path.is_file():
            return path
    raise NotFound(
        f"there is no rclone.conf: {', '.join(map(str, tried))}",
        hint="name the file; `rclone config file` says where it is",
    )


def _candidates(environment: Mapping[str, str]) -> Iterator[Path]:
    if given := environment.get("RCLONE_CONFIG"):
        yield Path(given).expanduser()
        return
    if program := shutil.which("rclone"):
        yield Path(program).parent / "rclone.conf"
    if sys.platform == "win32" and (data := environment.get("APPDATA")):
        yield Path(data) / "rclone/rclone.conf"
    if folder := environment.get("XDG_CONFIG_HOME"):
        yield Path(folder) / "rclone/rclone.conf"
    yield Path("~/.config/rclone/rclone.conf").expanduser()
    yield Path("~/.rclone.conf").expanduser()


def drives(ini: IniText) -> list[str]:
    """Return the names of the Amazon Drive remotes."""
    return [name for name in ini.sections() if ini.values(name).get("type") == TYPE]


def building_on(ini: IniText, names: list[str]) -> list[str]:
    """Return the sections that build on some others, such as `crypt`, near ones first.

    acd-tui cannot use them, but an rclone that reads its file can.
    """
    known = set(names)
    found: list[str] = []
    while True:
        new = [
            name
            for name in ini.sections()
            if name not in known and _speaks_of(ini.values(name), known)
        ]
        if not new:
            return found
        found += new
        known |= set(new)


def _speaks_of(values: Mapping[str, str], names: set[str]) -> bool:
    text = " ".join(values.get(key, "") for key in _POINTERS)
    return any(re.search(rf"(?:^|[\s=\"]){re.escape(name)}:", text) for name in names)


def selected(ini: IniText, wanted: tuple[str, ...]) -> list[str]:
    """Return the drives to import: those that are named, or all.

    Raises:
        NotFound: there is none, or none of that name.
        UsageError: one is no Amazon Drive.
    """
    there = drives(ini)
    for name in wanted:
        if name not in ini.sections():
            raise NotFound(f"there is no remote {name!r} in it")
        if name not in there:
            raise UsageError(f"{name} is no Amazon Drive, which is all acd-tui knows")
    if not there:
        raise NotFound("there is no Amazon Drive in it", hint=f"its type is `{TYPE}`")
    return list(wanted) or there
