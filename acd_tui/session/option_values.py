"""Whether the options of a remote make sense, before they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from acd_tui.config.options import RemoteOptions
from acd_tui.errors import UsageError
from acd_tui.vfs.names import parse_mask

_ADDRESSES = ("auth_url", "token_url", "endpoint_url")


def check_values(values: Mapping[str, str]) -> None:
    """Refuse options of a remote that make no sense.

    Raises:
        UsageError: names the key.
    """
    options = RemoteOptions.read(values)
    try:
        parse_mask(options.encoding)
    except UsageError as error:
        raise UsageError(f"encoding: {error.message}", hint=error.hint) from error
    for key in _ADDRESSES:
        if values.get(key) and not _is_address(values[key]):
            raise UsageError(
                f"{key}: {values[key]!r} is no address",
                hint="write it like https://example.org/path",
            )


def _is_address(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # of no number, or of one that no port has
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and port != 0
