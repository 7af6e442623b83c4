"""Keeps lists of the queue up to date, a few times a second at most."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from acd_tui.errors import AcdError
from acd_tui.transfers.model import QueueSnapshot

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

T = TypeVar("T")

_LEAST_SECONDS = 0.15  # between two looks at the rows
_REST = 4  # times as long as a look takes is waited before the next one


class RowFeed(Generic[T]):
    """Fetches rows when the queue has changed, or when asked to.

    Args:
        app: whose session has the queue.
        fetch: returns what fetches the rows that are wanted, beside the session.
        show: shows them.
        failed: told what went wrong.
    """

    def __init__(
        self,
        app: AcdApp,
        *,
        fetch: Callable[[QueueSnapshot], Coroutine[Any, Any, T]],
        show: Callable[[T], object],
        failed: Callable[[AcdError], object],
    ) -> None:
        self._app = app
        self._fetch_rows = fetch
        self._show = show
        self._failed = failed
        self._revision = -1
        self._stale = False
        self._fetching = False
        self._wanted = asyncio.Event()

    def saw(self, snapshot: QueueSnapshot) -> None:
        """Take up that the queue was looked at."""
        if snapshot.revision != self._revision:
            self.again()

    def at_once(self) -> None:
        """Fetch the rows in sight without a rest: the user waits for them."""
        self._wanted.set()
        self.again()

    def again(self) -> None:
        """Fetch the rows in sight, now or soon after what is being fetched."""
        self._stale = True
        if not self._fetching:
            self._fetching = True
            self._app.work(self._fetch(), group="queue-rows")

    async def _fetch(self) -> None:
        try:
            while self._stale:
                self._stale = False
                snapshot, began = self._app.queue, time.monotonic()
                self._revision = snapshot.revision
                self._show(await self._app.engine.run(self._fetch_rows(snapshot)))
                took = time.monotonic() - began
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(max(_LEAST_SECONDS, _REST * took)):
                        await self._wanted.wait()
                self._wanted.clear()
        except AcdError as error:
            self._revision = -1
            self._failed(error)
        finally:
            self._fetching = False
