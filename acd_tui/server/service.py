"""What all routes share: who asks, what they sent, how they are answered."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Literal
from urllib.parse import parse_qsl

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import cookies, index, tokens, wire
from acd_tui.server.answers import Answers
from acd_tui.server.hosts import Hosts
from acd_tui.server.limits import RateLimit
from acd_tui.server.node_list import MOST_HIDDEN
from acd_tui.server.resources import Assets, is_v2, v2_keys
from acd_tui.server.storage import Storage
from acd_tui.server.tokens import Grant
from acd_tui.server.wire import NodeRow, NodeView

_GRANT_SECONDS = 1.0  # how long a removed token may go on working
_MOST_GRANTS = 10_000
_LARGEST_JSON = 1024 * 1024
_LARGEST_FORM = 64 * 1024
_IDS_IN_PATHS = ("id", "child")
LINK_SECONDS = 48 * 3600
_SLACK = 3600  # seconds that a clock may be put back


class Service:
    """The parts of the server that its routes work with.

    Attributes:
        storage: the nodes and their content.
        hosts: the names we answer to.
        answers: pages that were sent a moment ago.
        key: signs links and forms.
        limit: of requests, if there is one.
    """

    def __init__(
        self, storage: Storage, hosts: Hosts, limit: RateLimit | None = None
    ) -> None:
        self.storage = storage
        self.hosts = hosts
        self.limit = limit
        self.answers = Answers(storage.clock)
        self.password_checks = asyncio.Semaphore(2)
        self.key = storage.secret("key", 32)
        self._grants: dict[str, tuple[float, Grant]] = {}

    async def grant(
        self, token: str, kind: Literal["access", "cookie"] = "access"
    ) -> Grant:
        """What a token, or a cookie, allows.

        Raises:
            ApiFault: 401.
        """
        clock = self.storage.clock
        cached = f"{kind} {token}"
        known = self._grants.get(cached)
        if known is None or not 0 <= clock.monotonic() - known[0] < _GRANT_SECONDS:
            grant = await self.storage.db.read(
                lambda db: tokens.grant_of(db, token, kind)
            )
            if grant is None:
                self._grants.pop(cached, None)
                raise wire.token_expired()
            if len(self._grants) >= _MOST_GRANTS:
                self._grants.clear()
            self._grants[cached] = (clock.monotonic(), grant)
        else:
            grant = known[1]
        # One of the future is of a clock that was wrong, and would live for years.
        if not grant.issued - _SLACK <= clock.now() < grant.expires:
            raise wire.token_expired()
        return grant

    def signed(self, purpose: str, payload: bytes) -> bytes:
        """A tag that only we can make."""
        return hmac.digest(self.key, purpose.encode() + b"\0" + payload, "sha256")[:18]

    def link(self, base: str, number: int) -> str:
        """A temporary link to a file's content (amazon-drive-api.md §4.9)."""
        expires = int(self.storage.clock.now()) + LINK_SECONDS
        payload = struct.pack(">QQ", number, expires)
        token = urlsafe_b64encode(payload + self.signed("link", payload)).decode()
        return f"{base}/cdproxy/templink/{token.rstrip('=')}"

    def linked(self, token: str) -> tuple[int, int]:
        """The number of the node that a temporary link leads to, and when it was made.

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
        if not self.in_time(expires, LINK_SECONDS):
            raise wire.node_not_found()
        return number, expires - LINK_SECONDS

    def in_time(self, expires: float, seconds: float) -> bool:
        """Tell whether something that lives for some seconds still does.

        What seems to live longer is of a clock that was wrong.
        """
        return 0 <= expires - self.storage.clock.now() <= seconds + _SLACK


def service_of(request: Request) -> Service:
    """The parts of the server that serves a request."""
    service: Service = request.app.state.service
    return service


def base_of(request: Request) -> str:
    """The address under which whoever asks can reach us."""
    hosts = service_of(request).hosts
    return hosts.base(request.scope["scheme"], request.headers.get("host", ""))


async def authorised(request: Request, access: Literal["read", "write"]) -> Grant:
    """Who asks, if they may, also for the nodes that the path names.

    Raises:
        ApiFault: 401 no or no good token, 403 the token does not allow that, 404 a file
            that it hides, 429 too many requests.
    """
    service = service_of(request)
    grant = await _grant(request)
    request.scope["grant"] = grant  # for the access log
    if service.limit is not None:
        service.limit.take(grant)
    needed = tokens.READ_SCOPES if access == "read" else tokens.WRITE_SCOPES
    if not grant.scopes & needed:
        raise wire.forbidden(
            f"Insufficient permissions granted for operation: {access}"
        )
    if grant.classes is not None:
        given = request.path_params
        await refuse_unseen(
            request, grant, [given[name] for name in _IDS_IN_PATHS if name in given]
        )
    return grant


async def unseen(request: Request, grant: Grant, ids: Iterable[str]) -> set[str]:
    """Which of some ids are of files that an application must not know of."""
    classes = grant.classes
    if classes is None:
        return set()
    return await service_of(request).storage.read(
        grant, lambda db, user: index.unseen(db, user, ids, classes)
    )


async def refuse_unseen(request: Request, grant: Grant, ids: Iterable[str]) -> None:
    """Treat files that an application must not know of as if they were not there.

    Raises:
        ApiFault: 404, one of them is such a file.
    """
    if await unseen(request, grant, ids):
        raise wire.node_not_found()


async def _grant(request: Request) -> Grant:
    service = service_of(request)
    key = cookies.key_of(request.cookies)
    headers = request.headers
    if key is None or "authorization" in headers or "x-amz-access-token" in headers:
        return await service.grant(bearer_token(request))
    if request.method not in {"GET", "HEAD"}:
        # A page of another site can make a browser send cookies, but not this.
        sent = headers.get("x-amzn-sessionid", "").encode("utf-8", "replace")
        session = cookies.session_of(service.key, key).encode()
        if not hmac.compare_digest(sent, session):
            raise wire.forbidden(
                "x-amzn-sessionid is not the session-id of the cookies"
            )
    return await service.grant(key, "cookie")


def bearer_token(request: Request) -> str:
    """The access token of a request.

    Raises:
        ApiFault: 401, there is none.
    """
    if token := request.headers.get("x-amz-access-token"):
        return token.strip()
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise wire.no_authorisation(
            front=not request.scope["path"].startswith("/cdproxy")
        )
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
    """A form's fields.

    Raises:
        ApiFault: 413, it is too large; 400, it is no form, or a field comes twice.
    """
    body = await body_of(request, _LARGEST_FORM)
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=50
        )
    except ValueError:
        raise wire.bad_request("The form cannot be read") from None
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise wire.bad_request("A field comes twice")
    return fields


def answer(data: object, status: int = 200) -> Response:
    """A JSON answer."""
    return json_response(msgspec.json.encode(data), status)


def json_response(body: bytes, status: int = 200) -> Response:
    """An answer that is JSON already."""
    return Response(body, status, media_type="application/json;charset=utf-8")


def fault_answer(fault: wire.ApiFault) -> Response:
    """An error as it goes out."""
    if isinstance(fault.body, bytes):
        return Response(fault.body, fault.status, fault.headers, "application/xml")
    response = answer(fault.body, fault.status)
    response.headers.update(fault.headers)
    return response


def is_plain(request: Request, grant: Grant) -> bool:
    """Tell whether `rendered` would leave nodes as they are, but for what is hidden."""
    given = request.query_params
    return not (
        given.get("fields")
        or _wants_links(given)
        or is_v2(request)
        or len(grant.hidden) > MOST_HIDDEN
    )


def rendered(
    request: Request,
    grant: Grant,
    views: Sequence[NodeView],
    parameters: Mapping[str, str],
    *,
    assets: Assets | None = None,
) -> list[msgspec.Raw]:
    """Nodes as JSON, with `tempLink` and `fields` as asked for, and with their assets."""
    fields = _fields(parameters.get("fields", ""))
    nodes = _texts(request, grant, views, parameters)
    for place, view in enumerate(views if assets else ()):
        if assets and (own := assets.get(view[0])):
            inner = ",".join(_texts(request, grant, own, parameters))
            nodes[place] = f'{nodes[place][:-1]},"assets":[{inner}]}}'
    if fields:
        nodes = [_only(node, fields) for node in nodes]
    return [msgspec.Raw(node.encode()) for node in nodes]


def _texts(
    request: Request,
    grant: Grant,
    views: Sequence[NodeView],
    parameters: Mapping[str, str],
) -> list[str]:
    nodes = wire.nodes_json(views, grant.hidden)
    if _wants_links(parameters):
        service, base = service_of(request), base_of(request)
        for place, (number, _, kind, status, _, _) in enumerate(views):
            if kind in {"FILE", "ASSET"} and status == "AVAILABLE":
                link = service.link(base, number)
                nodes[place] = f'{nodes[place][:-1]},"tempLink":"{link}"}}'
    if is_v2(request):
        nodes = [
            f"{node[:-1]}{v2_keys(view)}}}"
            for node, view in zip(nodes, views, strict=True)
        ]
    return nodes


def _wants_links(parameters: Mapping[str, str]) -> bool:
    return parameters.get("tempLink", "").lower() == "true"


def _only(node: str, fields: Collection[str]) -> str:
    given = msgspec.json.decode(node, type=dict[str, msgspec.Raw])
    return msgspec.json.encode(
        {key: value for key, value in given.items() if key in fields}
    ).decode()


def node_answer(
    request: Request,
    grant: Grant,
    row: NodeRow,
    status: int = 200,
    *,
    assets: Assets | None = None,
) -> Response:
    """One node as the answer."""
    parameters = request.query_params
    (node,) = rendered(request, grant, [row.view], parameters, assets=assets)
    return answer(node, status)


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
