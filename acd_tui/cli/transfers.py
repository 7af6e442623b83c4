"""`copy`: a job for the queue, carried out and reported by one command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from acd_tui.cli.copying import carry_out, copying_options
from acd_tui.cli.how import How
from acd_tui.cli.output import examples
from acd_tui.cli.places import in_session

if TYPE_CHECKING:
    from acd_tui.session.core import Session


@click.command(
    epilog=examples(
        "copy ~/Pictures/2019 photos:2019 --progress",
        "copy photos:2019/a.jpg .",
        "copy letter.odt . --conflict rename",
        "copy photos:2019 backup:2019 --conflict newer --json",
        "copy ~/Pictures photos: --include '*.jpg' --max-size 100M --dry-run",
    )
)
@copying_options
def copy(source: str, target: str, how: How) -> None:
    """Copy a file, or what a folder holds, into the folder DST.

    Each copy is checked by its MD5; what is there already is not sent again. A file
    that lies in DST itself gets a second one beside it with --conflict rename. The work
    goes through the program's queue: Ctrl-C finishes the files under way, a second one
    stops at once, and the queue keeps what is left.
    """

    async def work(session: Session) -> None:
        from acd_tui.cli.ends import both_ends, ends_of_copy

        ends = await both_ends(session, source, target)
        ends = await ends_of_copy(session, ends, how.policy)
        await carry_out(session, ends, how)

    in_session(work, tries=how.tries)
