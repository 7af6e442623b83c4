"""The pages people see when they sign in: plain HTML that works without script."""

from __future__ import annotations

from collections.abc import Mapping
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

_GRANTED = {
    "read": "see and download all your files",
    "write": "add, change, move and trash your files",
    "profile": "see your name",
}


def consent(
    application: str,
    powers: list[str],
    fields: Mapping[str, str],
    *,
    user: str = "",
    problem: str | None = None,
) -> str:
    """The form where one signs in and says yes or no.

    Args:
        application: who asks.
        powers: what for: read, write, profile.
        fields: hidden ones, sent back with the answer.
        user: what was typed before.
        problem: what was wrong with it.
    """
    hidden = "\n".join(
        f'<input type="hidden" name="{escape(name)}" value="{escape(value)}">'
        for name, value in fields.items()
    )
    powers_list = "".join(f"<li>{escape(_GRANTED[power])}</li>" for power in powers)
    warning = (
        f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    )
    body = f"""<h1>Sign in to your drive</h1>
<p>The application <code>{escape(application)}</code> wants to:</p>
<ul>{powers_list}</ul>
{warning}
<form method="post" action="/ap/oa" autocomplete="on">
{hidden}
<label for="email">User</label>
<input id="email" name="email" value="{escape(user)}" autocomplete="username"
 autocapitalize="none" spellcheck="false" required{"" if user else " autofocus"}>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 required{" autofocus" if user else ""}>
<div class="buttons">
<button type="submit" name="decision" value="allow">Allow</button>
<button type="submit" name="decision" value="deny" formnovalidate>Deny</button>
</div>
</form>"""
    return _page("Sign in", body)


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
