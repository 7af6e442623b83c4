"""`acd-tui server`: an Amazon Drive of one's own."""

from __future__ import annotations

import ipaddress
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from acd_tui.errors import UsageError
from acd_tui.logs import RedactingFormatter
from acd_tui.printable import printable

if TYPE_CHECKING:
    import asyncio

    from acd_tui.server.admin import NewServer
    from acd_tui.server.runner import Addresses

F = TypeVar("F", bound=Callable[..., Any])

_DIRECTORY = click.argument(
    "directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)
_JSON = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")


@click.group("server")
def server_group() -> None:
    """Run an Amazon Drive of your own, for acd-tui, rclone and others.

    Everything it keeps lies in one folder, DIR.
    """


def _note(text: str) -> None:
    click.echo(printable(text), err=True)


def _with_password(command: F) -> F:
    """Give a command the ways to say a password."""
    stdin = click.option(
        "--password-stdin", is_flag=True, help="Read the password from standard input."
    )
    ask = click.option("--ask", is_flag=True, help="Ask for the password.")
    return ask(stdin(command))


def _password(*, ask: bool, stdin: bool) -> str | None:
    """The password that was given, None if one shall be generated."""
    if stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    elif ask:
        password = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
    else:
        return None
    if len(password) < 8:
        raise UsageError("a password needs at least 8 characters")
    return password


@server_group.command("run")
@_DIRECTORY
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to bind.")
@click.option(
    "--port",
    default=8753,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to bind; 0 takes a free one.",
)
@click.option("--public-url", metavar="URL", help="Its address behind a TLS proxy.")
@click.option("--quota", metavar="SIZE", help="What each user may store, like 5G.")
@click.option(
    "--allow-host",
    "allowed_hosts",
    metavar="NAME",
    multiple=True,
    help="A further host name it is reached under; may be given again.",
)
@_with_password
@click.option("--follow-stdin", is_flag=True, hidden=True)
@_JSON
def run_command(
    directory: Path,
    host: str,
    port: int,
    public_url: str | None,
    quota: str | None,
    allowed_hosts: tuple[str, ...],
    ask: bool,
    password_stdin: bool,
    follow_stdin: bool,
    as_json: bool,
) -> None:
    """Serve DIR; it is made if it is missing.

    A new one has one user, owner, whose password is shown once, and one application,
    acd-tui. The server answers programs on this machine only, unless --host says
    otherwise.
    """
    import asyncio

    from acd_tui.server import admin, runner
    from acd_tui.units import parse_size

    limit = parse_size(quota) if quota is not None else None
    _log_to_stderr()
    with runner.locked(directory):
        given = None
        if admin.is_new(directory):
            given = _password(ask=ask, stdin=password_stdin)
        new = admin.initialise(directory, password=given)
    _introduce(new, directory, shown=given is None)
    if not _is_loopback(host):
        _warn_about(host, public_url)

    async def serve() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, stop.set)
        if follow_stdin:
            _stop_with_stdin(loop, stop)
        await runner.run(
            directory,
            host,
            port,
            public_url,
            lambda addresses: _announce(addresses, as_json=as_json),
            quota=limit,
            allowed_hosts=allowed_hosts,
            stop=stop,
        )

    asyncio.run(serve())
    _note("stopped")


def _log_to_stderr() -> None:
    handler = logging.StreamHandler()
    handler.setFormatter(RedactingFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.getLogger().addHandler(handler)


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """End with whoever started this process: then its pipe to us is closed."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        loop.call_soon_threadsafe(stop.set)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def _introduce(new: NewServer, directory: Path, *, shown: bool) -> None:
    if new.owner_password is None:
        return
    _note(f"{directory} is a new drive")
    _note("  user:           owner")
    if shown:
        _note(f"  password:       {new.owner_password}")
    _note(f"  application:    {new.client_id}")
    _note(f"  its secret:     {new.client_secret}")
    if shown:
        _note("The password is shown this once; note it down.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn_about(host: str, public_url: str | None) -> None:
    _note(
        f"warning: listening on {host}, others can reach this server, and what they"
        " send and get is not encrypted: passwords, tokens and files can be read on"
        " the way"
    )
    if public_url is None or not public_url.startswith("https:"):
        _note(
            "hint: put a proxy with TLS in front of it, keep --host 127.0.0.1 and"
            " give its address with --public-url"
        )


def _announce(addresses: Addresses, *, as_json: bool) -> None:
    said = addresses.as_dict()
    if as_json:
        click.echo(json.dumps(said | {"pid": os.getpid()}))
    else:
        for name, url in said.items():
            click.echo(f"{name:13} {url}")
    sys.stdout.flush()


@server_group.command("token")
@_DIRECTORY
@click.option("--user", default="owner", show_default=True, help="Whose drive.")
@click.option("--client-id", default="acd-tui", show_default=True, help="For whom.")
@click.option(
    "--expires-in",
    default=3600,
    show_default=True,
    type=int,
    help="Seconds until it has to be refreshed.",
)
def token_command(directory: Path, user: str, client_id: str, expires_in: int) -> None:
    """Print a token, as rclone stores it; the server may run or not."""
    from acd_tui.server import admin

    click.echo(json.dumps(admin.issue_token(directory, user, client_id, expires_in)))


@server_group.group("user")
@_DIRECTORY
@click.pass_context
def user_group(context: click.Context, directory: Path) -> None:
    """Who may sign in to the server of DIR."""
    context.obj = directory


@user_group.command("add")
@click.pass_obj
@click.argument("name")
@_with_password
@_JSON
def user_add(
    directory: Path, name: str, ask: bool, password_stdin: bool, as_json: bool
) -> None:
    """Add a user with an empty drive; a generated password is shown once."""
    from acd_tui.server import admin

    given = _password(ask=ask, stdin=password_stdin)
    password = admin.add_user(directory, name, given)
    _show_password(name, None if given else password, as_json=as_json)


@user_group.command("password")
@click.pass_obj
@click.argument("name")
@_with_password
@_JSON
def user_password(
    directory: Path, name: str, ask: bool, password_stdin: bool, as_json: bool
) -> None:
    """Change a user's password and sign them out everywhere."""
    from acd_tui.server import admin

    given = _password(ask=ask, stdin=password_stdin)
    password = admin.set_password(directory, name, given)
    _show_password(name, None if given else password, as_json=as_json)


def _show_password(name: str, password: str | None, *, as_json: bool) -> None:
    if as_json:
        shown = {} if password is None else {"password": password}
        click.echo(json.dumps({"user": name} | shown))
    elif password is not None:
        click.echo(password)
        _note("This password is shown this once; note it down.")


@user_group.command("list")
@click.pass_obj
@_JSON
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


@user_group.command("remove")
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
    _note(f"removed {name} and {files} files")


@server_group.group("client")
@_DIRECTORY
@click.pass_context
def client_group(context: click.Context, directory: Path) -> None:
    """Which applications may ask for a sign-in at the server of DIR."""
    context.obj = directory


@client_group.command("add")
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
@_JSON
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
        _note("This secret is shown this once; note it down.")


@client_group.command("list")
@click.pass_obj
@_JSON
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


@client_group.command("remove")
@click.pass_obj
@click.argument("client_id", metavar="ID")
def client_remove(directory: Path, client_id: str) -> None:
    """Forget an application and sign out whoever uses it."""
    from acd_tui.server import admin

    admin.remove_client(directory, client_id)


@server_group.command("check")
@_DIRECTORY
@_JSON
@click.pass_context
def check_command(context: click.Context, directory: Path, as_json: bool) -> None:
    """Verify every file's size and MD5, and the index; exit 0 only if all is well."""
    from acd_tui.server import admin
    from acd_tui.server.check import check
    from acd_tui.units import show_size

    with admin.opened(directory) as storage:
        report = check(storage)
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        for problem in report.problems:
            click.echo(printable(problem))
        for note in report.notes:
            _note(note)
        _note(
            f"users: {report.users}, nodes: {report.nodes}, files: {report.files}"
            f" with {show_size(report.bytes)}: "
            + (f"problems: {len(report.problems)}" if report.problems else "all well")
        )
    if report.problems:
        context.exit(1)


if __name__ == "__main__":
    server_group()
