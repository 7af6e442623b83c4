"""One byte range of a request (RFC 9110 §14; amazon-drive-api.md §4.8)."""

from __future__ import annotations

import re
from typing import NamedTuple

_RANGE = re.compile(
    r"bytes[ \t]*=[ \t]*([0-9]*)[ \t]*-[ \t]*([0-9]*)[ \t]*", re.IGNORECASE
)


_CONTENT_RANGE = re.compile(
    r"bytes[ \t]+([0-9]{1,18})-([0-9]{1,18})/([0-9]{1,18})", re.IGNORECASE
)


class Unsatisfiable(Exception):
    """The range lies behind the end."""


class Span(NamedTuple):
    """Some bytes of a file."""

    start: int
    length: int


class Place(NamedTuple):
    """Where some bytes belong: from `start` to before `end`, of `size`."""

    start: int
    end: int
    size: int


def parse_content_range(header: str) -> Place | None:
    """Where the bytes of a request belong; None if the header makes no sense."""
    match = _CONTENT_RANGE.fullmatch(header.strip())
    if match is None:
        return None
    first, last, size = map(int, match.groups())
    return Place(first, last + 1, size) if first <= last < size else None


def parse_range(header: str | None, size: int) -> Span | None:
    """Which bytes are asked for; None is all, also where the header makes no sense.

    Several ranges are answered with the whole file, as RFC 9110 allows. The beginning of
    an empty file can be asked for: the span is empty.

    Raises:
        Unsatisfiable: the range begins behind the end.
    """
    match = _RANGE.fullmatch(header.strip()) if header else None
    if match is None:
        return None
    first, last = match.groups()
    if len(first) > 18 or len(last) > 18:
        first, last = first[:18], last[:18]
    if not first:
        if not last:
            return None
        if int(last) == 0:
            raise Unsatisfiable
        length = min(int(last), size)
        return Span(size - length, length)
    start = int(first)
    if last and int(last) < start:
        return None
    if start >= size and (size or start):
        raise Unsatisfiable
    end = min(int(last), size - 1) if last else size - 1
    return Span(start, end - start + 1)
