"""Names and passwords: checked, counted, and slowed down where somebody guesses."""

from __future__ import annotations

import asyncio
import hmac
import math
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from acd_tui.server import accounts, throttle
from acd_tui.server.service import Service, service_of
from acd_tui.server.throttle import network_of

_DEVICE = "acd_device"
_DEVICE_SECONDS = 365 * 86400
_NOBODY = accounts.nobody()


class Refused(Exception):
    """A sign-in that failed.

    Attributes:
        wait: seconds until the next attempt is looked at; 0 if this one was.
        status: of the answer.
        sentence: for people.
    """

    def __init__(self, wait: int = 0) -> None:
        super().__init__(wait)
        self.wait = wait
        self.status = 429 if wait else 403
        self.sentence = (
            f"Too many failed attempts. Wait {wait} seconds."
            if wait
            else "The user or the password is wrong."
        )


async def sign_in(request: Request, name: str, password: str) -> int:
    """The number of a user whose password is right.

    Raises:
        Refused: it is wrong, or there were too many failures just now.
    """
    service = service_of(request)
    keys = _counted_as(request, name)
    db, now = service.storage.db, service.storage.clock.now()
    wait = await db.write(lambda db: throttle.attempt(db, now, *keys))
    if wait > 0:
        raise Refused(math.ceil(wait))
    user = await _checked(service, name, password)
    if user is None:
        raise Refused
    await db.write(lambda db: throttle.succeeded(db, *keys))
    return user


def remember(request: Request, response: Response, name: str) -> None:
    """Let the browser of a user who has signed in be known again, for the count alone."""
    device = {_DEVICE: _device_of(service_of(request), name, secrets.token_urlsafe(16))}
    set_cookies(request, response, device, max_age=_DEVICE_SECONDS)


def set_cookies(
    request: Request,
    response: Response,
    cookies: Mapping[str, str],
    *,
    max_age: int | None = None,
) -> None:
    """Set cookies that no script, no other site and nothing but the sign-in gets."""
    public_url = service_of(request).hosts.public_url or ""
    for name, value in cookies.items():
        response.set_cookie(
            name,
            value,
            max_age,
            path="/ap",
            httponly=True,
            samesite="strict",
            secure=public_url.startswith("https:"),
        )


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
    address = network_of(request.client.host) if request.client else ""
    return f"user:{name.strip().casefold()[:100]}", f"address:{address}"


def _device_of(service: Service, name: str, nonce: str) -> str:
    payload = f"{nonce}.{name.strip().casefold()}".encode("utf-8", "replace")
    return f"{nonce}.{urlsafe_b64encode(service.signed('device', payload)).decode()}"


async def _checked(service: Service, name: str, password: str) -> int | None:
    db = service.storage.db
    found = await db.read(lambda db: accounts.find_user(db, name))
    user, stored = found or (None, _NOBODY)
    async with service.password_checks:
        good = await asyncio.to_thread(accounts.password_matches, stored, password)
        if user is None or not good:
            return None
        if accounts.is_dated(stored):
            renewed = await asyncio.to_thread(accounts.hash_password, password)
            await db.write(lambda db: accounts.renew_hash(db, user, stored, renewed))
    return user
