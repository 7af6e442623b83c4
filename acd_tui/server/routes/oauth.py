"""Login with Amazon: sign-in and consent (amazon-drive-api.md §1.2)."""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit, urlunsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from acd_tui.server import accounts, classes, pages, sign_in, tokens
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
_COOKIE_VALUE = re.compile(r"[A-Za-z0-9_-]{22}")
_CHALLENGE = re.compile(r"[A-Za-z0-9_-]{43}")


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
    def application(self) -> pages.Application:
        parts = urlsplit(self.redirect_uri)
        return pages.Application(self.client.id, f"{parts.scheme}://{parts.netloc}")

    @property
    def powers(self) -> list[str]:
        scopes = set(self.scope.split())
        limited = classes.readable(scopes)
        groups = (
            ("read", classes.READ_ALL),
            *((own, {scope}) for scope, own in classes.SCOPES.items() if limited),
            ("folders", classes.SCOPES.keys() if limited else ()),
            ("write some" if limited else "write", tokens.WRITE_SCOPES),
            ("profile", tokens.PROFILE_SCOPES),
        )
        return [power for power, group in groups if not scopes.isdisjoint(group)]

    def back(self, **answer: str) -> Response:
        """Lead the browser back to the application."""
        if self.state is not None:
            answer["state"] = self.state
        parts = urlsplit(self.redirect_uri)
        query = "&".join(filter(None, (parts.query, urlencode(answer))))
        return RedirectResponse(
            urlunsplit(parts._replace(query=query)), 303, headers=GUARDS
        )


class _Refused(Exception):
    """An authorization request that ends here, without any redirect."""

    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


GUARDS = {
    "cache-control": "no-store",
    # form-action is left out: browsers apply it to the redirects after the form as well,
    # and an application may lead on from the address it is registered for.
    "content-security-policy": f"default-src 'none'; style-src '{pages.STYLE_HASH}';"
    " base-uri 'none'; frame-ancestors 'none'",
    "referrer-policy": "same-origin",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


async def consent_page(request: Request) -> Response:
    """Show who asks for what, and the form to sign in."""
    given = request.query_params
    try:
        _refuse_twice(given.multi_items())
        asked = await _asked(service_of(request), given)
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
    try:
        user = await sign_in.sign_in(request, name, form.get("password", ""))
    except sign_in.Refused as refused:
        response = _form(request, asked, user=name, refused=refused)
        if refused.wait:
            response.headers["retry-after"] = str(refused.wait)
        return response
    agreed = tokens.Consent(
        user, asked.client.id, asked.redirect_uri, asked.scope, asked.challenge
    )
    now = service.storage.clock.now()
    code = await service.storage.db.write(lambda db: tokens.add_code(db, agreed, now))
    response = asked.back(code=code, scope=asked.scope)
    sign_in.remember(request, response, name)
    return response


def _refuse_twice(given: Sequence[tuple[str, str]]) -> None:
    """What comes twice could mean one thing to us and another to somebody else.

    Raises:
        _Refused: a parameter of the request does (RFC 6749 §3.1).
    """
    names = [name for name, _ in given if name in _ASKED]
    if len(names) > len(set(names)):
        text = "One of its parameters comes twice."
        raise _Refused(_refusal("This request cannot be answered", text))


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
    method = given.get("code_challenge_method")
    if (challenge is not None or method) and (
        method != "S256" or not _CHALLENGE.fullmatch(challenge or "")
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
    refused: sign_in.Refused | None = None,
) -> Response:
    cookie = request.cookies.get(_COOKIE, "")
    if not _COOKIE_VALUE.fullmatch(cookie):
        cookie = secrets.token_urlsafe(16)
    fields = asked.fields | {"form": _form_tag(service_of(request), cookie, asked)}
    problem = refused.sentence if refused else None
    page = pages.consent(
        asked.application, asked.powers, fields, user=user, problem=problem
    )
    response = HTMLResponse(page, refused.status if refused else 200, GUARDS)
    sign_in.set_cookies(request, response, {_COOKIE: cookie})
    return response


def _form_tag(service: Service, cookie: str, asked: _Asked) -> str:
    payload = urlencode([("cookie", cookie), *sorted(asked.fields.items())]).encode()
    return urlsafe_b64encode(service.signed("form", payload)).decode()


def _from_our_form(
    request: Request, service: Service, form: Mapping[str, str], asked: _Asked
) -> bool:
    if not from_here(request):
        return False
    cookie = request.cookies.get(_COOKIE, "")
    tag = _form_tag(service, cookie, asked)
    sent = form.get("form", "").encode("utf-8", "replace")
    return bool(cookie) and hmac.compare_digest(tag.encode(), sent)


def from_here(request: Request) -> bool:
    """Tell whether a form was sent from a page of ours, as far as the browser says."""
    site = request.headers.get("sec-fetch-site", "same-origin")
    if site not in {"same-origin", "none"}:
        return False
    origin = request.headers.get("origin")
    return origin is None or _is_here(request, service_of(request), origin)


def _is_here(request: Request, service: Service, origin: str) -> bool:
    """Tell whether an origin is the one under which the form was fetched.

    Another port of the same host is another site's: programs of this machine have pages
    too. The scheme cannot be told behind a proxy.
    """
    scheme, _, netloc = origin.partition("://")
    host = _without_port(netloc, scheme)
    public_scheme, _, public = (service.hosts.public_url or "").partition("://")
    if host == _without_port(public, public_scheme):
        return scheme == public_scheme
    here = request.headers.get("host", "")
    return scheme in {"http", "https"} and host == _without_port(here, scheme)


def _without_port(netloc: str, scheme: str) -> str:
    """A host in lower case, with its port unless that goes without saying."""
    return netloc.lower().removesuffix({"http": ":80", "https": ":443"}.get(scheme, ""))


def _refusal(title: str, text: str, status: int = 400) -> Response:
    return HTMLResponse(pages.refusal(title, text), status, GUARDS)
