"""The server of the built-in drive: a child process that is kept running."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from urllib.parse import urlsplit

import msgspec

from acd_tui.environment import for_children
from acd_tui.errors import AcdError

_START_SECONDS = 20.0
_GRACE_SECONDS = 5.0
_STOP_SECONDS = 10.0
_AGAIN_SECONDS = 1.0  # before one that ended at once is started once more
_LOOK_SECONDS = 0.1

_log = logging.getLogger(__name__)


class Addresses(msgspec.Struct, frozen=True):
    """Where a running server answers."""

    url: str
    endpoint_url: str
    auth_url: str
    token_url: str


Elsewhere = Callable[[], Addresses | None]
"""Where another process serves the folder now; None where none does."""


@contextlib.asynccontextmanager
async def server_process(
    folder: Path, log: Path, elsewhere: Elsewhere
) -> AsyncIterator[Addresses]:
    """Run a server over `folder` on a free loopback port meanwhile.

    One that dies is started again at the same addresses. It ends with this process,
    however that ends: it watches its standard input. Where another process runs one,
    that is used for as long as it is there, and then one of ours in its place.

    Raises:
        AcdError: it did not start; the message says what it said.
    """
    server = _Server(folder, log, elsewhere)
    keeping: asyncio.Task[None] | None = None
    try:
        addresses = await server.found() or await server.first()
        keeping = asyncio.create_task(server.keep_on(urlsplit(addresses.url).port or 0))
        yield addresses
    finally:
        if keeping is not None:
            keeping.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await keeping
        await server.stop()


class _Server:
    """One process after the other, of which the last one runs; ours or another's."""

    def __init__(self, folder: Path, log: Path, elsewhere: Elsewhere) -> None:
        self._folder = folder
        self._log = log
        self._elsewhere = elsewhere
        self._process: asyncio.subprocess.Process | None = None  # None: another's

    async def found(self) -> Addresses | None:
        """Return where another process's server answers; None if there is none."""
        end = asyncio.get_running_loop().time() + _START_SECONDS
        while (addresses := await asyncio.to_thread(self._elsewhere)) is not None:
            if await _answers(addresses.url):
                return addresses
            if asyncio.get_running_loop().time() > end:
                raise AcdError(f"the server of {self._folder} does not answer")
            await asyncio.sleep(_LOOK_SECONDS)  # it is only starting, or just ending
        return None

    async def first(self) -> Addresses:
        """Start one, unless another process is quicker.

        Raises:
            AcdError: it did not start.
        """
        try:
            return await self.start()
        except AcdError:
            if (addresses := await self.found()) is None:
                raise
            self._process = None
            return addresses

    async def start(self, port: int = 0) -> Addresses:
        """Start one; return where it answers.

        Raises:
            AcdError: it did not start.
        """
        with self._log.open("ab") as errors:
            errors_start = errors.tell()
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *("-m", "acd_tui", "server", "run", str(self._folder)),
                *("--port", str(port), "--json", "--follow-stdin"),
                *("--grace", str(_GRACE_SECONDS)),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=for_children(),
            )
        return await _addresses(self._process, self._log, errors_start)

    async def keep_on(self, port: int) -> None:
        """Whenever it has ended, start another one at that port."""
        while True:
            if self._process is not None:
                code = await self._process.wait()
                _log.warning("the built-in server ended (%d)", code)
            while await asyncio.to_thread(self._elsewhere) is not None:
                self._process = None
                await asyncio.sleep(_AGAIN_SECONDS)
            _log.info("the built-in server is started again")
            try:
                await self.start(port)
            except (AcdError, OSError) as error:
                _log.warning("%s", error)
                await asyncio.sleep(_AGAIN_SECONDS)

    async def stop(self) -> None:
        """Have it end: in peace, if it does so in time."""
        process = self._process
        if process is None or process.stdin is None:
            return
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _answers(url: str) -> bool:
    parts = urlsplit(url)
    if parts.port is None:  # it is about to run for the first time
        return False
    try:
        _, writer = await asyncio.open_connection(parts.hostname, parts.port)
    except OSError:
        return False
    writer.close()
    return True


async def _addresses(
    process: asyncio.subprocess.Process, log: Path, errors_start: int
) -> Addresses:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        said = json.loads(line)
        return Addresses(*(said[key] for key in Addresses.__struct_fields__))
    except (TimeoutError, ValueError, KeyError) as error:
        with log.open("rb") as errors:
            errors.seek(errors_start)
            complaint = errors.read().decode("utf-8", "replace").strip()
        raise AcdError(
            "the built-in server did not start"
            + (f": {complaint.splitlines()[0]}" if complaint else ""),
            hint=f"what it said is in {log}",
        ) from error
