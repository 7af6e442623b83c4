"""An upload's body: metadata and content as one byte stream of known length."""

from __future__ import annotations

import contextlib
import random
import re
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from urllib.parse import quote

import httpx

from acd_tui.errors import Changed

_MEDIA_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+(;[ -~]*)?")
_ANY_BYTES = "application/octet-stream"


# No file may hold one by intent. To ask the system for each takes as long as the head.
_boundaries = random.Random(secrets.randbits(256))  # noqa: S311 - no secret


class UploadBody(httpx.AsyncByteStream):
    """Multipart form data: the metadata if there is any, then the content (§4.5).

    Head and first piece, and last piece and tail, leave as one piece each, so that a
    small file goes out in one write. It can be sent once.

    Attributes:
        finished: everything was handed over to the connection.
        error: what the content's source raised, which HTTP libraries tend to wrap.
    """

    def __init__(
        self,
        content: AsyncIterable[bytes],
        size: int,
        *,
        metadata: bytes | None,
        filename: str,
        content_type: str | None,
    ) -> None:
        """Describe a body.

        Args:
            content: the bytes, best in pieces of 256 KiB to 1 MiB.
            size: how many there will be.
            metadata: JSON of the new node; None when content is overwritten.
            filename: of the content part; the service insists on one and ignores it.
            content_type: MIME type of the content.
        """
        boundary = f"{_boundaries.getrandbits(128):032x}"
        self._head = _head(boundary, metadata, filename, content_type)
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self._content = content
        self._size = size
        self.content_type = f"multipart/form-data; boundary={boundary}"
        self.length = len(self._head) + size + len(self._tail)
        self.finished = False
        self.error: Exception | None = None
        self._sending: AsyncIterator[bytes] | None = None

    @property
    def headers(self) -> dict[str, str]:
        """The request headers that describe this body."""
        return {"Content-Type": self.content_type, "Content-Length": str(self.length)}

    def __aiter__(self) -> AsyncIterator[bytes]:
        if self._sending is not None:
            raise httpx.StreamConsumed
        self._sending = self._watched()
        return self._sending

    async def aclose(self) -> None:
        """Close the content's source, also when only part of it was sent."""
        if self._sending is not None:
            await _close(self._sending)

    async def _watched(self) -> AsyncIterator[bytes]:
        pieces = self._pieces()
        try:
            async for piece in pieces:
                yield piece
        except Exception as error:
            self.error = error
            raise
        finally:
            await _close(pieces)
        self.finished = True

    async def _pieces(self) -> AsyncIterator[bytes]:
        ahead, left = self._head, self._size
        source = self._content.__aiter__()
        try:
            async for piece in source:
                if not piece:
                    continue
                left -= len(piece)
                if left < 0:
                    raise Changed("the file grew while it was read")
                if left == 0:
                    # Kept back until the source says that this was all.
                    ahead += piece
                else:
                    yield ahead + piece if ahead else piece
                    ahead = b""
            if left > 0:
                raise Changed("the file became shorter while it was read")
            yield ahead + self._tail
        finally:
            await _close(source)


async def _close(source: AsyncIterator[bytes]) -> None:
    close = getattr(source, "aclose", None)
    if close is not None:
        with contextlib.suppress(RuntimeError):  # it is already being closed
            await close()


def _head(
    boundary: str, metadata: bytes | None, filename: str, content_type: str | None
) -> bytes:
    if content_type is None or not _MEDIA_TYPE.fullmatch(content_type):
        content_type = _ANY_BYTES
    # Percent-encoded, no name can break out of the header; the name that counts
    # stands in the metadata.
    ascii_name = quote(filename, safe=" ", errors="replace") or "content"
    head = b""
    if metadata is not None:
        head += (
            f'--{boundary}\r\nContent-Disposition: form-data; name="metadata"\r\n\r\n'
        ).encode()
        head += metadata + b"\r\n"
    head += (
        f"--{boundary}\r\nContent-Disposition: form-data; "
        f'name="content"; filename="{ascii_name}"\r\n'
        f"Content-Type: {content_type}\r\n\r\n"
    ).encode("ascii", "replace")
    return head
