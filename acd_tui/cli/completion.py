"""Completing command lines in a shell: commands, options, remotes, remote paths.

The shell's part is a few lines that `completion` prints. They ask the program itself
(`__complete`), which answers from the configuration and the mirrors, never from the
network: first whether files of this machine may follow, then a candidate a line, whole
words as they are without quotes, and behind a tab what they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import TYPE_CHECKING

import click

from acd_tui.cli import COMMANDS
from acd_tui.cli.flags import behind_flags
from acd_tui.cli.output import Data, examples
from acd_tui.errors import AcdError
from acd_tui.printable import printable

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes

_MOST = 1000
"""More than that nobody looks through."""

_COMMAND = "RCLONE_PASSWORD_COMMAND"

_SHELLS = ("bash", "zsh", "fish")


@click.command(
    epilog=examples(
        "completion bash > ~/.local/share/bash-completion/completions/acd-tui",
        "completion zsh > ~/.zfunc/_acd-tui          # a folder of $fpath",
        "completion fish > ~/.config/fish/completions/acd-tui.fish",
    )
)
@click.argument("shell", type=click.Choice(_SHELLS), metavar="bash|zsh|fish")
def completion(shell: str) -> None:
    """Print what makes a shell complete commands, options, remotes and remote paths.

    Remote paths come from the mirrors, without the network. To try it in bash:

    \b
    source <(acd-tui completion bash)
    """
    script = files("acd_tui.cli") / "completions" / f"acd-tui.{shell}"
    Data().write(script.read_text(encoding="utf-8"))


@click.command(
    hidden=True,
    context_settings={"ignore_unknown_options": True, "help_option_names": []},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED)
@click.pass_context
def complete(context: click.Context, words: tuple[str, ...]) -> None:
    """Print the candidates for the last of some words."""
    *before, last = words or ("",)
    found = candidates(context.find_root().command, before, last)
    data = Data()
    data.line("files" if found.files else "none")
    data.lines(f"{value}\t{about}" for value, about in found.several())


class _Candidates:
    """What may stand in a place.

    Attributes:
        files: whether files of this machine may.
    """

    def __init__(self, given: Iterable[tuple[str, str]], *, with_files: bool) -> None:
        self._given = given
        self.files = with_files

    def several(self) -> Iterator[tuple[str, str]]:
        """Give as many as anybody would look at, without what no line can hold."""
        for number, (value, about) in enumerate(self._given):
            if number == _MOST:
                return
            if printable(value) == value:
                yield value, " ".join(about.split())


def candidates(root: click.Command, before: list[str], word: str) -> _Candidates:
    """Say what may stand for a word.

    Args:
        root: the group of all commands.
        before: the words before it, but for the program's name.
        word: as much of it as is typed.
    """
    # The only way to learn what click takes a word for, and what its own support for
    # shells is made of.
    from click.shell_completion import _resolve_context, _resolve_incomplete

    target: click.Command | click.Parameter = root
    context, rest = click.Context(root), word
    if behind_flags(before):
        context = _resolve_context(root, {}, "acd-tui", before)
        target, rest = _resolve_incomplete(context, before, word)
    elif word[:1] != "-":
        return _first(word)
    if isinstance(target, click.Argument) and not isinstance(target.type, click.Choice):
        return _of_argument(target, word)
    items = target.shell_complete(context, rest)
    prefix = word[: len(word) - len(rest)]
    return _Candidates(
        [(prefix + item.value, item.help or "") for item in items if item.value],
        with_files=any(item.type in {"file", "dir"} for item in items),
    )


def _first(word: str) -> _Candidates:
    """Say what may follow the program's name: a command, or a place for the panes."""
    given = [
        (name, about) for name, (_, about) in COMMANDS.items() if name.startswith(word)
    ]
    return _Candidates([*given, *_places(word)], with_files=False)


def _of_argument(argument: click.Argument, word: str) -> _Candidates:
    """Say what may stand for an argument, which its name in the help tells."""
    shown = argument.metavar or argument.human_readable_name
    if shown in {"REMOTE:", "[REMOTE:[PATH]]"}:
        return _Candidates(_places(word), with_files=False)
    if "REMOTE:" in shown or shown in {"SRC", "DST", "PATH"}:
        remote, colon, _ = word.partition(":")
        local = not colon or "/" in remote
        return _Candidates(_places(word), with_files=local)
    if shown == "[NAME]…" or (argument.name == "name" and not argument.metavar):
        given = [(name, "remote") for name in _remote_names(word)]
        return _Candidates(given, with_files=False)
    local = isinstance(argument.type, click.Path) or "CONF" in shown
    return _Candidates([], with_files=local)


def _places(word: str) -> Iterator[tuple[str, str]]:
    """Give the remotes, or what lies in the folder of one, that begin like a word."""
    remote, colon, path = word.partition(":")
    if not colon:
        for name in _remote_names(word):
            yield f"{name}:", "remote"
    elif "/" not in remote:
        yield from _in_remote(remote, path)


def _remote_names(begun: str) -> list[str]:
    try:
        return [name for name in _remotes().names() if name.startswith(begun)]
    except AcdError:
        return []  # the configuration is encrypted, and nobody says its password


def _in_remote(remote: str, path: str) -> Iterator[tuple[str, str]]:
    from acd_tui.drive.known import known_entries
    from acd_tui.locations import Locations
    from acd_tui.units import show_size

    above, slash, begun = path.rpartition("/")
    folder = [name for name in above.split("/") if name]
    try:
        encoding = _remotes().get(remote).encoding
    except AcdError:
        return  # there is no such remote, or nobody says its password
    mirror = Locations.from_environment().mirror_file(remote)
    entries = known_entries(mirror, folder, encoding=encoding)
    for entry in sorted(entries, key=lambda entry: entry.name):
        if entry.name.startswith(begun):
            about = "folder" if entry.is_folder else show_size(entry.size)
            yield f"{remote}:{above}{slash}{entry.name}{'/' * entry.is_folder}", about


def _remotes() -> Remotes:
    """Return the configured remotes; one that wants a password is not asked about."""
    import os

    from acd_tui.config.password import Passwords
    from acd_tui.config.remotes import Remotes
    from acd_tui.locations import Locations

    quiet = {key: value for key, value in os.environ.items() if key != _COMMAND}
    file = Locations.from_environment().remotes_file
    return Remotes(file, passwords=Passwords(quiet))
