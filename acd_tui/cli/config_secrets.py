"""Commands that move remotes, or their secrets, from one place to another."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from acd_tui.cli import flags
from acd_tui.cli.config import own_values
from acd_tui.cli.keeping import Keeping, chosen, keeping_options
from acd_tui.cli.output import Data, examples, note
from acd_tui.cli.places import in_session
from acd_tui.cli.signing_in import sign_in_elsewhere, sign_in_here
from acd_tui.errors import AcdError, Exists, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from acd_tui.config.importing import Source
    from acd_tui.config.ini import IniText
    from acd_tui.config.remotes import Remotes
    from acd_tui.session.core import Session


@click.command(epilog=examples("config rename photos pictures"))
@click.argument("name")
@click.argument("new")
def rename(name: str, new: str) -> None:
    """Give the remote NAME the name NEW.

    Its secrets, its mirror, the history of its transfers and what can be undone go with
    it. That takes a queue in which nothing of it is left to do.
    """

    async def work(session: Session) -> None:
        own_values(session.remotes, name)
        await session.rename_remote(name, new)
        note(f"{name}: is {new}: now")

    in_session(work, configuring=True)


@click.command(epilog=examples("config copy photos photos-by-link"))
@click.argument("name")
@click.argument("new")
def copy(name: str, new: str) -> None:
    """Add a remote NEW with all that NAME has, its sign-in included."""

    async def work(session: Session) -> None:
        own_values(session.remotes, name)
        await session.accounts.secrets.copy(name, new)
        note(f"added {new}:, like {name}:")

    in_session(work, configuring=True)


@click.command(
    epilog=examples("config reconnect photos", "config reconnect photos --no-browser")
)
@click.argument("name")
@click.option(
    "--no-browser",
    is_flag=True,
    help="Sign in with a browser on another machine, and paste here.",
)
@keeping_options
def reconnect(name: str, no_browser: bool, place: str | None) -> None:
    """Sign in to the remote NAME again.

    What waits in the queue for the sign-in goes on. The new token is kept where the old
    one was, unless told otherwise.
    """

    async def work(session: Session) -> None:
        in_file = own_values(session.remotes, name)
        if "token" in session.remotes.overrides(name):
            raise UsageError(
                f"the token of {name}: is set by environment or flag, which counts more",
                hint="take that away first; `acd-tui config show` shows what is set",
            )
        keeping = None
        if place is not None or not in_file.get("token"):
            keeping = await chosen(session, place)
        options = await session.accounts.sign_in_options(name)
        if no_browser:
            token = await sign_in_elsewhere(options)
        else:
            token = await sign_in_here(options, open_browser=True)
        if keeping is not None:
            keeping.prepare(session.remotes)
        await session.renew_token(name, token, keeping and keeping.where)
        if keeping is not None:
            keeping.tell(session.remotes)
        note(f"signed in to {name}:")

    in_session(work, configuring=True)


@click.command(
    epilog=examples(
        "config password", "config password --remove", "config password < new.txt"
    )
)
@click.option("--remove", is_flag=True, help="Decrypt the file.")
def password(remove: bool) -> None:
    """Encrypt the configuration file with a password, or change that.

    The format is rclone's. The password it has is asked for, or comes from
    RCLONE_CONFIG_PASS or a password command; the new one is asked for, or read from
    standard input where that is no terminal.
    """
    remotes = flags.remotes()
    remotes.names()  # opens it, or says that it cannot
    if remove:
        _decrypt(remotes)
        return
    encrypted, new = remotes.encrypted, None
    if sys.stdin.isatty():
        new = remotes.passwords.ask_new(remotes.path)
    if new is None:
        new = sys.stdin.readline().rstrip("\r\n")
    if new != new.strip():
        note("the password begins or ends with a blank")
    remotes.encrypt(new)
    if not encrypted:
        note(f"{remotes.path} is encrypted now; rclone asks for the same password")
        return
    note(f"{remotes.path} has a new password")
    if source := remotes.passwords.source():
        note(f"{source} still says the old one")


def _decrypt(remotes: Remotes) -> None:
    if not remotes.encrypted:
        note(f"{remotes.path} is not encrypted")
        return
    remotes.decrypt()
    note(f"{remotes.path} is not encrypted any more")
    for name in remotes.names():
        if remotes.in_file(name).get("token"):
            note(f"the token of {name}: can be read in it now")


@click.command(epilog=examples("config export photos >> other/rclone.conf"))
@click.argument("name")
def export(name: str) -> None:
    """Print the remote NAME as a section of rclone.conf, token included.

    Whoever has what is printed can use the drive. rclone ignores what it does not know
    of it (`endpoint_url`).
    """

    async def work(session: Session) -> None:
        own_values(session.remotes, name, environment=True)
        Data().write(await session.accounts.secrets.export(name))

    in_session(work, configuring=True)


@click.command(
    "import",
    epilog=examples(
        "config import",
        "config import old/rclone.conf photos",
        "server remote ~/drive home | acd-tui config import -",
    ),
)
@click.argument("file", required=False, metavar="[RCLONE.CONF]")
@click.argument("names", nargs=-1, metavar="[NAME]…")
@keeping_options
def import_(file: str | None, names: tuple[str, ...], place: str | None) -> None:
    """Take over the Amazon Drive remotes of an rclone.conf, encrypted or not.

    Without a file, rclone's own is taken; `-` is standard input. Comments and spelling
    stay. What builds on such a remote in rclone (`crypt`, `alias`) is copied too, for
    rclone to find in the file of acd-tui; from an encrypted file only into an encrypted
    one. The file that is read stays as it is.
    """
    from acd_tui.config import importing

    text = sys.stdin.read() if file == "-" else _read_file(file)

    async def work(session: Session) -> None:
        source = text if not isinstance(text, str) else _opened(text)
        ini = source.ini
        wanted = importing.selected(ini, names)
        new = _not_there(session, wanted, insist=bool(names))
        others = _not_there(session, importing.building_on(ini, wanted))
        keeping = Keeping("file")
        if any(_has_secrets(ini, name) for name in new):
            keeping = await chosen(session, place)
        _check(ini, new)
        keeping.prepare(session.remotes)
        for name in new:
            await session.accounts.secrets.add(
                name, ini.values(name), keeping.where, ini.part(name)
            )
            note(f"added {name}:")
            if not ini.values(name).get("token"):
                note(
                    f"nobody is signed in to {name}:; `acd-tui config reconnect {name}`"
                )
        for name in others:
            if not source.may_be_copied_to(session.remotes):
                note(
                    f"left out {name}, which rclone alone can use: here it would be "
                    "unencrypted; `acd-tui config password` first, then import again"
                )
                continue
            session.remotes.add_part(name, ini.part(name))
            note(f"copied {name}, which rclone alone can use")
        if new:
            keeping.tell(session.remotes)

    in_session(work, configuring=True)


def _read_file(file: str | None) -> Source:
    from pathlib import Path

    from acd_tui.config import atomic, importing

    path: Path = Path(file) if file else importing.rclone_file(os.environ)
    text = atomic.read(path)
    if not text and not path.exists():
        raise UsageError(f"there is no file {path}")
    note(f"reading {path}")
    return _opened(text, path)


def _opened(text: str, path: Path | None = None) -> Source:
    from pathlib import Path

    from acd_tui.config.importing import opened

    passwords = flags.remotes().passwords
    return opened(passwords, path or Path("standard input"), text)


def _not_there(
    session: Session, names: list[str], *, insist: bool = False
) -> list[str]:
    """Leave out what the configuration has already."""
    new = []
    for name in names:
        try:
            session.remotes.check_free(name)
        except Exists:
            if insist:
                raise
            note(f"{name}: is there already, and stays as it is")
        else:
            new.append(name)
    return new


def _has_secrets(ini: IniText, name: str) -> bool:
    values = ini.values(name)
    return bool(values.get("token") or values.get("client_secret"))


def _check(ini: IniText, names: list[str]) -> None:
    """Refuse all if one makes no sense, before anything is written."""
    from acd_tui.auth.token import Token
    from acd_tui.session.option_values import check_values

    for name in names:
        try:
            check_values(ini.values(name))
            if token := ini.values(name).get("token"):
                Token.from_blob(token)
        except AcdError as error:
            raise UsageError(f"{name}: {error.message}", hint=error.hint) from error
