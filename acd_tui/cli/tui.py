"""The two panes, from the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from acd_tui.cli.output import examples
from acd_tui.errors import UsageError

if TYPE_CHECKING:
    from acd_tui.cli.host import Host
    from acd_tui.config.settings import Settings
    from acd_tui.locations import Locations
    from acd_tui.transfers.model import Place
    from acd_tui.ui.app import AcdApp

LINEAR_HELP = "Talk in lines of text, for screen readers; nothing is drawn."


@click.command(epilog=examples("photos:2019 --local ~/Pictures", "--local ~/Music"))
@click.argument("place", required=False, metavar="[REMOTE:[PATH]]")
@click.option(
    "--local",
    type=click.Path(exists=True, file_okay=False, resolve_path=True),
    default=".",
    help="Folder of this machine to start in.",
)
@click.option("--linear", is_flag=True, help=LINEAR_HELP)
def tui(place: str | None, local: str, linear: bool) -> None:
    """Open the two panes: this machine on the left, a remote on the right.

    Without a remote it opens the first one there is; where none is configured, the
    set-up, whose first offer is the built-in drive, or that drive if it was chosen.
    """
    from acd_tui.cli.places import parse_place

    right = parse_place(place) if place else None
    show_panes(local, right, named=right is not None, linear=linear)


def show_panes(
    local: str,
    right: Place | None,
    *,
    built_in: Path | None = None,
    named: bool = False,
    at_remotes: bool = False,
    linear: bool = False,
) -> None:
    """Run the interface until the user quits.

    Args:
        local: the folder of this machine for the left pane.
        right: what the right pane shows; None for the first remote there is.
        built_in: start the built-in drive in that folder before anything is shown.
        named: the user named what the right pane shows.
        at_remotes: open the remotes screen at once.
        linear: talk in lines instead of drawing panes; the settings may say so, too.
    """
    look_at_terminal()
    from acd_tui.cli import flags
    from acd_tui.cli.host import Host
    from acd_tui.cli.telling import start_log
    from acd_tui.config.file import SettingsFile
    from acd_tui.locations import Locations
    from acd_tui.transfers.model import Place
    from acd_tui.vfs.path import VPath

    locations = Locations.from_environment()
    start_log(locations, on_screen=True)
    settings = SettingsFile(locations.settings_file).load()
    remotes = flags.remotes()
    names = remotes.names()  # asks for the configuration's password while it can
    remotes.passwords.silence()
    if right is None and not names:
        built_in, right = _set_up_before(locations)
    host = Host(locations, built_in, remotes)
    left = Place("local", VPath.parse(local))
    if linear or settings.linear or os.environ.get("TERM") == "dumb":
        sides = (right, left) if right is not None and named else (left, right)
        _talk(host, *sides, locations)
        return
    if right is None and names:
        right = Place(names[0], VPath())
    app = _panes(
        host,
        left,
        right,
        settings,
        locations,
        named=named,
        at_remotes=at_remotes,
    )
    try:
        app.run()
    finally:
        app.engine.close()
    if app.return_code:
        raise click.exceptions.Exit(app.return_code)


def _set_up_before(locations: Locations) -> tuple[Path | None, Place | None]:
    """The built-in drive's folder and place, if it was chosen in the wizard."""
    from acd_tui.cli import built_in
    from acd_tui.transfers.model import Place
    from acd_tui.vfs.path import VPath

    folder = built_in.demo_folder(locations)
    if not built_in.was_chosen(folder):
        return None, None
    return folder, Place(built_in.name_of(folder), VPath())


def _panes(
    host: Host,
    left: Place,
    right: Place | None,
    settings: Settings,
    locations: Locations,
    *,
    named: bool,
    at_remotes: bool,
) -> AcdApp:
    from acd_tui.session.first_look import first_look

    known = None
    if right is not None:  # read while the interface is loaded
        known = first_look(locations, host.remotes, right, given=host.has_built_in)
    from acd_tui.config.file import SettingsFile
    from acd_tui.config.places import PlacesFile
    from acd_tui.session.setup import Setup

    import_textual()
    from acd_tui.ui.app import AcdApp, OwnFiles
    from acd_tui.ui.engine import Engine

    return AcdApp(
        Engine(host.opened),
        settings=settings,
        files=OwnFiles(
            SettingsFile(locations.settings_file),
            PlacesFile(locations.places_file),
            locations.log_file,
        ),
        left=left,
        right=right,
        known=known,
        setup=Setup(lambda: host.session, host.start_built_in, host.built_in_name),
        named=named,
        at_remotes=at_remotes,
    )


def import_textual() -> None:
    """Import Textual without widgets that nothing of it needs but its list of types.

    Those are a thirtieth of the import: trees, selections and what they build on.
    """
    from textual import _types

    sys.modules["textual.types"] = _types  # has what Textual itself asks that list for
    import textual.app  # noqa: F401

    del sys.modules["textual.types"]


def _talk(host: Host, left: Place, right: Place | None, where: Locations) -> None:
    from acd_tui.cli.linear import talk

    talk(host, left, right, where)


def look_at_terminal() -> None:
    """See that there is one, and let Textual know its size and if it has no colours.

    Raises:
        UsageError: there is none.
    """
    if not all(each and each.isatty() for each in (sys.stdin, sys.stdout)):
        raise UsageError(
            "the panes need a terminal",
            hint="`acd-tui --help` lists the commands for scripts, "
            "`acd-tui config --help` those for remotes",
        )
    # What some programs (readline, for one) tell those they start about the size is how
    # it was then, and Python believes it more than the terminal.
    if all(os.get_terminal_size(sys.stdout.fileno())):
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)
    from acd_tui.ui.terminal import has_colours

    if not has_colours(os.environ):
        os.environ["NO_COLOR"] = "1"
