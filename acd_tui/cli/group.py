"""The command group, and what becomes of an error."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from importlib import import_module

import click

from acd_tui import __version__
from acd_tui.cli import COMMANDS, HIDDEN, TUI, help_text, output, shapes
from acd_tui.cli.flags import behind_flags, with_flags
from acd_tui.cli.telling import say_more, start_log, told_everywhere
from acd_tui.errors import AcdError

_log = logging.getLogger(__name__)

READER_GONE = 141
"""What a shell shows of a program that SIGPIPE ended; see `Data.write_bytes`."""


class _Commands(click.Group):
    """A group whose commands are imported when they are asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name in HIDDEN:
            return _loaded(HIDDEN[cmd_name])
        if cmd_name not in COMMANDS:
            return None
        command = _loaded(COMMANDS[cmd_name][0])
        if cmd_name != "server":  # which tells what it does in a way of its own
            told_everywhere(command)
        shapes.document(command, cmd_name)
        return with_flags(command)

    def get_help(self, ctx: click.Context) -> str:  # noqa: ARG002 - click's
        return help_text().rstrip("\n")

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read `acd-tui`, `acd-tui photos:` and `acd-tui --local DIR` as the panes."""
        rest = behind_flags(args)
        first = rest[0] if rest else ""
        if not rest or ":" in first or first.split("=")[0] in {"--local", "--linear"}:
            args = [TUI, *args]
        return super().parse_args(ctx, args)


def _loaded(name: str) -> click.Command:
    module, attribute = name.split(":")
    command: click.Command = getattr(import_module(module), attribute)
    return command


@click.group(
    cls=_Commands,
    invoke_without_command=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.version_option(__version__, prog_name="acd-tui", message="%(prog)s %(version)s")
@say_more
def cli() -> None:
    """A two-pane file manager for Amazon Drive; see `help_text`."""


with_flags(cli)


def run_command(arguments: Sequence[str]) -> int:
    """Run a command line and return its exit code.

    Every error ends as a sentence on standard error: an `AcdError` as it says itself,
    anything else as an apology with the way to the log.
    """
    code = 0
    try:
        with cli.make_context("acd-tui", shapes.pinned(arguments)) as context:
            cli.invoke(context)
    except click.exceptions.Exit as end:
        code = end.exit_code
    except (click.exceptions.Abort, KeyboardInterrupt):
        output.note("interrupted")
        code = 130
    except click.ClickException as error:
        output.report_usage(error)
        code = error.exit_code
    except AcdError as error:
        output.report(error)
        code = error.exit_code
    except BrokenPipeError:
        output.silence()
        code = READER_GONE
    except Exception as error:  # noqa: BLE001 - the program's border
        code = _unexpected(error)
    return code


def _unexpected(error: Exception) -> int:
    from acd_tui.logs import redacted

    file = None
    try:
        file = _log_file()
    except (AcdError, OSError):  # the story is lost; the apology is not
        logging.getLogger().addHandler(logging.NullHandler())
    _log.error("unexpected error", exc_info=error)
    output.report(
        AcdError(
            redacted(f"unexpected {type(error).__name__}: {error}".strip(": ")),
            hint=f"the full story is in {file}" if file else None,
        )
    )
    return 1


def _log_file() -> str | None:
    """Return where the log is written, begun if the command did not come to it."""
    from acd_tui.locations import Locations

    if not logging.getLogger().hasHandlers():
        start_log(Locations.from_environment())
    files = (
        handler.baseFilename
        for handler in logging.getLogger().handlers
        if isinstance(handler, logging.FileHandler)
    )
    return next(files, None)
