"""An upload's multipart body, taken apart while it arrives; nothing is spooled.

Clients write what a strict parser refuses: names with raw line ends, tabs and control
characters inside `filename="…"`, a boundary of five asterisks, text after the last
boundary (amazon-drive-api.md §4.5). A part ends only where a boundary stands alone on
its line, so content that merely begins like one is content.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

_LONGEST_HEAD = 8 * 1024
_LONGEST_PREAMBLE = 64 * 1024
_LONGEST_PADDING = 64

_QUOTED = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_QUOTE_OR_END = re.compile(rb'"|\r\n\r\n')
_LINE = re.compile(rb'(?:"(?:[^"\\]|\\.)*"|(?!\r\n).)+', re.DOTALL)
_PARAMETER = re.compile(
    r';\s*([\w*]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;]*))', re.DOTALL
)
_ESCAPED = re.compile(r'\\(["\\])')
_AFTER_BOUNDARY = re.compile(rb"--|[ \t]*(?=\r\n)")
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


@dataclass(frozen=True, slots=True)
class Data:
    """A piece of the current part's content."""

    data: bytes = field(repr=False)


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
        self._buffer = bytearray(b"\r\n")
        self._skip = 0  # how many bytes at the front are a line end lent to a boundary
        self._step = self._preamble

    def feed(self, data: bytes) -> Iterator[Event]:
        """Take some bytes; give what they complete.

        Raises:
            MultipartError: this is no multipart form.
        """
        if self.finished:
            return
        self._buffer += data
        while not self.finished:
            events = self._step()
            if events is None:
                return
            yield from events

    def _preamble(self) -> tuple[Event, ...] | None:
        _, end, last = self._scan()
        if end is None:
            if len(self._buffer) > _LONGEST_PREAMBLE:
                raise MultipartError("no boundary in the body")
            return None
        self._pass(end, last=last)
        return ()

    def _head(self) -> tuple[Event, ...] | None:
        end = self._end_of_head()
        if end is None:
            return None
        part = _part(bytes(self._buffer[:end]))
        # An empty part may be followed by its boundary at once: leave the line end.
        del self._buffer[: end + 2]
        self._skip = 2
        self._step = self._content
        return (part,)

    def _end_of_head(self) -> int | None:
        """Find the empty line, outside of any quoted name, that ends a head."""
        position = 0
        while (found := _QUOTE_OR_END.search(self._buffer, position)) is not None:
            if found[0] != b'"':
                return found.start()
            quoted = _QUOTED.match(self._buffer, found.start())
            if quoted is None:
                break
            position = quoted.end()
        if len(self._buffer) > _LONGEST_HEAD:
            raise MultipartError("a part's head has no end")
        return None

    def _content(self) -> tuple[Event, ...] | None:
        safe, end, last = self._scan()
        data = b""
        if safe > self._skip:
            data = bytes(memoryview(self._buffer)[self._skip : safe])
        if end is not None:
            self._pass(end, last=last)
            return (Data(data), End()) if data else (End(),)
        if not data:
            return None
        del self._buffer[:safe]
        self._skip = 0
        return (Data(data),)

    def _scan(self) -> tuple[int, int | None, bool]:
        """Look for a boundary that stands alone on its line.

        Returns:
            how many bytes are surely content, where the boundary after them ends (None:
            there is none yet), and whether it is the last one.
        """
        buffer, delimiter = self._buffer, self._delimiter
        start = buffer.find(delimiter)
        while start >= 0:
            end = start + len(delimiter)
            if (after := _AFTER_BOUNDARY.match(buffer, end)) is not None:
                return start, after.end(), after[0] == b"--"
            maybe = _MAYBE_AFTER_BOUNDARY.fullmatch(buffer, end)
            if maybe is not None and len(buffer) - end < _LONGEST_PADDING:
                return start, None, False
            start = buffer.find(delimiter, start + 1)
        tail = buffer.find(b"\r", max(0, len(buffer) - len(delimiter) + 1))
        return (len(buffer) if tail < 0 else tail), None, False

    def _pass(self, end: int, *, last: bool) -> None:
        """Go on behind a boundary that ends at `end`."""
        self.finished = last
        del self._buffer[:end]
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
