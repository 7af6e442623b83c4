"""Whether the server can do its work."""

from __future__ import annotations

import asyncio
import logging
import os
import secrets
import tempfile
from pathlib import Path

from acd_tui.server.storage import Storage

_log = logging.getLogger(__name__)
_VALID = 1.0  # seconds; anybody may ask, so asking must be cheap
_PATIENCE = 10.0


class Health:
    """Asks the database and the disk, at most once a second."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        self._asking: asyncio.Task[bool] | None = None
        self._asked = 0.0

    async def good(self) -> bool:
        """Whether database and disk answer, and can be written."""
        now = asyncio.get_running_loop().time()
        if self._asking is None or (
            self._asking.done() and now - self._asked >= _VALID
        ):
            self._asked = now
            self._asking = asyncio.create_task(self._look())
        return await asyncio.shield(self._asking)

    async def _look(self) -> bool:
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._storage.db.read(
                    lambda db: db.execute("SELECT count(*) FROM users").fetchone()
                )
                await self._storage.db.write(
                    lambda db: (
                        db.execute(
                            "INSERT OR REPLACE INTO settings VALUES ('health', ?)",
                            (secrets.token_bytes(4),),
                        ).rowcount
                    )
                )
                # Content may have a disk of its own.
                for folder in (self._storage.directory, self._storage.content.tmp("")):
                    await self._storage.in_thread(_try_disk, folder)
        except Exception as error:  # noqa: BLE001 - whatever it is, the answer is no
            _log.warning("not healthy: %s", str(error) or type(error).__name__)
            return False
        return True


def _try_disk(directory: Path) -> None:
    with tempfile.TemporaryFile(dir=directory, buffering=0) as file:
        file.write(b"\0" * 4096)
        os.fsync(file.fileno())
