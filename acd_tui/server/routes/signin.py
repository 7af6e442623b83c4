"""Signing in for oneself, by cookies (amazon-drive-api.md §1.6)."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from acd_tui.server import cookies, pages, sign_in, tokens, wire
from acd_tui.server.routes.oauth import GUARDS, from_here
from acd_tui.server.service import answer, authorised, base_of, form_of, service_of

_COOKIE = "acd_signin"
_PLACE = "main"


async def page(request: Request) -> Response:
    """Show the form."""
    return _form(request)


async def enter(request: Request) -> Response:
    """Take the form, and give cookies for the right password."""
    form = await form_of(request)
    nonce = request.cookies.get(_COOKIE, "")
    sent = form.get("form", "").encode("utf-8", "replace")
    ours = _tag(request, nonce).encode()
    if not nonce or not from_here(request) or not hmac.compare_digest(sent, ours):
        text = "It came from another site, or cookies are switched off. Start again."
        page = pages.refusal("This form is not ours", text)
        return HTMLResponse(page, 403, GUARDS)
    name = (form.get("email") or form.get("user") or "").strip()
    try:
        user = await sign_in.sign_in(request, name, form.get("password", ""))
    except sign_in.Refused as refused:
        response = _form(request, user=name, refused=refused)
        if refused.wait:
            response.headers["retry-after"] = str(refused.wait)
        return response
    service = service_of(request)
    now = service.storage.clock.now()
    given = await service.storage.db.write(
        lambda db: cookies.issue(db, service.key, user, now, place=_PLACE)
    )
    days = cookies.SECONDS // 86400
    response = HTMLResponse(pages.signed_in(given, days), 200, GUARDS)
    for cookie, value in given.items():
        _set(request, response, cookie, value)
    sign_in.remember(request, response, name)
    return response


async def leave(request: Request) -> Response:
    """Make the cookies of this browser worthless."""
    if not from_here(request):
        raise wire.forbidden("This form is not ours")
    key = cookies.key_of(request.cookies)
    if key is not None:
        service = service_of(request)
        await service.storage.db.write(lambda db: tokens.forget_cookie(db, key))
    page = pages.refusal("Signed out", "The cookies are good for nothing now.")
    response = HTMLResponse(page, 200, GUARDS)
    for cookie in ("session-id", f"ubid-{_PLACE}", f"at-{_PLACE}"):
        response.delete_cookie(cookie)
    return response


async def token(request: Request) -> Response:
    """An access token for whoever is signed in by cookies."""
    grant = await authorised(request, "read")
    if grant.client != cookies.CLIENT:
        raise wire.forbidden("Only cookies can be turned into a token")
    holder = tokens.Holder(grant.user, grant.client, " ".join(sorted(grant.scopes)))
    storage = service_of(request).storage
    now = storage.clock.now()
    access = await storage.db.write(lambda db: tokens.issue_access(db, holder, now))
    response = answer({"access_token": access, "duration": str(tokens.ACCESS_SECONDS)})
    response.headers["cache-control"] = "no-store"
    return response


def _form(
    request: Request, *, user: str = "", refused: sign_in.Refused | None = None
) -> Response:
    nonce = secrets.token_urlsafe(16)
    problem = refused.sentence if refused else None
    page = pages.sign_in(_tag(request, nonce), user=user, problem=problem)
    response = HTMLResponse(page, refused.status if refused else 200, GUARDS)
    sign_in.set_cookies(request, response, {_COOKIE: nonce})
    return response


def _tag(request: Request, nonce: str) -> str:
    payload = nonce.encode("utf-8", "replace")
    return urlsafe_b64encode(service_of(request).signed("signin", payload)).decode()


def _set(request: Request, response: Response, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        cookies.SECONDS,
        httponly=True,
        samesite="strict",
        secure=base_of(request).startswith("https:"),
    )
