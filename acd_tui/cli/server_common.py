"""What the commands of `acd-tui server` share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from acd_tui.errors import UsageError
from acd_tui.printable import printable

F = TypeVar("F", bound=Callable[..., Any])

DIRECTORY = click.argument(
    "directory", metavar="DIR", type=click.Path(file_okay=False, path_type=Path)
)
JSON = click.option("--json", "as_json", is_flag=True, help="Report as JSON.")


def note(text: str) -> None:
    """Say something that is no data."""
    click.echo(printable(text), err=True)


def with_password(command: F) -> F:
    """Give a command the ways to say a password."""
    stdin = click.option(
        "--password-stdin", is_flag=True, help="Read the password from standard input."
    )
    ask = click.option("--ask", is_flag=True, help="Ask for the password.")
    return ask(stdin(command))


def password(*, ask: bool, stdin: bool) -> str | None:
    """The password that was given, None if one shall be generated."""
    if stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    elif ask:
        given = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, err=True
        )
    else:
        return None
    if len(given) < 8:
        raise UsageError("a password needs at least 8 characters")
    return given
