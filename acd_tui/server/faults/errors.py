"""Answers of Amazon's that say no, by a name (amazon-drive-api.md §6.3)."""

from __future__ import annotations

import uuid
from typing import Any, NamedTuple

import msgspec


class CannedError(NamedTuple):
    """One of them; of a `str` body each `{uuid}` is another with every answer."""

    status: int
    body: str = ""
    type: str = "application/json"

    @property
    def content(self) -> bytes:
        return self.body.replace("{uuid}", str(uuid.uuid4())).encode()


def _json(status: int, **body: Any) -> CannedError:
    return CannedError(status, msgspec.json.encode(body).decode())


def _html(status: int, words: str) -> CannedError:
    page = (
        f"<html>\n<head><title>{status} {words}</title></head>\n<body>\n"
        f"<center><h1>{status} {words}</h1></center>\n</body>\n</html>\n"
    )
    return CannedError(status, page, "text/html")


def _empty(status: int) -> CannedError:
    return CannedError(status, "", "")


def _s3(status: int, code: str, message: str, more: str) -> CannedError:
    return CannedError(
        status,
        f"<Error><Code>{code}</Code><Message>{message}</Message>{more}"
        "<RequestId>{uuid}</RequestId><HostId>{uuid}</HostId></Error>",
        "application/xml",
    )


ONE_AUTH = _s3(
    400,
    "InvalidArgument",
    "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter,"
    " Signature query string parameter or the Authorization header should be specified",
    "<ArgumentName>Authorization</ArgumentName><ArgumentValue>Bearer</ArgumentValue>",
)
UNSIGNED = _s3(
    403,
    "AccessDenied",
    "There were headers present in the request which were not signed",
    "<HeadersNotSigned>x-amz-access-token</HeadersNotSigned>",
)

ERRORS: dict[str, CannedError] = {
    # Too many requests
    "rate-exceeded": _json(429, message="Rate exceeded"),
    "concurrent-access": _json(
        429,
        logref="{uuid}",
        message="Concurrent Access on same node. Please back off.",
        code="",
    ),
    "back-off": _json(
        429,
        logref="{uuid}",
        message="System unavailable. Please back off for a while and try again later",
    ),
    "429-object": _json(429),
    "429-empty": _empty(429),
    # The service is not well
    "internal-failure": _json(500, message="Internal failure"),
    "500-empty": _empty(500),
    "500-html": _html(500, "Internal Server Error"),
    "502-empty": _empty(502),
    "502-html": _html(502, "Bad Gateway"),
    "503-empty": _empty(503),
    "503-html": _html(503, "Service Temporarily Unavailable"),
    "504-empty": _empty(504),
    "504-html": _html(504, "Gateway Time-out"),
    "408-empty": _empty(408),
    # The token
    "token-expired": _json(401, message="Token has expired"),
    "token-expired-content": _json(
        401,
        logref="{uuid}",
        message="com.amazon.clouddrive.client.exceptions.UnauthourizedAccessException:"
        " HTTP status code=[401] RequestId=[{uuid}] Token has expired",
        code="",
    ),
    "no-auth": _json(401, Message="No Auth Method Provided"),
    "credential": _json(
        403,
        message="Authorization header requires 'Credential' parameter. Authorization"
        " header requires 'Signature' parameter. Authorization header requires"
        " 'SignedHeaders' parameter. Authorization header requires existence of either"
        " a 'X-Amz-Date' or a 'Date' header. Authorization=Bearer",
    ),
    "not-key-value": _json(
        403,
        message="'Atza|...' not a valid key=value pair (missing equal-sign) in"
        " Authorization header: 'bearer Atza|...'.",
    ),
    "not-registered": _json(403, message="Not Registered"),
    # The request
    "next-token-expired": _json(400, logref="{uuid}", message="Next token is expired"),
    "parent-missing": _json(
        400, logref="{uuid}", message="One of the parentId doesn't exists", code=""
    ),
    "cannot-complete": _json(400, message="Cannot complete upload"),
    "cannot-read": _json(400, message="Cannot read from request."),
    "not-received": _json(400, message="Bytes not received for request."),
    "broken-multipart": _json(
        400, message='{"name":"content","Content-Type":"application/octet-stream"}'
    ),
    "over-quota": _json(
        403,
        logref="{uuid}",
        message="File size exceeds account allowance.",
        code="NO_ACTIVE_SUBSCRIPTION_FOUND",
    ),
    "node-not-found": _json(
        404, logref="{uuid}", message="Node not found", code="NODE_NOT_FOUND"
    ),
    "unknown-operation": CannedError(
        404, "<UnknownOperationException/>", "application/xml"
    ),
    # S3, to which large downloads were redirected
    "s3-one-auth": ONE_AUTH,
    "s3-latin-1": _s3(
        400,
        "InvalidArgument",
        "Header value cannot be represented using ISO-8859-1.",
        "<ArgumentName>response-content-disposition</ArgumentName>"
        "<ArgumentValue>...</ArgumentValue>",
    ),
    "s3-unsigned": UNSIGNED,
    # Sign-in
    "invalid-grant": _json(
        400,
        error_description="The request has an invalid grant parameter : refresh_token",
        error="invalid_grant",
    ),
    "unauthorized-client": _json(
        400,
        error_description="Not authorized for requested operation",
        error="unauthorized_client",
    ),
    "invalid-client": _json(
        401,
        error_description="Client authentication failed",
        error="invalid_client",
    ),
}
