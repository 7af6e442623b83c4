"""What happens to a request: its answer, its connection, its time.

Each effect is a coroutine that takes the rest of the server and an exchange, and sees to
it that the exchange comes to its end; effects therefore nest.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acd_tui.server.faults import rules
from acd_tui.server.faults.errors import ERRORS, CannedError

TRANSPORT = "acd_tui.transport"  # where a scope has its connection
_LOOK = 0.05  # seconds between two looks at whether a client is gone
_SLICE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request and the way its answer takes."""

    scope: Scope
    receive: Receive
    send: Send

    def over(
        self, receive: Receive | None = None, send: Send | None = None
    ) -> Exchange:
        return replace(self, receive=receive or self.receive, send=send or self.send)

    async def by(self, app: ASGIApp) -> None:
        await app(self.scope, self.receive, self.send)

    async def drain(self) -> None:
        """Read the request to its end."""
        while (await self.receive()).get("more_body"):
            pass

    async def gone(self) -> None:
        """Wait until the client has hung up."""
        transport = self._transport()
        while not transport.is_closing():  # noqa: ASYNC110 - a transport tells its protocol only
            await asyncio.sleep(_LOOK)

    def abort(self) -> None:
        """Reset the connection."""
        transport = self._transport()
        connection = transport.get_extra_info("socket")
        if connection is not None:
            connection.setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
        transport.abort()

    def close(self) -> None:
        """Close the connection behind what was sent."""
        self._transport().close()

    def _transport(self) -> asyncio.Transport:
        transport: asyncio.Transport = self.scope[TRANSPORT]
        return transport


async def _nowhere(_: Message) -> None:
    """Send into the void."""


_End = Callable[[Exchange], Awaitable[None]]


async def answer(app: ASGIApp, exchange: Exchange, rule: rules.Answer) -> None:
    """Answer otherwise than the server does."""

    async def refuse(exchange: Exchange) -> None:
        await refused(exchange, rule)

    await _interrupted(app, exchange, rule.when, refuse)


async def reset(app: ASGIApp, exchange: Exchange, rule: rules.Reset) -> None:
    """Reset the connection."""

    async def end(exchange: Exchange) -> None:
        exchange.abort()
        await exchange.gone()

    await _interrupted(app, exchange, rule.when, end, count=rule.bytes)


async def stall(app: ASGIApp, exchange: Exchange, rule: rules.Stall) -> None:
    """Let the client wait for ever."""
    await _interrupted(app, exchange, rule.when, Exchange.gone, count=rule.bytes)


async def truncate(app: ASGIApp, exchange: Exchange, rule: rules.Truncate) -> None:
    """Close the connection in the middle of the answer."""

    async def end(exchange: Exchange) -> None:
        exchange.close()
        await exchange.gone()

    await _interrupted(app, exchange, "answer", end, count=rule.bytes)


async def _interrupted(
    app: ASGIApp, exchange: Exchange, when: str, end: _End, *, count: int = 0
) -> None:
    if when == "start":
        await end(exchange)
    elif when == "received":
        await exchange.drain()
        await end(exchange)
    elif when == "done":
        await exchange.over(send=_nowhere).by(app)
        await end(exchange)
    elif when == "body":
        await _in_body(app, exchange, count, end)
    else:
        await _in_answer(app, exchange, count, end)


async def _in_body(app: ASGIApp, exchange: Exchange, count: int, end: _End) -> None:
    seen, over = 0, False

    async def receive() -> Message:
        nonlocal seen, over
        if over:
            return {"type": "http.disconnect"}
        message = await exchange.receive()
        seen += len(message.get("body", b""))
        if seen >= count and message["type"] == "http.request":
            over = True
            await end(exchange)
            return {"type": "http.disconnect"}
        return message

    async def send(message: Message) -> None:
        if not over:
            await exchange.send(message)

    await exchange.over(receive, send).by(app)


async def _in_answer(app: ASGIApp, exchange: Exchange, count: int, end: _End) -> None:
    left, over = count, False

    async def send(message: Message) -> None:
        nonlocal left, over
        if over:
            return
        body = message.get("body", b"")
        if message["type"] != "http.response.body" or len(body) < left:
            left -= len(body)
            await exchange.send(message)
            return
        over = True
        await exchange.send({**message, "body": body[:left], "more_body": True})
        await end(exchange)

    await exchange.over(send=send).by(app)


async def refused(exchange: Exchange, rule: rules.Answer | rules.Late) -> None:
    """Send the answer that a rule names."""
    if rule.error is not None:
        said = ERRORS[rule.error]
    else:
        said = CannedError(rule.status or 500, rule.body, rule.type)
    more = dict(rule.headers)
    if rule.retry_after is not None:
        more["retry-after"] = str(rule.retry_after)
    await send_answer(exchange.send, said, more)


async def send_answer(
    send: Send, said: CannedError, more: dict[str, str] | None = None
) -> None:
    """Send an answer with a body."""
    content = said.content
    bodiless = said.status in {204, 304}
    headers = {} if bodiless else {"content-length": str(len(content))}
    if content and said.type:
        headers["content-type"] = said.type
    headers |= {name.lower(): value for name, value in (more or {}).items()}
    await send(
        {
            "type": "http.response.start",
            "status": said.status,
            "headers": [
                (name.encode(), value.encode("latin-1", "replace"))
                for name, value in headers.items()
            ],
        }
    )
    await send({"type": "http.response.body", "body": b"" if bodiless else content})


async def late(app: ASGIApp, exchange: Exchange, rule: rules.Late) -> None:
    """Refuse when all has come, and do later what was asked for.

    The part of the server that does it does not get the end of the request until then.
    """
    answered = False

    async def receive() -> Message:
        nonlocal answered
        message = await exchange.receive()
        if message["type"] != "http.request" or message.get("more_body"):
            return message
        answered = True
        await refused(exchange, rule)
        if rule.seconds is None:
            return {"type": "http.disconnect"}
        await asyncio.sleep(rule.seconds)
        return message

    async def send(message: Message) -> None:
        if not answered:
            await exchange.send(message)

    await exchange.over(receive, send).by(app)


async def delay(app: ASGIApp, exchange: Exchange, rule: rules.Delay) -> None:
    """Do it, but not yet."""
    if rule.when == "start":
        await asyncio.sleep(rule.seconds)
        await exchange.by(app)
        return

    async def send(message: Message) -> None:
        if message["type"] == "http.response.start":
            await asyncio.sleep(rule.seconds)
        await exchange.send(message)

    await exchange.over(send=send).by(app)


async def slow(app: ASGIApp, exchange: Exchange, rule: rules.Slow) -> None:
    """Take in and give out so many bytes a second."""
    rate = rule.bytes_per_second

    async def receive() -> Message:
        message = await exchange.receive()
        await asyncio.sleep(len(message.get("body", b"")) / rate)
        return message

    async def send(message: Message) -> None:
        body: bytes = message.get("body", b"")
        piece = max(1, min(_SLICE, rate // 10))
        while len(body) > piece:
            await exchange.send({**message, "body": body[:piece], "more_body": True})
            await asyncio.sleep(piece / rate)
            body = body[piece:]
        await asyncio.sleep(len(body) / rate)
        await exchange.send(
            message if "body" not in message else {**message, "body": body}
        )

    await exchange.over(receive, send).by(app)


async def flip(app: ASGIApp, exchange: Exchange, rule: rules.Flip) -> None:
    """Send one byte of the body otherwise than it is."""
    place = 0
    good = False

    async def send(message: Message) -> None:
        nonlocal place, good
        if message["type"] == "http.response.start":
            good = message["status"] < 300
        body: bytes = message.get("body", b"")
        at = rule.byte - place
        place += len(body)
        if good and 0 <= at < len(body):
            other = bytes([body[at] ^ 0xFF])
            message = {**message, "body": body[:at] + other + body[at + 1 :]}
        await exchange.send(message)

    await exchange.over(send=send).by(app)


async def asked_aside(
    app: ASGIApp, scope: Scope, path: str, query: bytes
) -> tuple[int, bytes]:
    """Ask the server something in the name of whoever made a request.

    Returns:
        status and body.
    """
    status, body = 0, bytearray()

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Message) -> None:
        nonlocal status
        if message["type"] == "http.response.start":
            status = message["status"]
        body.extend(message.get("body", b""))

    aside: dict[str, Any] = dict(scope) | {
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query,
    }
    await app(aside, receive, send)
    return status, bytes(body)
