"""Waits on this machine for the browser to bring the code, as rclone does.

Source: amazon-drive-api.md §1.4.
"""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import html
from types import TracebackType
from typing import Self

from starlette.applications import Starlette
from starlette.background import BackgroundTask
from starlette.requests import Request
from starlette.responses import (
    HTMLResponse,
    PlainTextResponse,
    RedirectResponse,
    Response,
)
from starlette.routing import Route

from acd_tui.asgi import serving
from acd_tui.auth.lwa import Application, AuthorizationRequest, SignInRefused

HOST = "127.0.0.1"
PORT = 53682
"""rclone's; applications are registered with it in their redirect URI."""

_PRIVATE = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    ),
    "Connection": "close",
}

_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
:root {{ color-scheme: light dark; font-family: system-ui, sans-serif; }}
body {{ display: grid; place-content: center; min-height: 90vh; text-align: center; }}
h1 {{ font-weight: 600; }}
</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"""


class Loopback:
    """A listener that exists only while it waits for one sign-in.

    Use it as an async context manager; leaving it frees the port.

    Attributes:
        request: the sign-in it waits for.
        start_url: the address that begins it, to be shown and opened.
        refused: answers that belonged to another sign-in.
    """

    def __init__(self, application: Application, port: int = PORT) -> None:
        self._application = application
        self._port = port
        self._stack = contextlib.AsyncExitStack()
        self._code: asyncio.Future[str] | None = None
        self.request: AuthorizationRequest
        self.start_url = ""
        self.refused = 0

    async def __aenter__(self) -> Self:
        """Begin to listen.

        Raises:
            PortBusy: another program has the port.
            UsageError: the application cannot begin a sign-in.
        """
        # Port 0 is for tests: what is registered holds a fixed one.
        routes = [Route("/auth", self._start), Route("/", self._callback)]
        # Made first: an application that cannot ask needs no port.
        self.request = self._application.authorization_request(
            _redirect_uri(self._port)
        )
        self._code = asyncio.get_running_loop().create_future()
        app = Starlette(routes=routes)
        app.router.redirect_slashes = False
        served = await self._stack.enter_async_context(serving(app, HOST, self._port))
        if self._port == 0:
            self.request = self._application.authorization_request(
                _redirect_uri(served.port)
            )
        self.start_url = f"http://{HOST}:{served.port}/auth"
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._stack.aclose()
        if self._code is not None:
            self._code.cancel()

    async def code(self) -> str:
        """Wait for the code.

        Raises:
            SignInRefused: the user or the service said no.
        """
        assert self._code is not None, "the listener is not open"
        return await asyncio.shield(self._code)

    async def _start(self, request: Request) -> Response:
        if not _is_ours(request):
            return _not_found()
        state = request.query_params.get("state")
        # The address without a state is what users copy; a wrong one is a stale copy.
        if state is not None and not _same(state, self.request.state):
            return PlainTextResponse(
                "State did not match - please try again\n", 403, headers=_PRIVATE
            )
        return RedirectResponse(self.request.url, 307, headers=_PRIVATE)

    async def _callback(self, request: Request) -> Response:
        if not _is_ours(request):
            return _not_found()
        code = request.query_params.get("code", "")
        matches = _same(request.query_params.get("state", ""), self.request.state)
        if code and matches:
            return _page(
                200,
                "Success!",
                ["All done. Please go back to acd-tui. You can close this page."],
                BackgroundTask(self._settle, code=code),
            )
        if code:
            self.refused += 1
            return _failure(
                "Auth state doesn't match", "This answer belongs to another sign-in"
            )
        said = request.query_params.get("error_description") or (
            request.query_params.get("error")
        )
        refusal = None
        if matches:
            reason = said or "the service sent no code"
            refusal = BackgroundTask(self._settle, refusal=reason)
        return _failure(
            "Auth Error", said or "No code returned by remote server", refusal
        )

    async def _settle(self, code: str = "", refusal: str = "") -> None:
        """Wake who waits; runs after the page has been sent."""
        if self._code is None or self._code.done():
            return
        if code:
            self._code.set_result(code)
        else:
            words = " ".join(refusal.split())[:200].rstrip(".")
            self._code.set_exception(SignInRefused(f"the sign-in was refused: {words}"))
            self._code.exception()  # seen, even if nobody waits any more


def _redirect_uri(port: int) -> str:
    return f"http://{HOST}:{port}/"


def _is_ours(request: Request) -> bool:
    # Another host name that leads here is a web page's trick (DNS rebinding).
    return request.url.hostname in {HOST, "localhost"} and request.method == "GET"


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _not_found() -> Response:
    return PlainTextResponse("404 page not found\n", 404, headers=_PRIVATE)


def _failure(
    name: str, description: str, task: BackgroundTask | None = None
) -> Response:
    lines = [f"Error: {name}", f"Description: {description}"]
    return _page(400, "Failure!", lines, task)


def _page(
    status: int, title: str, lines: list[str], task: BackgroundTask | None = None
) -> Response:
    body = "\n".join(f"<p>{html.escape(line[:500])}</p>" for line in lines)
    text = _PAGE.format(title=html.escape(title), body=body)
    return HTMLResponse(text, status, headers=_PRIVATE, background=task)
