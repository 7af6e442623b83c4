"""A long line in front of a server on this machine: bytes arrive late, none is held up.

`python -m tests.benchmarks.relay SECONDS` says on which port it listens, then reads from
its standard input the port of the server, and works until that is closed. What was sent
arrives after so many seconds, each way; a connection takes a round trip to come about.

A real line costs those at its ends no processor, so this does as little as it can: one
loop, and `select`, which keeps time to the microsecond where `epoll` rounds up to the
next millisecond.
"""

from __future__ import annotations

import heapq
import itertools
import select
import socket
import sys
import time
from collections import deque
from typing import Any, NamedTuple

_PIECE = 256 * 1024


class Way:
    """One direction of a connection.

    Args:
        source: where bytes come from.
        sink: where they go to.
        begin: when the first may set out.

    Attributes:
        arrived: what the sink has not taken yet.
        back: the other direction.
        over: whether the end has arrived.
    """

    back: Way

    def __init__(
        self, source: socket.socket, sink: socket.socket, begin: float
    ) -> None:
        self.source, self.sink, self.begin = source, sink, begin
        self.arrived: deque[bytes] = deque()
        self.over = False


class _Sent(NamedTuple):
    arrives: float
    number: int
    way: Way
    data: bytes


class Relay:
    """Joins connections with those to a server.

    Args:
        listener: takes them.
        port: of the server.
        delay: seconds that bytes take one way.
    """

    def __init__(self, listener: socket.socket, port: int, delay: float) -> None:
        self._listener, self._port, self._delay = listener, port, delay
        self._open: dict[
            socket.socket, Way
        ] = {}  # by where they may still be read from
        self._full: dict[socket.socket, Way] = {}  # by sinks that take no more now
        self._under_way: list[_Sent] = []
        self._numbers = itertools.count()

    def run(self) -> None:
        """Work until the standard input is closed."""
        while True:
            readable, writable = self._wait()
            if sys.stdin in readable:
                return
            for one in readable:
                if one is self._listener:
                    self._join()
                elif one in self._open:  # else closed in this very round
                    self._read(self._open[one])
            for sink in writable:
                if (way := self._full.pop(sink, None)) is not None:
                    self._write(way)
            self._deliver()

    def _wait(self) -> tuple[list[Any], list[socket.socket]]:
        """Wait until something can be read or written, or until something arrives."""
        pause = None
        if self._under_way:
            pause = max(0.0, self._under_way[0].arrives - time.monotonic())
        waited = [sys.stdin, self._listener, *self._open]
        readable, writable, _ = select.select(waited, list(self._full), [], pause)
        return readable, writable

    def _join(self) -> None:
        near, _ = self._listener.accept()
        far = socket.create_connection(("127.0.0.1", self._port))
        now = time.monotonic()
        for one in (near, far):
            one.setblocking(False)
            one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        to = self._open[near] = Way(near, far, now + 2 * self._delay)
        to.back = self._open[far] = Way(far, near, now)
        to.back.back = to

    def _read(self, way: Way) -> None:
        try:
            data = way.source.recv(_PIECE)
        except ConnectionError:
            data = b""
        if not data:
            del self._open[way.source]
        arrives = max(time.monotonic(), way.begin) + self._delay
        sent = _Sent(arrives, next(self._numbers), way, data)
        heapq.heappush(self._under_way, sent)

    def _deliver(self) -> None:
        """Hand over what is due."""
        now = time.monotonic()
        while self._under_way and self._under_way[0].arrives <= now:
            sent = heapq.heappop(self._under_way)
            sent.way.arrived.append(sent.data)
            self._write(sent.way)

    def _write(self, way: Way) -> None:
        """Hand over what has arrived, as far as it is taken; an empty piece is the end."""
        while way.arrived:
            data = way.arrived.popleft()
            try:
                if not data:
                    way.over = True
                    way.sink.shutdown(socket.SHUT_WR)
                elif (taken := way.sink.send(data)) < len(data):
                    way.arrived.appendleft(data[taken:])
            except BlockingIOError:
                way.arrived.appendleft(data)
                self._full[way.sink] = way
                return
            except OSError:
                way.over = way.back.over = True
        if way.over and way.back.over:
            for one in (way.source, way.sink):
                self._open.pop(one, None)
                self._full.pop(one, None)
                one.close()


def main(delay: float) -> None:
    """Listen, and carry what comes."""
    with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
        print(listener.getsockname()[1], flush=True)
        Relay(listener, int(sys.stdin.readline()), delay).run()


if __name__ == "__main__":
    main(float(sys.argv[1]))
