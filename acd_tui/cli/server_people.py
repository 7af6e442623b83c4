"""`acd-tui server user` and `client`: who may use a server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import click

from acd_tui.cli.output import examples
from acd_tui.cli.server_common import DIRECTORY, JSON, note, password, with_password
from acd_tui.errors import UsageError
from acd_tui.printable import printable


@click.group(
    "user",
    epilog=examples("server user ~/drive add ann", "server user ~/drive list --json"),
)
@DIRECTORY
@click.pass_context
def user_group(context: click.Context, directory: Path) -> None:
    """Who may sign in to the server of DIR."""
    context.obj = directory


@user_group.command(
    "add",
    epilog=examples(
        "server user ~/drive add ann", "server user ~/drive add bob --password-stdin"
    ),
)
@click.pass_obj
@click.argument("name")
@with_password
@JSON
def user_add(
    directory: Path, name: str, ask: bool, password_stdin: bool, as_json: bool
) -> None:
    """Add a user with an empty drive; a generated password is shown once."""
    from acd_tui.server import admin

    given = password(ask=ask, stdin=password_stdin)
    new = admin.add_user(directory, name, given)
    _show_password(name, None if given else new, as_json=as_json)


@user_group.command("password", epilog=examples("server user ~/drive password ann"))
@click.pass_obj
@click.argument("name")
@with_password
@JSON
def user_password(
    directory: Path, name: str, ask: bool, password_stdin: bool, as_json: bool
) -> None:
    """Change a user's password and sign them out everywhere."""
    from acd_tui.server import admin

    given = password(ask=ask, stdin=password_stdin)
    new = admin.set_password(directory, name, given)
    _show_password(name, None if given else new, as_json=as_json)


def _show_password(name: str, new: str | None, *, as_json: bool) -> None:
    if as_json:
        shown = {} if new is None else {"password": new}
        click.echo(json.dumps({"user": name} | shown))
    elif new is not None:
        click.echo(new)
        note("This password is shown this once; note it down.")


@user_group.command(
    "list",
    epilog=examples("server user ~/drive list", "server user ~/drive list --json"),
)
@click.pass_obj
@JSON
def user_list(directory: Path, as_json: bool) -> None:
    """List the users with what they store."""
    from acd_tui.server import admin
    from acd_tui.units import show_size

    users = admin.users(directory)
    if as_json:
        click.echo(json.dumps(users))
        return
    for user in users:
        name = printable(user["name"])
        click.echo(f"{user['files']:>9} {show_size(user['bytes']):>10}  {name}")


@user_group.command("remove", epilog=examples("server user ~/drive remove ann"))
@click.pass_obj
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
def user_remove(directory: Path, name: str, yes: bool) -> None:
    """Remove a user and, for good, the whole drive of that user."""
    from acd_tui.server import admin

    if not yes:
        click.confirm(
            f"Delete {printable(name)} with all files for good?", abort=True, err=True
        )
    files = admin.remove_user(directory, name)
    note(f"removed {name} and {files} files")


@click.group(
    "client",
    epilog=examples("server client ~/drive add my-app", "server client ~/drive list"),
)
@DIRECTORY
@click.pass_context
def client_group(context: click.Context, directory: Path) -> None:
    """Which applications may ask for a sign-in at the server of DIR."""
    context.obj = directory


@client_group.command(
    "add",
    epilog=examples(
        "server client ~/drive add my-app --redirect-uri http://127.0.0.1:8000/"
    ),
)
@click.pass_obj
@click.argument("client_id", metavar="ID")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    metavar="URI",
    multiple=True,
    help="Where it may be answered; may be given again.  [default: rclone's]",
)
@click.option(
    "--owner",
    metavar="NAME",
    help="Its name in createdBy and of its properties.  [default: ID]",
)
@click.option("--public", is_flag=True, help="It may do without its secret, with PKCE.")
@JSON
def client_add(
    directory: Path,
    client_id: str,
    redirect_uris: tuple[str, ...],
    owner: str | None,
    public: bool,
    as_json: bool,
) -> None:
    """Register an application; its secret is shown once."""
    from acd_tui.server import admin

    uris = redirect_uris or (admin.REDIRECT_URI,)
    secret = admin.add_client(
        directory, client_id, uris, owner=owner or client_id, public=public
    )
    if as_json:
        click.echo(json.dumps({"client_id": client_id, "client_secret": secret}))
    else:
        click.echo(secret)
        note("This secret is shown this once; note it down.")


@client_group.command(
    "list",
    epilog=examples("server client ~/drive list", "server client ~/drive list --json"),
)
@click.pass_obj
@JSON
def client_list(directory: Path, as_json: bool) -> None:
    """List the applications."""
    from acd_tui.server import admin

    clients = admin.clients(directory)
    if as_json:
        click.echo(json.dumps(clients))
        return
    for client in clients:
        uris = " ".join(client["redirect_uris"])
        click.echo(printable(f"{client['client_id']}  {uris}"))


@client_group.command("remove", epilog=examples("server client ~/drive remove my-app"))
@click.pass_obj
@click.argument("client_id", metavar="ID")
def client_remove(directory: Path, client_id: str) -> None:
    """Forget an application and sign out whoever uses it."""
    from acd_tui.server import admin

    admin.remove_client(directory, client_id)


_FIRST_URL = "http://127.0.0.1:8753"
_WILDCARDS = {"//0.0.0.0:": "//127.0.0.1:", "//[::]:": "//[::1]:"}


@click.command(
    "remote", epilog=examples("server remote ~/drive home | acd-tui config import -")
)
@DIRECTORY
@click.argument("name")
@click.option("--user", default="owner", show_default=True, help="Whose drive.")
@click.option(
    "--url",
    help="Where the server is found.  [default: where it runs, or did last]",
)
def remote_command(directory: Path, name: str, user: str, url: str | None) -> None:
    """Print the section of a configuration file that makes a drive a remote.

    It is signed in already, and it is the same for acd-tui and for rclone. It holds
    secrets: let nobody else read the file.

    \b
    acd-tui server remote ~/drive home | acd-tui config import -
    """
    from acd_tui.server import admin
    from acd_tui.server.hosts import Hosts
    from acd_tui.server.whereabouts import Addresses

    if not re.fullmatch(r"[\w][\w .+@-]*", name) or name != name.strip():
        raise UsageError(f"{name!r} is no name for a remote")
    url = url or _address_of(directory)
    addresses = Addresses(Hosts(url).public_url or url)
    values = {
        "type": "amazon cloud drive",
        "client_id": admin.APPLICATION,
        "client_secret": admin.application_secret(directory),
        "auth_url": addresses.auth_url,
        "token_url": addresses.token_url,
        "endpoint_url": addresses.endpoint_url,
        "token": json.dumps(admin.issue_token(directory, user)),
    }
    click.echo(f"[{name}]")
    for key, value in values.items():
        click.echo(f"{key} = {value}")
    click.echo()


def _address_of(directory: Path) -> str:
    """Return where a server is found on this machine, or through its proxy."""
    from acd_tui.server.whereabouts import last_address

    url, runs = last_address(directory)
    if url is None:
        note(f"the server has not run yet: {_FIRST_URL} is taken; --url says another")
        return _FIRST_URL
    for any_of_ours, this_machine in _WILDCARDS.items():
        url = url.replace(any_of_ours, this_machine)
    if not runs:
        note(f"the server does not run; {url} was its last address")
    return url
