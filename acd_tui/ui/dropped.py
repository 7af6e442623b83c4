"""Paths that were pasted, or dropped on the terminal, which pastes them."""

from __future__ import annotations

import os
import shlex
from collections.abc import Callable, Iterator
from urllib.parse import unquote, urlsplit

_HERE = {"", "localhost"}


def pasted_paths(
    text: str, exists: Callable[[str], bool] = os.path.lexists
) -> list[str]:
    """Return the absolute paths that a pasted text stands for.

    File managers copy paths or `file:` addresses, one a line and as they are; terminals
    put dropped files on one line, quoted for a shell. A name may look like the one or
    the other, so what counts is what is there.

    Args:
        text: as it came.
        exists: whether there is something at a path.

    Returns:
        None of them unless all are there.
    """
    for reading in _readings(text):
        paths = [os.path.normpath(path) for path in reading]
        if paths and all(path.startswith("/") and exists(path) for path in paths):
            return list(dict.fromkeys(paths))
    return []


def _readings(text: str) -> Iterator[list[str]]:
    """What a text may mean, the plainest first."""
    lines = [line for line in text.replace("\r", "\n").split("\n") if line.strip()]
    # Comments are what a list of addresses may hold.
    yield [_path(line) for line in lines if not line.startswith("#")]
    yield [_path(line.strip()) for line in lines]
    try:
        yield [_path(word) for word in shlex.split(text)]
    except ValueError:
        return


def _path(text: str) -> str:
    """The path an address of a file stands for; `~` is the user's home."""
    if not text.startswith("file:"):
        return os.path.expanduser(text)  # noqa: PTH111 - it is no path yet
    try:
        address = urlsplit(text)
    except ValueError:
        return ""
    if address.netloc.lower() not in _HERE:
        return ""
    return unquote(address.path, errors="surrogateescape")
