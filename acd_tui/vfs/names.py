"""File names as rclone's encoder writes them, both ways (amazon-drive-api.md §8).

The names in a `VPath` are of rclone's standard form: control characters and what could
not be a name stand there as pictures. Each filesystem turns them into names of its own.
Raw names that are not valid UTF-8 carry surrogates, as from `os.fsdecode`.
"""

from __future__ import annotations

import re

from acd_tui.errors import UsageError

_QUOTE = "\u201b"
_NUL_PICTURE = "\u2400"
_FULL_STOP = "\uff0e"


def _wide(characters: str) -> dict[str, str]:
    return {character: chr(ord(character) + 0xFEE0) for character in characters}


def _pictures(characters: str) -> dict[str, str]:
    return {character: chr(ord(character) + 0x2400) for character in characters}


_BLANKS = "\t\n\v\r"

# name → (bit, what it replaces by what); amazon-drive-api.md §8.2
_ANYWHERE: dict[str, tuple[int, dict[str, str]]] = {
    "Slash": (1 << 1, _wide("/")),
    "LtGt": (1 << 2, _wide("<>")),
    "DoubleQuote": (1 << 3, _wide('"')),
    "SingleQuote": (1 << 4, _wide("'")),
    "BackQuote": (1 << 5, _wide("`")),
    "Dollar": (1 << 6, _wide("$")),
    "Colon": (1 << 7, _wide(":")),
    "Question": (1 << 8, _wide("?")),
    "Asterisk": (1 << 9, _wide("*")),
    "Pipe": (1 << 10, _wide("|")),
    "Hash": (1 << 11, _wide("#")),
    "Percent": (1 << 12, _wide("%")),
    "BackSlash": (1 << 13, _wide("\\")),
    "CrLf": (1 << 14, _pictures("\r\n")),
    "Del": (1 << 15, {"\x7f": "\u2421"}),
    "Ctl": (1 << 16, _pictures("".join(map(chr, range(1, 32))))),
    "SquareBracket": (1 << 26, _wide("[]")),
    "Semicolon": (1 << 27, _wide(";")),
}
_FIRST: dict[str, tuple[int, dict[str, str]]] = {
    "LeftSpace": (1 << 17, _pictures(" ")),
    "LeftPeriod": (1 << 18, _wide(".")),
    "LeftTilde": (1 << 19, _wide("~")),
    "LeftCrLfHtVt": (1 << 20, _pictures(_BLANKS)),
}
_LAST: dict[str, tuple[int, dict[str, str]]] = {
    "RightSpace": (1 << 21, _pictures(" ")),
    "RightPeriod": (1 << 22, _wide(".")),
    "RightCrLfHtVt": (1 << 23, _pictures(_BLANKS)),
}
_RAW = 1
_INVALID_UTF8 = 1 << 24
_DOT = 1 << 25
_BITS = {
    "None": 0,
    "Raw": _RAW,
    "InvalidUtf8": _INVALID_UTF8,
    "Dot": _DOT,
    **{name: bit for name, (bit, _) in (_ANYWHERE | _FIRST | _LAST).items()},
}

# What whole names that Dot stands for are written as.
_DOTS = {
    ".": _FULL_STOP,
    "..": _FULL_STOP * 2,
    _FULL_STOP: _QUOTE + _FULL_STOP,
    _FULL_STOP * 2: (_QUOTE + _FULL_STOP) * 2,
}
_DOTS_BACK = {encoded: raw for raw, encoded in _DOTS.items()}


def parse_mask(text: str) -> int:
    """Read the value of rclone's option `encoding`: names, or numbers, with commas.

    `Raw`, which rclone knows since 1.66, changes nothing at all if it stands alone.

    Raises:
        UsageError: a name is unknown.
    """
    mask = 0
    for part in (part.strip() for part in text.split(",")):
        if part in _BITS:
            mask |= _BITS[part]
        elif (number := _number(part)) is not None:
            mask |= number
        else:
            raise UsageError(
                f"{part!r} is no encoding",
                hint=f"the encodings are {', '.join(_BITS)}",
            )
    return mask


def _number(text: str) -> int | None:
    """Read a number as Go does: with `0x`, `0o`, `0b`, or octal behind a bare `0`."""
    octal = re.fullmatch(r"([+-]?)0([0-7_]+)", text, re.ASCII)
    try:
        return int(f"{octal[1]}0o{octal[2]}" if octal else text, 0)
    except ValueError:
        return None


def _active(table: dict[str, tuple[int, dict[str, str]]], mask: int) -> dict[str, str]:
    active: dict[str, str] = {}
    for bit, replacements in table.values():
        if mask & bit:
            active |= replacements
    return active


class Codec:
    """Raw names to encoded ones and back, for one mask."""

    def __init__(self, mask: int) -> None:
        self._raw = mask == _RAW
        self._first = _active(_FIRST, mask)
        self._last = _active(_LAST, mask)
        self._dot = bool(mask & _DOT)
        anywhere = {"\0": _NUL_PICTURE, **_active(_ANYWHERE, mask)}
        self._encoding: dict[int, str] = {ord(_QUOTE): _QUOTE * 2}
        for raw, encoded in anywhere.items():
            self._encoding[ord(raw)] = encoded
            self._encoding[ord(encoded)] = _QUOTE + encoded
        if mask & _INVALID_UTF8:
            self._encoding |= _invalid_utf8()
        self._back = {encoded: raw for raw, encoded in anywhere.items()}
        pictures = "".join(map(re.escape, self._back))
        digits = "|[0-9A-Fa-f]{2}" if mask & _INVALID_UTF8 else ""
        self._decoding = re.compile(
            f"{_QUOTE}([{_QUOTE}{pictures}]{digits})|[{pictures}]"
        )

    @property
    def special(self) -> frozenset[str]:
        """All characters that this codec may change or write."""
        if self._raw:
            return frozenset()
        edges = self._first | self._last
        tables = {chr(code) for code in self._encoding} | {*edges, *edges.values()}
        dots = {_FULL_STOP} if self._dot else set()
        return frozenset(tables | dots)

    def encode(self, raw: str) -> str:
        """Return the encoded form of a raw name."""
        if self._raw:
            return raw
        if self._dot and raw in _DOTS:
            return _DOTS[raw]
        before = _encoded_edge(raw[:1], self._first)
        raw = raw[1:] if before else raw
        after = _encoded_edge(raw[-1:], self._last)
        raw = raw[:-1] if after else raw
        return before + raw.translate(self._encoding) + after

    def decode(self, encoded: str) -> str:
        """Return the raw name that an encoded one stands for."""
        if self._raw:
            return encoded
        if self._dot and encoded in _DOTS_BACK:
            return _DOTS_BACK[encoded]
        before, encoded = self._decoded_first(encoded)
        after, encoded = self._decoded_last(encoded)
        raw = self._decoding.sub(self._decoded, encoded)
        return _joined_bytes(before + raw + after)

    def _decoded(self, match: re.Match[str]) -> str:
        quoted: str | None = match[1]
        if quoted is None:
            return self._back[match[0]]
        if len(quoted) == 2:
            code = int(quoted, 16)
            return chr(code if code < 0x80 else 0xDC00 + code)
        return quoted

    def _decoded_first(self, name: str) -> tuple[str, str]:
        for raw, encoded in self._first.items():
            if name.startswith(encoded):
                return raw, name[1:]
            if name.startswith(_QUOTE + encoded):
                return encoded, name[2:]
        return "", name

    def _decoded_last(self, name: str) -> tuple[str, str]:
        for raw, encoded in self._last.items():
            if name.endswith(_QUOTE + encoded):
                return encoded, name[:-2]
            if name.endswith(encoded):
                return raw, name[:-1]
        return "", name


def _invalid_utf8() -> dict[int, str]:
    table = {0xDC00 + byte: f"{_QUOTE}{byte:02X}" for byte in range(0x80, 0x100)}
    for code in range(0xD800, 0xE000):
        three = chr(code).encode("utf-8", "surrogatepass")
        table.setdefault(code, "".join(f"{_QUOTE}{byte:02X}" for byte in three))
    return table


def _encoded_edge(edge: str, table: dict[str, str]) -> str:
    """Return the encoded first or last character; empty if it is nothing special."""
    if edge in table:
        return table[edge]
    return _QUOTE + edge if edge in table.values() else ""


def _joined_bytes(name: str) -> str:
    """Let bytes that make up a character together become that character."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return name.encode("utf-8", "surrogateescape").decode(
            "utf-8", "surrogateescape"
        )
    return name
