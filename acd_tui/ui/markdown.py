"""Markdown as it reads, not as it is written."""

from __future__ import annotations

import io

from rich.segment import Segment
from textual.strip import Strip

from acd_tui.printable import printable

MOST = 64 * 1024
"""Characters; more of it would take longer than one looks at it."""

_ENDINGS = (".md", ".markdown", ".mdown")
_STYLES = {
    "markdown.h1": "bold underline",
    "markdown.h1.border": "none",
    "markdown.h2": "bold underline",
    "markdown.h3": "bold",
    "markdown.h4": "bold italic",
    "markdown.code": "bold",
    "markdown.code_block": "none",
    "markdown.link": "underline",
    "markdown.link_url": "dim",
    "markdown.item.bullet": "bold",
    "markdown.item.number": "bold",
    "markdown.block_quote": "italic",
    "markdown.hr": "dim",
    "markdown.table.border": "dim",
    "markdown.table.header": "bold",
}


def is_markdown(name: str) -> bool:
    """Whether a file's name says that it is Markdown."""
    return name.lower().endswith(_ENDINGS)


def rendered(text: str, width: int, *, dark: bool) -> list[Strip]:
    """Set Markdown in lines of a width. Takes up to a second; belongs into a thread.

    Addresses of links stand behind them, in full.
    """
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    console = Console(
        width=width, color_system="truecolor", theme=Theme(_STYLES), file=io.StringIO()
    )
    code = "ansi_dark" if dark else "ansi_light"
    document = Markdown(text, hyperlinks=False, code_theme=code)
    lines = console.render_lines(document, pad=False)
    return [Strip(map(_safe, line)) for line in lines]


def _safe(segment: Segment) -> Segment:
    """Let nothing through that was written as an entity, such as `&#x1b;`."""
    return Segment(printable(segment.text), segment.style)
