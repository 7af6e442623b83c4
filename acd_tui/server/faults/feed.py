"""The stream of changes when it is not well (amazon-drive-api.md §4.14)."""

from __future__ import annotations

import msgspec
from starlette.types import ASGIApp, Message

from acd_tui.server.faults import rules
from acd_tui.server.faults.effects import Exchange


async def changes(app: ASGIApp, exchange: Exchange, rule: rules.Changes) -> None:
    """Cut the stream, begin it anew, say things twice or not at all."""
    lines = _Lines(rule)
    part = b""
    good = False

    async def send(message: Message) -> None:
        nonlocal part, good
        if message["type"] == "http.response.start":
            good = message["status"] == 200
        elif good:
            *whole, part = (part + message.get("body", b"")).split(b"\n")
            said = b"".join(lines.of(line) for line in whole if line.strip())
            message = {**message, "body": said}
        await exchange.send(message)

    receive = _without_checkpoint(exchange) if rule.reset else exchange
    await receive.over(send=send).by(app)


class _Lines:
    """What becomes of one line after the other."""

    def __init__(self, rule: rules.Changes) -> None:
        self._rule = rule
        self._count = 0
        self._last = ""
        self._over = False

    def of(self, line: bytes) -> bytes:
        rule = self._rule
        if self._over:
            return b""
        blank = b"\n" * rule.blank
        if rule.cut is not None and self._count >= rule.cut:
            self._over = True
            return b""
        if rule.status is not None and self._count >= rule.lines:
            self._over = True
            return blank + self._refusal(rule.status)
        said = msgspec.json.decode(line)
        if "end" in said:
            return blank + line + b"\n"
        self._count += 1
        self._last = said.get("checkpoint", "")
        return (blank + line + b"\n") * (2 if rule.repeat else 1)

    def _refusal(self, status: int) -> bytes:
        body = {
            "checkpoint": self._last,
            "reset": False,
            "nodes": [],
            "statusCode": status,
        }
        return msgspec.json.encode(body) + b"\n"


def _without_checkpoint(exchange: Exchange) -> Exchange:
    """The request as of a client that knows nothing: the answer begins with a reset."""
    taken = False

    async def receive() -> Message:
        nonlocal taken
        if taken:
            return await exchange.receive()
        taken = True
        body, more = bytearray(), True
        while more:
            message = await exchange.receive()
            if message["type"] != "http.request":
                return message
            body += message.get("body", b"")
            more = message.get("more_body", False)
        try:
            given = msgspec.json.decode(bytes(body) or b"{}")
            given.pop("checkpoint", None)
            body[:] = msgspec.json.encode(given)
        except (msgspec.MsgspecError, AttributeError):
            pass  # the server will say so
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    return exchange.over(receive)
