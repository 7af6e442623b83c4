"""Commands on the configured remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import click

from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session
from acd_tui.cli.signing_in import read_options, sign_in_elsewhere, sign_in_here
from acd_tui.errors import Denied, Exists, NotFound, UsageError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes
    from acd_tui.session import Session

_MASK = "***"


@click.group(
    epilog=examples("config create photos client_id=abc", "config show photos")
)
def config() -> None:
    """Add, show and remove remotes; rclone can read the file they are kept in."""


@config.command(
    epilog=examples(
        "config create photos client_id=abc client_secret=-  < secret.txt",
        "config create home client_id=acd-tui token=- --plain-file  < token.json",
    )
)
@click.argument("name")
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]…")
@click.option(
    "--plain-file",
    is_flag=True,
    help="Keep token and client secret in the configuration file, unencrypted and "
    "readable by you alone, instead of in the system's keyring.",
)
@click.option(
    "--no-browser",
    is_flag=True,
    help="Sign in with a browser on another machine, and paste here.",
)
def create(
    name: str, options: tuple[str, ...], plain_file: bool, no_browser: bool
) -> None:
    """Add a remote called NAME and sign in to it.

    The browser is opened to sign in unless `token` is given. A value of `-` is read
    from standard input, so that a secret is not among the arguments, which others on
    this machine can see.
    """
    from acd_tui.auth.token import Token
    from acd_tui.config.options import RemoteOptions
    from acd_tui.config.remotes import check_name

    check_name(name)
    values = read_options(options)
    given = Token.from_paste(values.pop("token")) if values.get("token") else None

    async def work(session: Session) -> None:
        _refuse_taken(session.remotes, name)
        if not plain_file and (problem := await session.accounts.keyring_problem()):
            raise Denied(
                f"the token cannot be kept safely: {problem}",
                hint="with --plain-file it is kept unencrypted in "
                f"{session.remotes.path}, readable by you alone",
            )
        if given is not None:
            token = given
        elif no_browser:
            token = await sign_in_elsewhere(values)
        else:
            token = await sign_in_here(values, open_browser=True)
        where: Literal["file", "keyring"] = "file" if plain_file else "keyring"
        await session.accounts.add(
            name, RemoteOptions.read(values), token, secrets=where
        )
        if plain_file:
            note(f"token and client secret are unencrypted in {session.remotes.path}")
        note(f"added {name}: (see `acd-tui lsd {name}:`)")

    in_session(work)


def _refuse_taken(remotes: Remotes, name: str) -> None:
    """Refuse a taken name before the user has signed in for nothing."""
    if name.casefold() in {each.casefold() for each in remotes.names()}:
        raise Exists(
            f"there is a remote {name!r} already",
            hint=f"choose another name, or `acd-tui config delete {name}` first",
        )


@config.command("list", epilog=examples("config list", "config list --json"))
@json_option
def list_remotes(as_json: bool) -> None:
    """List the remotes, those of the environment too."""
    remotes, data = _remotes(), Data()
    names = remotes.names()
    if as_json:
        data.json_list(
            {"name": name, "secrets": _where(remotes, name)} for name in names
        )
        return
    for name in names:
        data.line(f"{data.name(name)}:")
    if not names:
        note("there are no remotes; add one with `acd-tui config create`")


@config.command(epilog=examples("config show photos", "config show photos --json"))
@click.argument("name")
@json_option
def show(name: str, as_json: bool) -> None:
    """Show what is set for a remote.

    That is what file and environment say together. Secrets are masked.
    """
    from acd_tui.config.options import BY_KEY

    remotes, data = _remotes(), Data()
    values = {
        key: _MASK if key in BY_KEY and BY_KEY[key].secret else value
        for key, value in _values(remotes, name).items()
    }
    if as_json:
        where = _where(remotes, name)
        data.json({"name": name, "secrets": where, "options": values})
        return
    data.line(f"[{data.name(name)}]")
    for key, value in values.items():
        data.line(f"{data.name(key)} = {data.name(value)}")


@config.command(epilog=examples("config delete photos"))
@click.argument("name")
def delete(name: str) -> None:
    """Remove a remote from this machine.

    Its options, its secrets and its local mirror go. The drive itself and what is on
    it stay as they are.
    """

    async def work(session: Session) -> None:
        _values(session.remotes, name)
        await session.accounts.remove(name)
        note(f"removed {name}:; the drive itself was not touched")

    in_session(work)


@config.command(epilog=examples("config file"))
def file() -> None:
    """Say where the configuration file is.

    It is in rclone's format: `rclone --config FILE` reads it.
    """
    data = Data()
    data.line(data.name(str(_remotes().path)))


def _remotes() -> Remotes:
    from acd_tui.config.remotes import Remotes
    from acd_tui.locations import Locations

    return Remotes(Locations.from_environment().remotes_file)


def _values(remotes: Remotes, name: str) -> dict[str, str]:
    try:
        return remotes.values(name)
    except NotFound as error:
        raise UsageError(
            error.message, hint="`acd-tui config list` shows the remotes"
        ) from None


def _where(remotes: Remotes, name: str) -> str:
    """Say where a remote's token is kept."""
    if remotes.in_file(name).get("token"):
        return "file"
    return "environment" if remotes.get(name).token else "keyring"
