"""`check`: whether two folders hold the same."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, ClassVar

import click

from acd_tui.cli.output import Data, ProgressLine, examples, json_option, note
from acd_tui.cli.places import in_session
from acd_tui.cli.selection import (
    effort_options,
    filter_options,
    idle_options,
    refuse_filters,
)
from acd_tui.cli.telling import verbose_option
from acd_tui.errors import AcdError, FolderNotFound
from acd_tui.transfers.model import CopyOptions, Filters

if TYPE_CHECKING:
    from acd_tui.session.core import Session
    from acd_tui.transfers.compared import Compared


class Different(AcdError):
    """The two sides do not hold the same."""

    exit_code: ClassVar[int] = 1
    advice: ClassVar[str] = (
        "each is named, with a sign before it; `copy` or `sync` mends it"
    )


@click.command(
    epilog=examples("check ~/Pictures photos:Pictures", "check a: b: --one-way -v")
)
@click.argument("source", metavar="SRC")
@click.argument("target", metavar="DST")
@filter_options
@click.option("--size-only", is_flag=True, help="Take files of one size for the same.")
@click.option(
    "-c",
    "--checksum",
    is_flag=True,
    help="Compare sizes and MD5s; so it is done anyway.",
)
@click.option("--one-way", is_flag=True, help="Do not mind what is only at the target.")
@click.option(
    "-L",
    "--copy-links",
    is_flag=True,
    help="Take symbolic links of SRC for what they lead to.",
)
@effort_options
@idle_options
@click.option("-P", "--progress", is_flag=True, help="Say how far it is meanwhile.")
@verbose_option("Name what is the same, too; -vv: and what goes over the network.")
@json_option
def check(
    source: str,
    target: str,
    filters: Filters,
    size_only: bool,
    checksum: bool,
    one_way: bool,
    copy_links: bool,
    checkers: int,
    tries: int | None,
    progress: bool,
    verbose: bool,
    as_json: bool,
) -> None:
    """Compare SRC with DST by size and MD5, changing nothing.

    A line for each file that is not the same: `*` differs, `+` only in SRC, `-` only in
    DST, `!` could not be compared; with -v also `=` for the same. Links and devices are
    skipped, as `copy` does. What is known of a
    drive is not read again; local files are read once and remembered.
    Ends with exit code 1 if anything differs. If a drive cannot be reached, it is
    compared as it was, and the exit code is 5 if nothing differs.

    What else `copy` takes (--conflict, --transfers, --bwlimit, --retries and the like)
    is taken here too, and means nothing.
    """
    if size_only and checksum:
        raise click.UsageError("--size-only and --checksum contradict each other")
    options = CopyOptions(filters=filters, size_only=size_only, copy_links=copy_links)

    async def work(session: Session) -> None:
        from acd_tui.cli.ends import both_ends
        from acd_tui.transfers.compared import Verdict

        ends = await both_ends(session, source, target, known_will_do=True)
        if ends.missing:
            raise FolderNotFound(f"there is no folder {ends.shown[1]}")
        if not ends.entry.is_folder:
            refuse_filters(filters)
        report = _Report(verbose=verbose, as_json=as_json)
        async with report.telling(progress=progress):
            async for compared in ends.compared(options, checkers=checkers):
                missed = compared.verdict is Verdict.TARGET_ONLY
                if not compared.is_folder and not (one_way and missed):
                    report.add(compared)
        report.end()

    in_session(work, tries=tries)


class _Report:
    def __init__(self, *, verbose: bool, as_json: bool) -> None:
        self._data = Data()
        self._verbose = verbose
        self._as_json = as_json
        self._counts: Counter[str] = Counter()
        self._first = True
        self._skipped = 0
        self._line = ProgressLine()

    @contextlib.asynccontextmanager
    async def telling(self, *, progress: bool) -> AsyncIterator[None]:
        """Say meanwhile how many are compared, if one wants to know."""
        import asyncio

        async def tell() -> None:
            while progress:
                await asyncio.sleep(self._line.pause)
                count = self._counts
                bad = count.total() - count["="]
                self._line.show(f"{count.total()} compared, {bad} not the same")

        task = asyncio.ensure_future(tell())
        try:
            yield
        finally:
            task.cancel()
            self._line.give_way()

    def add(self, compared: Compared) -> None:
        """Tell of one file."""
        if compared.why is not None and compared.why.name == "LEFT_OUT":
            self._skipped += 1
            note(f"skipped: {compared.reason}")
            return
        self._line.give_way()
        mark = compared.verdict.value
        self._counts[mark] += 1
        path = "/".join(compared.names)
        if self._as_json:
            self._element(compared, path)
        elif mark != "=" or self._verbose:
            self._data.line(f"{mark} {self._data.name(path)}")
        if compared.reason and (mark == "!" or self._verbose):
            note(f"{path}: {compared.reason}")

    def _element(self, compared: Compared, path: str) -> None:
        if compared.verdict.value == "=" and not self._verbose:
            return
        sides = {"source": compared.source, "target": compared.target}
        self._data.element(
            {
                "path": path,
                "mark": compared.verdict.value,
                "result": compared.verdict.name.lower(),
                "reason": compared.reason,
                **{name: side and side.entry.size for name, side in sides.items()},
            },
            first=self._first,
        )
        self._first = False

    def end(self) -> None:
        """Sum up.

        Raises:
            Different: not everything is the same.
        """
        if self._as_json:
            self._data.write("[\n]\n" if self._first else "\n]\n")
        count = self._counts
        skipped = f", {self._skipped} skipped" if self._skipped else ""
        note(
            f"{count['=']} the same, {count['*']} differ, {count['+']} only in the "
            f"source, {count['-']} only in the target, {count['!']} not compared{skipped}"
        )
        if bad := count.total() - count["="]:
            raise Different(f"{bad} of {count.total()} are not the same on both sides")
