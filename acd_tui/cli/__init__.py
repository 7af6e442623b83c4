"""The command line: which commands there are, and what becomes of an error.

A command's module is imported when it runs and not before, so that `--help` and the
small commands start at once.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Sequence
from importlib import import_module

import click

from acd_tui import __version__
from acd_tui.cli.flags import FLAGS_HELP, behind_flags, with_flags
from acd_tui.errors import AcdError

_log = logging.getLogger(__name__)

TUI = "tui"

# name: (module:attribute, help for the list of commands); in the order of the list.
COMMANDS: dict[str, tuple[str, str]] = {
    "demo": ("acd_tui.cli.demo:demo", "Try the program on a drive of its own."),
    TUI: ("acd_tui.cli.tui:tui", "Open the two panes (also without a command)."),
    "lsd": ("acd_tui.cli.lists:lsd", "List the folders in a folder."),
    "ls": ("acd_tui.cli.lists:ls", "List files with their sizes."),
    "lsl": ("acd_tui.cli.lists:lsl", "List files with sizes and times."),
    "lsf": ("acd_tui.cli.lists:lsf", "List files and folders for scripts."),
    "lsjson": ("acd_tui.cli.lists:lsjson", "List files and folders as JSON."),
    "tree": ("acd_tui.cli.tree:tree", "Draw the folders below a folder."),
    "size": ("acd_tui.cli.size:size", "Count files and add up their sizes."),
    "md5sum": ("acd_tui.cli.lists:md5sum", "List files with their MD5."),
    "cat": ("acd_tui.cli.files:cat", "Write a file to standard output."),
    "mkdir": ("acd_tui.cli.files:mkdir", "Make a folder."),
    "copy": ("acd_tui.cli.transfers:copy", "Copy files, checked by MD5."),
    "sync": ("acd_tui.cli.sync:sync", "Make one folder like another."),
    "check": ("acd_tui.cli.check:check", "Say whether two folders hold the same."),
    "queue": ("acd_tui.cli.queue_all:queue_group", "See and steer the transfers."),
    "move": ("acd_tui.cli.moving:move", "Move files, checked by MD5."),
    "rename": ("acd_tui.cli.moving:rename", "Give a file or folder another name."),
    "trash": ("acd_tui.cli.trash:trash", "Move files or folders to the trash."),
    "trash-list": ("acd_tui.cli.trash:trash_list", "List what is in the trash."),
    "restore": ("acd_tui.cli.trash:restore", "Put something back from the trash."),
    "search": ("acd_tui.cli.search:search", "Find anything in a drive by its name."),
    "du": ("acd_tui.cli.du:du", "Show how much the folders hold."),
    "dupes": ("acd_tui.cli.dupes:dupes", "Find files that are there several times."),
    "mirror": (
        "acd_tui.cli.mirror:mirror",
        "See and renew the copy of a drive's tree.",
    ),
    "about": ("acd_tui.cli.account:about", "Show the space used and free."),
    "config": ("acd_tui.cli.config_all:config", "Manage remotes."),
    "authorize": ("acd_tui.cli.account:authorize", "Sign in for another machine."),
    "server": ("acd_tui.cli.server:server_group", "Run an Amazon Drive of your own."),
}


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute = COMMANDS[cmd_name][0].split(":")
        command: click.Command = getattr(import_module(module), attribute)
        return with_flags(command)

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `acd-tui`, `acd-tui photos:` and `acd-tui --local DIR` as the panes."""
        rest = behind_flags(args)
        first = rest[0] if rest else ""
        if not rest or ":" in first or first.split("=")[0] == "--local":
            args = [TUI, *args]
        return super().parse_args(ctx, args)


@click.group(cls=_Commands, invoke_without_command=False, epilog=FLAGS_HELP)
@click.version_option(__version__, prog_name="acd-tui", message="%(prog)s %(version)s")
def cli() -> None:
    """A two-pane file manager for Amazon Drive.

    \b
    acd-tui                    the two panes, or the set-up where nothing is set up
    acd-tui photos:2019        the panes with that folder on one side
    acd-tui demo               try it on a drive of its own
    """


with_flags(cli)


def run(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Every error ends as a sentence on standard error: an `AcdError` as it says itself,
    anything else as an apology with the way to the log.
    """
    from acd_tui.cli import output

    try:
        code = cli.main(list(arguments), prog_name="acd-tui", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except (click.exceptions.Abort, KeyboardInterrupt):
        output.note("interrupted")
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except AcdError as error:
        output.report(error)
        return error.exit_code
    except Exception as error:  # noqa: BLE001 - the program's border
        return _unexpected(error)


def _unexpected(error: Exception) -> int:
    from acd_tui.cli import output
    from acd_tui.locations import Locations
    from acd_tui.logs import log_to_file

    hint = None
    with contextlib.suppress(AcdError, OSError):
        file = Locations.from_environment().log_file
        if not logging.getLogger().hasHandlers():
            log_to_file(file)
        hint = f"the full story is in {file}"
    _log.error("unexpected error", exc_info=error)
    output.report(
        AcdError(f"unexpected {type(error).__name__}: {error}".strip(": "), hint=hint)
    )
    return 1
