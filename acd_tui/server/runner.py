"""Serve a directory until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from acd_tui.asgi import serving
from acd_tui.errors import Denied
from acd_tui.locations import private_folder
from acd_tui.server.app import create_app
from acd_tui.server.protocol import GuardedProtocol
from acd_tui.server.storage import Storage

_GRACE = 10.0  # seconds that requests under way get when the server is stopped
_KEEP_ALIVE = 75


class AlreadyServed(Denied):
    """Another server runs on the same directory."""


@dataclass(frozen=True, slots=True)
class Addresses:
    """Where clients find what."""

    url: str

    @property
    def endpoint_url(self) -> str:
        return f"{self.url}/drive/v1/account/endpoint"

    @property
    def metadata_url(self) -> str:
        return f"{self.url}/drive/v1/"

    @property
    def content_url(self) -> str:
        return f"{self.url}/cdproxy/"

    @property
    def auth_url(self) -> str:
        return f"{self.url}/ap/oa"

    @property
    def token_url(self) -> str:
        return f"{self.url}/auth/o2/token"

    def as_dict(self) -> dict[str, str]:
        names = ("endpoint_url", "metadata_url", "content_url", "auth_url", "token_url")
        return {"url": self.url} | {name: getattr(self, name) for name in names}


async def run(  # noqa: PLR0913, PLR0917 - what `server run` takes
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str | None = None,
    ready: Callable[[Addresses], None] = lambda _: None,
    *,
    quota: int | None = None,
    allowed_hosts: Collection[str] = (),
    stop: asyncio.Event | None = None,
) -> None:
    """Serve until `stop` is set or this is cancelled; requests under way may end.

    Args:
        directory: of the drives; made if it is missing.
        host: the address to bind.
        port: 0 takes a free one.
        public_url: the address under which a proxy shows the server.
        ready: told the addresses once connections are accepted.
        quota: bytes each user may store.
        allowed_hosts: further host names to answer to.
        stop: ends it.

    Raises:
        AlreadyServed: another server runs on the directory.
        PortBusy: another program listens on the port.
        Denied: the directory or the address cannot be used.
    """
    async with serve(
        directory,
        host,
        port,
        public_url,
        quota=quota,
        allowed_hosts=allowed_hosts,
    ) as addresses:
        ready(addresses)
        await (stop or asyncio.Event()).wait()


@contextlib.asynccontextmanager
async def serve(
    directory: Path,
    host: str = "127.0.0.1",
    port: int = 0,
    public_url: str | None = None,
    *,
    quota: int | None = None,
    allowed_hosts: Collection[str] = (),
) -> AsyncIterator[Addresses]:
    """Serve meanwhile; see `run`."""
    with locked(directory):
        storage = Storage(directory, quota=quota)
        await asyncio.to_thread(storage.open)
        try:
            await storage.sweep()
            app = create_app(
                storage, public_url=public_url, allowed_hosts=allowed_hosts, bound=host
            )
            tidying = asyncio.create_task(storage.keep_tidy())
            try:
                async with serving(
                    app,
                    host,
                    port,
                    grace=_GRACE,
                    timeout_keep_alive=_KEEP_ALIVE,
                    http=GuardedProtocol,
                    ws="none",
                ) as served:
                    yield Addresses(
                        public_url.rstrip("/") if public_url else served.url
                    )
            finally:
                tidying.cancel()
                await asyncio.wait({tidying})
        finally:
            await asyncio.to_thread(storage.close)


@contextlib.contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Be the only server on a directory meanwhile.

    Raises:
        AlreadyServed: another one runs.
    """
    path = private_folder(directory) / "server.lock"
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise Denied(f"cannot write in {directory}: {error.strerror}") from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise AlreadyServed(
                f"another server is running on {directory}",
                hint="stop it first, or give this one a directory of its own",
            ) from None
        yield
    finally:
        os.close(descriptor)
