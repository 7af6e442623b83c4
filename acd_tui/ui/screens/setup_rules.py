"""What the wizard gathers, and what makes sense of it; no widgets here."""

from __future__ import annotations

import enum
import ipaddress
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

LOCAL_NAME = "local"
"""The name that means this machine's disk and so cannot be a remote's."""

# rclone's rule for names of remotes: letters, digits, `_ . + @`, inside also space
# and hyphen.
_NAME = re.compile(r"[\w.+@]+(?:[ -]+[\w.+@-]+)*")


_PORT = 8753
"""Of `acd-tui server run`."""

_TLD = re.compile(r"[a-z]{2,3}(?:\.[a-z]{2})?")


class Origin(enum.Enum):
    """Where a drive is."""

    BUILT_IN = "built-in"
    SERVER = "server"
    AMAZON = "amazon"
    PROXY = "proxy"
    RCLONE = "rclone"


ORIGINS: tuple[tuple[Origin, str, str], ...] = (
    (
        Origin.BUILT_IN,
        "The built-in drive",
        "starts at once and stays on this machine; nothing to sign up for",
    ),
    (
        Origin.SERVER,
        "A server of yours",
        "run with `acd-tui server run`; its address fills in the rest",
    ),
    (
        Origin.AMAZON,
        "Amazon, with your own keys",
        "client id and secret of your own security profile",
    ),
    (
        Origin.PROXY,
        "Through an OAuth proxy",
        "a proxy keeps Amazon's secret; you know its two addresses",
    ),
    (
        Origin.RCLONE,
        "Import from rclone",
        "the drives of an rclone.conf, signed in as they are there",
    ),
)

_WITH_KEYS = frozenset({Origin.SERVER, Origin.AMAZON, Origin.PROXY})

FIELDS: dict[str, tuple[str, frozenset[Origin]]] = {
    "server_url": ("Address of the server", frozenset({Origin.SERVER})),
    "client_id": ("Client id", _WITH_KEYS),
    "client_secret": ("Client secret", _WITH_KEYS),
    "region_tld": ("Amazon's site: com, de, co.uk, …", frozenset({Origin.AMAZON})),
    "auth_url": ("Address where one signs in", frozenset({Origin.PROXY})),
    "token_url": ("Address where tokens come from", frozenset({Origin.PROXY})),
}
"""The fields on the page of keys: label, and which drives need them."""

NOTES = {
    Origin.SERVER: "Every server knows the client acd-tui; its secret lies in the "
    "server's folder, in client-acd-tui.json.",
    Origin.AMAZON: "Amazon closed Amazon Drive to everybody on 31 December 2023; this "
    "is for keys and accounts that are still let in.",
    Origin.PROXY: "Client id and secret are those the proxy gave you.",
}


@dataclass
class Draft:
    """A remote in the making.

    Attributes:
        name: what it is called.
        origin: where the drive is.
        server_url: of the user's own server.
        client_id: of the application.
        client_secret: of the application; empty for one that has none.
        region_tld: of the Amazon site that the account is of.
        auth_url: of an OAuth proxy, where one signs in.
        token_url: of an OAuth proxy, where tokens come from.
        discovered: the addresses that the user's own server named.
        where: what keeps the secrets: `keyring`, `encrypted`, `file`, or "" while
            undecided.
        rclone_file: to import from.
        rclone_password: that opens it; empty for one that is not encrypted.
        found: the drives in it; why one cannot be taken over, or "".
        password: to encrypt the file with; None leaves that as it is.
    """

    name: str = ""
    origin: Origin = Origin.BUILT_IN
    server_url: str = ""
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    region_tld: str = "com"
    auth_url: str = ""
    token_url: str = ""
    discovered: Mapping[str, str] = field(default_factory=dict)
    where: str = ""
    rclone_file: str = ""
    rclone_password: str = field(default="", repr=False)
    found: Mapping[str, str] = field(default_factory=dict)
    password: str | None = field(default=None, repr=False)

    def options(self) -> dict[str, str]:
        """Return the remote's configuration keys; what is empty is left out."""
        options = {"client_id": self.client_id, "client_secret": self.client_secret}
        if self.origin is Origin.SERVER:
            options |= self.discovered
        elif self.origin is Origin.AMAZON and self.region_tld != "com":
            options["region_tld"] = self.region_tld
        elif self.origin is Origin.PROXY:
            options |= {"auth_url": self.auth_url, "token_url": self.token_url}
        return {key: value for key, value in options.items() if value}


def name_problem(name: str, taken: Collection[str]) -> str | None:
    """Say why a remote cannot be called that; None if it can."""
    if not name:
        return "Give it a name"
    if not _NAME.fullmatch(name):
        return "A name is made of letters, digits and _ . + @, inside also - and spaces"
    if name == LOCAL_NAME:
        return f"{LOCAL_NAME} means this machine's disk; take another name"
    if name in taken:
        return f"There is a remote {name} already; take another name"
    return None


def free_name(wanted: str, taken: Collection[str]) -> str:
    """Return `wanted`, or it with the first number that makes it free."""
    name, number = wanted, 2
    while name in taken:
        name = f"{wanted}{number}"
        number += 1
    return name


def url_problem(url: str, what: str) -> str | None:
    """Say why `url` is no web address, speaking of it as `what`; None if it is."""
    if not url:
        return f"{what} is missing"
    parts = _split(url)
    if parts is None or parts.scheme not in {"http", "https"} or not parts.hostname:
        return f"{what} is no address like https://example.org or http://127.0.0.1:8753"
    if parts.username is not None:
        return f"{what} must not hold a user name or password"
    return None


def completed(url: str) -> str:
    """Return the whole address for what was typed without `http://` or `https://`.

    This machine and those beside it are asked without encryption, at the port that
    servers have unless told otherwise; all others with.
    """
    parts = _split(f"//{url}")
    if "://" in url or parts is None or not parts.hostname:
        return url
    if not _is_near(parts.hostname):
        return f"https://{url}"
    if parts.port is None:
        parts = parts._replace(netloc=f"{parts.netloc.rstrip(':')}:{_PORT}")
    return parts._replace(scheme="http").geturl()


def _is_near(host: str) -> bool:
    """Whether a host is this machine or in its own network."""
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return "." not in host or host.endswith((".localhost", ".local", ".lan"))


def is_unencrypted(url: str) -> bool:
    """Whether what goes to `url` can be read on the way to another machine."""
    parts = _split(url)
    if parts is None or parts.scheme != "http":
        return False
    host = parts.hostname or ""
    try:
        return not ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host != "localhost" and not host.endswith(".localhost")


def keys_problem(draft: Draft) -> tuple[str, str] | None:
    """Say what is wrong on the page of keys: the field's name and a sentence."""
    fields = []
    if draft.origin is Origin.SERVER:
        fields.append(("server_url", url_problem(draft.server_url, "The address")))
    if not draft.client_id:
        fields.append(("client_id", "The client id is missing"))
    if draft.origin is Origin.AMAZON and not draft.client_secret:
        fields.append(("client_secret", "The client secret is missing"))
    if draft.origin is Origin.AMAZON and not _TLD.fullmatch(draft.region_tld):
        fields.append(
            ("region_tld", "A site is what follows amazon., like de or co.uk")
        )
    if draft.origin is Origin.PROXY:
        for key, what in (
            ("auth_url", "The sign-in address"),
            ("token_url", "The token address"),
        ):
            fields.append((key, url_problem(getattr(draft, key), what)))
    return next(((key, text) for key, text in fields if text is not None), None)


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        _ = parts.port  # raises for a port that is none
    except ValueError:
        return None
    return None if re.search(r"\s", url) else parts
