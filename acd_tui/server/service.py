"""What all routes share: who asks, what they sent, how they are answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import tokens, wire
from acd_tui.server.hosts import Hosts
from acd_tui.server.storage import Storage
from acd_tui.server.throttle import Throttle
from acd_tui.server.tokens import Grant
from acd_tui.server.wire import NodeRow

_GRANT_SECONDS = 1.0  # how long a removed token may go on working
_MOST_GRANTS = 10_000
_LARGEST_JSON = 1024 * 1024
_LARGEST_FORM = 64 * 1024
LINK_SECONDS = 48 * 3600


class Service:
    """The parts of the server that its routes work with.

    Attributes:
        storage: the nodes and their content.
        hosts: the names we answer to.
        throttle: of failed sign-ins.
        key: signs links and forms.
    """

    def __init__(self, storage: Storage, hosts: Hosts) -> None:
        self.storage = storage
        self.hosts = hosts
        self.throttle = Throttle(storage.clock)
        self.password_checks = asyncio.Semaphore(2)
        self.key = storage.secret("key", 32)
        self._grants: dict[str, tuple[float, Grant]] = {}

    async def grant(self, token: str) -> Grant:
        """What a token allows.

        Raises:
            ApiFault: 401.
        """
        clock = self.storage.clock
        known = self._grants.get(token)
        if known is None or not 0 <= clock.monotonic() - known[0] < _GRANT_SECONDS:
            grant = await self.storage.db.read(lambda db: tokens.grant_of(db, token))
            if grant is None:
                self._grants.pop(token, None)
                raise wire.token_expired()
            if len(self._grants) >= _MOST_GRANTS:
                self._grants.clear()
            self._grants[token] = (clock.monotonic(), grant)
        else:
            grant = known[1]
        if grant.expires <= clock.now():
            raise wire.token_expired()
        return grant

    def signed(self, purpose: str, payload: bytes) -> bytes:
        """A tag that only we can make."""
        return hmac.digest(self.key, purpose.encode() + b"\0" + payload, "sha256")[:18]

    def link(self, base: str, row: NodeRow) -> str:
        """A temporary link to a file's content (amazon-drive-api.md §4.9)."""
        expires = int(self.storage.clock.now()) + LINK_SECONDS
        payload = struct.pack(">QQ", row.num, expires)
        token = urlsafe_b64encode(payload + self.signed("link", payload)).decode()
        return f"{base}/cdproxy/templink/{token.rstrip('=')}"

    def linked(self, token: str) -> int:
        """The number of the node that a temporary link leads to.

        Raises:
            ApiFault: 404, it is none of ours or too old.
        """
        try:
            raw = urlsafe_b64decode(token.encode() + b"==")
        except ValueError:
            raise wire.node_not_found() from None
        payload, tag = raw[:16], raw[16:]
        if len(payload) != 16 or not hmac.compare_digest(
            tag, self.signed("link", payload)
        ):
            raise wire.node_not_found()
        number, expires = struct.unpack(">QQ", payload)
        if expires < self.storage.clock.now():
            raise wire.node_not_found()
        return int(number)


def service_of(request: Request) -> Service:
    """The parts of the server that serves a request."""
    service: Service = request.app.state.service
    return service


def base_of(request: Request) -> str:
    """The address under which whoever asks can reach us."""
    hosts = service_of(request).hosts
    return hosts.base(request.url.scheme, request.headers.get("host", ""))


async def authorised(request: Request, access: Literal["read", "write"]) -> Grant:
    """Who asks, if they may.

    Raises:
        ApiFault: 401 no or no good token, 403 the token does not allow that.
    """
    grant = await service_of(request).grant(bearer_token(request))
    needed = tokens.READ_SCOPES if access == "read" else tokens.WRITE_SCOPES
    if not grant.scopes & needed:
        raise wire.forbidden(
            f"Insufficient permissions granted for operation: {access}"
        )
    return grant


def bearer_token(request: Request) -> str:
    """The access token of a request.

    Raises:
        ApiFault: 401, there is none.
    """
    if token := request.headers.get("x-amz-access-token"):
        return token.strip()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise wire.no_authorisation()
    return token.strip()


async def body_of(request: Request, largest: int = _LARGEST_JSON) -> bytes:
    """The whole body of a request.

    Raises:
        ApiFault: 413, it is too large.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > largest:
            raise wire.fault(413, "The body is too large")
    return bytes(body)


async def json_of(request: Request) -> dict[str, Any]:
    """The JSON object of a request, whatever its Content-Type; an empty body is {}.

    Raises:
        ApiFault: 400, it is no JSON object.
    """
    return json_object(await body_of(request))


def json_object(body: bytes) -> dict[str, Any]:
    """Read a JSON object; nothing at all is {}.

    Raises:
        ApiFault: 400, it is no JSON object.
    """
    if not body.strip():
        return {}
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError):
        raise wire.bad_request("The body is not a JSON object") from None


async def form_of(request: Request) -> dict[str, str]:
    """A form's fields; the first of each name counts."""
    body = await body_of(request, _LARGEST_FORM)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50
        )
    except ValueError:
        raise wire.bad_request("The form cannot be read") from None
    fields: dict[str, str] = {}
    for name, value in pairs:
        fields.setdefault(name, value)
    return fields


def answer(data: object, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(
        msgspec.json.encode(data), status, media_type="application/json;charset=utf-8"
    )


def fault_answer(fault: wire.ApiFault) -> Response:
    """An error as it goes out."""
    if isinstance(fault.body, bytes):
        return Response(fault.body, fault.status, fault.headers, "application/xml")
    response = answer(fault.body, fault.status)
    response.headers.update(fault.headers)
    return response


def rendered(
    request: Request,
    grant: Grant,
    rows: Iterable[NodeRow],
    parameters: Mapping[str, str],
) -> list[dict[str, Any]]:
    """Nodes as JSON, with `tempLink` and `fields` as asked for."""
    with_link = parameters.get("tempLink", "").lower() == "true"
    fields = _fields(parameters.get("fields", ""))
    service, base = service_of(request), base_of(request)
    nodes = []
    for row in rows:
        node = wire.node_json(row, grant.account, grant.hidden)
        if with_link and row.kind == "FILE" and row.status == "AVAILABLE":
            node["tempLink"] = service.link(base, row)
        if fields:
            node = {key: value for key, value in node.items() if key in fields}
        nodes.append(node)
    return nodes


def node_answer(
    request: Request, grant: Grant, row: NodeRow, status: int = 200
) -> Response:
    """One node as the answer."""
    return answer(rendered(request, grant, [row], request.query_params)[0], status)


def _fields(text: str) -> frozenset[str]:
    if not text:
        return frozenset()
    try:
        fields = msgspec.json.decode(text.replace("'", '"'), type=list[str])
    except msgspec.MsgspecError:
        raise wire.bad_request("fields is not a list of names") from None
    return frozenset(fields) | {"id"} if fields else frozenset()


def fingerprint(*parts: str) -> bytes:
    """Eight bytes that tell whether some texts are the same as before."""
    return hashlib.blake2b("\0".join(parts).encode(), digest_size=8).digest()
