"""`settings.toml`: read strictly, changed without losing a comment."""

from __future__ import annotations

import re
import tomllib
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

import msgspec

from acd_tui.config import atomic
from acd_tui.config.settings import Settings
from acd_tui.errors import UsageError

_PATH = re.compile(r"\$(?:\.([\w.]+))?")
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


def change(path: Path, key: str, value: str | float | bool) -> Settings:
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

    with atomic.locked(path):
        text = atomic.read(path)
        _checked(path, text)
        document = tomlkit.parse(text)
        table: Any = document
        *parents, last = key.split(".")
        for parent in parents:
            if parent not in table:
                table[parent] = tomlkit.table()
            table = table[parent]
            if not isinstance(table, MutableMapping):
                raise UsageError(f"there is no setting {key!r}")
        table[last] = value
        changed = tomlkit.dumps(document)
        settings = _checked(path, changed)
        atomic.replace(path, changed)
    return settings


def _checked(path: Path, text: str) -> Settings:
    try:
        raw = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{path} is no TOML: {error}") from error
    try:
        return msgspec.convert(raw, Settings)
    except msgspec.ValidationError as error:
        raise _named(path, text, str(error)) from error


def _named(path: Path, text: str, problem: str) -> UsageError:
    """Turn msgspec's words, which end in a path like `$.transfers`, into a place."""
    words, _, where = problem.partition(" - at `")
    found = _PATH.match(where)
    key = (found[1] if found else None) or ""
    unknown = _UNKNOWN.search(words)
    if unknown:
        key = f"{key}.{unknown[1]}".lstrip(".")
        words = "there is no such setting"
    line = _line_of(text, key)
    place = f"{path}, line {line}" if line else str(path)
    return UsageError(f"{place}: {key}: {words[:1].lower()}{words[1:]}")


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
