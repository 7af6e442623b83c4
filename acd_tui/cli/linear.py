"""The interface as lines of text: what it reads from and prints to."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

import click

from acd_tui.printable import printable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from acd_tui.cli.host import Host
    from acd_tui.transfers.model import Place


def talk(
    host: Host, left: Place, right: Place | None, keys: Mapping[str, Sequence[str]]
) -> None:
    """Talk with the user, line by line, until they leave.

    Args:
        host: opens the session.
        left: where one is first.
        right: the other side; None for the first remote there is.
        keys: the keys of the actions.
    """
    asyncio.run(_talk(host, left, right, keys))


async def _talk(
    host: Host, left: Place, right: Place | None, keys: Mapping[str, Sequence[str]]
) -> None:
    from acd_tui.ui.linear.talk import Talk

    async with host.opened() as session:
        await Talk(session, _say, _ask, left=left, right=right, keys=keys).run()


def _say(line: str) -> None:
    click.echo(printable(line))


async def _ask(question: str) -> str | None:
    """Print a question and read the line that answers it, with the loop going on.

    The terminal itself edits the line: a library that does draws on the screen.
    """
    click.echo(question, nl=False)
    sys.stdout.flush()
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        line = await asyncio.to_thread(sys.stdin.readline)
    else:
        ready = asyncio.Event()
        loop.add_reader(sys.stdin, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(sys.stdin)
        line = sys.stdin.readline()
    return line.rstrip("\r\n") if line else None
