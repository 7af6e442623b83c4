"""An upload's multipart body, taken apart while it arrives; nothing is spooled.

Clients write what a strict parser refuses: names with raw line ends, tabs and control
characters inside `filename="…"`, a boundary of five asterisks, text after the last
boundary (amazon-drive-api.md §4.5). A part ends only where a boundary stands alone on
its line, so content that merely begins like one is content.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

_LONGEST_HEAD = 8 * 1024
_LONGEST_PREAMBLE = 64 * 1024
_LONGEST_PADDING = 64  # with the line end

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_QUOTE_OR_END = re.compile(rb'"|\r\n\r\n')
_LINE = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|(?!\r\n).)+', re.DOTALL)
_PARAMETER = re.compile(
    r';\s*([\w*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL
)
_ESCAPED = re.compile(r'\\(["\\])')
_AFTER_BOUNDARY = re.compile(rb"--|[ \t]{0,62}(?=\r\n)")
_MAYBE_AFTER_BOUNDARY = re.compile(rb"-|[ \t]*\r?")


class MultipartError(Exception):
    """The body is no multipart form, or ends before its last boundary."""


@dataclass(frozen=True, slots=True)
class Part:
    """The head of a part; what follows belongs to it until `End`.

    Attributes:
        name: of the form field.
        filename: as sent, or None; not to be trusted with anything.
        content_type: as sent, or None.
    """

    name: str
    filename: str | None
    content_type: str | None


class Data(NamedTuple):
    """A piece of the current part's content; a view of what was fed, not a copy."""

    data: memoryview


@dataclass(frozen=True, slots=True)
class End:
    """The current part is whole."""


Event = Part | Data | End


def boundary_of(content_type: str) -> bytes:
    """Return the boundary in a request's Content-Type.

    Raises:
        MultipartError: it is of another type, or has none.
    """
    if not content_type.lower().startswith("multipart/form-data"):
        raise MultipartError("Content-Type is not multipart/form-data")
    boundary = _parameters(content_type).get("boundary", "").strip()
    if not 0 < len(boundary) <= 256:
        raise MultipartError("no boundary in the Content-Type")
    return boundary.encode("latin-1", "replace")


class MultipartParser:
    """Bytes in, events out.

    Args:
        boundary: without its leading dashes.

    Attributes:
        finished: the last boundary has been seen; whatever follows is ignored.
    """

    def __init__(self, boundary: bytes) -> None:
        self.finished = False
        self._delimiter = b"\r\n--" + boundary
        # The first boundary may stand at the very start: lend it a line end.
        self._buffer = b"\r\n"
        self._at = 0  # what lies before is done with
        self._skip = 0  # how many bytes from there are a line end lent to a boundary
        # How much of a head need not be looked at again when more of it has come.
        self._looked = 0
        self._step: Callable[[list[Event]], bool] = self._preamble

    def feed(self, data: bytes) -> list[Event]:
        """Take some bytes; give what they complete.

        Raises:
            MultipartError: this is no multipart form.
        """
        events: list[Event] = []
        # Nearly always nothing is left of the last piece: then nothing is copied.
        rest = self._buffer[self._at :]
        self._buffer, self._at = rest + data if rest else data, 0
        while not self.finished and self._step(events):
            pass
        if self.finished:
            self._buffer = b""
        return events

    def _preamble(self, _: list[Event]) -> bool:
        _safe, end, last = self._scan()
        if (len(self._buffer) if end is None else end) > _LONGEST_PREAMBLE:
            raise MultipartError("no boundary in the body")
        if end is None:
            return False
        self._pass(end, last=last)
        return True

    def _head(self, events: list[Event]) -> bool:
        end = self._end_of_head()
        length = len(self._buffer) if end is None else end + len(b"\r\n\r\n")
        if length - self._at > _LONGEST_HEAD:
            raise MultipartError("a part's head has no end")
        if end is None:
            return False
        events.append(_part(self._buffer[self._at : end]))
        # An empty part may be followed by its boundary at once: leave the line end.
        self._at = end + 2
        self._skip = 2
        self._step = self._content
        return True

    def _end_of_head(self) -> int | None:
        """Find the empty line, outside of any quoted name, that ends a head."""
        position = self._at + self._looked
        while (found := _QUOTE_OR_END.search(self._buffer, position)) is not None:
            if found[0] != b'"':
                return found.start()
            quoted = _QUOTED.match(self._buffer, found.start())
            if quoted is None:
                break
            position = quoted.end()
            self._looked = position - self._at
        return None

    def _content(self, events: list[Event]) -> bool:
        safe, end, last = self._scan()
        start = self._at + self._skip
        if safe > start:
            events.append(Data(memoryview(self._buffer)[start:safe]))
            self._at, self._skip = safe, 0
        if end is None:
            return False
        events.append(End())
        self._pass(end, last=last)
        return True

    def _scan(self) -> tuple[int, int | None, bool]:
        """Look for a boundary that stands alone on its line.

        Returns:
            before which place all is surely content, where the boundary after it ends
            (None: there is none yet), and whether it is the last one.
        """
        buffer, delimiter = self._buffer, self._delimiter
        start = buffer.find(delimiter, self._at)
        while start >= 0:
            end = start + len(delimiter)
            if (after := _AFTER_BOUNDARY.match(buffer, end)) is not None:
                return start, after.end(), after[0] == b"--"
            maybe = _MAYBE_AFTER_BOUNDARY.fullmatch(buffer, end)
            if maybe is not None and len(buffer) - end < _LONGEST_PADDING:
                return start, None, False
            start = buffer.find(delimiter, start + 1)
        tail = max(self._at, len(buffer) - len(delimiter) + 1)
        while (tail := buffer.find(b"\r", tail)) >= 0:
            if delimiter.startswith(buffer[tail:]):
                return tail, None, False
            tail += 1
        return len(buffer), None, False

    def _pass(self, end: int, *, last: bool) -> None:
        """Go on behind a boundary that ends at `end`."""
        self.finished = last
        self._at, self._skip, self._looked = end, 0, 0
        self._step = self._head


def _parameters(header: str) -> dict[str, str]:
    parameters: dict[str, str] = {}
    for name, quoted, bare in _PARAMETER.findall(header):
        value = _ESCAPED.sub(r"\1", quoted) if quoted else bare.strip()
        parameters.setdefault(name.lower(), value)
    return parameters


def _part(head: bytes) -> Part:
    headers: dict[str, str] = {}
    for line in _LINE.findall(head):
        name, _, value = line.partition(b":")
        headers.setdefault(
            name.strip().lower().decode("ascii", "replace"),
            value.strip().decode("utf-8", "replace"),
        )
    parameters = _parameters(headers.get("content-disposition", ""))
    if "name" not in parameters:
        raise MultipartError("a part without a name")
    return Part(
        parameters["name"], parameters.get("filename"), headers.get("content-type")
    )
