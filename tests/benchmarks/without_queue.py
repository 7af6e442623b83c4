"""A copy of one folder's files without the queue: what is read, sent and checked.

`python -m tests.benchmarks.without_queue FOLDER REMOTE TARGET AT_A_TIME`
"""

from __future__ import annotations

import asyncio
import sys

from acd_tui.locations import Locations
from acd_tui.session.core import LOCAL, Session
from acd_tui.transfers.limiter import Limiter
from acd_tui.transfers.metered import Metered
from acd_tui.transfers.verify import verify
from acd_tui.vfs.capabilities import Hashing, Mirrored
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.path import VPath


async def main(folder: str, remote: str, name: str, at_a_time: int) -> None:
    async with Session.open(Locations.from_environment()) as session:
        here = await session.filesystem(LOCAL)
        there = await session.filesystem(remote)
        assert isinstance(here, Hashing)
        assert isinstance(there, Mirrored)
        await there.refresh()
        source, target = VPath.parse(folder), VPath.parse(f"/{name}")
        await there.make_folder(target)
        entries = iter(await here.list(source))
        limiter = Limiter(session.clock)

        async def some() -> None:
            for entry in entries:
                path, goal = source / entry.name, target / entry.name
                read = await here.read(path)
                content = Metered(read, lambda _: None, limiter, arrived=lambda: None)
                stored = await there.write(goal, content)
                streamed = content.streamed_md5
                if streamed is None:  # it is known
                    await here.stat(path)
                else:
                    await here.learn_md5(path, read, streamed)
                await verify(
                    Located(here, path, entry), Located(there, goal, stored), streamed
                )

        await asyncio.gather(*(some() for _ in range(at_a_time)))


if __name__ == "__main__":
    _, FOLDER, REMOTE, TARGET, AT_A_TIME = sys.argv
    asyncio.run(main(FOLDER, REMOTE, TARGET, int(AT_A_TIME)))
