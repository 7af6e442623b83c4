"""Which host names a request may come to, and the address it sees us under.

A page of a foreign site can make a browser resolve its own name to this machine and then
talk to us as if we were that site; so names nobody gave us are refused.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Collection
from urllib.parse import urlsplit

from acd_tui.errors import UsageError

_SITES = ("com", "ca", "co.uk", "de", "es", "fr", "it", "co.jp", "uk")
# Where stock clients look for Amazon Drive (amazon-drive-api.md §9.3). Always with TLS.
AMAZON = frozenset(
    {
        "drive.amazonaws.com",
        "api.amazon.com",
        "cdws.us-east-1.amazonaws.com",
        "cdws.eu-west-1.amazonaws.com",
        "content-na.drive.amazonaws.com",
        "content-eu.drive.amazonaws.com",
        *(f"www.amazon.{end}" for end in _SITES),
        *(f"thumbnails-photos.amazon.{end}" for end in _SITES),
    }
)
# It goes into the addresses we tell: nothing in it may change what they mean.
_NO_HOST = re.compile(r"[^A-Za-z0-9._:\[\]-]")
_LOOPBACK_NAMES = frozenset({"localhost", "ip6-localhost"})
_REMEMBERED = 16  # names taken apart; each request has one, nearly all the same


class Hosts:
    """The names we answer to.

    Args:
        public_url: the address under which a proxy shows us to the world, if any.
        allowed: further host names.
        bound: the address we listen on.

    Raises:
        UsageError: `public_url` is no address of a site's top, or one of `allowed` no name.
    """

    def __init__(
        self,
        public_url: str | None = None,
        allowed: Collection[str] = (),
        bound: str = "127.0.0.1",
    ) -> None:
        self.public_url = None if public_url is None else _checked(public_url)
        self._names = {_checked_name(name) for name in allowed}
        self._names |= AMAZON | _LOOPBACK_NAMES
        if self.public_url is not None:
            self._names.add(host_of(urlsplit(self.public_url).netloc))
        self._bound = bound
        self._reachable = not _is_loopback(bound)

    def allows(self, netloc: str) -> bool:
        """Tell whether a Host header is one of ours."""
        host = host_of(netloc)
        if not host:
            return False
        if host in self._names or host == self._bound.lower():
            return True
        address = _address(host)
        if address is None:
            return False
        # A bare address cannot have been resolved to us by somebody else's name server.
        return address.is_loopback or self._reachable

    def base(self, scheme: str, netloc: str) -> str:
        """The address, without a path, under which whoever asks can reach us."""
        if self.public_url is not None:
            return self.public_url
        if host_of(netloc) in AMAZON:
            scheme = "https"
        return f"{scheme}://{netloc}"


@functools.lru_cache(_REMEMBERED)
def host_of(netloc: str) -> str:
    """The host of `host:port`, in lower case; empty if it is malformed."""
    if _NO_HOST.search(netloc):
        return ""
    try:
        parts = urlsplit(f"//{netloc}")
        _ = parts.port  # a ValueError if it is none
        return (parts.hostname or "").rstrip(".")
    except ValueError:
        return ""


@functools.lru_cache(_REMEMBERED)
def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None


def _is_loopback(host: str) -> bool:
    address = _address(host)
    if address is None:
        return host.lower() in _LOOPBACK_NAMES
    return address.is_loopback


def _checked_name(name: str) -> str:
    host = host_of(name)
    if not host:
        raise UsageError(
            f"{name!r} is not the name of a host",
            hint="write it like drive.example.org; letters beyond ASCII as xn--…",
        )
    return host


def _checked(url: str) -> str:
    try:
        parts = urlsplit(url)
        good = parts.scheme in {"http", "https"} and bool(host_of(parts.netloc))
    except ValueError:
        good = False
        parts = urlsplit("")
    if not good or parts.query or parts.fragment or parts.path not in {"", "/"}:
        raise UsageError(
            f"{url!r} is not an address the server can be shown under",
            hint="write it like https://drive.example.org, without a path",
        )
    return f"{parts.scheme}://{parts.netloc}"
