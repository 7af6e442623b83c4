"""What a connection may ask of the server before a route can say anything to it.

uvicorn waits for ever for the end of a request's head, however long it grows, and for
the rest of a body; so whoever can connect could fill the memory, and a client whose
machine was switched off would keep its half of an upload until the server is stopped.
"""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.flow_control import HIGH_WATER_LIMIT
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from acd_tui.server.crowd import crowd_of
from acd_tui.server.zero_copy import ZeroCopy

_LONGEST_HEAD = 64 * 1024
_HEAD_SECONDS = 30.0
_BODY_SECONDS = 300.0  # without a single byte
_LOOK_SECONDS = 15.0
_LARGE_PIECE = 2 * 1024 * 1024
_CROWDED = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 1\r\ncontent-length: 0\r\n"
    b"connection: close\r\n\r\n"
)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with bounds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.app = ZeroCopy(self.app)
        self._unfinished = (
            0  # bytes that have completed neither a head nor a body's piece
        )
        self._awaits: float | None = _HEAD_SECONDS  # None: nothing is awaited
        self._since = self.loop.time()
        self._timer: asyncio.TimerHandle | None = None
        self._crowd = crowd_of(self)

    def connection_made(  # type: ignore[override] # as in uvicorn: there is no other transport
        self, transport: asyncio.Transport
    ) -> None:
        super().connection_made(transport)
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)
        self._crowd.idle(self)
        if not self._crowd.has_room(self):
            transport.write(_CROWDED)
            transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._crowd.busy(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._awaits is None:
            self._await(_HEAD_SECONDS)
        elif self._awaits == _BODY_SECONDS:
            self._since = self.loop.time()
        self._unfinished += len(data)
        super().data_received(data)
        if self._unfinished > _LONGEST_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of the request is too long")

    def on_headers_complete(self) -> None:
        self._unfinished = 0
        self._await(_BODY_SECONDS)
        self._crowd.busy(self)
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._unfinished = 0
        if self.cycle.body or self.cycle.response_complete:
            super().on_body(body)
            return
        # uvicorn would copy it into a bytearray, and later back.
        self.cycle.body = body  # type: ignore[assignment] # what is done with it is the same
        if len(body) > HIGH_WATER_LIMIT:
            self.flow.pause_reading()
            # A large body is taken in larger pieces; each costs the same.
            self.transport.max_size = _LARGE_PIECE  # type: ignore[attr-defined] # asyncio's
        self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        self._unfinished = 0
        self._await(None)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and not self.transport.is_closing():
            self._crowd.idle(self)

    def _await(self, seconds: float | None) -> None:
        self._awaits = seconds
        self._since = self.loop.time()

    def _look(self) -> None:
        """Give up what does not come."""
        self._timer = self.loop.call_later(_LOOK_SECONDS, self._look)
        if self.flow.read_paused:
            self._since = self.loop.time()  # it is we who do not listen
        elif self._awaits is not None and (
            self.loop.time() - self._since > self._awaits
        ):
            self.transport.abort()
