"""Content types, as clients send them and as they go out again."""

from __future__ import annotations

import mimetypes
import re

_TYPES = mimetypes.MimeTypes()
for _form in ("avif", "heic", "heif", "webp"):  # newer than the library's list
    _TYPES.add_type(f"image/{_form}", f".{_form}")
UNKNOWN_TYPE = "application/octet-stream"
_HEADER_VALUE = re.compile(r"[\x20-\x7e\xa0-\xff]{1,255}")


def fits_header(value: str) -> bool:
    """Whether a text can be the value of a header."""
    return _HEADER_VALUE.fullmatch(value) is not None


def type_of(name: str, sent: str | None) -> str:
    """The type a client names, or where it says nothing the one of the extension."""
    if sent and fits_header(sent) and sent.lower() != UNKNOWN_TYPE:
        return sent
    return _TYPES.guess_type("x." + name.rpartition(".")[2])[0] or UNKNOWN_TYPE
