"""What is said of a remote: where its drive is, and what is set for it."""

from __future__ import annotations

from urllib.parse import urlsplit

from textual.content import Content

from acd_tui.config.options import BY_KEY, DEFAULT_TLD
from acd_tui.config.shown import (
    BUILT_IN,
    ENCRYPTED,
    ENVIRONMENT,
    KEYRING,
    PLAIN,
    RemoteInfo,
)
from acd_tui.printable import printable
from acd_tui.ui.format import sentence

KEEPERS = {
    KEYRING: "the system's keyring",
    ENCRYPTED: "the configuration file, which is encrypted",
    PLAIN: "the configuration file, unencrypted, for you alone",
}
"""Where secrets can be kept, in words."""

_ELSEWHERE = {
    ENVIRONMENT: "the environment, which defines it",
    BUILT_IN: "memory: this run made them",
}
_LABEL = 20  # cells, more than the longest key


def drive_of(remote: RemoteInfo) -> str:
    """Where its drive is, in a few printable words."""
    if remote.secrets == BUILT_IN:
        return "built-in, on this machine"
    options = remote.options
    endpoint = options.get("endpoint_url", "")
    if endpoint and endpoint != BY_KEY["endpoint_url"].default:
        return _host(endpoint)
    tld = options.get("region_tld") or DEFAULT_TLD
    words = "Amazon" if tld == DEFAULT_TLD else f"Amazon ({printable(tld)})"
    if proxy := options.get("token_url") or options.get("auth_url"):
        words += f", through {_host(proxy)}"
    return words


def _host(url: str) -> str:
    try:
        host = urlsplit(url).netloc.rpartition("@")[2]
    except ValueError:
        host = ""
    return printable(host or url)


def about(remote: RemoteInfo) -> Content:
    """All that is set for it, a line each; where its secrets are before that."""
    where = KEEPERS.get(remote.secrets) or _ELSEWHERE.get(remote.secrets, "")
    lines = [("Secrets", sentence(f"in {where}" if where else remote.secrets))]
    lines += [(key, value) for key, value in remote.options.items() if key != "type"]
    return Content("\n").join(
        Content.assemble(
            (f"{printable(key):<{_LABEL}}", "$text-muted"), printable(value)
        )
        for key, value in lines
    )
