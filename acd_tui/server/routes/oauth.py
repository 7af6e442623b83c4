"""Login with Amazon: sign-in and consent (amazon-drive-api.md §1.2)."""

from __future__ import annotations

import asyncio
import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from acd_tui.server import accounts, pages, tokens
from acd_tui.server.accounts import Client
from acd_tui.server.service import Service, form_of, service_of

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
_DEVICE = "acd_device"
_DEVICE_SECONDS = 365 * 86400
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
            ("read", tokens.READ_SCOPES),
            ("write", tokens.WRITE_SCOPES),
            ("profile", tokens.PROFILE_SCOPES),
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
    form = await form_of(request)
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
    keys = _counted_as(request, name)
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
    agreed = tokens.Consent(
        user, asked.client.id, asked.redirect_uri, asked.scope, asked.challenge
    )
    now = service.storage.clock.now()
    code = await service.storage.db.write(lambda db: tokens.add_code(db, agreed, now))
    response = asked.back(code=code, scope=asked.scope)
    device = {_DEVICE: _device_of(service, name)}
    _set_cookies(service, response, device, max_age=_DEVICE_SECONDS)
    return response


def _counted_as(request: Request, name: str) -> tuple[str, ...]:
    """Under what a failed attempt counts.

    A browser in which that user has signed in before counts for itself alone: others who
    guess, from wherever, do not keep the user out.
    """
    device = request.cookies.get(_DEVICE, "")
    nonce = device.partition(".")[0]
    ours = _device_of(service_of(request), name, nonce)
    if nonce and hmac.compare_digest(ours.encode(), device.encode("utf-8", "replace")):
        return (f"device:{nonce}",)
    address = request.client.host[:100] if request.client else ""
    return f"user:{name.casefold()[:100]}", f"address:{address}"


def _device_of(service: Service, name: str, nonce: str | None = None) -> str:
    if nonce is None:
        nonce = secrets.token_urlsafe(16)
    payload = f"{nonce}.{name.casefold()}".encode("utf-8", "replace")
    return f"{nonce}.{urlsafe_b64encode(service.signed('device', payload)).decode()}"


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
    if not scope or not set(scope.split()) <= tokens.ALL_SCOPES:
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
    if " " in redirect_uri or not redirect_uri.isprintable():
        return False  # the library would leave that out unseen
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
    _set_cookies(service, response, {_COOKIE: cookie})
    return response


def _set_cookies(
    service: Service,
    response: Response,
    cookies: Mapping[str, str],
    *,
    max_age: int | None = None,
) -> None:
    for name, value in cookies.items():
        response.set_cookie(
            name,
            value,
            max_age,
            path="/ap/oa",
            httponly=True,
            samesite="strict",
            secure=(service.hosts.public_url or "").startswith("https:"),
        )


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
