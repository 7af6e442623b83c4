"""Options that several commands share: which files are meant, and how they are copied."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
from msgspec.structs import replace

from acd_tui.errors import NotFound, UsageError
from acd_tui.transfers.filters import collect_rules, rule_lines
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, Filters
from acd_tui.units import parse_size

_Command = Callable[..., None]


def _size(
    _context: click.Context, _parameter: click.Parameter, text: str | None
) -> Any:
    return None if text is None else parse_size(text)


def _depth(
    _context: click.Context, _parameter: click.Parameter, depth: int | None
) -> Any:
    return None if depth is None or depth < 0 else depth


_CHOICE = (
    click.option(
        "--include",
        metavar="PATTERN",
        multiple=True,
        help="Take what matches, and nothing else; may be repeated.",
    ),
    click.option(
        "--exclude",
        metavar="PATTERN",
        multiple=True,
        help="Leave out what matches; may be repeated.",
    ),
    click.option(
        "--filter",
        "rules",
        metavar="RULE",
        multiple=True,
        help="`+ PATTERN` or `- PATTERN`; the first rule that matches decides.",
    ),
    click.option(
        "--filter-from",
        metavar="FILE",
        multiple=True,
        help="Read such rules from a file, one a line; `-` for standard input.",
    ),
    click.option(
        "--min-size", metavar="SIZE", callback=_size, help="Leave out smaller files."
    ),
    click.option(
        "--max-size", metavar="SIZE", callback=_size, help="Leave out larger files."
    ),
)
_DEPTH = click.option(
    "--max-depth",
    type=int,
    callback=_depth,
    help="Go down that many levels, -1 for all.",
)
cached_option = click.option(
    "--cached",
    is_flag=True,
    help="Show a drive as it was when last asked, without the network.",
)
"""What lists a drive may go by what is known of it."""

_COPYING = (
    click.option(
        "--size-only", is_flag=True, help="Take files of one size for the same."
    ),
    click.option(
        "-c",
        "--checksum",
        is_flag=True,
        help="Compare sizes and MD5s; so it is done anyway.",
    ),
    click.option(
        "--no-mtime",
        is_flag=True,
        help="Do not keep the modification times of the files.",
    ),
    click.option(
        "-L",
        "--copy-links",
        is_flag=True,
        help="Take symbolic links for what they lead to; else they are left out.",
    ),
    click.option(
        "--retries",
        type=click.IntRange(min=1),
        help="Try a file that often before it has failed (default: 5).",
    ),
)
_POLICY = (
    click.option(
        "--conflict",
        type=click.Choice([policy.value for policy in ConflictPolicy]),
        help="What to do where another file of that name is (default: overwrite, as "
        "rclone does). `ask` leaves them for the conflicts screen and `queue decide`.",
    ),
    click.option(
        "--ignore-existing",
        is_flag=True,
        help="The same as --conflict skip, as in rclone.",
    ),
)
# Where nothing is copied, for scripts that say to each command what they say to all.
_IDLE = tuple(
    click.option(*names, hidden=True, expose_value=False, **kind)
    for names, kind in (
        (
            ("--conflict",),
            {"type": click.Choice([each.value for each in ConflictPolicy])},
        ),
        (("--ignore-existing",), {"is_flag": True}),
        (("--no-mtime",), {"is_flag": True}),
        (("--dry-run", "-n"), {"is_flag": True}),
        (("--transfers",), {"type": click.IntRange(1, 64)}),
        (("--retries",), {"type": click.IntRange(min=1)}),
        (("--bwlimit",), {}),
    )
)
_EFFORT = (
    click.option(
        "--checkers",
        type=click.IntRange(1, 64),
        default=8,
        show_default=True,
        help="Files compared at the same time, where they are before anything moves.",
    ),
    click.option(
        "--low-level-retries",
        "tries",
        type=click.IntRange(min=1),
        help="Send one call to a drive that often before it has failed (default: 10); "
        "what makes something new goes once for each of --retries.",
    ),
)


def choice_options(function: _Command) -> _Command:
    """Give a command the options of `Filters` but for the depth, as `filters`."""

    @functools.wraps(function)
    def whole(
        *,
        include: tuple[str, ...],
        exclude: tuple[str, ...],
        rules: tuple[str, ...],
        filter_from: tuple[str, ...],
        min_size: int | None,
        max_size: int | None,
        **others: Any,
    ) -> None:
        lines = [line for name in filter_from for line in rule_lines(_text(name))]
        filters = Filters(
            rules=collect_rules(
                include=include, exclude=exclude, rules=(*rules, *lines)
            ),
            min_size=min_size,
            max_size=max_size,
        )
        function(filters=filters, **others)

    return _with(_CHOICE, whole)


def filter_options(function: _Command) -> _Command:
    """Give a command all options of `Filters`, as the parameter `filters`."""

    @functools.wraps(function)
    def whole(*, filters: Filters, max_depth: int | None, **others: Any) -> None:
        if max_depth == 0:
            raise click.UsageError(
                "--max-depth 0 leaves nothing; 1 is the folder itself"
            )
        function(filters=replace(filters, max_depth=max_depth), **others)

    return choice_options(_DEPTH(whole))


def copy_options(function: _Command) -> _Command:
    """Give a command those and the options of `CopyOptions`, as `options`."""

    @functools.wraps(function)
    def whole(
        *,
        filters: Filters,
        size_only: bool,
        checksum: bool,
        no_mtime: bool,
        copy_links: bool,
        retries: int | None,
        **others: Any,
    ) -> None:
        if size_only and checksum:
            raise click.UsageError("--size-only and --checksum contradict each other")
        options = CopyOptions(
            filters=filters,
            size_only=size_only,
            no_mtime=no_mtime,
            copy_links=copy_links,
            attempts=retries,
        )
        function(options=options, **others)

    return filter_options(_with(_COPYING, whole))


def policy_options(function: _Command) -> _Command:
    """Give a command what to do about conflicts, as `policy`."""

    @functools.wraps(function)
    def whole(*, conflict: str | None, ignore_existing: bool, **others: Any) -> None:
        if ignore_existing and conflict not in {None, ConflictPolicy.SKIP}:
            raise click.UsageError(
                "--ignore-existing and --conflict contradict each other"
            )
        policy = ConflictPolicy.SKIP if ignore_existing else ConflictPolicy.OVERWRITE
        if conflict:
            policy = ConflictPolicy(conflict)
        function(policy=policy, **others)

    return _with(_POLICY, whole)


def idle_options(function: _Command) -> _Command:
    """Let a command that copies nothing take the flags of those that do."""
    return _with(_IDLE, function)


def effort_options(function: _Command) -> _Command:
    """Give a command `checkers` and `tries`, which go for its own process only."""
    return _with(_EFFORT, function)


def _with(
    options: Sequence[Callable[[_Command], _Command]], whole: _Command
) -> _Command:
    for option in reversed(options):
        whole = option(whole)
    return whole


def _text(name: str) -> str:
    """Read a file of rules.

    Raises:
        NotFound: there is no such file.
        UsageError: it cannot be read.
    """
    try:
        data = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no file {name} to read filter rules from") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(f"cannot read filter rules from {name}: {reason}") from None
    return data.decode("utf-8", "surrogateescape")


def refuse_filters(filters: Filters) -> None:
    """Say that filters choose from a folder, where there is only a file.

    Raises:
        UsageError: there are any.
    """
    if filters != Filters():
        raise UsageError(
            "filters choose from what a folder holds, and the source is a file",
            hint="name its folder, or leave the filters away",
        )
