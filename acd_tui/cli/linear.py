"""The interface as lines of text: what it reads from and prints to."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from acd_tui.printable import printable

if TYPE_CHECKING:
    from acd_tui.cli.host import Host
    from acd_tui.locations import Locations
    from acd_tui.transfers.model import Place


def talk(
    host: Host,
    left: Place,
    right: Place | None,
    locations: Locations,
) -> None:
    """Talk with the user, line by line, until they leave.

    Args:
        host: opens the session.
        left: where one is first.
        right: the other side; None for the first remote there is.
        locations: where settings and bookmarks are.
    """
    from acd_tui.config.file import SettingsFile
    from acd_tui.config.places import PlacesFile
    from acd_tui.session.setup import Setup
    from acd_tui.ui.linear.talk import Talk

    services = Setup(lambda: host.session, host.start_built_in, host.built_in_name)

    async def run() -> None:
        async with host.opened() as session:
            await Talk(
                session,
                _say,
                _Terminal().ask,
                left=left,
                right=right,
                settings=SettingsFile(locations.settings_file),
                services=services,
                places=PlacesFile(locations.places_file),
            ).run()

    asyncio.run(run())


def _say(line: str) -> None:
    click.echo(printable(line))


class _Terminal:
    """Reads lines with the loop going on.

    The terminal itself edits them: a library that does draws on the screen.
    """

    def __init__(self) -> None:
        self._reading: asyncio.Future[str] | None = None

    async def ask(self, question: str, *, secret: bool = False) -> str | None:
        """Print a question and read the line that answers it."""
        with _unseen() if secret else contextlib.nullcontext():
            click.echo(question, nl=False)
            sys.stdout.flush()
            line = await self._line()
        if secret:
            click.echo()
        return line.rstrip("\r\n") if line else None

    async def _line(self) -> str:
        if sys.platform == "win32":
            # Such a reading cannot be given up: who asks next gets what it reads.
            if self._reading is None:
                reading = asyncio.to_thread(sys.stdin.readline)
                self._reading = asyncio.ensure_future(reading)
            line = await asyncio.shield(self._reading)
            self._reading = None
            return line
        loop = asyncio.get_running_loop()
        ready = asyncio.Event()
        loop.add_reader(sys.stdin, ready.set)
        try:
            await ready.wait()
        finally:
            loop.remove_reader(sys.stdin)
        return sys.stdin.readline()


@contextlib.contextmanager
def _unseen() -> Iterator[None]:
    """Keep the terminal from showing what is typed."""
    if sys.platform == "win32":
        yield
        return
    import termios

    before = termios.tcgetattr(sys.stdin)
    unseen = [*before]
    unseen[3] &= ~termios.ECHO
    termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, unseen)
    try:
        yield
    finally:
        termios.tcsetattr(sys.stdin, termios.TCSAFLUSH, before)
