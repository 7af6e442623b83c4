"""Login with Amazon, authorization-code grant: ask, exchange, refresh.

Source: amazon-drive-api.md §1.
"""

from __future__ import annotations

import base64
import json
import secrets
import ssl
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlsplit

import httpx

from acd_tui.auth.token import Token
from acd_tui.authorities import trusted
from acd_tui.clock import Clock, SystemClock
from acd_tui.errors import (
    LOOK_BETWEEN,
    AcdError,
    SignInNeeded,
    Transient,
    Unreachable,
    UsageError,
    is_from_between,
)
from acd_tui.logs import redacted

AUTH_URL = "https://www.amazon.com/ap/oa"
TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address
SCOPES = ("clouddrive:read_all", "clouddrive:write")

# oauthlib refuses http:// even on loopback, where RFC 8252 §7.3 wants it. It is given
# the query under this address instead, and never the true one.
_PLACEHOLDER = "https://placeholder.invalid/"

_TIMEOUT = httpx.Timeout(30.0, connect=15.0)
_CHECK_KEYS = "see whether client_id and client_secret are right"
_NO_SIGN_IN_LEFT = "sign in again"


class SignInRefused(AcdError):
    """The sign-in was refused, by the user or by the service."""

    exit_code = 7
    advice = "start the sign-in again; an answer is good for one sign-in alone"


class AuthorizationRequest(NamedTuple):
    """A sign-in that was begun.

    Attributes:
        url: where the browser goes.
        state: comes back with the answer; proves that it belongs to this request.
        verifier: proves at the exchange that it comes from who asked (PKCE).
        redirect_uri: where the browser is sent back to.
    """

    url: str
    state: str
    verifier: str
    redirect_uri: str


@dataclass(frozen=True, slots=True)
class Application:
    """What the service knows us as.

    Attributes:
        client_id: public name.
        client_secret: None for an application without one.
        auth_url: where users sign in.
        token_url: where codes and refresh tokens are exchanged.
        scopes: what is asked for.
        clock: tells when a token will end.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    auth_url: str = AUTH_URL
    token_url: str = TOKEN_URL
    scopes: tuple[str, ...] = SCOPES
    clock: Clock = field(default_factory=SystemClock, repr=False)

    def authorization_request(self, redirect_uri: str) -> AuthorizationRequest:
        """Begin a sign-in that ends at `redirect_uri`.

        Raises:
            UsageError: `client_id` is missing or `auth_url` is no address.
        """
        if not self.client_id:
            raise UsageError(
                "the remote has no client_id",
                hint="Amazon gives one per application; a server of yours shows its own",
            )
        from oauthlib.oauth2 import WebApplicationClient

        _check_address("auth_url", self.auth_url)
        state = secrets.token_urlsafe(16)
        client = WebApplicationClient(self.client_id)
        verifier = client.create_code_verifier(64)
        query = client.prepare_request_uri(
            _PLACEHOLDER,
            redirect_uri=redirect_uri,
            scope=list(self.scopes),
            state=state,
            code_challenge=client.create_code_challenge(verifier, "S256"),
            code_challenge_method="S256",
        ).removeprefix(_PLACEHOLDER + "?")
        joint = "&" if "?" in self.auth_url else "?"
        url = f"{self.auth_url}{joint}{query}"
        return AuthorizationRequest(url, state, verifier, redirect_uri)

    async def exchange(self, request: AuthorizationRequest, code: str) -> Token:
        """Trade the code that came back for a token.

        Raises:
            SignInNeeded: the code is used up, too old, or another application's.
            Transient: the service cannot be reached or is in trouble.
            AcdError: what answers at `token_url` is no token service.
        """
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": request.redirect_uri,
            "code_verifier": request.verifier,
        }
        return await self._granted(form, "")

    async def refresh(self, token: Token) -> Token:
        """Trade a refresh token for a fresh token.

        Raises:
            SignInNeeded: it was revoked, or there is none.
            Transient: as for `exchange`.
            AcdError: as for `exchange`.
        """
        if not token.refresh_token:
            raise SignInNeeded("the sign-in has run out", hint=_NO_SIGN_IN_LEFT)
        form = {"grant_type": "refresh_token", "refresh_token": token.refresh_token}
        return await self._granted(form, token.refresh_token)

    async def _granted(self, form: dict[str, str], old_refresh_token: str) -> Token:
        _check_address("token_url", self.token_url)
        response = await self._post(form, basic=bool(self.client_secret))
        if self.client_secret and _error_of(response) == "invalid_client":
            # Services differ in where they look for the secret (§1.3).
            response = await self._post(form, basic=False)
        return self._read(response, old_refresh_token)

    async def _post(self, form: dict[str, str], *, basic: bool) -> httpx.Response:
        headers = {"Accept": "application/json"}
        if basic:
            pair = (
                f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret or '')}"
            )
            packed = base64.b64encode(pair.encode()).decode()
            headers["Authorization"] = f"Basic {packed}"
        else:
            form = form | {"client_id": self.client_id}
            if self.client_secret:
                form["client_secret"] = self.client_secret
        parts = urlsplit(self.token_url)
        where = parts.netloc.rpartition("@")[2]
        # The drive itself is asked through no proxy; nor are the secrets given to one.
        client = httpx.AsyncClient(
            timeout=_TIMEOUT, verify=trusted(parts.scheme), trust_env=False
        )
        try:
            async with client:
                return await client.post(self.token_url, data=form, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise Unreachable(
                f"cannot reach {where}: {_reason(error)}",
                hint="see whether the address is right and the server runs",
            ) from error
        except httpx.TimeoutException as error:
            raise Transient(f"{where} does not answer") from error
        except (httpx.HTTPError, httpx.InvalidURL, ssl.SSLError) as error:
            raise Transient(f"lost {where}: {_reason(error)}") from error

    def _read(self, response: httpx.Response, old_refresh_token: str) -> Token:
        # Not needed while the token of the last run is good.
        from oauthlib.oauth2 import OAuth2Error, WebApplicationClient

        self._check_status(response, renewing=bool(old_refresh_token))
        try:
            # Called for its checks and typed errors; the form it reads besides JSON is
            # not one that this service would send.
            json.loads(response.content)
            client = WebApplicationClient(self.client_id)
            answer: dict[str, Any] = client.parse_request_body_response(response.text)
        except OAuth2Error as error:
            raise SignInNeeded(
                f"the sign-in was refused: {_safe(error.description or str(error))}",
                hint=_NO_SIGN_IN_LEFT,
            ) from error
        except (ValueError, RecursionError, TypeError, AttributeError) as error:
            raise _no_token_service(self.token_url) from error
        access = answer.get("access_token")
        refresh = answer.get("refresh_token") or old_refresh_token
        if not isinstance(access, str) or not isinstance(refresh, str) or not access:
            raise _no_token_service(self.token_url)
        lasts = answer.get("expires_in")
        return Token(
            access_token=access,
            refresh_token=refresh,
            expiry=self.clock.now() + lasts if isinstance(lasts, int) else None,
        )

    def _check_status(self, response: httpx.Response, *, renewing: bool) -> None:
        status = response.status_code
        page = status == 200 and response.content.lstrip()[:1] == b"<"
        if renewing and (page or is_from_between(status)):
            # The address was right when one signed in; the sign-in is as good as ever.
            what = "with a web page" if page else f"({status})"
            raise Unreachable(
                f"something in between answered in the sign-in's place {what}",
                hint=LOOK_BETWEEN,
            )
        if status == 429 or status >= 500:
            where = urlsplit(self.token_url).hostname
            raise Transient(f"{where} is in trouble ({status})")
        if status in {400, 401}:
            words = _description_of(response) or f"status {status}"
            ours = _error_of(response) == "invalid_client"
            if renewing and _error_of(response) == "invalid_grant":
                words = "it has run out, or was taken back"
            raise SignInNeeded(
                f"the sign-in was refused: {_safe(words)}",
                hint=_CHECK_KEYS if ours else _NO_SIGN_IN_LEFT,
            )
        if status != 200:
            raise _no_token_service(self.token_url, status)


def _check_address(key: str, url: str) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise UsageError(f"{key} is no web address: {url!r}")


def _object(response: httpx.Response) -> dict[str, Any]:
    try:
        raw = json.loads(response.content)
    except (ValueError, RecursionError):
        return {}
    return raw if isinstance(raw, dict) else {}


def _error_of(response: httpx.Response) -> object:
    return _object(response).get("error")


def _description_of(response: httpx.Response) -> str:
    raw = _object(response)
    for key in ("error_description", "error", "message"):
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _safe(words: str) -> str:
    return redacted(" ".join(words.split()))[:200].rstrip(".")


def _reason(error: Exception) -> str:
    text = str(error).lower()
    if "refused" in text or "all connection attempts failed" in text:
        return "connection refused"
    if "name or service not known" in text or "name resolution" in text:
        return "no such host name, or no network"
    if "certificate" in text:
        if "expired" in text or "not yet valid" in text:
            return "its certificate is out of date, or this machine's clock is wrong"
        return "its certificate is not to be trusted"
    return "the connection broke"


def _no_token_service(url: str, status: int | None = None) -> AcdError:
    what = f"status {status}" if status else "something that is no token"
    return AcdError(
        f"{urlsplit(url).netloc.rpartition('@')[2]} answered with {what}",
        hint="see whether token_url is right",
    )
