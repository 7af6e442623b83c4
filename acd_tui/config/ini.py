"""rclone's INI dialect, edited line by line so that all else stays as it was.

Source: amazon-drive-api.md §7.1 (the goconfig library).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from acd_tui.errors import UsageError

_SUBSTITUTION = re.compile(r"%\(([^)]+)\)s")
_DEEPEST = 10
_LONGEST = 1_000_000
_QUOTES = ('"""', "`")
_KEY_QUOTES = ('"""', '"', "`")

Pair = tuple[str, str]


class IniText:
    """A file's sections and keys, on top of its lines.

    Args:
        text: what the file holds, not encrypted.
    """

    def __init__(self, text: str) -> None:
        # Not splitlines(): a value may hold any of the separators that it honours.
        self._lines = [line.removesuffix("\r") for line in text.split("\n")]
        if self._lines[-1] == "":
            self._lines.pop()

    @property
    def text(self) -> str:
        return "".join(f"{line}\n" for line in self._lines)

    def sections(self) -> list[str]:
        """Return the sections' names in the file's order, each once."""
        return list(dict.fromkeys(name for _, name in self._headers()))

    def values(self, section: str) -> dict[str, str]:
        """Return a section's keys that have a value; later ones win."""
        raw = {pair[0]: pair[1] for _, pair in self._pairs(section)}
        resolved = {key: _resolved(value, raw) for key, value in raw.items()}
        return {key: value for key, value in resolved.items() if value}

    def set(self, section: str, key: str, value: str) -> None:
        """Give a key a value, in its old place if it has one.

        Raises:
            UsageError: the dialect cannot hold that value.
        """
        line = f"{key} = {_quoted(key, value)}"
        places = [at for at, pair in self._pairs(section) if pair[0] == key]
        if places:
            self._lines[places[-1]] = line
            return
        headers = [at for at, name in self._headers() if name == section]
        if not headers:
            if self._lines and self._lines[-1].strip():
                self._lines.append("")
            self._lines += [f"[{section}]", line]
            return
        _, end = self._extent(headers[-1])
        while not self._lines[end - 1].strip():
            end -= 1
        self._lines.insert(end, line)
        if end + 1 < len(self._lines) and _header(self._lines[end + 1]) is not None:
            self._lines.insert(end + 1, "")

    def unset(self, section: str, key: str) -> None:
        """Remove a key, wherever it stands in the section."""
        places = [at for at, pair in self._pairs(section) if pair[0] == key]
        for at in reversed(places):
            del self._lines[at]

    def remove(self, section: str) -> None:
        """Remove a section; comments above its head stay."""
        for at, name in reversed(list(self._headers())):
            if name == section:
                start, end = self._extent(at)
                del self._lines[start - 1 : end]

    def rename(self, old: str, new: str) -> None:
        """Give a section another name, in its place."""
        for at, name in list(self._headers()):
            if name == old:
                self._lines[at] = f"[{new}]"

    def part(self, section: str) -> str:
        """Return a section as it stands, with the comments above its head."""
        lines: list[str] = []
        for at, name in self._headers():
            if name == section:
                _, end = self._extent(at)
                lines += self._lines[self._comments_above(at) : end]
        while lines and not lines[-1].strip():
            lines.pop()
        return "".join(f"{line}\n" for line in lines)

    def append(self, part: str) -> None:
        """Put what `part` returned of another file at the end."""
        if self._lines and self._lines[-1].strip():
            self._lines.append("")
        self._lines += part.removesuffix("\n").split("\n")

    def copy(self, section: str, new: str) -> None:
        """Put a copy of a section at the end, under a new name."""
        copied = IniText(self.part(section))
        copied.rename(section, new)
        self.append(copied.text)

    def _comments_above(self, header: int) -> int:
        start = header
        while start and _is_comment(self._lines[start - 1]):
            start -= 1
        return start

    def _headers(self) -> Iterator[tuple[int, str]]:
        for at, line in enumerate(self._lines):
            name = _header(line)
            if name is not None:
                yield at, name

    def _extent(self, header: int) -> tuple[int, int]:
        """Return where the lines below a header begin and end.

        Comments directly above the next header belong to that one.
        """
        end = header + 1
        while end < len(self._lines) and _header(self._lines[end]) is None:
            end += 1
        if end < len(self._lines):
            while end > header + 1 and _is_comment(self._lines[end - 1]):
                end -= 1
        return header + 1, end

    def _pairs(self, section: str) -> Iterator[tuple[int, Pair]]:
        current = None
        for at, line in enumerate(self._lines):
            name = _header(line)
            if name is not None:
                current = name
            elif current == section and (pair := _pair(line)) is not None:
                yield at, pair


def _is_comment(line: str) -> bool:
    return line.strip().startswith(("#", ";"))


def _header(line: str) -> str | None:
    line = line.strip()
    if line.startswith("[") and line.endswith("]"):
        return line[1:-1].strip()
    return None


def _pair(line: str) -> Pair | None:
    line = line.strip()
    if not line or _is_comment(line):
        return None
    for quote in _KEY_QUOTES:
        if line.startswith(quote):
            key, closed, rest = line[len(quote) :].partition(quote)
            rest = rest.strip()
            if closed and rest[:1] in {"=", ":"}:
                return key.strip(), _value(rest[1:])
            return None
    found = re.search("[=:]", line)
    if found is None:
        return None
    return line[: found.start()].strip(), _value(line[found.end() :])


def _value(text: str) -> str:
    text = text.strip()
    for quote in _QUOTES:
        if text.startswith(quote):
            end = text.rfind(quote)
            if end >= len(quote):
                return text[len(quote) : end]
    return text


def _resolved(value: str, others: dict[str, str]) -> str:
    """Put other keys' values in for `%(key)s`, as the library does."""
    for _ in range(_DEEPEST):
        replaced = _SUBSTITUTION.sub(lambda m: others.get(m[1], m[0]), value)
        if replaced == value or len(replaced) > _LONGEST:
            break
        value = replaced
    return value


def _quoted(key: str, value: str) -> str:
    if "\n" in value or "\r" in value or "\0" in value:
        raise UsageError(f"the value of {key} has more than one line")
    if _SUBSTITUTION.search(value):
        raise UsageError(
            f"the value of {key} holds `%(…)s`, which rclone would replace"
        )
    if value == value.strip() and not value.startswith(_QUOTES):
        return value
    if "`" not in value:
        return f"`{value}`"
    if '"""' not in value:
        return f'"""{value}"""'
    raise UsageError(f"the value of {key} cannot be written to the file")
