"""Where a command keeps a remote's secrets: chosen, asked for, never taken silently."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from acd_tui.cli.output import note
from acd_tui.config.shown import ENCRYPTED, KEYRING, PLAIN
from acd_tui.errors import Denied, UsageError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes
    from acd_tui.session.core import Session
    from acd_tui.session.secrets import Where


class Keeping(NamedTuple):
    """Where secrets go.

    Attributes:
        where: in terms of the session.
        password: encrypt the file with it first; None leaves that as it is.
    """

    where: Where
    password: str | None = None

    def prepare(self, remotes: Remotes) -> None:
        """Encrypt the file if that was asked for, before a secret gets into it."""
        if self.password is not None:
            remotes.encrypt(self.password)
            note(f"{remotes.path} is encrypted now; rclone asks for the same password")

    def tell(self, remotes: Remotes) -> None:
        """Say so, if secrets lie open in the file now."""
        if self.where == "file" and not remotes.encrypted:
            note(f"token and client secret are unencrypted in {remotes.path}")


def keeping_options(function: Any) -> Any:
    """Give a command the flags that say where secrets are kept, as `place`."""
    for name, text in (
        (
            PLAIN,
            "Keep token and client secret in the configuration file, unencrypted and"
            " readable by you alone.",
        ),
        (
            ENCRYPTED,
            "Keep them in the configuration file and encrypt it with a password, as"
            " rclone does.",
        ),
        (KEYRING, "Keep them in the system's keyring; so it is unless told otherwise."),
    ):
        function = click.option(f"--{name}", "place", flag_value=name, help=text)(
            function
        )
    return function


async def chosen(session: Session, place: str | None) -> Keeping:
    """Find out where secrets are to be kept; nothing is changed yet.

    Args:
        session: whose remotes they are of.
        place: what the command line says; None for the keyring, or if that cannot be
            used, for what the user says.

    Raises:
        Denied: the keyring cannot be used, and nobody is there to choose.
        UsageError: a password is needed, and nobody is there to say one.
    """
    if place in {None, KEYRING}:
        problem = await session.accounts.keyring_problem()
        if problem is None:
            return Keeping("keyring")
        if place == KEYRING:
            raise Denied(
                f"the keyring cannot be used: {problem}",
                hint=f"--{ENCRYPTED} or --{PLAIN} need none",
            )
        place = _offered(session.remotes, problem)
    if session.remotes.encrypted:
        if place == PLAIN:
            note(f"{session.remotes.path} is encrypted, and stays so")
        return Keeping("file")
    if place == PLAIN:
        return Keeping("file")
    return Keeping("file", _new_password(session.remotes))


def _offered(remotes: Remotes, problem: str) -> str:
    """Let the user choose, the safer place first."""
    if remotes.encrypted:
        note(f"no keyring ({problem}); secrets go into {remotes.path}, encrypted")
        return ENCRYPTED
    if not sys.stdin.isatty():
        raise Denied(
            f"the token cannot be kept safely: {problem}",
            hint=f"with --{ENCRYPTED} it is kept in {remotes.path}, encrypted with a"
            f" password; with --{PLAIN} unencrypted, readable by you alone",
        )
    note(f"the system's keyring cannot be used: {problem}")
    note(f"token and client secret can be kept in {remotes.path} instead:")
    note("  1  encrypted with a password, in rclone's format")
    note("  2  unencrypted, readable by you alone")
    answer = click.prompt("Which", type=click.Choice(["1", "2"]), default="1", err=True)
    return ENCRYPTED if answer == "1" else PLAIN


def _new_password(remotes: Remotes) -> str:
    passwords = remotes.passwords
    password = passwords.given() or passwords.ask_new(remotes.path)
    if password is None:
        raise UsageError(
            "a password is needed to encrypt the configuration",
            hint="set RCLONE_CONFIG_PASS or give --password-command",
        )
    return password
