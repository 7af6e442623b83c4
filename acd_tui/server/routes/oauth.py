"""Login with Amazon: sign-in and consent, tokens (amazon-drive-api.md §1)."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote_plus, urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from acd_tui.server import accounts, pages, wire
from acd_tui.server.accounts import Client
from acd_tui.server.service import (
    Service,
    answer,
    bearer_token,
    body_of,
    service_of,
)

_ASKED = (
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
_COOKIE = "acd_form"
_LARGEST_FORM = 64 * 1024
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")
# The hash of nobody's password, so that unknown names take as long as known ones.
_NOBODY = accounts.hash_password(secrets.token_urlsafe())


@dataclass(frozen=True, slots=True)
class _Asked:
    """A checked authorization request."""

    client: Client
    redirect_uri: str
    scope: str
    state: str | None
    challenge: str | None
    fields: dict[str, str]

    @property
    def powers(self) -> list[str]:
        scopes = set(self.scope.split())
        groups = (
            ("read", accounts.READ_SCOPES),
            ("write", accounts.WRITE_SCOPES),
            ("profile", accounts.PROFILE_SCOPES),
        )
        return [power for power, group in groups if scopes & group]

    def back(self, **answer: str) -> Response:
        """Lead the browser back to the application."""
        if self.state is not None:
            answer["state"] = self.state
        parts = urlsplit(self.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(answer))))
        return RedirectResponse(
            urlunsplit(parts._replace(query=query)), 303, headers=_GUARDS
        )


class _Refused(Exception):
    """An authorization request that ends here, without any redirect."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


_GUARDS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline';"
    " base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


async def consent_page(request: Request) -> Response:
    """Show who asks for what, and the form to sign in."""
    try:
        asked = await _asked(service_of(request), request.query_params)
    except _Refused as refused:
        return refused.response
    return _form(request, asked)


async def consent(request: Request) -> Response:
    """Take the answer: a code for the application, or a refusal."""
    service = service_of(request)
    form = await _form_of(request)
    try:
        asked = await _asked(service, form)
    except _Refused as refused:
        return refused.response
    if not _from_our_form(request, service, form, asked):
        return _refusal(
            "This form is not ours",
            "It came from another site, or cookies are switched off. Start again.",
            403,
        )
    if form.get("decision") == "deny":
        return asked.back(
            error="access_denied", error_description="The user denied access"
        )
    return await _sign_in(request, form, asked)


async def _sign_in(
    request: Request, form: Mapping[str, str], asked: _Asked
) -> Response:
    service = service_of(request)
    name = (form.get("email") or form.get("user") or "").strip()
    address = request.client.host if request.client else ""
    keys = (f"user:{name.casefold()[:100]}", f"address:{address}")
    wait = service.throttle.wait(*keys)
    if wait > 0:
        problem = f"Too many failed attempts. Wait {int(wait) + 1} seconds."
        response = _form(request, asked, user=name, problem=problem, status=429)
        response.headers["retry-after"] = str(int(wait) + 1)
        return response
    # Counted before it is checked: attempts side by side must not slip through.
    service.throttle.failed(*keys)
    user = await _checked_user(service, name, form.get("password", ""))
    if user is None:
        problem = "The user or the password is wrong."
        return _form(request, asked, user=name, problem=problem, status=403)
    service.throttle.succeeded(*keys)
    code = await service.storage.db.write(
        lambda db: accounts.add_code(
            db,
            user,
            asked.client.id,
            asked.redirect_uri,
            asked.scope,
            asked.challenge,
            service.storage.clock.now(),
        )
    )
    return asked.back(code=code, scope=asked.scope)


async def _checked_user(service: Service, name: str, password: str) -> int | None:
    found = await service.storage.db.read(lambda db: accounts.find_user(db, name))
    user, stored = found or (None, _NOBODY)
    async with service.password_checks:
        good = await asyncio.to_thread(
            accounts.password_matches, stored, password[:1000]
        )
    return user if good else None


async def _asked(service: Service, given: Mapping[str, str]) -> _Asked:
    """Check an authorization request.

    Nothing is ever redirected to an address that is not registered.

    Raises:
        _Refused: it cannot go on; with the answer.
    """
    client_id, redirect_uri = given.get("client_id", ""), given.get("redirect_uri", "")
    client = await service.storage.db.read(
        lambda db: accounts.get_client(db, client_id)
    )
    if client is None:
        raise _Refused(_refusal("Unknown client_id", "No such application is known."))
    if not registered(client, redirect_uri):
        raise _Refused(
            _refusal(
                "Unknown redirect_uri",
                "The application is not registered for that return address.",
            )
        )
    challenge = given.get("code_challenge") or None
    fields = {name: given[name] for name in _ASKED if given.get(name) is not None}
    scope = " ".join(dict.fromkeys(given.get("scope", "").split()))
    asked = _Asked(client, redirect_uri, scope, given.get("state"), challenge, fields)
    if problem := _problem(given, scope, challenge):
        error, description = problem
        raise _Refused(asked.back(error=error, error_description=description))
    return asked


def _problem(
    given: Mapping[str, str], scope: str, challenge: str | None
) -> tuple[str, str] | None:
    if given.get("response_type") != "code":
        return "unsupported_response_type", "Only the code grant is supported"
    if not scope or not set(scope.split()) <= accounts.ALL_SCOPES:
        return "invalid_scope", "The scope is unknown or missing"
    if challenge is not None and (
        given.get("code_challenge_method") != "S256"
        or not _CHALLENGE.fullmatch(challenge)
    ):
        return "invalid_request", "Only the code challenge method S256 is supported"
    return None


def registered(client: Client, redirect_uri: str) -> bool:
    """Tell whether an application may be answered at an address.

    Addresses match exactly, but for the port of loopback ones (RFC 8252 §7.3).
    """
    if redirect_uri in client.redirect_uris:
        return True
    try:
        asked = urlsplit(redirect_uri)
        known = [urlsplit(uri) for uri in client.redirect_uris]
        good = asked.hostname in {"127.0.0.1", "::1"} and asked.port is not None
    except ValueError:
        return False
    if not good or "@" in asked.netloc or asked.fragment:
        return False
    return any(
        (asked.scheme, asked.hostname, asked.path, asked.query)
        == ("http", uri.hostname, uri.path, uri.query)
        and uri.scheme == "http"
        for uri in known
    )


def _form(
    request: Request,
    asked: _Asked,
    *,
    user: str = "",
    problem: str | None = None,
    status: int = 200,
) -> Response:
    service = service_of(request)
    cookie = request.cookies.get(_COOKIE) or secrets.token_urlsafe(16)
    fields = asked.fields | {"form": _form_tag(service, cookie, asked)}
    page = pages.consent(
        asked.client.id, asked.powers, fields, user=user, problem=problem
    )
    response = HTMLResponse(page, status, _GUARDS)
    response.set_cookie(
        _COOKIE,
        cookie,
        path="/ap/oa",
        httponly=True,
        samesite="strict",
        secure=(service.hosts.public_url or "").startswith("https:"),
    )
    return response


def _form_tag(service: Service, cookie: str, asked: _Asked) -> str:
    payload = urlencode([("cookie", cookie), *sorted(asked.fields.items())]).encode()
    return urlsafe_b64encode(service.signed("form", payload)).decode()


def _from_our_form(
    request: Request, service: Service, form: Mapping[str, str], asked: _Asked
) -> bool:
    if request.headers.get("sec-fetch-site", "same-origin") not in {
        "same-origin",
        "none",
    }:
        return False
    origin = request.headers.get("origin")
    if origin is not None and not service.hosts.allows(_netloc(origin)):
        return False
    cookie = request.cookies.get(_COOKIE, "")
    tag = _form_tag(service, cookie, asked)
    sent = form.get("form", "").encode("utf-8", "replace")
    return bool(cookie) and hmac.compare_digest(tag.encode(), sent)


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""


def _refusal(title: str, text: str, status: int = 400) -> Response:
    return HTMLResponse(pages.refusal(title, text), status, _GUARDS)


async def _form_of(request: Request) -> dict[str, str]:
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


class _Refusal(Exception):
    """An error of the token endpoint (amazon-drive-api.md §1.3)."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(error)
        self.body = {"error_description": description, "error": error}
        self.status = status


async def token(request: Request) -> Response:
    """Give tokens for a code or a refresh token."""
    try:
        tokens = await _tokens(request)
    except _Refusal as refusal:
        response = answer(refusal.body, refusal.status)
        if refusal.status == 401:
            response.headers["www-authenticate"] = 'Basic realm="token"'
    else:
        response = answer(tokens)
    response.headers["cache-control"] = "no-store"
    response.headers["pragma"] = "no-cache"
    return response


async def _tokens(request: Request) -> dict[str, Any]:
    service = service_of(request)
    form = await _form_of(request)
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
    asked = accounts.Exchange(
        form["code"],
        client,
        form["redirect_uri"],
        form.get("code_verifier") or None,
        authenticated,
    )
    now = service.storage.clock.now()
    tokens = await service.storage.db.write(
        lambda db: accounts.exchange(db, asked, now)
    )
    if tokens is None:
        raise _invalid_grant("code")
    access, refresh = tokens
    return _token_body(access, refresh)


async def _refreshed(
    service: Service, form: Mapping[str, str], client: str
) -> dict[str, Any]:
    refresh = form.get("refresh_token")
    if not refresh:
        raise _missing("refresh_token")
    now = service.storage.clock.now()
    access = await service.storage.db.write(
        lambda db: accounts.refresh(db, refresh, client, now)
    )
    if access is None:
        raise _invalid_grant("refresh_token")
    return _token_body(access, refresh)


def _token_body(access: str, refresh: str) -> dict[str, Any]:
    return {
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "bearer",
        "expires_in": accounts.ACCESS_SECONDS,
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
        return answer(
            {
                "error": "invalid_token",
                "error_description": "The request has an invalid parameter"
                " : access_token",
            },
            400,
        )
    return answer(
        {
            "iss": service.hosts.base(
                request.url.scheme, request.headers.get("host", "")
            ),
            "user_id": f"amzn1.account.{grant.account}",
            "aud": grant.client,
            "app_id": grant.owner,
            "exp": int(grant.expires - service.storage.clock.now()),
            "iat": grant.issued,
        }
    )


async def profile(request: Request) -> Response:
    """Who the user is."""
    grant = await service_of(request).grant(bearer_token(request))
    return answer(
        {"user_id": f"amzn1.account.{grant.account}", "name": grant.user_name}
    )
