"""The flags that every command takes, and the remotes of this run, which they set.

`--acd-KEY` gives an option of a remote a value for this run, as rclone's flags of that
name do, and `--password-command` opens an encrypted configuration.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import note
from acd_tui.config.options import OPTIONS
from acd_tui.printable import printable

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes

_FLAGS = "acd_tui.flags"
_COMMAND = "acd_tui.password_command"
_REMOTES = "acd_tui.remotes"
_PARAMETER = "password_command"
_BEGINNINGS = ("--acd-", "--password-command", "--log-file")
_ALONE = re.compile(r"-v+|--verbose")


def behind_flags(arguments: list[str]) -> list[str]:
    """Return what stands behind the flags at the beginning of a command line."""
    at = 0
    while at < len(arguments):
        if _ALONE.fullmatch(arguments[at]):
            at += 1
        elif arguments[at].startswith(_BEGINNINGS):
            at += 1 if "=" in arguments[at] else 2
        else:
            break
    return arguments[at:]


def with_flags(command: click.Command) -> click.Command:
    """Let a command, and those below it, take the flags wherever they stand."""
    if any(each.name == _PARAMETER for each in command.params):
        return command
    for option in OPTIONS:
        dashed = f"--acd-{option.key.replace('_', '-')}"
        spelt = dict.fromkeys((dashed, f"--acd-{option.key}"))
        command.params.append(_hidden(f"acd_{option.key}", *spelt))
    command.params.append(_hidden(_PARAMETER, "--password-command"))
    if isinstance(command, click.Group):
        for each in command.commands.values():
            with_flags(each)
    return command


def _hidden(name: str, *spelt: str) -> click.Option:
    return click.Option(
        [name, *spelt], hidden=True, expose_value=False, callback=_remember
    )


def _remember(
    ctx: click.Context, parameter: click.Parameter, value: str | None
) -> None:
    if value is None:
        return
    if parameter.name == _PARAMETER:
        ctx.meta[_COMMAND] = value
        return
    key = str(parameter.name).removeprefix("acd_")
    if any(option.key == key and option.secret for option in OPTIONS):
        note(
            f"others on this machine can see arguments; set RCLONE_ACD_{key.upper()}"
            " instead"
        )
    ctx.meta.setdefault(_FLAGS, {})[key] = value


def remotes() -> Remotes:
    """Return the configured remotes of this run.

    Raises:
        Denied: their folder cannot be made.
    """
    from acd_tui.config.password import Passwords
    from acd_tui.config.remotes import Remotes
    from acd_tui.locations import Locations

    meta = click.get_current_context().meta
    if _REMOTES not in meta:
        meta[_REMOTES] = Remotes(
            Locations.from_environment().remotes_file,
            flags=meta.get(_FLAGS),
            passwords=Passwords(
                command=meta.get(_COMMAND, ""), ask=_ask if _can_ask() else None
            ),
        )
    found: Remotes = meta[_REMOTES]
    return found


def _can_ask() -> bool:
    return sys.stdin.isatty() or sys.stderr.isatty()


def _ask(question: str) -> str:
    """Ask on the terminal itself, whatever the standard streams lead to."""
    import getpass

    try:
        return getpass.getpass(printable(question))
    except EOFError:
        raise click.Abort from None
