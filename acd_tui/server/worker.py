"""One of the processes that answer a server's requests; see `workers`.

It is told what to do through the socket whose descriptor is its only argument, and ends
when that is closed: then the process that started it is gone.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec

from acd_tui.server.runner import Options, serving_storage
from acd_tui.server.stderr import log_to_stderr
from acd_tui.server.storage import Storage
from acd_tui.server.workers import Task


async def _work(control: socket.socket) -> None:
    reader, writer = await asyncio.open_connection(sock=control)
    task = msgspec.json.decode(await reader.readline(), type=Task)
    options = Options(
        host=task.host,
        public_url=task.public_url,
        allowed_hosts=task.allowed_hosts,
        quota=task.quota,
        grace=task.grace,
        access_log=task.access_log,
    )
    storage = Storage(Path(task.directory), quota=task.quota, shared=True)
    await asyncio.to_thread(storage.open)
    try:
        listener = socket.socket(fileno=task.listener)
        async with serving_storage(storage, options, listener) as running:
            writer.write(b"ready\n")
            words = {
                b"cut off\n": running.cut_off,
                b"reopen logs\n": running.reopen_logs,
            }
            stop = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
            words[b"stop\n"] = stop.set

            async def listen() -> None:
                with contextlib.suppress(ConnectionError):
                    while word := await reader.readline():
                        words[word]()
                os._exit(1)  # nobody holds the directory for us any more

            listening = asyncio.create_task(listen())
            await stop.wait()
        listening.cancel()
    finally:
        await asyncio.to_thread(storage.close)


def main() -> None:
    """Serve until told to stop."""
    log_to_stderr()
    control = socket.socket(fileno=int(sys.argv[1]))
    asyncio.run(_work(control))


if __name__ == "__main__":
    main()
