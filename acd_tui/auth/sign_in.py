"""Signing in: with a browser on this machine, or on another one."""

from __future__ import annotations

import hmac
import os
import shlex
import shutil
import subprocess
import sys
import threading
import webbrowser
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from acd_tui.auth.loopback import HOST, PORT, Loopback
from acd_tui.auth.lwa import Application, AuthorizationRequest, SignInRefused
from acd_tui.auth.token import Token
from acd_tui.environment import for_children
from acd_tui.errors import UsageError


async def sign_in(
    application: Application,
    *,
    on_url: Callable[[str], None],
    open_browser: bool,
    port: int = PORT,
) -> Token:
    """Sign in with a browser on this machine; ends when the browser has come back.

    Callers set the time limit; cancelled, it frees the port.

    Args:
        application: who asks.
        on_url: told the address to show, before the browser is opened.
        open_browser: open it ourselves.
        port: of the listener on 127.0.0.1.

    Raises:
        PortBusy: another program has the port.
        SignInRefused: the user or the service said no.
        SignInNeeded: the service did not accept the code.
        Transient: the service cannot be reached.
    """
    async with Loopback(application, port) as flow:
        on_url(flow.start_url)
        if open_browser:
            # Some browsers keep who opens them waiting until they are closed.
            threading.Thread(
                target=show_in_browser, args=(flow.start_url,), daemon=True
            ).start()
        code = await flow.code()
        request = flow.request
    return await application.exchange(request, code)


def begin_elsewhere(application: Application) -> AuthorizationRequest:
    """Begin a sign-in whose browser runs on another machine.

    That browser ends at an address of its own machine that does not answer; the user
    copies the address and pastes it here, for `finish_pasted`.
    """
    return application.authorization_request(f"http://{HOST}:{PORT}/")


async def finish_pasted(
    application: Application, request: AuthorizationRequest, pasted: str
) -> Token:
    """Finish a sign-in with what the user pasted.

    Args:
        application: who asks.
        request: what `begin_elsewhere` returned.
        pasted: the address the browser ended at, or the output of `authorize`.

    Raises:
        UsageError: it is neither.
        SignInRefused: it belongs to another sign-in, or says no.
        SignInNeeded: the service did not accept the code.
        Transient: the service cannot be reached.
    """
    pasted = pasted.strip()
    if not pasted.startswith(("http://", "https://", "127.0.0.1", "localhost")):
        try:
            return Token.from_paste(pasted)
        except UsageError:
            if pasted.startswith("{"):
                raise  # which says what is wrong with it
            raise UsageError(
                "this is neither the address of a finished sign-in nor a token",
                hint='an address begins with http://, a token with {"access_token"',
            ) from None
    try:
        query = parse_qs(urlsplit(pasted).query)
    except ValueError as error:
        raise UsageError("this is no address of a finished sign-in") from error
    if not any(key in query for key in ("code", "error", "state")):
        raise UsageError(
            "this is no address of a finished sign-in",
            hint="copy the whole address after signing in; it holds `code=`",
        )
    state = query.get("state", [""])[0]
    if not hmac.compare_digest(state.encode(), request.state.encode()):
        raise SignInRefused("this answer belongs to another sign-in")
    code = query.get("code", [""])[0]
    if not code:
        said = (query.get("error_description") or query.get("error") or ["no code"])[0]
        raise SignInRefused(f"the sign-in was refused: {said[:200]}")
    return await application.exchange(request, code)


def show_in_browser(url: str) -> bool:
    """Open `url` in the user's browser; False if there seems to be none.

    Nothing may be written to the terminal meanwhile, so text browsers do not count. The
    browser gets no variable with a secret.
    """
    if sys.platform == "win32":
        return webbrowser.open(url)
    command = browser_command(url)
    if command is None:
        return False
    subprocess.Popen(  # noqa: S603 - the address is our own
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env=for_children(),
    )
    return True


def browser_command(url: str) -> list[str] | None:
    """Return what to start: the first program of `BROWSER`, or the desktop's choice."""
    opener = None
    if sys.platform == "darwin":
        opener = "open"
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        opener = "xdg-open"
    chosen = os.environ.get("BROWSER", "").split(os.pathsep)
    for words in (*map(shlex.split, chosen), [opener] if opener else []):
        if words and (program := shutil.which(words[0])):
            if "%s" in words:
                return [program, *(url if w == "%s" else w for w in words[1:])]
            return [program, *words[1:], url]
    return None
