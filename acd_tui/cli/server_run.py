"""`acd-tui server run`, and the systemd unit that runs it."""

from __future__ import annotations

import getpass
import ipaddress
import json
import logging
import os
import shutil
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from acd_tui.cli.output import examples
from acd_tui.cli.server_common import DIRECTORY, JSON, note, password, with_password
from acd_tui.errors import UsageError

if TYPE_CHECKING:
    import asyncio

    from acd_tui.server.admin import NewServer
    from acd_tui.server.runner import Options, Running, Stop


@click.command(
    "run", epilog=examples("server run ~/drive", "server run ~/drive --port 0 --json")
)
@DIRECTORY
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
@click.option(
    "--rate-limit",
    "rate",
    metavar="N[/s|/m]",
    help="Requests of one application for one user; more get 429.",
)
@click.option(
    "--grace",
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    type=click.FloatRange(0, 86400),
    help="What requests under way get to end in when it is stopped.",
)
@click.option(
    "--access-log",
    metavar="FILE",
    help="Note each request, without secrets; - is standard output, SIGHUP reopens.",
)
@click.option(
    "--metrics",
    is_flag=True,
    help="Count, and show /metrics to this machine, or with DIR/metrics.token.",
)
@click.option(
    "--faults",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Let requests go wrong by rule, to test clients; see `server faults`.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="How many processes answer requests; about as many as there are cores.",
)
@with_password
@click.option("--follow-stdin", is_flag=True, hidden=True)
@JSON
def run_command(
    directory: Path,
    quota: str | None,
    rate: str | None,
    ask: bool,
    password_stdin: bool,
    follow_stdin: bool,
    as_json: bool,
    **given: Any,
) -> None:
    """Serve DIR; it is made if it is missing.

    A new one has one user, owner, whose password is shown once, and one application,
    acd-tui. The server answers programs on this machine only, unless --host says
    otherwise.

    SIGTERM and Ctrl-C let requests under way end; the second one does not.
    """
    import asyncio

    from acd_tui.server import admin, runner
    from acd_tui.server.app import fault_file
    from acd_tui.server.limits import Rate
    from acd_tui.server.stderr import log_to_stderr
    from acd_tui.server.whereabouts import locked
    from acd_tui.units import parse_size

    options = runner.Options(
        quota=None if quota is None else parse_size(quota),
        rate=None if rate is None else Rate.parse(rate),
        **given,
    )
    log_to_stderr()
    if options.faults is not None:
        fault_file(options.faults)  # what makes no sense is told before a drive is made
    with locked(directory):
        new_password = None
        if admin.is_new(directory):
            new_password = password(ask=ask, stdin=password_stdin)
        new = admin.initialise(directory, password=new_password)
    _introduce(new, directory, shown=new_password is None)
    if not _is_loopback(options.host):
        _warn_about(options.host, options.public_url)
    asyncio.run(_serve(directory, options, follow_stdin=follow_stdin, as_json=as_json))


async def _serve(
    directory: Path, options: Options, *, follow_stdin: bool, as_json: bool
) -> None:
    import asyncio

    from acd_tui.server import runner

    stop = runner.Stop()
    loop = asyncio.get_running_loop()
    # Before it can be reopened there is no log: a signal then must not end us.
    loop.add_signal_handler(signal.SIGHUP, lambda: None)

    def ready(running: Running) -> None:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
            loop.add_signal_handler(number, _stopping, stop, running, options.grace)
        loop.add_signal_handler(signal.SIGHUP, running.reopen_logs)
        if options.faults is not None:
            _warn_of_faults(options.faults)
        _announce(running.addresses.as_dict(), as_json=as_json)

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop)
    if follow_stdin:
        _stop_with_stdin(loop, stop)
    await runner.run(directory, options, ready, stop)
    note("stopped; requests under way were cut off" if stop.at_once else "stopped")


def _stopping(stop: Stop, running: Running, grace: float) -> None:
    requests = running.requests()
    stop()
    if requests and not stop.at_once:
        note(
            f"stopping: requests under way: {requests}, they get {grace:g} s;"
            " a second signal ends them"
        )


def _stop_with_stdin(loop: asyncio.AbstractEventLoop, stop: Stop) -> None:
    """End with whoever started this process: then its pipe to us is closed."""

    def wait() -> None:
        while os.read(0, 1024):
            pass
        loop.call_soon_threadsafe(stop)

    threading.Thread(target=wait, name="stdin", daemon=True).start()


def _introduce(new: NewServer, directory: Path, *, shown: bool) -> None:
    if new.owner_password is None:
        return
    note(f"{directory} is a new drive")
    note("  user:           owner")
    if shown:
        note(f"  password:       {new.owner_password}")
    note(f"  application:    {new.client_id}")
    note(f"  its secret:     {new.client_secret}")
    if shown:
        note("The password is shown this once; note it down.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _warn_about(host: str, public_url: str | None) -> None:
    note(
        f"warning: listening on {host}, others can reach this server, and what they"
        " send and get is not encrypted: passwords, tokens and files can be read on"
        " the way"
    )
    if public_url is None or not public_url.startswith("https:"):
        note(
            "hint: put a proxy with TLS in front of it, keep --host 127.0.0.1 and"
            " give its address with --public-url"
        )


def _warn_of_faults(path: Path) -> None:
    logging.getLogger("acd_tui.server.faults").setLevel(logging.INFO)
    note(f"warning: faults are on: requests go wrong as {path} says")


def _announce(said: dict[str, str], *, as_json: bool) -> None:
    if as_json:
        click.echo(json.dumps(said | {"pid": os.getpid()}))
    else:
        for name, url in said.items():
            click.echo(f"{name:13} {url}")
    sys.stdout.flush()


@click.command(
    "unit",
    epilog=examples(
        "server unit ~/drive | sudo tee /etc/systemd/system/acd-tui.service"
    ),
    context_settings={"ignore_unknown_options": True},
    options_metavar="",
)
@DIRECTORY
@click.argument(
    "options", metavar="[OPTIONS OF RUN]...", nargs=-1, type=click.UNPROCESSED
)
def unit_command(directory: Path, options: tuple[str, ...]) -> None:
    """Print a systemd unit that runs the server over DIR as the present user.

    \b
    acd-tui server unit ~/drive --public-url https://drive.example.org |
      sudo tee /etc/systemd/system/acd-tui.service
    """
    from acd_tui.server import systemd

    given = run_command.make_context("run", [str(directory), *options]).params
    directory = directory.absolute()
    written = [directory]
    for key in ("access_log", "faults"):
        path = given[key]
        if path not in {None, "-"} and not Path(path).is_absolute():
            raise UsageError(f"systemd needs the whole path of {path}")
    if given["access_log"] not in {None, "-"}:
        written.append(Path(given["access_log"]).parent)
    click.echo(
        systemd.unit(
            [*_program(), "server", "run", str(directory), *options],
            user=getpass.getuser(),
            written=written,
        ),
        nl=False,
    )


def _program() -> list[str]:
    """How this program is started again."""
    here = Path(sys.argv[0])
    found = shutil.which(sys.argv[0])
    if here.name == "acd-tui" and found:
        return [str(Path(found).absolute())]
    return [sys.executable, "-m", "acd_tui"]
