"""The built-in drive: an own server as a child process, with a sample drive in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
from collections.abc import AsyncIterator, Collection
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from acd_tui.cli.built_in_server import Addresses, server_process
from acd_tui.config import atomic
from acd_tui.errors import Exists, UsageError
from acd_tui.locations import Locations, private_folder

if TYPE_CHECKING:
    from acd_tui.session.core import Session

NAME = "demo"
_FACTS = "demo.json"  # beside the server's own files: what we know of the drive
_INDEX = "index.sqlite"  # by which a server's folder is known


@contextlib.asynccontextmanager
async def built_in_drive(
    session: Session, folder: Path, locations: Locations, name: str
) -> AsyncIterator[None]:
    """Run the built-in drive meanwhile: served, signed in, filled with samples.

    It keeps the name that it is given. Where another process runs it, both use it.

    Raises:
        Exists: a remote is called that.
        Denied: it had another name, and transfers speak of it by that.
        AcdError: the server did not start.
    """
    from acd_tui.auth.token import Token
    from acd_tui.cli import sample
    from acd_tui.config.options import RemoteOptions
    from acd_tui.server import admin
    from acd_tui.session.core import GivenRemote
    from acd_tui.vfs.capabilities import Mirrored

    if name in await asyncio.to_thread(session.remotes.names):
        raise Exists(
            f"a remote is called {name} already",
            hint="`acd-tui config rename` gives it another name",
        )
    await asyncio.to_thread(admin.initialise, folder)
    if (before := name_of(folder)) != name:
        await session.transfers.rename_filesystem(before, name)
        await session.operations.rename_filesystem(before, name)
        _note(folder, name=name)
    shared = partial(elsewhere, folder)
    is_shared = shared() is not None  # and filled by whoever has it
    async with server_process(folder, locations.log_file, shared) as addresses:
        blob = await asyncio.to_thread(admin.issue_token, folder)
        options = RemoteOptions(
            client_id=admin.APPLICATION,
            client_secret=await asyncio.to_thread(admin.application_secret, folder),
            auth_url=addresses.auth_url,
            token_url=addresses.token_url,
            endpoint_url=addresses.endpoint_url,
        )
        remote = GivenRemote(options, Token.from_blob(json.dumps(blob)))
        await session.give(name, remote)
        try:
            if not is_shared and not is_filled(folder):
                drive = await session.filesystem(name)
                if isinstance(drive, Mirrored):
                    await drive.refresh()  # then all of the sample is news
                await sample.fill(drive)
                mark_filled(folder)
            yield
        finally:
            await session.withdraw(name)


@contextlib.asynccontextmanager
async def in_use(
    session: Session, locations: Locations, names: Collection[str]
) -> AsyncIterator[None]:
    """Have the built-in drive there meanwhile, if there is one and it has such a name."""
    folder = demo_folder(locations)
    name = name_of(folder)
    if name not in names or not (folder / _INDEX).exists():
        yield
        return
    async with built_in_drive(session, folder, locations, name):
        yield


def demo_folder(locations: Locations) -> Path:
    """Return the folder of the built-in drive where none was asked for."""
    return private_folder(locations.data) / "demo"


def reset(folder: Path) -> None:
    """Remove a built-in drive with all its content.

    Raises:
        UsageError: the folder holds something else.
        AlreadyServed: somebody uses it.
    """
    from acd_tui.server.whereabouts import locked

    if not folder.exists():
        return
    if any(folder.iterdir()) and not (folder / _INDEX).exists():
        raise UsageError(
            f"{folder} is not a drive of acd-tui and is left alone",
            hint="name the folder of a drive, or a new one, with --dir",
        )
    with locked(folder):
        shutil.rmtree(folder)


def name_of(folder: Path) -> str:
    """Return what the drive in `folder` is called."""
    name = _facts(folder).get("name")
    return name if isinstance(name, str) and name else NAME


def was_chosen(folder: Path) -> bool:
    """Whether somebody has set the drive in `folder` up, and not only tried it."""
    return bool(_facts(folder).get("chosen"))


def choose(folder: Path) -> None:
    """Remember that the drive in `folder` was set up."""
    _note(folder, chosen=True)


def elsewhere(folder: Path) -> Addresses | None:
    """Where another process serves the drive now; None where none does."""
    from acd_tui.server import whereabouts

    url, runs = whereabouts.last_address(folder)
    if not runs:
        return None
    at = whereabouts.Addresses(url or "")
    return Addresses(at.url, at.endpoint_url, at.auth_url, at.token_url)


def is_filled(folder: Path) -> bool:
    """Whether the sample drive was put into `folder` before."""
    return bool(_facts(folder).get("filled"))


def mark_filled(folder: Path) -> None:
    """Remember that `folder` has got its sample drive; it is never put there again."""
    _note(folder, filled=True)


def _facts(folder: Path) -> dict[str, object]:
    try:
        facts = json.loads((folder / _FACTS).read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, ValueError):
        facts = None
    # What cannot be read was written by us once: there is a drive.
    return facts if isinstance(facts, dict) else {"filled": True}


def _note(folder: Path, **facts: object) -> None:
    atomic.replace(folder / _FACTS, json.dumps(_facts(folder) | facts) + "\n")
