"""Completing command lines in a shell: commands, options, remotes, remote paths.

The shell's part is a few lines that `completion` prints. They ask the program itself
(`__complete`), which answers from the configuration and the mirrors, never from the
network: first whether files of this machine may follow, then a candidate a line, whole
words as they are without quotes, and behind a tab what they are.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from importlib.resources import files
from typing import TYPE_CHECKING, NamedTuple

import click
from click.shell_completion import CompletionItem, ShellComplete
from click.types import StringParamType

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
    root = context.find_root().command
    assert isinstance(root, click.Group)
    found = candidates(root, before, last)
    data = Data()
    data.line("files" if found.files else "none")
    data.lines(found.lines())


class _Candidates(NamedTuple):
    """What may stand in a place.

    Attributes:
        several: words, and what each of them is.
        files: whether files of this machine may.
    """

    several: Iterable[tuple[str, str]]
    files: bool

    def lines(self) -> Iterator[str]:
        """Give as many as anybody would look at, without what no line can hold."""
        for value, about in itertools.islice(self.several, _MOST):
            if printable(value) == value:
                yield f"{value}\t{' '.join(about.split())}"


def candidates(root: click.Group, before: list[str], word: str) -> _Candidates:
    """Say what may stand for a word.

    Args:
        root: the group of all commands.
        before: the words before it, but for the program's name.
        word: as much of it as is typed.
    """
    context = click.Context(root)
    if rest := behind_flags(before):
        if command := root.get_command(context, rest[0]):
            _teach(command)
        shell = ShellComplete(root, {}, "acd-tui", "")
        items = shell.get_completions(list(before), word)
    elif word[:1] == "-":
        items = root.shell_complete(context, word)
    else:
        return _first(word)
    # What stands for the value of `--name=value` is the value alone.
    name, equals, _ = word.partition("=")
    prefix = name + equals if equals and word[:1] in {"-", "="} else ""
    return _Candidates(
        [
            (prefix + item.value, item.help or "")
            for item in items
            if item.value and item.type == "plain"
        ],
        any(item.type in {"file", "dir"} for item in items),
    )


def _first(word: str) -> _Candidates:
    """Say what may follow the program's name: a command, or a place for the panes."""
    given = [
        (name, about) for name, (_, about) in COMMANDS.items() if name.startswith(word)
    ]
    return _Candidates([*given, *_places(word)], files=False)


class _Word(StringParamType):
    """An argument of which its name in the help tells what may stand for it."""

    def shell_complete(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's
        param: click.Parameter,
        incomplete: str,
    ) -> list[CompletionItem[str]]:
        assert isinstance(param, click.Argument)
        found = _of_argument(param, incomplete)
        items = [
            CompletionItem(value, help=about)
            for value, about in itertools.islice(found.several, _MOST)
        ]
        return [*items, CompletionItem("", type="file")] if found.files else items


def _teach(command: click.Command) -> None:
    """Have the arguments of a command, and of those below it, completed."""
    for parameter in command.params:
        if isinstance(parameter, click.Argument) and parameter.type is click.STRING:
            parameter.type = _Word()
    if isinstance(command, click.Group):
        for each in command.commands.values():
            _teach(each)


def _of_argument(argument: click.Argument, word: str) -> _Candidates:
    """Say what may stand for an argument, which its name in the help tells."""
    shown = argument.metavar or argument.human_readable_name
    if shown in {"REMOTE:", "[REMOTE:[PATH]]"}:
        return _Candidates(_places(word), files=False)
    if "REMOTE:" in shown or shown in {"SRC", "DST", "PATH"}:
        remote, colon, _ = word.partition(":")
        return _Candidates(_places(word), files=not colon or "/" in remote)
    if shown == "[NAME]…" or (argument.name == "name" and not argument.metavar):
        given = [(name, "remote") for name in _remote_names(word)]
        return _Candidates(given, files=False)
    return _Candidates([], files="CONF" in shown)


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
    from acd_tui.session.ownership import sealer
    from acd_tui.units import show_size

    above, slash, begun = path.rpartition("/")
    folder = [name for name in above.split("/") if name]
    try:
        options = _remotes().get(remote)
        seal = sealer(options)
    except AcdError:
        return  # there is no such remote, or nobody says its password
    mirror = Locations.from_environment().mirror_file(remote)
    entries = known_entries(mirror, folder, encoding=options.encoding, seal=seal)
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
