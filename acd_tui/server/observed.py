"""Sees each request come and go, for the access log and the metrics."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from starlette.types import ASGIApp, Message, Receive, Scope, Send


class Seen(NamedTuple):
    """A request that is over.

    Attributes:
        scope: with `endpoint` and `grant` where it got so far.
        status: of the answer; 499 if the client left before there was one.
        received: bytes of the request's body.
        sent: bytes of the answer's body.
        seconds: from its head to its end.
    """

    scope: Scope
    status: int
    received: int
    sent: int
    seconds: float

    @property
    def operation(self) -> str:
        """What it asked for; empty if that is nothing we do."""
        return str(getattr(self.scope.get("endpoint"), "__name__", ""))


class Observer(Protocol):
    """Who wants to know."""

    def begun(self, scope: Scope) -> None: ...

    def ended(self, seen: Seen) -> None: ...


class Observed:
    """The middleware; there is none where nobody wants to know.

    Args:
        app: the server.
        observers: told of each request.
    """

    def __init__(self, app: ASGIApp, observers: Sequence[Observer]) -> None:
        self._app = app
        self._observers = observers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = time.monotonic()
        status, received, sent = 499, 0, 0

        async def counting_receive() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            return message

        async def counting_send(message: Message) -> None:
            nonlocal status, sent
            await send(message)
            if message["type"] == "http.response.start":
                status = message["status"]
            else:
                sent += message.get("count") or len(message.get("body", b""))

        for observer in self._observers:
            observer.begun(scope)
        try:
            await self._app(scope, counting_receive, counting_send)
        finally:
            seconds = time.monotonic() - started
            seen = Seen(scope, status, received, sent, seconds)
            for observer in self._observers:
                observer.ended(seen)
