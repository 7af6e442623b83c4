"""`settings.toml`: read strictly, changed without losing a comment."""

from __future__ import annotations

import re
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from acd_tui.config import atomic
from acd_tui.config.settings import Settings
from acd_tui.errors import UsageError

Value = str | float | bool | list[str]
_PATH = re.compile(r"\$(?:\.([\w.]+))?")
_MEND = "mend it or take it out; what is not there is as it comes"
_UNKNOWN = re.compile(r"unknown field `([^`]+)`")


def load(path: Path) -> Settings:
    """Read the settings; without a file all have their default.

    Raises:
        UsageError: the file is no TOML, or a key or value makes no sense; names the
            line.
        Denied: it cannot be read.
    """
    text = atomic.read(path)
    return _checked(path, text)


def change(path: Path, key: str, value: Value) -> Settings:
    """Give one setting a value; comments and order stay.

    Args:
        path: the file, made if missing.
        key: dotted, such as `transfers.slots`.
        value: the new value.

    Returns:
        All settings as they are now.

    Raises:
        UsageError: there is no such setting, or not with that value.
        Denied: the file cannot be written.
    """
    import tomlkit

    def set_it(document: MutableMapping[str, Any]) -> None:
        table: Any = document
        *parents, last = key.split(".")
        for parent in parents:
            if parent not in table:
                table[parent] = tomlkit.table()
            table = table[parent]
            if not isinstance(table, MutableMapping):
                raise UsageError(f"there is no setting {key!r}")
        table[last] = value

    return _changed(path, set_it)


def reset(path: Path, key: str) -> Settings:
    """Give one setting its default again, by taking it out of the file.

    Args:
        path: the file.
        key: dotted, such as `keys.bind.copy`.

    Returns:
        All settings as they are now.

    Raises:
        UsageError: something in the file makes no sense.
        Denied: the file cannot be written.
    """

    def take_out(document: MutableMapping[str, Any]) -> None:
        table: Any = document
        *parents, last = key.split(".")
        for parent in parents:
            table = table.get(parent, {})
        table.pop(last, None)

    return _changed(path, take_out)


def place_of(path: Path, key: str) -> str:
    """Where a setting stands, for a message: the file and the line, as far as known."""
    line = _line_of(atomic.read(path), key)
    return f"{path}, line {line}" if line else str(path)


class SettingsFile:
    """The functions of this module, for one file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Settings:
        return load(self.path)

    def change(self, key: str, value: Value) -> Settings:
        return change(self.path, key, value)

    def reset(self, key: str) -> Settings:
        return reset(self.path, key)

    def place_of(self, key: str) -> str:
        return place_of(self.path, key)


def _changed(path: Path, deed: Callable[[MutableMapping[str, Any]], None]) -> Settings:
    import tomlkit

    with atomic.locked(path):
        text = atomic.read(path)
        _checked(path, text)
        document = tomlkit.parse(text)
        deed(document)
        changed = tomlkit.dumps(document)
        settings = _checked(path, changed)
        atomic.replace(path, changed)
    return settings


def _checked(path: Path, text: str) -> Settings:
    if not text:
        return Settings()
    import tomllib

    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}", hint=_MEND) from error
    try:
        return msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise _named(path, text, str(error)) from error


def _named(path: Path, text: str, problem: str) -> UsageError:
    """Turn msgspec's words, which end in a path like `$.transfers`, into a place."""
    words, _, where = problem.partition(" - at `")
    found = _PATH.match(where)
    key = (found[1] if found else None) or ""
    if (
        "[...]" in where and "bind" in key
    ):  # some value of a table: msgspec does not say which
        key = f"{key}.{_first_that_is_no_text(text, key)}"
    unknown = _UNKNOWN.search(words)
    if unknown:
        key = f"{key}.{unknown[1]}".lstrip(".")
        words = "there is no such setting"
    line = _line_of(text, key)
    place = f"{path}, line {line}" if line else str(path)
    return UsageError(f"{place}: {key}: {words[:1].lower()}{words[1:]}", hint=_MEND)


def _first_that_is_no_text(text: str, key: str) -> str:
    import tomllib

    table: Any = tomllib.loads(text)
    for part in key.split("."):
        table = table[part]
    names = (name for name, value in table.items() if not isinstance(value, str))
    return str(next(names))


def _line_of(text: str, key: str) -> int | None:
    """Find the line that sets a dotted key, under its table or spelt out."""
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        head = re.match(r"\s*\[\s*([^\[\]]+?)\s*\]", line)
        if head:
            table = _bare(head[1]) + "."
            if _bare(head[1]) == key:
                return number
            continue
        pair = re.match(r"\s*([^=#]+?)\s*=", line)
        if pair:
            spelt = table + _bare(pair[1])
            if spelt == key or key.startswith(spelt + "."):
                return number
    return None


def _bare(key: str) -> str:
    return ".".join(part.strip().strip("\"'") for part in key.split("."))
