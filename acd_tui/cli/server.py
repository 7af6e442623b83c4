"""`acd-tui server`: an Amazon Drive of one's own."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import examples
from acd_tui.cli.server_common import DIRECTORY, JSON, note
from acd_tui.cli.server_people import client_group, remote_command, user_group
from acd_tui.cli.server_run import run_command, unit_command
from acd_tui.errors import Denied
from acd_tui.printable import printable

if TYPE_CHECKING:
    from acd_tui.server.check import Report


_EPILOGUE = """\b
From nothing to a drive that is used:
  acd-tui server run ~/drive              and, in another terminal,
  acd-tui server remote ~/drive home | acd-tui config import -
  acd-tui home:

\b
As a service behind a TLS proxy, with its people:
  acd-tui server unit ~/drive --public-url https://drive.example.org
  acd-tui server user ~/drive add ann

\b
The proxy's settings, backups, rclone and acd_cli: see README.md, "A drive of
your own".
"""


@click.group("server", epilog=_EPILOGUE)
def server_group() -> None:
    """Run an Amazon Drive of your own, for acd-tui, rclone and others.

    Everything it keeps lies in one folder, DIR.
    """
    if sys.platform == "win32":
        raise Denied(
            "the server runs on Linux and macOS alone",
            hint="on Windows it runs in WSL; a server elsewhere can be used from here",
        )


for _command in (run_command, user_group, client_group, remote_command, unit_command):
    server_group.add_command(_command)


@server_group.command(
    "token",
    epilog=examples(
        "server token ~/drive", "server token ~/drive --user ann --client-id rclone"
    ),
)
@DIRECTORY
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


@server_group.command(
    "cookies",
    epilog=examples(
        "server cookies ~/drive", "server cookies ~/drive --user ann --json"
    ),
)
@DIRECTORY
@click.option("--user", default="owner", show_default=True, help="Whose drive.")
@JSON
def cookies_command(directory: Path, user: str, as_json: bool) -> None:
    """Print cookies, as Amazon Photos clients take them; the server may run or not.

    They are those of a browser where USER has signed in, as a Cookie header or, with
    --json, as the dict that amazon-photos takes. For 30 days, or until the password
    changes, whoever has them can do all that USER can: let nobody else read them.
    """
    from acd_tui.server import admin

    given = admin.issue_cookies(directory, user)
    if as_json:
        # amazon-photos knows the United States by this spelling alone.
        spelt = {name.replace("-main", "_main"): given[name] for name in given}
        click.echo(json.dumps(spelt))
    else:
        click.echo("; ".join(f"{name}={value}" for name, value in given.items()))


@server_group.command("faults", epilog=examples("server faults > faults.toml"))
def faults_command() -> None:
    """Print an example of a FILE for `run --faults`, with all that it may say."""
    from acd_tui.server.app import ROUTES
    from acd_tui.server.faults.example import example

    click.echo(example(ROUTES), nl=False)


@server_group.command(
    "check",
    epilog=examples("server check ~/drive", "server check ~/drive --repair --json"),
)
@DIRECTORY
@click.option(
    "--repair",
    is_flag=True,
    help="Mend what can be mended; the server must be stopped.",
)
@JSON
@click.pass_context
def check_command(
    context: click.Context, directory: Path, repair: bool, as_json: bool
) -> None:
    """Verify every file's size and MD5, and the index; exit 0 only if all is well.

    Without --repair nothing is changed, and DIR may be a backup that cannot be written.
    A repair deletes nothing: what has no place goes to DIR/lost-and-found.
    """
    from acd_tui.units import show_size

    report = _repaired(directory) if repair else _checked(directory)
    if as_json:
        click.echo(json.dumps(report.as_dict()))
    else:
        for sentence in report.repaired:
            click.echo(printable(sentence))
        for problem in report.problems:
            click.echo(printable(problem))
        for more in report.notes:
            note(more)
        note(
            f"users: {report.users}, nodes: {report.nodes}, files: {report.files}"
            f" with {show_size(report.bytes)}: "
            + (f"problems: {len(report.problems)}" if report.problems else "all well")
        )
    if report.problems:
        context.exit(1)


def _checked(directory: Path) -> Report:
    from acd_tui.server import admin
    from acd_tui.server.check import check

    with admin.examined(directory) as storage:
        return check(storage)


def _repaired(directory: Path) -> Report:
    from acd_tui.server.repair import repair

    return repair(directory)


if __name__ == "__main__":
    server_group()
