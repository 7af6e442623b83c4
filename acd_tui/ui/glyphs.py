"""Everything on the screen in plain characters, for terminals without Unicode.

Frames, bars, signs and arrows, ours and Textual's, pass here as the last thing before
they are drawn. Each becomes a character of the same width, so that no layout knows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

_SIGNS = {
    "…": "~",
    "·": ".",
    "•": "*",
    "●": "*",
    "▌": "*",
    "▸": ">",
    "▶": ">",
    "▾": "v",
    "▲": "^",
    "▼": "v",
    "←": "<",
    "→": ">",
    "↑": "^",
    "↓": "v",
    "↵": "<",
    "⇧": "^",
    "≠": "!",
    "↻": "@",
    "‖": "|",
    "✓": "+",
    "✗": "x",
    "✕": "x",
    "×": "x",
    "›": ">",
    "‹": "<",
    "–": "-",
    "—": "-",
    "“": '"',
    "”": '"',
    "‘": "'",
    "’": "'",
    "━": "=",
    "╸": "=",
    "╺": "-",
    "┃": "#",
    "█": "#",
    "▇": "%",
    "▆": "*",
    "▅": "+",
    "▄": "=",
    "▃": "-",
    "▂": ".",
    "▁": "_",
    "▀": '"',
    "▐": "|",
    "▎": "|",
    "▏": "|",
    "▊": "|",
    "▔": "-",
}


def _frame(code: int) -> str:
    """The plain form of a character that frames are made of."""
    name = unicodedata.name(chr(code))
    if "VERTICAL" in name and "HORIZONTAL" not in name and " AND " not in name:
        return "|"
    is_line = "HORIZONTAL" in name and "VERTICAL" not in name and " AND " not in name
    return "-" if is_line else "+"


_TABLE = {code: _frame(code) for code in range(0x2500, 0x2580)}
_TABLE |= {ord(sign): plain for sign, plain in _SIGNS.items()}


class PlainGlyphs(LineFilter):
    """Writes what is drawn without Unicode."""

    def __init__(self, charset: str | None = None) -> None:
        """Make one.

        Args:
            charset: the encoding the terminal takes; None if names may be in any
                characters and but our own signs are plain.
        """
        super().__init__()
        self._charset = charset
        self.text = lru_cache(4096)(self._text)

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's signature
        return [
            segment
            if segment.text.isascii()
            else Segment(self.text(segment.text), segment.style, segment.control)
            for segment in segments
        ]

    def _text(self, text: str) -> str:
        text = text.replace(" · ", " - ").translate(_TABLE)
        if self._charset is None or text.isascii():
            return text
        return "".join(self._nearest(character) for character in text)

    def _nearest(self, character: str) -> str:
        """The character itself or one like it that the terminal has, as wide."""
        width = cell_len(character)
        for form in (character, unicodedata.normalize("NFKD", character)):
            shown = _encodable(form, self._charset or "ascii")
            if shown and cell_len(shown) == width:
                return shown
        return "?" * width


def _encodable(text: Sequence[str], charset: str) -> str:
    """What of a text an encoding has."""
    return "".join(text).encode(charset, "ignore").decode(charset)
