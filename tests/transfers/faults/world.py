"""The real program against a real server that goes wrong, in a time that flies."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acd_tui.auth.token import Token
from acd_tui.config.options import RemoteOptions
from acd_tui.locations import Locations
from acd_tui.session.core import GivenRemote, Session
from acd_tui.transfers.manager import TransferManager
from acd_tui.transfers.model import ConflictPolicy, CopyRequest, Job, State, Transfer
from acd_tui.vfs.path import VPath
from tests.server_process import FaultFile, ServerProcess
from tests.transfers.faults.plain import PlainDrive

PACE = 40.0
"""How much faster than the world's the time of `SwiftClock` passes."""


class SwiftClock:
    """A clock that runs `PACE` times too fast and can be set.

    So pauses of the program take their turn as in life, in a fraction of the time.
    """

    def __init__(self) -> None:
        self._began = time.time()  # noqa: TID251 - this is a clock
        self._zero = time.monotonic()
        self.ahead = 0.0

    def now(self) -> float:
        return self._began + self.ahead + self.monotonic()

    def monotonic(self) -> float:
        return (time.monotonic() - self._zero) * PACE

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds / PACE)


def make_tree(seed: int, files: int, largest: int = 700_000) -> dict[str, bytes]:
    """Files that all differ, in some folders, of all kinds of sizes."""
    dice = random.Random(seed)
    sizes = [0, 1, 5_000, 70_000, 300_000, largest]
    return {
        f"part {n % 3}/file-{n:04}.bin": dice.randbytes(
            sizes[n] if n < len(sizes) else dice.choice(sizes[1:5])
        )
        for n in range(files)
    }


def write_tree(folder: Path, tree: Mapping[str, bytes]) -> None:
    for path, data in tree.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


@dataclass
class World:
    """A user of a server, and where the program keeps its things."""

    folder: Path
    server: ServerProcess
    faults: FaultFile
    drive: PlainDrive
    clock: SwiftClock = field(default_factory=SwiftClock)
    options: dict[str, str] = field(default_factory=dict)
    expires_in: int = 3600

    def token(self) -> Token:
        blob = self.server.token(user=self.drive.user, expires_in=self.expires_in)
        return Token.from_blob(json.dumps(blob))

    @contextlib.asynccontextmanager
    async def session(self, *, configured: bool = False) -> AsyncIterator[Session]:
        """Open the program with the remote `drive`.

        Args:
            configured: write it to the configuration, so that one can sign in again.
        """
        values = {
            "client_id": self.server.client_id,
            "client_secret": self.server.client_secret,
            "endpoint_url": self.server.endpoint_url,
            "auth_url": self.server.auth_url,
            "token_url": self.server.token_url,
            "upload_wait_per_gb": "1m",
        }
        options = RemoteOptions.read(values | self.options)
        given = {} if configured else {"drive": GivenRemote(options, self.token())}
        async with Session.open(
            Locations.from_environment(), clock=self.clock, given=given
        ) as session:
            if configured:
                await session.add_remote("drive", options, self.token(), secrets="file")
            yield session

    def up(self, source: Path, **more: Any) -> CopyRequest:
        """Copy what a folder of the disk holds to `Sent` in the drive."""
        return _request("local", VPath.parse(str(source)), "drive", "/Sent", **more)

    def down(self, target: Path, **more: Any) -> CopyRequest:
        """Copy what `Kept` in the drive holds to a folder of the disk."""
        return _request("drive", VPath.parse("/Kept"), "local", str(target), **more)

    async def run(self, request: CopyRequest) -> tuple[Job, list[Transfer]]:
        """Carry out a job in a session of its own, to its end."""
        async with self.session() as session:
            manager = session.transfers
            await manager.start()
            job = await manager.wait(await manager.enqueue(request))
            return job, await everything(manager)


def _request(
    source: str,
    path: VPath,
    target: str,
    folder: str,
    *,
    policy: ConflictPolicy = ConflictPolicy.OVERWRITE,
) -> CopyRequest:
    return CopyRequest(
        source=source,
        paths=(path,),
        target=target,
        folder=VPath.parse(folder),
        policy=policy,
        contents=True,
    )


async def everything(manager: TransferManager) -> list[Transfer]:
    return await manager.transfers(limit=1_000_000)


async def until(
    manager: TransferManager, condition: Callable[[Transfer], bool]
) -> Transfer:
    """Wait until one transfer is as described."""
    while True:
        for transfer in await everything(manager):
            if condition(transfer):
                return transfer
        await asyncio.sleep(0.01)


def waits(transfer: Transfer) -> bool:
    return transfer.state is State.WAITING and transfer.waits_for is not None
