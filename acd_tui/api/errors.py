"""What a status and a body say, as exceptions that callers tell apart by class."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from acd_tui import errors
from acd_tui.logs import redacted


class ApiError(errors.AcdError):
    """The service refused a request.

    Attributes:
        status: HTTP status, or 0 where no answer came.
        code: the service's own code, such as `NAME_ALREADY_EXISTS`, if it gave one.
        info: further facts of the answer, such as `nodeId`.
        request_id: what Amazon's support asks for.
        unsure: whether the request was sent before, and may have been carried out then.
    """

    unsure = False

    def __init__(
        self,
        message: str,
        *,
        hint: str | None = None,
        status: int = 0,
        code: str | None = None,
        info: dict[str, Any] | None = None,
        request_id: str | None = None,
    ) -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.code = code
        self.info = info or {}
        self.request_id = request_id

    @property
    def node_id(self) -> str | None:
        """The node that is in the way, if the answer names one."""
        found = self.info.get("nodeId")
        return found if isinstance(found, str) and found else None


class BadRequest(ApiError):
    """The service finds the request itself wrong: 400."""


class StaleToken(BadRequest):
    """A listing took longer than its `nextToken` lives, 10 minutes (§4.1)."""


class NodeNotFound(ApiError, errors.NotFound):
    """There is no node with that id: 404."""


class ParentNotFound(NodeNotFound):
    """The folder to put something into is gone: 400 in Amazon's words (§4.4)."""


class Forbidden(ApiError, errors.Denied):
    """The account or the application may not do that: 403."""


class OverQuota(ApiError, errors.Full):
    """The account has no room for it: 403 or 507 (§5.7)."""


class Conflict(ApiError):
    """409 of another kind, such as a `localId` used twice."""


class NameConflict(Conflict, errors.Exists):
    """The parent has a child of that name; `node_id` is that child's."""


class DuplicateContent(Conflict):
    """The drive already holds these bytes; `node_id` is where (§5.6)."""


class Unauthorized(ApiError, errors.SignInNeeded):
    """The token is refused, also after it was renewed: 401."""


class ServiceTrouble(ApiError, errors.Transient):
    """The service cannot answer now, or not be reached: 408, 429, 5xx, connection.

    Attributes:
        retry_after: seconds the service asked to wait, or None.
        body_sent: the whole request body had been handed over, so that the request may
            have been carried out although nobody said so.
    """

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        body_sent: bool = False,
        **facts: Any,
    ) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after
        self.body_sent = body_sent


class Unreached(ServiceTrouble, errors.Unreachable):
    """There was not even a connection, or one to what stands in between."""


class Silent(ServiceTrouble):
    """There is a connection, over which no answer came in time."""


class Cut(ServiceTrouble):
    """An answer ended before its end."""


class BadAnswer(ServiceTrouble):
    """An answer is not what the service would send."""


_SPORADIC_403 = ("authorization header requires", "not a valid key=value pair")
_QUOTA_CODES = {
    "NO_ACTIVE_SUBSCRIPTION_FOUND",
    "INSUFFICIENT_STORAGE",
    "NoActiveSubscriptionFound",
    "InsufficientStorage",
}
_BROKEN_UPLOADS = (
    "cannot read from request",
    "cannot complete upload",
    "bytes not received for request",
    '"name":"content"',
)
_CONFLICTING = re.compile(r"conflicting NodeId: ([A-Za-z0-9_-]+)")
_LONGEST_MESSAGE = 300


class Body(msgspec.Struct):
    """An error's body in whatever shape it came (§6.1).

    `from_service` is False for HTML and XML: those come from what stands in between, or
    for an address that does not exist.
    """

    message: str = ""
    code: str | None = None
    info: dict[str, Any] = {}
    from_service: bool = True

    @classmethod
    def read(cls, data: bytes) -> Body:
        try:
            raw = msgspec.json.decode(data)
        except (msgspec.DecodeError, ValueError, RecursionError):
            is_empty = not data.strip()
            return cls(message=_text_of_markup(data), from_service=is_empty)
        if not isinstance(raw, dict):
            return cls()
        info = raw.get("info")
        info = dict(info) if isinstance(info, dict) else {}
        details = raw.get("errorDetails")
        if isinstance(details, dict) and "nodeId" not in info:
            ids = details.get("conflictNodeIds")
            if isinstance(ids, list) and ids:
                info["nodeId"] = ids[0]
        message = _first_text(raw, "message", "Message", "error_description", "error")
        found = _CONFLICTING.search(message)
        if found and "nodeId" not in info:
            info["nodeId"] = found[1]
        code = _first_text(raw, "code", "errorCode") or None
        return cls(message, code, info)


def _first_text(raw: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _text_of_markup(data: bytes) -> str:
    text = data[:4096].decode("utf-8", "replace").strip()
    found = re.search(r"(?is)<(message|title|h1)>(.*?)</\1>", text)
    if found:
        return " ".join(found[2].split())
    return "" if text.startswith("<") else " ".join(text.split())


def from_response(
    status: int,
    data: bytes,
    *,
    request_id: str | None = None,
    retry_after: float | None = None,
    body_sent: bool = False,
) -> ApiError:
    """Return the error that a status outside 2xx and its body stand for.

    Source: amazon-drive-api.md §6.

    Args:
        status: HTTP status.
        data: the body, of any shape.
        request_id: the `x-amzn-RequestId` header.
        retry_after: seconds of the `Retry-After` header.
        body_sent: the request's body had been handed over to its end.
    """
    if errors.is_from_between(status):
        return Unreached(
            f"something in between answered in the service's place ({status})",
            hint=errors.LOOK_BETWEEN,
            status=status,
        )
    body = Body.read(data)
    facts: dict[str, Any] = {
        "status": status,
        "code": body.code,
        "info": body.info,
        "request_id": request_id,
    }
    if is_trouble(status, body):
        return ServiceTrouble(
            _trouble_sentence(status, body),
            retry_after=retry_after,
            body_sent=body_sent,
            **facts,
        )
    kind, hint = _kind(status, body)
    plain = _FULL if kind is OverQuota else _PLAIN.get(status)
    return kind(_sentence(status, plain, body), hint=hint, **facts)


def is_trouble(status: int, body: Body) -> bool:
    """Whether the same request may be answered better later."""
    lowered = body.message.lower()
    if status in {408, 425, 429} or (status >= 500 and status not in {501, 505, 507}):
        return True
    if status == 403:
        return any(mark in lowered for mark in _SPORADIC_403)
    return status == 400 and any(mark in lowered for mark in _BROKEN_UPLOADS)


def _kind(status: int, body: Body) -> tuple[type[ApiError], str | None]:
    found = _BY_STATUS.get(status)
    if found is not None:
        return found(body)
    if status == 404 and body.from_service:
        return NodeNotFound, None
    return ApiError, None


def _kind_of_400(body: Body) -> tuple[type[ApiError], str | None]:
    lowered = body.message.lower()
    if "next token is expired" in lowered:
        return StaleToken, None
    if "parentid doesn't exist" in lowered:
        return ParentNotFound, None
    return BadRequest, None


def _kind_of_401(_: Body) -> tuple[type[ApiError], str | None]:
    return Unauthorized, "sign in again"


def _kind_of_403(body: Body) -> tuple[type[ApiError], str | None]:
    if body.code in _QUOTA_CODES or "exceeds account allowance" in body.message:
        return OverQuota, "free some room in the account, or empty its trash"
    return Forbidden, None


def _kind_of_409(body: Body) -> tuple[type[ApiError], str | None]:
    code, lowered = body.code or "", body.message.lower()
    if code in _NAME_CODES or "with the name" in lowered:
        return NameConflict, None
    if code in _CONTENT_CODES or "same content" in lowered:
        return DuplicateContent, None
    return Conflict, None


def _kind_of_507(_: Body) -> tuple[type[ApiError], str | None]:
    return OverQuota, None


_NAME_CODES = {"NAME_ALREADY_EXISTS", "NameAlreadyExists"}
_CONTENT_CODES = {
    "MD5_DUPLICATE",
    "DuplicatesConflictError",
    "ContentSignatureDuplicate",
}
_BY_STATUS = {
    400: _kind_of_400,
    401: _kind_of_401,
    403: _kind_of_403,
    409: _kind_of_409,
    507: _kind_of_507,
}

_FULL = "the service has no room for it"
_PLAIN = {
    400: "the service finds the request wrong",
    401: "the service refuses the sign-in",
    403: "the service does not allow that",
    404: "the service has nothing under that id",
    409: "the service has something of that kind already",
    413: "the service, or a proxy before it, takes no file of that size (413)",
    416: "the service has fewer bytes than were asked for",
}


def _sentence(status: int, plain: str | None, body: Body) -> str:
    plain = plain or f"the service answered with status {status}"
    return f"{plain}: {_safe(body.message)}" if body.message else plain


def _trouble_sentence(status: int, body: Body) -> str:
    if status == 429:
        plain = "the service asks for fewer requests (429)"
    elif status in {403, 400}:
        # These texts quote the Authorization header or the multipart head.
        return f"the service failed to read the request ({status})"
    else:
        plain = f"the service is in trouble ({status})"
    return f"{plain}: {_safe(body.message)}" if body.message else plain


def _safe(message: str) -> str:
    text = redacted(" ".join(message.split())).rstrip(".")
    return text if len(text) <= _LONGEST_MESSAGE else text[:_LONGEST_MESSAGE] + "…"
