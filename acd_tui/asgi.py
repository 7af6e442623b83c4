"""An ASGI application on a TCP port of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from acd_tui.errors import Denied

_LAST_SECONDS = 5.0  # for what was cut off to clear up behind itself


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
    _server: uvicorn.Server = field(repr=False, compare=False)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._server.server_state.connections)

    @property
    def requests(self) -> int:
        """How many are under way."""
        return len(self._server.server_state.tasks)

    def cut_off(self) -> None:
        """Do not wait for requests under way any longer."""
        self._server.force_exit = True
        state = self._server.server_state
        for task in tuple(state.tasks):
            task.cancel()
        for connection in tuple(state.connections):
            connection.transport.abort()

    @property
    def url(self) -> str:
        return url_of(self.host, self.port)


def url_of(host: str, port: int) -> str:
    """The address of what is bound there."""
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def listen(host: str, port: int) -> socket.socket:
    """Bind a listening socket; port 0 takes a free one.

    Raises:
        PortBusy: another program listens there.
        Denied: the address is not this machine's, or the port not ours to take.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # With the protocol left open, asyncio would not turn Nagle's algorithm off, and each
    # answer written in two pieces would wait 40 ms for the client to acknowledge the first.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortBusy(
                f"port {port} on {host} is used by another program",
                hint=f"find it with `{_finding(port)}` and stop it",
            ) from error
        raise Denied(
            f"cannot listen on {host} port {port}: {error.strerror or error}"
        ) from error
    return listener


def _finding(port: int) -> str:
    """Return what tells which program listens on a port, where we are."""
    if sys.platform == "darwin":
        return f"lsof -nP -iTCP:{port} -sTCP:LISTEN"
    if sys.platform == "win32":
        return f"netstat -ano | findstr :{port}"
    return f"ss -ltnp 'sport = :{port}'"


@contextlib.asynccontextmanager
async def serving(
    app: Any,
    host: str = "127.0.0.1",
    port: int = 0,
    *,
    grace: float = 3.0,
    listener: socket.socket | None = None,
    **options: Any,
) -> AsyncIterator[Served]:
    """Serve `app` meanwhile; leaving the block lets requests under way end.

    Args:
        app: the application.
        host: the address to bind.
        port: the port, 0 for a free one.
        grace: seconds that requests under way get to end in.
        listener: a socket that listens already, in place of host and port.
        options: further settings of `uvicorn.Config`.

    Raises:
        PortBusy: see `listen`.
        Denied: see `listen`.
    """
    listener = listener or listen(host, port)
    config = uvicorn.Config(
        app,
        log_config=None,
        log_level="error",  # below that it has a line for each torn request
        access_log=False,
        # Its own answer to X-Forwarded-For believes whatever this machine says.
        proxy_headers=options.pop("proxy_headers", False),
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
        yield Served(bound_host, bound_port, server)
    finally:
        server.should_exit = True
        await asyncio.wait({task})
        if cut := server.server_state.tasks:
            await asyncio.wait(cut, timeout=_LAST_SECONDS)
        listener.close()
