"""The way in and out: which requests come in at all, and what becomes of failures."""

from __future__ import annotations

import asyncio
import logging
import random
import uuid

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acd_tui.server import forwarded, wire
from acd_tui.server.hosts import Hosts
from acd_tui.server.service import fault_answer

_ACCEPTED = {"accept-encoding": "identity"}  # RFC 9110 §12.5.3
_NOSNIFF = (b"x-content-type-options", b"nosniff")

_log = logging.getLogger(__name__)


class Door:
    """Refuses foreign host names; lets nothing out but answers."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def numbered(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"].append((b"x-amzn-requestid", _number()))
                if _NOSNIFF not in message["headers"]:
                    message["headers"].append(_NOSNIFF)
            await send(message)

        failure = await self._failure(scope, receive, numbered)
        if failure is not None and not started:
            await fault_answer(failure)(scope, receive, numbered)

    async def _failure(
        self, scope: Scope, receive: Receive, send: Send
    ) -> wire.ApiFault | None:
        """Have a request answered; what to answer instead if that failed."""
        forwarded.take_over(scope, addresses=self._hosts.public_url is not None)
        if (refused := self._refused(scope)) is not None:
            return refused
        try:
            await self._app(scope, receive, send)
        except asyncio.CancelledError:
            # The server stops and this has taken too long; whoever asks may try again.
            return wire.ApiFault(503, {"message": "The server is stopping"})
        except Exception:  # noqa: BLE001 - the border: nothing but JSON goes out
            # Of an answer that has begun uvicorn sees that it is cut short.
            _log.exception("%s %s failed", scope["method"], scope["path"])
            return wire.ApiFault(500, {"message": "Internal failure"})
        return None

    def _refused(self, scope: Scope) -> wire.ApiFault | None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        named = [value for name, value in headers if name == b"host"]
        if len(named) != 1:
            return wire.ApiFault(400, {"message": "A request names one host"})
        if not self._hosts.allows(named[0].decode("latin-1")):
            return wire.ApiFault(421, {"message": "This is not the host you look for"})
        for name, value in headers:
            # Taken as it is, it would be stored as it is; and nothing is unpacked here.
            if name == b"content-encoding" and value.lower() not in {b"", b"identity"}:
                message = "Content-Encoding is not supported"
                return wire.ApiFault(415, {"message": message}, _ACCEPTED)
        return None


def _number() -> bytes:
    """The number of a request, for logs: no secret.

    To ask the system for random bytes, as `uuid4` does, is to give the interpreter to
    another thread, and under load to wait 100 us until one gets it back.
    """
    return str(uuid.UUID(int=random.getrandbits(128), version=4)).encode()
