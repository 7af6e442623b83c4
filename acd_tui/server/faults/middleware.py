"""Puts the effects of the rules that a request meets around the server."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

import msgspec
from starlette.requests import Request
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acd_tui.server.faults import effects, feed, presigned, rules
from acd_tui.server.faults.effects import Exchange, asked_aside
from acd_tui.server.faults.listings import Listings
from acd_tui.server.faults.watched import FaultFile, LiveRule
from acd_tui.server.multipart import (
    Data,
    End,
    MultipartError,
    MultipartParser,
    Part,
    boundary_of,
)
from acd_tui.server.protocol import GuardedProtocol
from acd_tui.server.service import Service, bearer_token
from acd_tui.server.wire import ApiFault

_log = logging.getLogger(__name__)
_PRESIGNED = "presigned"
_PEEK = 1024 * 1024  # how much of a body is looked at for a name
_NAMED_IN_BODY = {"create_folder", "patch_node", "put_node", "upload"}


class ReachableProtocol(GuardedProtocol):
    """Lets a request's effects reach its connection."""

    def on_message_begin(self) -> None:
        super().on_message_begin()
        scope: dict[str, Any] = self.scope  # type: ignore[assignment] # uvicorn's own type is closed
        scope[effects.TRANSPORT] = self.transport


def operations(routes: Sequence[Route]) -> list[str]:
    """The names that rules may use for what a request asks."""
    return [*dict.fromkeys(route.name for route in routes), _PRESIGNED]


class Faults:
    """The middleware.

    Args:
        app: the server.
        file: the rules.
        routes: what the server does.
        service: to know users by their tokens.
    """

    def __init__(
        self, app: ASGIApp, file: FaultFile, routes: Sequence[Route], service: Service
    ) -> None:
        self._app = app
        self._file = file
        self._routes = routes
        self._service = service
        listings = Listings(service.storage.clock)
        self._effects: dict[type[rules.Rule], Callable[..., Awaitable[None]]] = {
            rules.Answer: effects.answer,
            rules.Late: effects.late,
            rules.Reset: effects.reset,
            rules.Stall: effects.stall,
            rules.Truncate: effects.truncate,
            rules.Delay: effects.delay,
            rules.Slow: effects.slow,
            rules.Flip: effects.flip,
            rules.WrongMd5: listings.wrong_md5,
            rules.Pending: listings.pending,
            rules.Stale: listings.stale,
            rules.Changes: feed.changes,
            rules.Redirect: presigned.redirect,
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope.pop("extensions", None)  # what is to be spoiled must be seen
        exchange = Exchange(scope, receive, send)
        asked = _Request(exchange, self._operation(scope), self._service, self._app)
        app: ASGIApp = self._app
        if asked.operation == _PRESIGNED:
            app = _presigned(app)
        live = await asyncio.to_thread(self._file.now)
        struck = [one for one in live if await one.strikes(asked)]
        for one in reversed(struck):
            app = self._around(app, one)
        for one in struck:
            _log.info(
                "fault %d, %s: %s %s",
                one.number,
                one.rule.does,
                asked.method,
                asked.path,
            )
        await app(scope, asked.receive, send)

    def _around(self, app: ASGIApp, one: LiveRule) -> ASGIApp:
        effect = self._effects[type(one.rule)]

        async def around(scope: Scope, receive: Receive, send: Send) -> None:
            await effect(app, Exchange(scope, receive, send), one.rule)

        return around

    def _operation(self, scope: Scope) -> str:
        if scope["path"].startswith(presigned.PREFIX):
            return _PRESIGNED
        for route in self._routes:
            if route.matches(scope)[0] is Match.FULL:
                return route.name
        return ""


def _presigned(app: ASGIApp) -> ASGIApp:
    async def serve(scope: Scope, receive: Receive, send: Send) -> None:
        await presigned.serve(app, Exchange(scope, receive, send))

    return serve


class _Request:
    """What rules want to know of a request; asked for only where one wants it."""

    def __init__(
        self, exchange: Exchange, operation: str, service: Service, app: ASGIApp
    ) -> None:
        scope = exchange.scope
        self.operation = operation
        self.method: str = scope["method"]
        self.path: str = scope["path"]
        self.query = unquote_plus(scope["query_string"].decode("latin-1"))
        self._scope = scope
        self._receive = exchange.receive
        self._service = service
        self._app = app
        self._read_ahead: list[Message] = []
        self._name: str | None = None

    async def who(self) -> tuple[str, str]:
        try:
            grant = await self._service.grant(bearer_token(Request(self._scope)))
        except ApiFault:
            return "", ""
        return grant.user_name, grant.client

    async def name(self) -> str:
        if self._name is None:
            self._name = await self._found()
        return self._name

    async def _found(self) -> str:
        given = dict(parse_qsl(self._scope["query_string"].decode("latin-1")))
        if self.operation in _NAMED_IN_BODY:
            return given.get("name") or await self._name_in_body()
        _, _, rest = self.path.partition("/nodes/")
        if not rest:
            _, _, rest = self.path.partition("/trash/")
        if not rest:
            return ""
        path = f"/drive/v1/nodes/{rest.split('/')[0]}"
        status, body = await asked_aside(self._app, self._scope, path, b"")
        return msgspec.json.decode(body).get("name", "") if status == 200 else ""

    async def receive(self) -> Message:
        if self._read_ahead:
            return self._read_ahead.pop(0)
        return await self._receive()

    async def _name_in_body(self) -> str:
        """Read ahead as far as it takes."""
        kind = dict(self._scope["headers"]).get(b"content-type", b"").decode("latin-1")
        text = _Plain()
        if kind.startswith("multipart/"):
            try:
                text = _Metadata(boundary_of(kind))
            except MultipartError:
                return ""
        seen, more = 0, True
        while more and seen < _PEEK and not text.whole:
            message = await self._receive()
            self._read_ahead.append(message)
            more = message.get("more_body", False)
            text.feed(message.get("body", b""))
            seen += len(message.get("body", b""))
        return text.name


class _Plain:
    """A body of JSON."""

    whole = False

    def __init__(self) -> None:
        self._text = bytearray()

    def feed(self, data: bytes) -> None:
        self._text += data

    @property
    def name(self) -> str:
        try:
            return str(msgspec.json.decode(bytes(self._text))["name"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            return ""


class _Metadata(_Plain):
    """The part of an upload's body that says what it is."""

    def __init__(self, boundary: bytes) -> None:
        super().__init__()
        self._parser = MultipartParser(boundary)
        self._inside = False

    def feed(self, data: bytes) -> None:
        try:
            events = list(self._parser.feed(data))
        except MultipartError:
            self.whole = True  # no more is to be learnt
            return
        for event in events:
            if isinstance(event, Part):
                self._inside = event.name == "metadata"
            elif isinstance(event, Data) and self._inside:
                self._text += event.data
            elif isinstance(event, End) and self._inside:
                self.whole = True
