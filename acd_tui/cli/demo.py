"""The whole program on a drive of its own, at once."""

from __future__ import annotations

from pathlib import Path

import click

from acd_tui.cli.output import examples
from acd_tui.cli.tui import LINEAR_HELP


@click.command(epilog=examples("demo", "demo --dir /tmp/drive --reset"))
@click.option(
    "--dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where the drive's content is kept (default: the data folder).",
)
@click.option(
    "--reset",
    is_flag=True,
    help="Start with a fresh sample drive; the old one goes for good.",
)
@click.option("--linear", is_flag=True, help=LINEAR_HELP)
def demo(folder: Path | None, reset: bool, linear: bool) -> None:
    """Try the program on a drive of its own.

    Starts a server on this machine, fills a new drive with samples, signs in by itself
    and opens the panes on it. Quitting stops the server; the content stays.
    """
    from acd_tui.cli import built_in
    from acd_tui.cli.tui import look_at_terminal, show_panes
    from acd_tui.locations import Locations
    from acd_tui.transfers.model import Place
    from acd_tui.vfs.path import VPath

    folder = (folder or built_in.demo_folder(Locations.from_environment())).absolute()
    if reset:
        look_at_terminal()  # before anything is gone
        built_in.reset(folder)
    right = Place(built_in.name_of(folder), VPath())
    show_panes(str(Path.cwd()), right, built_in=folder, linear=linear)
