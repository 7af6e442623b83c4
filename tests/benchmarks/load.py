"""HTTP requests from a few connections, as fast as they are answered, with little cost.

The clients that we know of cost more processor time a request than the server; this one
writes prepared bytes and looks at nothing but the status and the Content-Length.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)


class UnexpectedAnswer(Exception):
    """The server answered with another status than it should."""


@dataclass(frozen=True, slots=True)
class Rate:
    """How a load was carried.

    Attributes:
        per_second: requests.
        slowest: milliseconds that the slowest hundredth took at least.
    """

    per_second: float
    slowest: float


def request(
    method: str,
    host: str,
    target: str,
    token: str = "",
    body: bytes = b"",
    kind: str = "",
) -> bytes:
    """A request as bytes."""
    head = f"{method} {target} HTTP/1.1\r\nHost: {host}\r\n"
    if token:
        head += f"Authorization: Bearer {token}\r\n"
    if kind:
        head += f"Content-Type: {kind}\r\n"
    if body or method != "GET":
        head += f"Content-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def load(
    host: str,
    port: int,
    make: Callable[[int], bytes],
    *,
    count: int,
    connections: int = 16,
    status: int = 200,
) -> Rate:
    """Send `count` requests over some connections.

    Args:
        host: of the server.
        port: of the server.
        make: the bytes of the request of that number.
        count: how many.
        connections: how many wait for an answer at the same time.
        status: what each must be answered with.

    Raises:
        UnexpectedAnswer: one was answered otherwise.
    """
    numbers = iter(range(count))
    times: list[float] = []

    async def send_some() -> None:
        reader, writer = await asyncio.open_connection(host, port, limit=2**20)
        for number in numbers:
            started = time.perf_counter()
            writer.write(make(number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1]) if length else 0)
            times.append(time.perf_counter() - started)
            if int(head[9:12]) != status:
                raise UnexpectedAnswer(head.decode("latin-1") + body[:200].decode())
        writer.close()

    started = time.perf_counter()
    await asyncio.gather(*(send_some() for _ in range(connections)))
    taken = time.perf_counter() - started
    times.sort()
    return Rate(count / taken, times[int(len(times) * 0.99)] * 1000)
