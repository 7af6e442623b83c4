"""The pages people see when they sign in: plain HTML that works without script."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from html import escape

_STYLE = """
:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:0;display:grid;place-items:center;
min-height:100vh;background:Canvas;color:CanvasText}
main{width:min(24rem,calc(100vw - 2rem));padding:2rem;border:1px solid GrayText;
border-radius:12px}
h1{font-size:1.25rem;margin:0 0 1rem}
label{display:block;margin:1rem 0 .25rem}
input{box-sizing:border-box;width:100%;padding:.5rem;font:inherit}
.buttons{display:flex;gap:.5rem;margin-top:1.5rem}
button{flex:1;padding:.6rem;font:inherit;cursor:pointer}
.problem{border-left:4px solid #c33;padding:.5rem .75rem}
code{overflow-wrap:anywhere}
"""

# What a Content-Security-Policy says of the style: this one and no other.
STYLE_HASH = f"sha256-{b64encode(sha256(_STYLE.encode()).digest()).decode()}"

_GRANTED = {
    "read": "see and download all your files",
    "photo": "see and download your pictures",
    "video": "see and download your videos",
    "doc": "see and download your documents",
    "other": "see and download your files that are no pictures, videos or documents",
    "folders": "see your folders and albums, but no other files in them",
    "write": "add, change, move and trash your files",
    "write some": "add files; change, move and trash those it sees, and whole folders",
    "profile": "see your name",
}


@dataclass(frozen=True, slots=True)
class Application:
    """Who asks.

    Attributes:
        name: as it is registered.
        origin: the beginning of the address that the answer goes to.
    """

    name: str
    origin: str


def consent(
    application: Application,
    powers: list[str],
    fields: Mapping[str, str],
    *,
    user: str = "",
    problem: str | None = None,
) -> str:
    """The form where one signs in and says yes or no.

    Args:
        application: who asks.
        powers: what for: names of `_GRANTED`.
        fields: hidden ones, sent back with the answer.
        user: what was typed before.
        problem: what was wrong with it.
    """
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    powers_list = "".join(f"<li>{escape(_GRANTED[power])}</li>" for power in powers)
    body = f"""<h1>Sign in to your drive</h1>
<p>The application <code>{escape(application.name)}</code> wants to:</p>
<ul>{powers_list}</ul>
<p>The answer goes to <code>{escape(application.origin)}</code>.</p>
{_warning(problem)}
<form method="post" action="/ap/oa" autocomplete="on">
{hidden}
{_credentials(user)}
<div class="buttons">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" formnovalidate>Deny</button>
</div>
</form>"""
    return _page("Sign in", body)


def sign_in(form: str, *, user: str = "", problem: str | None = None) -> str:
    """The form where one signs in for oneself, without an application.

    Args:
        form: hidden, sent back with the answer.
        user: what was typed before.
        problem: what was wrong with it.
    """
    body = f"""<h1>Sign in to your drive</h1>
<p>For programs that take the cookies of a browser. They may do all that you may.</p>
{_warning(problem)}
<form method="post" action="/ap/signin" autocomplete="on">
<input type="hidden" name="form" value="{escape(form)}">
{_credentials(user)}
<div class="buttons">
<button type="submit">Sign in</button>
</div>
</form>"""
    return _page("Sign in", body)


def signed_in(cookies: Mapping[str, str], days: int) -> str:
    """What one has now signed in with.

    Args:
        cookies: by name.
        days: how long they are good.
    """
    rows = "".join(
        f"<li>{escape(name)}<br><code>{escape(value)}</code></li>"
        for name, value in cookies.items()
    )
    body = f"""<h1>Signed in</h1>
<p>This browser has the cookies now. Another program may be given them, for {days} days;
whoever has them can do all that you can.</p>
<ul>{rows}</ul>
<form method="post" action="/ap/signout">
<div class="buttons"><button type="submit">Sign out</button></div>
</form>"""
    return _page("Signed in", body)


def refusal(title: str, text: str) -> str:
    """A request that cannot be answered by a redirect."""
    return _page(title, f"<h1>{escape(title)}</h1>\n<p>{escape(text)}</p>")


def _page(title: str, body: str) -> str:
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{_STYLE}</style>
</head>
<body><main>
{body}
</main></body>
</html>
"""


def _warning(problem: str | None) -> str:
    """What was wrong, where something was."""
    return f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""


def _credentials(user: str) -> str:
    """The fields for a name, which may be known already, and a password."""
    return f"""<label for="email">User</label>
<input id="email" name="email" value="{escape(user)}" autocomplete="username"
 autocapitalize="none" spellcheck="false" required{"" if user else " autofocus"}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required{" autofocus" if user else ""}>"""
