"""Commands on the configured remotes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli import flags
from acd_tui.cli.keeping import chosen, keeping_options
from acd_tui.cli.output import Data, examples, json_option, note
from acd_tui.cli.places import in_session
from acd_tui.cli.signing_in import read_options, sign_in_elsewhere, sign_in_here
from acd_tui.config.shown import masked, secrets_place
from acd_tui.errors import NotFound, UsageError

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes
    from acd_tui.session.core import Session


@click.group(
    epilog=examples(
        "config", "config create photos client_id=abc", "config show photos"
    ),
    invoke_without_command=True,
)
@click.pass_context
def config(context: click.Context) -> None:
    """Add, show and remove remotes; rclone can read the file they are kept in.

    Without a command it opens the screen that lists them.
    """
    if context.invoked_subcommand is None:
        from acd_tui.cli.tui import show_panes

        show_panes(".", None, at_remotes=True)


@config.command(
    epilog=examples(
        "config create photos client_id=abc client_secret=-  < secret.txt",
        "config create home client_id=acd-tui token=- --encrypted-file  < token.json",
    )
)
@click.argument("name")
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]…")
@click.option(
    "--no-browser",
    is_flag=True,
    help="Sign in with a browser on another machine, and paste here.",
)
@keeping_options
def create(
    name: str, options: tuple[str, ...], place: str | None, no_browser: bool
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
        session.remotes.check_free(name)  # before the user has signed in for nothing
        keeping = await chosen(session, place)
        if given is not None:
            token = given
        elif no_browser:
            token = await sign_in_elsewhere(values)
        else:
            token = await sign_in_here(values, open_browser=True)
        keeping.prepare(session.remotes)
        await session.accounts.add(
            name, RemoteOptions.read(values), token, secrets=keeping.where
        )
        keeping.tell(session.remotes)
        note(f"added {name}: (see `acd-tui lsd {name}:`)")

    in_session(work, configuring=True)


@config.command(
    epilog=examples(
        "config update photos encoding=Slash,Dot checkpoint=",
        "config update photos --encrypted-file",
    )
)
@click.argument("name")
@click.argument("options", nargs=-1, metavar="[KEY=VALUE]…")
@keeping_options
def update(name: str, options: tuple[str, ...], place: str | None) -> None:
    """Change options of the remote NAME, or move its secrets.

    An empty value takes an option away, and `-` is read from standard input. What the
    environment or a flag says counts more than the file that is changed here.
    """
    from acd_tui.auth.token import Token

    values = read_options(options)
    values.pop("type", None)
    if values.get("token"):
        values["token"] = Token.from_paste(values["token"]).to_blob()
    if not values and place is None:
        raise UsageError(
            "there is nothing to change", hint="write what is, like encoding=Slash,Dot"
        )

    async def work(session: Session) -> None:
        own_values(session.remotes, name)
        secrets = session.accounts.secrets
        keeping = None if place is None else await chosen(session, place)
        if keeping is not None:
            # First to see whether they can be had: else nothing is to change.
            await secrets.export(name)
            keeping.prepare(session.remotes)  # before new ones get into the file
        if values:
            await secrets.update(name, values)
        if keeping is not None:
            await secrets.move(name, keeping.where)
            keeping.tell(session.remotes)
        note(f"changed {name}:")

    in_session(work, configuring=True)


@config.command("list", epilog=examples("config list", "config list --json"))
@json_option
def list_remotes(as_json: bool) -> None:
    """List the remotes, those of the environment too."""
    remotes, data = flags.remotes(), Data()
    names = remotes.names()
    if as_json:
        data.json_list(
            {"name": name, "secrets": secrets_place(remotes, name)} for name in names
        )
        return
    for name in names:
        data.line(f"{data.name(name)}:")
    if not names:
        note("there are no remotes; add one with `acd-tui config create`")


@config.command(
    epilog=examples("config show", "config show photos", "config show photos --json")
)
@click.argument("name", required=False)
@json_option
def show(name: str | None, as_json: bool) -> None:
    """Show what is set for a remote; without NAME for all of them.

    That is what file and environment say together. Secrets are masked.
    """
    remotes, data = flags.remotes(), Data()
    shown: list[dict[str, Any]] = [
        {
            "name": each,
            "secrets": secrets_place(remotes, each),
            "options": masked(own_values(remotes, each, environment=True)),
        }
        for each in ([name] if name else remotes.names())
    ]
    if as_json:
        data.json(shown[0] if name else shown)
        return
    for number, each in enumerate(shown):
        lines = [f"[{each['name']}]"]
        lines += [f"{key} = {value}" for key, value in each["options"].items()]
        data.lines(data.name(line) for line in ([""] if number else []) + lines)
    if not shown:
        note("there are no remotes; add one with `acd-tui config create`")


@config.command(epilog=examples("config delete photos"))
@click.argument("name")
def delete(name: str) -> None:
    """Remove a remote from this machine.

    Its options, its secrets and its local mirror go. The drive itself and what is on
    it stay as they are. That takes a queue in which nothing of it is left to do.
    """

    async def work(session: Session) -> None:
        own_values(session.remotes, name)
        await session.delete_remote(name)
        note(f"removed {name}:; the drive itself was not touched")

    in_session(work, configuring=True)


@config.command(epilog=examples("config file"))
def file() -> None:
    """Say where the configuration file is.

    It is in rclone's format: `rclone --config FILE` reads it.
    """
    data = Data()
    data.line(data.name(str(flags.remotes().path)))


@config.command(epilog=examples("config keys", "config keys --preset vim"))
@click.option("--preset", help="Another set of keys than the one of your settings.")
@click.option("--markdown", is_flag=True, help="As a table for a document.")
@json_option
def keys(preset: str | None, markdown: bool, as_json: bool) -> None:
    """List what can be done in the panes, with its keys.

    The name at the start of a line is the one `[keys.bind]` of settings.toml takes.
    """
    from acd_tui.config.file import SettingsFile
    from acd_tui.locations import Locations
    from acd_tui.ui import key_table
    from acd_tui.ui.keymap import keymap

    file = SettingsFile(Locations.from_environment().settings_file)
    asked = file.load().keys
    chosen = keymap(preset or asked.preset, None if preset else asked.bind)
    for problem in chosen.problems:
        name = f"keys.bind.{problem.action}"
        note(f"{file.place_of(name)}: {name}: {problem.text}")
    lines, data = key_table.action_lines(chosen.keys), Data()
    if as_json:
        data.json_list(
            {
                "action": line.action,
                "where": line.group,
                "keys": list(chosen.keys[line.action]),
                "title": line.title,
                "help": line.help,
            }
            for line in lines
        )
    elif markdown:
        data.write(key_table.markdown(chosen.keys))
    else:
        data.table([(line.action, line.keys, line.title) for line in lines])


def own_values(
    remotes: Remotes, name: str, *, environment: bool = False
) -> dict[str, str]:
    """Return what the file says of a remote that there is.

    Args:
        remotes: the configured ones.
        name: one of them.
        environment: whether to count what environment and flags say, too; the remote
            may be theirs alone then.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        return remotes.values(name) if environment else remotes.own(name)
    except NotFound as error:
        raise UsageError(
            error.message, hint="`acd-tui config list` shows the remotes"
        ) from None
