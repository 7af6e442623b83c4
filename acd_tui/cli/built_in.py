"""The built-in drive: an own server as a child process, with a sample drive in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.environment import for_children
from acd_tui.errors import AcdError, UsageError
from acd_tui.locations import Locations, private_folder

if TYPE_CHECKING:
    from acd_tui.session import Session

NAME = "demo"
_FILLED = "demo.json"  # beside the server's own files, once the sample is complete
_INDEX = "index.sqlite"  # by which a server's folder is known
_START_SECONDS = 20.0
_GRACE_SECONDS = 5.0
_STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where a running server answers."""

    url: str
    endpoint_url: str
    auth_url: str
    token_url: str


@contextlib.asynccontextmanager
async def built_in_drive(
    session: Session, folder: Path, locations: Locations
) -> AsyncIterator[None]:
    """Run the built-in drive meanwhile: served, signed in, filled with samples.

    Raises:
        AcdError: the server did not start.
    """
    from acd_tui.auth.token import Token
    from acd_tui.cli import sample
    from acd_tui.config.options import RemoteOptions
    from acd_tui.server import admin
    from acd_tui.session import GivenRemote
    from acd_tui.vfs.filesystem import Mirrored

    await asyncio.to_thread(admin.initialise, folder)
    async with server_process(folder, locations.log_file) as addresses:
        blob = await asyncio.to_thread(admin.issue_token, folder)
        options = RemoteOptions(
            client_id=admin.APPLICATION,
            client_secret=await asyncio.to_thread(admin.application_secret, folder),
            auth_url=addresses.auth_url,
            token_url=addresses.token_url,
            endpoint_url=addresses.endpoint_url,
        )
        remote = GivenRemote(options, Token.from_blob(json.dumps(blob)))
        await session.give(NAME, remote)
        try:
            if not is_filled(folder):
                drive = await session.filesystem(NAME)
                if isinstance(drive, Mirrored):
                    await drive.refresh()  # then all of the sample is news
                await sample.fill(drive)
                mark_filled(folder)
            yield
        finally:
            await session.withdraw(NAME)


@contextlib.asynccontextmanager
async def server_process(folder: Path, log: Path) -> AsyncIterator[Addresses]:
    """Run a server over `folder` on a free loopback port meanwhile.

    It ends with this process, however that ends: it watches its standard input.

    Raises:
        AcdError: it did not start; the message says what it said.
    """
    with log.open("ab") as errors:
        errors_start = errors.tell()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "acd_tui", "server", "run", str(folder)),
            *("--port", "0", "--json", "--follow-stdin"),
            *("--grace", str(_GRACE_SECONDS)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=errors,
            env=for_children(),
        )
    try:
        yield await _addresses(process, log, errors_start)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _addresses(
    process: asyncio.subprocess.Process, log: Path, errors_start: int
) -> Addresses:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), _START_SECONDS)
        said = json.loads(line)
        return Addresses(*(said[key] for key in Addresses.__slots__))
    except (TimeoutError, ValueError, KeyError) as error:
        with log.open("rb") as errors:
            errors.seek(errors_start)
            complaint = errors.read().decode("utf-8", "replace").strip()
        raise AcdError(
            "the built-in server did not start"
            + (f": {complaint.splitlines()[0]}" if complaint else ""),
            hint=f"what it said is in {log}",
        ) from error


def demo_folder(locations: Locations) -> Path:
    """Return the folder of the built-in drive where none was asked for."""
    return private_folder(locations.data) / "demo"


def reset(folder: Path) -> None:
    """Remove a built-in drive with all its content.

    Raises:
        UsageError: the folder holds something else.
    """
    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _INDEX).exists():
        raise UsageError(
            f"{folder} is not a drive of acd-tui and is left alone",
            hint="name the folder of a drive, or a new one, with --dir",
        )
    shutil.rmtree(folder)


def is_filled(folder: Path) -> bool:
    """Whether the sample drive was put into `folder` before."""
    return (folder / _FILLED).exists()


def mark_filled(folder: Path) -> None:
    """Remember that `folder` has got its sample drive; it is never put there again."""
    (folder / _FILLED).write_text('{"filled": true}\n')
