"""What lives beside the interface while it runs: a session, and the built-in drive.

Both are imported when they are asked for, which is when something is seen already.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from acd_tui.config.remotes import Remotes

if TYPE_CHECKING:
    from pathlib import Path

    from acd_tui.locations import Locations
    from acd_tui.session.core import Session


class Host:
    """Opens a session for the interface, with the built-in drive where asked for.

    All of it lives in the engine's event loop.

    Attributes:
        remotes: see below.
        has_built_in: whether the built-in drive is started at once.

    Args:
        locations: where the program's files are.
        folder: start the built-in drive in that folder at once; None waits until the
            user asks for it, and takes its usual folder then.
        remotes: the configured ones; None for those of `locations`.
    """

    def __init__(
        self,
        locations: Locations,
        folder: Path | None = None,
        remotes: Remotes | None = None,
    ) -> None:
        self._locations = locations
        self.remotes = remotes or Remotes(locations.remotes_file)
        self.has_built_in = folder is not None
        self._folder = folder
        self._session: Session | None = None
        self._drive = contextlib.AsyncExitStack()
        self._starting = asyncio.Lock()
        self._name = ""  # of the built-in drive, once it runs

    @property
    def session(self) -> Session:
        """The open session."""
        assert self._session is not None, "the session is not open"
        return self._session

    @contextlib.asynccontextmanager
    async def opened(self) -> AsyncIterator[Session]:
        """Have a session open, and its queue at work, meanwhile."""
        from acd_tui.session.core import Session

        opened = Session.open(self._locations, remotes=self.remotes)
        async with opened as session, self._drive:
            self._session = session
            if self._folder is not None:
                await self.start_built_in()
            await session.transfers.start()
            try:
                yield session
            finally:
                # Before the drive goes, so that nothing fails for want of it.
                await session.transfers.close()

    def _drive_folder(self) -> Path:
        from acd_tui.cli import built_in

        return self._folder or built_in.demo_folder(self._locations)

    async def built_in_name(self) -> str:
        """Return what the built-in drive is called, or will be unless told otherwise."""
        from acd_tui.cli import built_in

        return await asyncio.to_thread(built_in.name_of, self._drive_folder())

    async def start_built_in(self, name: str = "") -> str:
        """Start the built-in drive unless it runs; return its remote's name.

        Args:
            name: what it is to be called from now on; "" for what it is called.

        Raises:
            AcdError: its server did not start, or it cannot be called that.
        """
        from acd_tui.cli import built_in

        async with self._starting:
            if not self._name:
                name = name or await self.built_in_name()
                drive = built_in.built_in_drive(
                    self.session, self._drive_folder(), self._locations, name
                )
                await self._drive.enter_async_context(drive)
                if self._folder is None:
                    await asyncio.to_thread(built_in.choose, self._drive_folder())
                self._name = name
        return self._name
