"""What a proxy in front of the server says of the client it speaks for.

Only one on this machine is believed: anybody could send such headers. An address is taken
from it only where the server was told that it stands behind a proxy, for addresses count
failed sign-ins.
"""

from __future__ import annotations

import contextlib
import ipaddress

from starlette.types import Scope

_HEADERS = frozenset(
    {b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-proto", b"x-real-ip"}
)
FORWARDED = "acd_tui.forwarded"  # a scope has it if a proxy brought the request


def take_over(scope: Scope, *, addresses: bool) -> None:
    """Let a request look as it came to the proxy.

    Args:
        scope: of the request; its scheme and client are changed.
        addresses: whether a proxy may say who asks.
    """
    said = {name: value for name, value in scope["headers"] if name in _HEADERS}
    if not said:
        return
    scope[FORWARDED] = True
    if not is_loopback(scope):
        return
    proto = said.get(b"x-forwarded-proto", b"").strip().decode("latin-1")
    if proto in {"http", "https"}:
        scope["scheme"] = proto
    if addresses:
        # Of several the last is what our proxy saw; those before anybody could write.
        last = said.get(b"x-forwarded-for", b"").rpartition(b",")[2]
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(last.strip().decode("latin-1").strip("[]"))
            scope["client"] = (str(address), 0)


def is_loopback(scope: Scope) -> bool:
    """Whether a request comes from this machine."""
    client = scope.get("client")
    if client is None:
        return False
    try:
        return ipaddress.ip_address(client[0]).is_loopback
    except ValueError:
        return False
