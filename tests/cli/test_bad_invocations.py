"""Hundreds of command lines that make no sense, made from what there is."""

from __future__ import annotations

import random
from collections.abc import Iterator

import click
import pytest

from acd_tui.cli import COMMANDS
from acd_tui.cli.group import cli
from tests.cli.conftest import Command

HOSTILE = [
    "",
    "\x1b[31m",
    "a\x00b",
    "\udcff",
    "x" * 5000,
    "-",
    "--",
    "😀:",
    ":",
    "a:b:c",
]


def commands() -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command that ends by itself, with the words that call it."""
    context = click.Context(cli)

    def below(
        words: tuple[str, ...], command: click.Command
    ) -> Iterator[tuple[tuple[str, ...], click.Command]]:
        if isinstance(command, click.Group):
            for name, inner in command.commands.items():
                yield from below((*words, name), inner)
        else:
            yield words, command

    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        yield from below((name,), command)


ALL = dict(commands())
GROUPS = sorted({words[:-1] for words in ALL if len(words) > 1})


def wrong(words: tuple[str, ...], command: click.Command) -> Iterator[tuple[str, ...]]:
    """Command lines that cannot be meant."""
    yield (*words, "--no-such-option")
    yield (*words, "-~")
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    if all(each.nargs == 1 for each in arguments):
        yield (*words, *(["x"] * (len(arguments) + 1)))
    if any(each.required for each in arguments):
        yield words
    for option in command.params:
        if isinstance(option, click.Option) and not option.count:
            name = max(option.opts, key=len)
            yield from ((*words, *more) for more in wrong_values(name, option))


def wrong_values(name: str, option: click.Option) -> Iterator[tuple[str, ...]]:
    if option.is_flag:
        yield (f"{name}=x",)
        return
    yield (name,)  # its value is missing
    kinds = (click.types.IntParamType, click.types.FloatParamType, click.Choice)
    if isinstance(option.type, kinds):
        yield (name, "no such value")
    if isinstance(option.type, click.IntRange) and option.type.min is not None:
        yield (name, str(option.type.min - 1))


WRONG = [
    *((*group, "no-such-command") for group in [(), *GROUPS]),
    *(line for words, command in ALL.items() for line in wrong(words, command)),
]


def test_there_are_enough_of_them() -> None:
    assert len(set(WRONG)) > 300


@pytest.mark.parametrize("words", [(name,) for name in COMMANDS], ids=" ".join)
def test_what_makes_no_sense_is_a_usage_error(
    words: tuple[str, ...], here: Command
) -> None:
    lines = [line for line in WRONG if line[:1] == words]
    for line in lines:
        result = here(*line)
        assert result.returncode == 2, (line, result.stderr)
        assert result.stdout == b"", line
        said = result.stderr.decode().splitlines()
        assert said[0].startswith("error: "), line
        assert said[1].startswith("hint: "), line
    assert lines


def test_nonsense_of_the_program_itself_is_one(here: Command) -> None:
    for line in (("no-such-command",), ("--no-such",), ("-x",), ("-v",), ("ls:",)):
        assert here(*line).returncode == 2, line


QUIET = [
    words
    for words in ALL
    if words[0] not in {"authorize", "tui", "demo", "server"}
    and words != ("queue", "run")
]


@pytest.mark.parametrize("seed", range(4))
def test_hostile_words_end_in_a_sentence(seed: int, here: Command) -> None:
    chance = random.Random(seed)
    for words in chance.sample(QUIET, 15):
        given = [chance.choice(HOSTILE) for _ in range(chance.randint(1, 3))]
        result = here(*words, *given)
        assert result.returncode in {0, 1, 2, 3, 4, 6}, (words, given)
        assert b"error: unexpected" not in result.stderr, (words, given, result.stderr)
        assert b"\x1b" not in result.stderr
        if result.returncode:
            assert result.stderr, (words, given)


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_each_command_has_help_with_an_example(words: tuple[str, ...]) -> None:
    command = ALL[words]
    with click.Context(command, info_name=" ".join(words)) as context:
        text = command.get_help(context)
    assert "\b" not in text
    examples = text.split("Examples:")[1].splitlines()
    # `server user` has its folder in between; `tui` is what happens without a command.
    wanted = [f"acd-tui {words[0]} ", f" {words[-1]}"] if words != ("tui",) else []
    assert any(all(each in f"{line} " for each in wanted) for line in examples if line)
    assert len(command.get_short_help_str(200)) > 10
