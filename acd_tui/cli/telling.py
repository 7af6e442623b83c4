"""`-v`, `-vv` and `--log-file`, which every command takes, and what they do."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from acd_tui.errors import Denied

if TYPE_CHECKING:
    from acd_tui.locations import Locations

F = TypeVar("F", bound=Callable[..., Any] | click.Command)

_VERBOSITY = "acd_tui.verbosity"
_LOG_FILE = "acd_tui.log_file"


def verbose_option(help_text: str, *, expose: bool = True) -> Callable[[F], F]:
    """Give a command `-v`, as the parameter `verbose`; twice says even more.

    Args:
        help_text: what it does there beside showing the log.
        expose: whether the command wants to know.
    """

    def more(context: click.Context, _: click.Parameter, count: int) -> bool:
        said = context.meta.get(_VERBOSITY, 0)
        context.meta[_VERBOSITY] = max(said, count)
        return count > 0

    return click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=expose,
        is_eager=True,
        callback=more,
        help=help_text,
    )


def _remember_file(context: click.Context, _: click.Parameter, file: Path) -> None:
    if file is not None:
        context.meta[_LOG_FILE] = file


_MORE = verbose_option(
    "Say more; -vv: and all that goes over the network.", expose=False
)
_FILE = click.option(
    "--log-file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    expose_value=False,
    is_eager=True,
    callback=_remember_file,
    help="Write the log there, and not where it is kept.",
)


def say_more(function: F) -> F:
    """Give a command `-v` and `--log-file`."""
    return _MORE(_FILE(function))


def told_everywhere(command: click.Command) -> None:
    """Give a command, and those inside it, `-v` and `--log-file` if they lack them."""
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            told_everywhere(inner)
        return
    known = {option for each in command.params for option in each.opts}
    if "--log-file" in known:
        return

    if "--verbose" not in known:
        _MORE(command)
    _FILE(command)


def start_log(locations: Locations, *, on_screen: bool = False) -> None:
    """Write the log where and as the command line says.

    Args:
        locations: for the file, where none was named.
        on_screen: whether the program draws on the terminal, so that nothing else may.

    Raises:
        Denied: the file cannot be written.
    """
    from acd_tui.logs import append_to_file, log_to_file, log_to_stream

    context = click.get_current_context(silent=True)
    said = context.meta if context is not None else {}
    verbosity: int = said.get(_VERBOSITY, 0)
    level = logging.DEBUG if verbosity > 1 else logging.INFO
    file: Path | None = said.get(_LOG_FILE)
    try:
        if file is not None:
            append_to_file(file, level=level)
        else:
            log_to_file(locations.log_file, level=level)
    except OSError as error:
        hint = "set ACD_TUI_HOME to a folder you can write to"
        raise Denied(
            f"cannot write {file or locations.log_file}: {error.strerror}",
            hint=None if file else hint,
        ) from error
    if verbosity and not on_screen and sys.stderr is not None:
        log_to_stream(sys.stderr, level=level)
