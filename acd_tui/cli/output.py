"""What commands write: data to standard output, everything else to standard error.

Names are untrusted: on a terminal they are shown safely, in a pipe they are what they
are, byte for byte, because a script needs the real ones.
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import re
import sys
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, TextIO

import click

from acd_tui.errors import AcdError, Denied, Full, UsageError
from acd_tui.printable import printable

# Those of `os.fsdecode` (U+DC80…U+DCFF) stand for a byte; the others for nothing.
_NO_BYTES = re.compile("[\ud800-\udc7f\udd00-\udfff]")
_SURROGATES = re.compile("[\ud800-\udfff]")


def ask(question: str, *, yes: bool, why: str, look: str) -> None:
    """Ask whether to go on.

    Args:
        question: on the terminal.
        yes: whether the user has said so already.
        why: that it is asked, for who has no terminal.
        look: what to do instead of looking at what is asked about.

    Raises:
        UsageError: there is nobody to ask.
        click.exceptions.Exit: the answer is no.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(
            f"{why}, and there is no terminal to ask on",
            hint=f"{look}, then say --yes",
        )
    if not click.confirm(question, err=True):
        note("nothing was done")
        raise click.exceptions.Exit(1)


def note(text: str) -> None:
    """Tell the user something, on a line of its own."""
    ProgressLine.give_way()
    with contextlib.suppress(OSError, ValueError):  # nobody may be listening
        click.echo(printable(text), err=True)


def report(error: AcdError) -> None:
    """Tell the user what went wrong and what to do about it."""
    _labelled("error", "red", error.message)
    if hint := error.hint or error.advice:
        _labelled("hint", "cyan", hint)


def _labelled(label: str, colour: str, text: str) -> None:
    """Tell the user something that is an error or a hint."""
    if colourful(sys.stderr):
        label = click.style(label, fg=colour, bold=True)
    with contextlib.suppress(OSError, ValueError):  # nobody may be listening
        click.echo(f"{label}: {printable(text)}", err=True)


def colourful(stream: TextIO | None) -> bool:
    """Say whether colours are welcome there (https://no-color.org)."""
    if stream is None or os.environ.get("NO_COLOR") or not stream.isatty():
        return False
    return os.environ.get("TERM") not in {None, "", "dumb"}


def report_usage(error: click.ClickException) -> None:
    """Tell the user what is wrong with a command line."""
    _labelled("error", "red", error.format_message().rstrip("."))
    context = getattr(error, "ctx", None)
    command = context.command_path if context is not None else "acd-tui"
    _labelled("hint", "cyan", f"`{command} --help` shows how it is written")


def silence() -> None:
    """Send what is still to be written to standard output nowhere.

    What is buffered would fail again at the interpreter's end.
    """
    with contextlib.suppress(OSError, ValueError, AttributeError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class Data:
    """Standard output, for what was asked for.

    Attributes:
        terminal: whether a person reads it.
        colourful: whether that person wants colours.

    Raises:
        Denied: there is none.
    """

    def __init__(self) -> None:
        if sys.stdout is None:
            raise Denied(
                "there is no standard output to write to",
                hint="it was closed (`>&-`) by what started this command",
            )
        self._stream = sys.stdout.buffer
        self.terminal = self._stream.isatty()
        self.colourful = colourful(sys.stdout)

    def name(self, name: str) -> str:
        """Return a name as it may be written here."""
        return printable(name) if self.terminal else name

    def write(self, text: str) -> None:
        """Write text; what stands for a byte that is no UTF-8 becomes that byte."""
        self.write_bytes(
            _NO_BYTES.sub("\ufffd", text).encode("utf-8", "surrogateescape")
        )

    def write_bytes(self, data: bytes) -> None:
        """Write and flush, so that who reads along sees it at once.

        Raises:
            BrokenPipeError: nobody reads any more (`… | head`).
            Full, Denied: it cannot be written.
        """
        try:
            self._stream.write(data)
            self._stream.flush()
        except OSError as error:
            silence()
            if isinstance(error, BrokenPipeError):
                raise
            kind = Full if error.errno == errno.ENOSPC else Denied
            raise kind(f"cannot write the output: {error.strerror}") from None

    def line(self, text: str = "") -> None:
        self.write(text + "\n")

    def lines(self, lines: Iterable[str]) -> None:
        """Write several at once."""
        self.write("".join(f"{line}\n" for line in lines))

    def json(self, value: object) -> None:
        """Write one JSON document, indented as rclone does."""
        self.line(json_text(value, indent="\t"))

    def json_list(self, values: Iterable[object]) -> None:
        """Write a JSON array, one element a line."""
        lines = ",\n".join(json_text(value) for value in values)
        self.write(f"[\n{lines}\n]\n" if lines else "[\n]\n")

    def element(self, value: object, *, first: bool) -> None:
        """Write an element of such an array when it is known; the caller ends it."""
        self.write(("[\n" if first else ",\n") + json_text(value))

    def json_part(self, values: Iterable[object], *, first: bool) -> None:
        """Write some elements of an array as `json_list` does, but for its end."""
        lines = ",\n".join(json_text(value) for value in values)
        self.write(f"[\n{lines}" if first else f",\n{lines}")

    def table(self, rows: Sequence[Sequence[str]]) -> None:
        """Write columns side by side; the last one is as wide as it likes."""
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            self.line("  ".join([*cells[:-1], row[-1]]))


def json_text(value: object, indent: str | None = None) -> str:
    """Return it as JSON, without what stands for a byte that is no UTF-8."""
    text = json.dumps(value, ensure_ascii=False, indent=indent)
    return _SURROGATES.sub("\ufffd", text)


class ProgressLine:
    """One line on standard error that is written over, or plain lines elsewhere.

    Attributes:
        terminal: whether it is written over.
        pause: seconds from one to the next.
    """

    _shown: ClassVar[bool] = False  # on standard error, of which there is one

    def __init__(self) -> None:
        self.terminal = sys.stderr.isatty() and os.environ.get("TERM") != "dumb"
        self.pause = 0.2 if self.terminal else 5.0

    def show(self, text: str) -> None:
        if not self.terminal:
            note(text)
            return
        try:
            width = os.get_terminal_size(sys.stderr.fileno()).columns
        except OSError:
            width = 0
        width = width or 80  # some terminals do not know it
        self._write(f"\r{printable(text)[: width - 1]}\x1b[K")
        ProgressLine._shown = True

    @classmethod
    def give_way(cls) -> None:
        """Make room for a message."""
        if cls._shown:
            cls._shown = False
            cls._write("\r\x1b[K")

    @staticmethod
    def _write(text: str) -> None:
        sys.stderr.write(text)
        sys.stderr.flush()


def byte_unit(size: int) -> str:
    """Write a size as rclone does: `251.972 GiB`, `9 GiB`, `500 B`."""
    number, unit = _scaled(size, 1024, ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"])
    return f"{number} {unit}"


def count_unit(count: int) -> str:
    """Write a number of things as rclone does: `999`, `1.234k`, `2M`."""
    return "".join(_scaled(count, 1000, ["", "k", "M", "G", "T", "P", "E"]))


def _scaled(number: int, factor: int, units: Sequence[str]) -> tuple[str, str]:
    value, power = float(number), 0
    while value >= factor and power + 1 < len(units):
        value, power = value / factor, power + 1
    return f"{value:.0f}" if value.is_integer() else f"{value:.3f}", units[power]


def json_option(function: Any) -> Any:
    """Give a command `--json`, as the parameter `as_json`."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Report as JSON on standard output."
    )(function)


def examples(*lines: str) -> str:
    """Return command lines as the end of a command's `--help`."""
    return "\b\nExamples:\n" + "\n".join(f"  acd-tui {line}" for line in lines)
