"""Text in the colours of its language."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

_MOST = 128 * 1024  # characters; more of it would take longer than one looks at it
_PLAIN = {"default", "text"}


def coloured(name: str, lines: Sequence[str], *, dark: bool) -> list[Text] | None:
    """Return lines in the colours of the language that a file is in.

    Takes up to a second, so it belongs into a thread.

    Args:
        name: of the file, which says what language it is.
        lines: printable ones.
        dark: whether they are shown on a dark background.

    Returns:
        As many lines, or None where there is nothing to colour.
    """
    from rich.syntax import Syntax

    code = "\n".join(lines)
    if not code or len(code) > _MOST:
        return None
    lexer = Syntax.guess_lexer(name)
    if lexer in _PLAIN:
        return None
    theme = "ansi_dark" if dark else "ansi_light"
    text = Syntax("", lexer, theme=theme).highlight(code)
    text.rstrip()
    found = list(text.split("\n", allow_blank=True))
    # A lexer may drop blank lines at either end; colours must not move the text.
    if [line.plain for line in found] != list(lines):
        return None
    return found
