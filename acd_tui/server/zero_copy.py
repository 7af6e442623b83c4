"""Files that the kernel sends: the extension `http.response.zerocopysend` of ASGI.

uvicorn has none (https://asgi.readthedocs.io/en/latest/extensions.html). Of a large file it
saves two copies of each byte, and most of the processor time a download costs. The kernel
may have to wait for the disk, so it is called by a thread; for a slow client no thread waits.
"""

from __future__ import annotations

import asyncio
import errno
import os
import select
from typing import BinaryIO

from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

EXTENSION = "http.response.zerocopysend"

_TURN = 16 * 1024 * 1024  # bytes for one client, before others have their turn
_PATIENCE = 10  # milliseconds that a thread waits for a client
_LOOK_SECONDS = 1.0  # how soon it is noticed that a client that waits has gone


class ZeroCopy:
    """The extension around an application, for uvicorn's protocol on a bare socket."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["scheme"] != "http":  # the kernel does not encrypt
            await self._app(scope, receive, send)
            return
        cycle: RequestResponseCycle = send.__self__  # type: ignore[attr-defined] # its method

        async def sending(message: Message) -> None:
            if message["type"] == EXTENSION:
                await _send(cycle, message["file"], message["offset"], message["count"])
                message = {"type": "http.response.body"}
            await send(message)

        scope["extensions"] = {EXTENSION: {}}
        await self._app(scope, receive, sending)


async def _send(
    cycle: RequestResponseCycle, file: BinaryIO, offset: int, count: int
) -> None:
    await _all_written(cycle)
    loop, transport = asyncio.get_running_loop(), cycle.transport
    if transport.is_closing():  # and its socket perhaps closed
        cycle.disconnected = True
        return
    # A descriptor of our own: the loop lets nobody watch its transport's.
    own = os.dup(transport.get_extra_info("socket").fileno())
    try:
        while count and not transport.is_closing():
            wanted = min(count, _TURN)
            sending = loop.run_in_executor(
                None, _sent, own, file.fileno(), offset, wanted
            )
            try:
                sent = await asyncio.shield(sending)
            finally:
                await asyncio.wait({sending})  # nobody closes what a thread still uses
            offset, count = offset + sent, count - sent
            cycle.expected_content_length -= sent
            if sent < wanted:
                await _writable(loop, own)
    except ConnectionError:
        transport.abort()
    finally:
        os.close(own)
    if count:
        cycle.disconnected = True  # uvicorn will see it too, but only later


async def _all_written(cycle: RequestResponseCycle) -> None:
    """Wait until the head, and what was sent before it, is with the kernel."""
    if cycle.transport.get_write_buffer_size():
        cycle.transport.set_write_buffer_limits(high=0)
        try:
            await cycle.flow.drain()
        finally:
            cycle.transport.set_write_buffer_limits()


async def _writable(loop: asyncio.AbstractEventLoop, connection: int) -> None:
    """Wait until there is room for more, or a while."""
    ready = asyncio.Event()
    loop.add_writer(connection, ready.set)
    try:
        async with asyncio.timeout(_LOOK_SECONDS):
            await ready.wait()
    except TimeoutError:
        pass
    finally:
        loop.remove_writer(connection)


def _sent(connection: int, file: int, offset: int, count: int) -> int:
    """Send some of a file; how many bytes, fewer if the client is slow. In a thread.

    Raises:
        ConnectionError: the client has gone.
        OSError: the file is shorter, or cannot be read.
    """
    sent = 0
    client = select.poll()
    client.register(connection, select.POLLOUT)
    while sent < count:
        try:
            some = os.sendfile(connection, file, offset + sent, count - sent)
        except BlockingIOError:
            if not client.poll(_PATIENCE):
                break
            continue
        if not some:
            raise OSError(errno.EIO, "a content file is shorter than it should be")
        sent += some
    return sent
