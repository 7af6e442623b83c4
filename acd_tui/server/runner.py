"""Serve a directory until told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from acd_tui.asgi import Served, listen, serving, url_of
from acd_tui.clock import Clock
from acd_tui.errors import UsageError
from acd_tui.memory import collect_less, keep_freed_memory
from acd_tui.server import histories, systemd
from acd_tui.server.access_log import AccessLog
from acd_tui.server.app import create_app
from acd_tui.server.faults.middleware import ReachableProtocol
from acd_tui.server.limits import Rate
from acd_tui.server.metrics import Metrics, metrics_token
from acd_tui.server.protocol import GuardedProtocol
from acd_tui.server.storage import Storage
from acd_tui.server.whereabouts import Addresses, Lock, locked
from acd_tui.server.workers import Crew, Task

_KEEP_ALIVE = 75
_SETTLE_SECONDS = 2.0  # for small contents that have no file yet, in the end
_LAST_SECONDS = 15.0  # for closing the database and the rest, at most


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """How to serve.

    Attributes:
        host: the address to bind.
        port: 0 takes a free one.
        public_url: the address under which a proxy shows the server.
        allowed_hosts: further host names to answer to.
        quota: bytes each user may store.
        rate: how many requests each application may make for each user.
        grace: seconds that requests under way get when the server is stopped.
        access_log: a file, or `-` for standard output.
        metrics: whether to count, and show the numbers.
        faults: a file of rules that make requests go wrong.
        workers: how many processes answer requests.
    """

    host: str = "127.0.0.1"
    port: int = 0
    public_url: str | None = None
    allowed_hosts: Collection[str] = ()
    quota: int | None = None
    rate: Rate | None = None
    grace: float = 60.0
    access_log: str | None = None
    metrics: bool = False
    faults: Path | None = None
    workers: int = 1


class Stop:
    """Ends a server: asked once, when requests under way are over; asked again, at once."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._again = False
        self.cut_off: Callable[[], None] = lambda: None

    def __call__(self) -> None:
        if self._asked.is_set():
            self._again = True
            self.cut_off()
        self._asked.set()

    @property
    def at_once(self) -> bool:
        """Whether it was asked for more than once."""
        return self._again

    async def wait(self) -> None:
        await self._asked.wait()


@dataclass(frozen=True, slots=True)
class Running:
    """A server that accepts connections.

    Attributes:
        addresses: where clients find it.
        cut_off: do not wait for requests under way any longer.
        reopen_logs: go on in a new file, where the old one was moved away.
        requests: how many are under way, as far as we know.
        failure: waits until it can serve no longer, and raises.
    """

    addresses: Addresses
    cut_off: Callable[[], None]
    reopen_logs: Callable[[], None]
    requests: Callable[[], int] = lambda: 0
    failure: Callable[[], Awaitable[object]] = asyncio.Event().wait


async def run(
    directory: Path,
    options: Options,
    ready: Callable[[Running], None] = lambda _: None,
    stop: Stop | None = None,
) -> None:
    """Serve until `stop` is called or this is cancelled; requests under way may end.

    Args:
        directory: of the drives; made if it is missing.
        options: how.
        ready: told once connections are accepted.
        stop: ends it.

    Raises:
        AlreadyServed: another server runs on the directory.
        PortBusy: another program listens on the port.
        Denied: the directory or the address cannot be used.
        UsageError: an option makes no sense.
        WorkerFailed: a worker cannot be started.
    """
    stop = stop or Stop()
    async with serve(directory, options) as running:
        stop.cut_off = running.cut_off
        ready(running)
        systemd.notify(READY=1, STATUS=f"serving {running.addresses.url}")
        await _either(stop.wait(), running.failure())
        patience = round((options.grace + _LAST_SECONDS) * 1_000_000)
        systemd.notify(STOPPING=1, EXTEND_TIMEOUT_USEC=patience)


@contextlib.asynccontextmanager
async def serve(directory: Path, options: Options) -> AsyncIterator[Running]:
    """Serve meanwhile; see `run`."""
    if options.workers > 1 and (options.rate or options.metrics or options.faults):
        raise UsageError(
            "--rate-limit, --metrics and --faults count requests in one process",
            hint="leave them out, or --workers",
        )
    with locked(directory) as lock:
        shared = options.workers > 1
        storage = Storage(directory, quota=options.quota, shared=shared)
        await asyncio.to_thread(storage.open)
        try:
            await storage.sweep()
            await storage.db.write(histories.begin)
            tidying = [
                asyncio.create_task(storage.keep_tidy()),
                asyncio.create_task(storage.settler.keep_on(storage.clock)),
            ]
            try:
                listener = systemd.inherited_listener()
                listener = listener or listen(options.host, options.port)
                async with (
                    _with_workers(storage, options, listener, lock)
                    if shared
                    else serving_storage(storage, options, listener)
                ) as running:
                    os.ftruncate(lock.file, 0)
                    os.pwrite(lock.file, running.addresses.url.encode(), 0)
                    yield running
            finally:
                for task in tidying:
                    task.cancel()
                await asyncio.wait(tidying)
                await asyncio.to_thread(storage.settler.settle_for, _SETTLE_SECONDS)
        finally:
            await asyncio.to_thread(storage.close)


async def _either(*waiting: Awaitable[object]) -> None:
    tasks = {asyncio.ensure_future(one) for one in waiting}
    done, rest = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in rest:
        task.cancel()
    for task in done:
        task.result()


@contextlib.asynccontextmanager
async def _with_workers(
    storage: Storage, options: Options, listener: socket.socket, lock: Lock
) -> AsyncIterator[Running]:
    """Have several processes serve an open storage meanwhile."""
    task = Task(
        directory=str(storage.directory.absolute()),
        listener=listener.fileno(),
        host=options.host,
        public_url=options.public_url,
        allowed_hosts=list(options.allowed_hosts),
        quota=options.quota,
        grace=options.grace,
        access_log=options.access_log,
    )
    with listener:
        crew = Crew(options.workers, task, (listener.fileno(), *lock))
        await crew.start()
        try:
            yield Running(
                _addresses(options, listener),
                cut_off=crew.cut_off,
                reopen_logs=crew.reopen_logs,
                failure=crew.failure,
            )
        finally:
            listener.close()  # lest anybody waits for an answer that nobody will give
            await crew.stop()


def _addresses(options: Options, listener: socket.socket) -> Addresses:
    host, port = listener.getsockname()[:2]
    return Addresses((options.public_url or url_of(host, port)).rstrip("/"))


@contextlib.asynccontextmanager
async def serving_storage(
    storage: Storage, options: Options, listener: socket.socket
) -> AsyncIterator[Running]:
    """Serve an open storage meanwhile, in this process."""
    keep_freed_memory()
    collect_less()
    metrics = None
    if options.metrics:
        token = await asyncio.to_thread(metrics_token, storage.directory)
        metrics = Metrics(storage.clock, token)
    with _access_log(options.access_log, storage.clock) as access_log:
        app = create_app(
            storage,
            public_url=options.public_url,
            allowed_hosts=options.allowed_hosts,
            bound=options.host,
            rate=options.rate,
            faults=options.faults,
            access_log=access_log,
            metrics=metrics,
        )
        async with serving(
            app,
            grace=options.grace,
            listener=listener,
            timeout_keep_alive=_KEEP_ALIVE,
            http=GuardedProtocol if options.faults is None else ReachableProtocol,
            ws="none",
            proxy_headers=False,  # ours is more careful
        ) as served:
            if metrics is not None:
                _add_gauges(metrics, storage, served)
            yield Running(
                _addresses(options, listener),
                cut_off=served.cut_off,
                reopen_logs=access_log.reopen if access_log else lambda: None,
                requests=lambda: served.requests,
            )


def _add_gauges(metrics: Metrics, storage: Storage, served: Served) -> None:
    metrics.gauges["acd_connections"] = lambda: served.connections
    metrics.gauges["acd_writes_waiting"] = lambda: storage.db.waiting[0]
    metrics.gauges["acd_reads_waiting"] = lambda: storage.db.waiting[1]


@contextlib.contextmanager
def _access_log(where: str | None, clock: Clock) -> Iterator[AccessLog | None]:
    if where is None:
        yield None
        return
    log = AccessLog(None if where == "-" else Path(where), clock)
    try:
        yield log
    finally:
        log.close()
