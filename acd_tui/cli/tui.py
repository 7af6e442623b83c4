"""The two panes, from the command line."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import examples
from acd_tui.errors import UsageError

if TYPE_CHECKING:
    from acd_tui.transfers.model import Place


@click.command(epilog=examples("photos:2019 --local ~/Pictures", "--local ~/Music"))
@click.argument("place", required=False, metavar="[REMOTE:[PATH]]")
@click.option(
    "--local",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    default=".",
    help="Folder of this machine to start in.",
)
def tui(place: str | None, local: str) -> None:
    """Open the two panes: this machine on the left, a remote on the right.

    Without a remote it opens the first one there is; where none is configured, the
    set-up, whose first offer is the built-in drive.
    """
    from acd_tui.cli.places import parse_place

    show_panes(local, parse_place(place) if place else None)


def show_panes(
    local: str,
    right: Place | None,
    *,
    built_in: Path | None = None,
    at_remotes: bool = False,
) -> None:
    """Run the interface until the user quits.

    Args:
        local: the folder of this machine for the left pane.
        right: what the right pane shows; None for the first remote there is.
        built_in: start the built-in drive in that folder before anything is shown.
        at_remotes: open the remotes screen at once.
    """
    if not all(each and each.isatty() for each in (sys.stdin, sys.stdout)):
        raise UsageError(
            "the panes need a terminal",
            hint="`acd-tui --help` lists the commands for scripts",
        )
    from acd_tui.cli import flags
    from acd_tui.cli.host import Host
    from acd_tui.cli.telling import start_log
    from acd_tui.config.file import SettingsFile
    from acd_tui.config.places import PlacesFile
    from acd_tui.locations import Locations
    from acd_tui.session.setup import Setup
    from acd_tui.transfers.model import Place
    from acd_tui.ui.app import AcdApp, OwnFiles
    from acd_tui.ui.engine import Engine
    from acd_tui.vfs.path import VPath

    locations = Locations.from_environment()
    start_log(locations, on_screen=True)
    settings_file = SettingsFile(locations.settings_file)
    settings = settings_file.load()
    remotes = flags.remotes()
    remotes.names()  # asks for the configuration's password while it can
    remotes.passwords.silence()
    host = Host(locations, built_in, remotes)
    engine = Engine()
    engine.start(host.opened)
    places = PlacesFile(locations.places_file)
    app = AcdApp(
        engine,
        settings=settings,
        files=OwnFiles(settings_file, places, locations.log_file),
        left=Place("local", VPath.parse(local)),
        right=right,
        setup=Setup(lambda: host.session, host.start_built_in),
        at_remotes=at_remotes,
    )
    try:
        app.run()
    finally:
        engine.close()
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)
