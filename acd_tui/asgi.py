"""An ASGI application on a TCP port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import uvicorn

from acd_tui.errors import Denied


class PortBusy(Denied):
    """Another program listens on that port."""


class _Server(uvicorn.Server):
    """uvicorn without a hand on the process's signals."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@dataclass(frozen=True, slots=True)
class Served:
    """An application that accepts connections.

    Attributes:
        host: as bound.
        port: as bound, also when 0 was asked for.
    """

    host: str
    port: int

    @property
    def url(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


def listen(host: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one.

    Raises:
        PortBusy: another program listens there.
        Denied: the address is not this machine's, or the port not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"port {port} on {host} is used by another program",
                hint=f"find it with `ss -ltnp 'sport = :{port}'` and stop it",
            ) from error
        raise Denied(
            f"cannot listen on {host} port {port}: {error.strerror or error}"
        ) from error
    return listener


@contextlib.asynccontextmanager
async def serving(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    grace: float = 3.0,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve `app` meanwhile; leaving the block lets requests under way end.

    Args:
        app: the application.
        host: the address to bind.
        port: the port, 0 for a free one.
        grace: seconds that requests under way get to end in.
        options: further settings of `uvicorn.Config`.

    Raises:
        PortBusy: see `listen`.
        Denied: see `listen`.
    """
    listener = listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan=options.pop("lifespan", "off"),
        server_header=False,
        timeout_graceful_shutdown=round(grace),
        **options,
    )
    server = _Server(config)
    bound_host, bound_port = listener.getsockname()[:2]
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started and not task.done():  # noqa: ASYNC110 - uvicorn tells nobody
            await asyncio.sleep(0.005)
        if task.done():
            await task
        yield Served(bound_host, bound_port)
    finally:
        server.should_exit = True
        await asyncio.wait({task})
        listener.close()
