"""Commands that list what a folder holds, as rclone's of the same names."""

from __future__ import annotations

import functools
from typing import Any

import click

from acd_tui.cli.list_tree import (
    What,
    is_either,
    is_file,
    is_folder,
    list_tree,
    listing_options,
)
from acd_tui.cli.listing import (
    LSF_FIELDS,
    Listed,
    json_line,
    ls_line,
    lsd_line,
    lsf_line,
    lsl_line,
    md5_line,
)
from acd_tui.cli.output import examples, json_option

_FILES_ONLY = click.option("--files-only", is_flag=True, help="List files only.")
_DIRS_ONLY = click.option("--dirs-only", is_flag=True, help="List folders only.")


@click.command(epilog=examples("ls photos:2019", "ls photos: --max-depth 1"))
@listing_options
@json_option
def ls(what: What, as_json: bool) -> None:
    """List files with their sizes, in all levels unless told otherwise."""
    list_tree(what, is_file, None if as_json else ls_line, depth=None)


@click.command(epilog=examples("lsl photos:2019"))
@listing_options
@json_option
def lsl(what: What, as_json: bool) -> None:
    """List files with sizes and modification times, in all levels."""
    list_tree(what, is_file, None if as_json else lsl_line, depth=None)


@click.command(epilog=examples("lsd photos:", "lsd -R photos:2019"))
@listing_options
@json_option
def lsd(what: What, as_json: bool) -> None:
    """List the folders in a folder."""
    list_tree(what, is_folder, None if as_json else lsd_line, depth=1)


@click.command(epilog=examples("md5sum photos:2019 > 2019.md5"))
@listing_options
@json_option
def md5sum(what: What, as_json: bool) -> None:
    """List files with their MD5, in the format of the program of that name.

    What a drive knows is not read again; local files are read once and remembered.
    """
    list_tree(what, is_file, None if as_json else md5_line, depth=None, hashes=True)


@click.command(
    epilog=examples("lsjson photos:2019", "lsjson -R --hash photos: | jq '.[].Path'")
)
@listing_options
@click.option("--hash", "hashes", is_flag=True, help="Say the MD5 of each file.")
@click.option(
    "--hash-type",
    type=click.Choice(["md5"], case_sensitive=False),
    multiple=True,
    help="The same; there is no other.",
)
@click.option("--no-modtime", is_flag=True, help="Leave the times empty.")
@click.option("--no-mimetype", is_flag=True, help="Leave out the types.")
@_FILES_ONLY
@_DIRS_ONLY
@click.option("--json", is_flag=True, expose_value=False, hidden=True)
def lsjson(
    what: What,
    hashes: bool,
    hash_type: tuple[str, ...],
    no_modtime: bool,
    no_mimetype: bool,
    files_only: bool,
    dirs_only: bool,
) -> None:
    """List files and folders as JSON, one object a line."""
    wanted = _wanted(files_only=files_only, dirs_only=dirs_only)
    list_tree(
        what,
        wanted,
        None,
        depth=1,
        hashes=hashes or bool(hash_type),
        as_object=functools.partial(
            json_line, modtime=not no_modtime, mimetype=not no_mimetype
        ),
    )


class _Lsf(click.Command):
    """Takes `--dir-slash=false` as well, which is how rclone's users write it."""

    _SPELT = {  # noqa: RUF012 - never changed
        "--dir-slash=true": "--dir-slash",
        "--dir-slash=false": "--no-dir-slash",
    }

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [self._SPELT.get(each, each) for each in args])


class _Letters(click.ParamType[str]):
    name = "letters"

    def convert(
        self, value: str, param: click.Parameter | None, ctx: click.Context | None
    ) -> str:
        if unknown := [letter for letter in value if letter not in LSF_FIELDS]:
            known = "".join(LSF_FIELDS)
            self.fail(f"{unknown[0]!r} is none of the letters {known}", param, ctx)
        return value


@click.command(
    cls=_Lsf,
    epilog=examples(
        "lsf photos:2019",
        "lsf -R photos: --files-only --format tsp",
        "lsf photos:2019 --csv --format ps > 2019.csv",
    ),
)
@listing_options
@click.option(
    "-F",
    "--format",
    "letters",
    default="p",
    type=_Letters(),
    help="What to say of each, see above (default: p).",
)
@click.option(
    "-s",
    "--separator",
    metavar="TEXT",
    help="What stands between (default: a semicolon; of CSV, a comma).",
)
@_FILES_ONLY
@_DIRS_ONLY
@click.option(
    "-d",
    "--dir-slash/--no-dir-slash",
    default=True,
    help="Write a `/` behind the names of folders, or do not (default: do).",
)
@click.option("--absolute", is_flag=True, help="Write a `/` before each path.")
@click.option("--csv", "as_csv", is_flag=True, help="Quote as CSV does.")
@json_option
def lsf(
    what: What,
    files_only: bool,
    dirs_only: bool,
    as_json: bool,
    **form: Any,
) -> None:
    """List files and folders, one a line, in a form that is easy for scripts.

    --format takes these, in any order:

    \b
    p  path                 s  size, -1 for folders
    t  time of change       h  MD5, of files
    m  MIME type            i  id in the drive
    o  the same, of files   T  storage tier; no drive here has any

    A separator within a path is not escaped, except with --csv: put the path last.
    """
    separator, as_csv = form.pop("separator"), form["as_csv"]
    if as_csv and separator is not None and len(separator) != 1:
        raise click.UsageError("with --csv, --separator is one character")
    form["separator"] = separator if separator is not None else ";,"[as_csv]

    def line(name: str, listed: Listed) -> str:
        return lsf_line(name, listed, **form)

    wanted = _wanted(files_only=files_only, dirs_only=dirs_only)
    hashes = "h" in form["letters"]
    list_tree(what, wanted, None if as_json else line, depth=1, hashes=hashes)


def _wanted(*, files_only: bool, dirs_only: bool) -> Any:
    if files_only and dirs_only:
        raise click.UsageError("--files-only and --dirs-only leave nothing to list")
    return is_file if files_only else is_folder if dirs_only else is_either
