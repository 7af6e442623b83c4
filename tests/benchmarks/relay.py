"""A long line in front of a server on this machine: bytes arrive late, none is held up.

`python -m tests.benchmarks.relay SECONDS` says on which port it listens, then reads from
its standard input the port of the server, and works until that is closed. What was sent
arrives after so many seconds, each way; a connection takes a round trip to come about.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any

_PIECE = 256 * 1024


class Relay:
    """Joins connections with those to a server.

    Args:
        delay: seconds that bytes take one way.
    """

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._joined: set[asyncio.Task[Any]] = set()
        self.port = 0

    async def join(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Carry one connection."""
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.port)
        asked = asyncio.get_running_loop().time()
        self._keep(self._carry(reader, far_writer, asked + 2 * self._delay))
        self._keep(self._carry(far_reader, writer, asked))

    def _keep(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._joined.add(task)
        task.add_done_callback(self._joined.discard)

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, begin: float
    ) -> None:
        """Carry bytes one way; none sets out before `begin`."""
        under_way: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        arriving = asyncio.create_task(self._arrive(under_way, writer))
        loop = asyncio.get_running_loop()
        data = b"begun"
        while data:
            try:
                data = await reader.read(_PIECE)
            except ConnectionError:
                data = b""
            under_way.put_nowait((max(loop.time(), begin) + self._delay, data))
        await arriving

    async def _arrive(
        self,
        under_way: asyncio.Queue[tuple[float, bytes]],
        writer: asyncio.StreamWriter,
    ) -> None:
        loop = asyncio.get_running_loop()
        while True:
            at, data = await under_way.get()
            await asyncio.sleep(at - loop.time())
            if not data:
                writer.close()
                return
            writer.write(data)


async def main(delay: float) -> None:
    """Listen until the standard input is closed."""
    relay = Relay(delay)
    server = await asyncio.start_server(
        relay.join, "127.0.0.1", 0, limit=_PIECE, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    relay.port = int(await asyncio.to_thread(sys.stdin.readline))
    async with server:
        await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(float(sys.argv[1])))
