"""Login with Amazon: tokens, and who they belong to (amazon-drive-api.md §1.3)."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import accounts, tokens, wire
from acd_tui.server.service import (
    Service,
    answer,
    base_of,
    bearer_token,
    form_of,
    service_of,
)


class _Refusal(Exception):
    """An error of the token endpoint (amazon-drive-api.md §1.3)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.body = {"error_description": description, "error": error}
        self.status = status


async def token(request: Request) -> Response:
    """Give tokens for a code or a refresh token."""
    try:
        given = await _tokens(request)
    except _Refusal as refusal:
        response = answer(refusal.body, refusal.status)
        if refusal.status == 401:
            response.headers["www-authenticate"] = 'Basic realm="token"'
    else:
        response = answer(given)
    return _private(response)


def _private(response: Response) -> Response:
    """Let nobody on the way keep an answer (RFC 6749 §5.1)."""
    response.headers["cache-control"] = "no-store"
    response.headers["pragma"] = "no-cache"
    return response


async def _tokens(request: Request) -> dict[str, Any]:
    service = service_of(request)
    try:
        form = await form_of(request)
    except wire.ApiFault as fault:
        text = "The form cannot be read, or is too large"
        raise _Refusal("invalid_request", text, fault.status) from None
    client, authenticated = await _client_of(request, form)
    grant_type = form.get("grant_type")
    if grant_type == "authorization_code":
        return await _exchanged(service, form, client, authenticated)
    if grant_type == "refresh_token":
        return await _refreshed(service, form, client)
    if not grant_type:
        raise _missing("grant_type")
    raise _Refusal(
        "unsupported_grant_type",
        "The authorization grant type is not supported by the authorization server",
    )


async def _client_of(request: Request, form: Mapping[str, str]) -> tuple[str, bool]:
    """The application that asks, and whether it has proven it by its secret.

    Raises:
        _Refusal: it is unknown, or its secret is wrong or missing.
    """
    client_id, secret = _basic(request.headers.get("authorization", ""))
    if client_id and form.get("client_id", client_id) != client_id:
        raise _Refusal("invalid_request", "Two applications ask in one request")
    client_id = client_id or form.get("client_id", "")
    secret = secret or form.get("client_secret", "")
    if not client_id:
        raise _missing("client_id")
    db = service_of(request).storage.db
    client = await db.read(lambda db: accounts.get_client(db, client_id))
    if client is None:
        raise _Refusal("invalid_client", "Client authentication failed", 401)
    if not secret:
        if client.public:
            return client.id, False
        raise _Refusal("invalid_client", "Client authentication failed", 401)
    good = await db.read(
        lambda db: accounts.client_secret_matches(db, client_id, secret)
    )
    if not good:
        raise _Refusal("invalid_client", "Client authentication failed", 401)
    return client.id, True


def _basic(header: str) -> tuple[str, str]:
    """Id and secret of a Basic header; both are form-encoded (RFC 6749 §2.3.1)."""
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        text = b64decode(value.strip(), validate=True).decode()
    except ValueError:
        raise _Refusal("invalid_client", "Client authentication failed", 401) from None
    client_id, _, secret = text.partition(":")
    return unquote_plus(client_id), unquote_plus(secret)


async def _exchanged(
    service: Service, form: Mapping[str, str], client: str, authenticated: bool
) -> dict[str, Any]:
    for name in ("code", "redirect_uri"):
        if not form.get(name):
            raise _missing(name)
    asked = tokens.Exchange(
        form["code"],
        client,
        form["redirect_uri"],
        form.get("code_verifier") or None,
        authenticated,
    )
    now = service.storage.clock.now()
    pair = await service.storage.db.write(lambda db: tokens.exchange(db, asked, now))
    if pair is None:
        raise _invalid_grant("code")
    access, refresh = pair
    return _token_body(access, refresh)


async def _refreshed(
    service: Service, form: Mapping[str, str], client: str
) -> dict[str, Any]:
    refresh = form.get("refresh_token")
    if not refresh:
        raise _missing("refresh_token")
    now = service.storage.clock.now()
    access = await service.storage.db.write(
        lambda db: tokens.refresh(db, refresh, client, now)
    )
    if access is None:
        raise _invalid_grant("refresh_token")
    return _token_body(access, refresh)


def _token_body(access: str, refresh: str) -> dict[str, Any]:
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "bearer",
        "expires_in": tokens.ACCESS_SECONDS,
    }


def _missing(parameter: str) -> _Refusal:
    return _Refusal(
        "invalid_request",
        f"The request is missing a required parameter : {parameter}",
    )


def _invalid_grant(parameter: str) -> _Refusal:
    return _Refusal(
        "invalid_grant", f"The request has an invalid grant parameter : {parameter}"
    )


async def token_info(request: Request) -> Response:
    """What an access token is good for."""
    service = service_of(request)
    try:
        grant = await service.grant(request.query_params.get("access_token", ""))
    except wire.ApiFault:
        problem = "The request has an invalid parameter : access_token"
        body = {"error": "invalid_token", "error_description": problem}
        return _private(answer(body, 400))
    said = {
        "iss": base_of(request),
        "user_id": f"amzn1.account.{grant.account}",
        "aud": grant.client,
        "app_id": grant.owner,
        "exp": int(grant.expires - service.storage.clock.now()),
        "iat": grant.issued,
    }
    return _private(answer(said))


async def profile(request: Request) -> Response:
    """Who the user is; by name only where that was asked for."""
    grant = await service_of(request).grant(bearer_token(request))
    said = {"user_id": f"amzn1.account.{grant.account}"}
    if "profile" in grant.scopes:
        said["name"] = grant.user_name
    return _private(answer(said))
