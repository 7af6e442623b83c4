"""The options of a remote, each declared once.

Source: amazon-drive-api.md §7.1; `endpoint_url` and `region_tld` are ours.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec

from acd_tui.errors import UsageError
from acd_tui.units import parse_duration, parse_size

TYPE = "amazon cloud drive"
"""What rclone calls the back end."""

DEFAULT_TLD = "com"


class Option(msgspec.Struct, frozen=True):
    """One option.

    Attributes:
        key: in the file; with prefixes, in the environment and as a flag.
        default: what rclone takes if it is not set.
        help: one sentence.
        secret: never shown.
    """

    key: str
    default: str
    help: str
    secret: bool = False


OPTIONS: tuple[Option, ...] = (
    Option("client_id", "", "The application's id at Login with Amazon"),
    Option("client_secret", "", "The application's secret", secret=True),
    Option("token", "", "The token as a JSON blob on one line", secret=True),
    Option("auth_url", "", "Where users sign in; empty is Amazon's"),
    Option("token_url", "", "Where tokens are given out; empty is Amazon's"),
    Option("checkpoint", "", "Where rclone goes on with the changes; kept for it"),
    Option(
        "endpoint_url",
        "https://drive.amazonaws.com/drive/v1/account/endpoint",
        "Where to ask for the account's hosts",
    ),
    Option("region_tld", DEFAULT_TLD, "The Amazon site to sign in at: com, de, co.uk"),
    Option(
        "upload_wait_per_gb",
        "3m0s",
        "How long to look for a file, per GiB, that was sent whole and not confirmed",
    ),
    Option(
        "templink_threshold",
        "9Gi",
        "Files of this size and larger are downloaded by a temporary link",
    ),
    Option(
        "encoding",
        "Slash,InvalidUtf8,Dot",
        "Which characters of names are replaced, and how",
    ),
)

BY_KEY: Mapping[str, Option] = {option.key: option for option in OPTIONS}

_DEFAULT_AUTH_URL = "https://www.amazon.{tld}/ap/oa"
_DEFAULT_TOKEN_URL = "https://api.amazon.com/auth/o2/token"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """The options of one remote, read and with their defaults.

    Attributes:
        upload_wait_per_gb: seconds per GiB; 0 does not wait.
        templink_threshold: bytes; None never takes a link.
        token: JSON blob, or None where the keyring has it.
        checkpoint: rclone's place in the changes; the mirror has its own.
    """

    type: str = TYPE
    client_id: str = ""
    client_secret: str = field(default="", repr=False)
    auth_url: str = _DEFAULT_AUTH_URL.format(tld=DEFAULT_TLD)
    token_url: str = _DEFAULT_TOKEN_URL
    endpoint_url: str = BY_KEY["endpoint_url"].default
    region_tld: str = DEFAULT_TLD
    upload_wait_per_gb: float = 180.0
    templink_threshold: int | None = 9 << 30
    encoding: str = BY_KEY["encoding"].default
    token: str | None = field(default=None, repr=False)
    checkpoint: str = ""

    @classmethod
    def read(cls, values: Mapping[str, str]) -> RemoteOptions:
        """Read options as they stand in a file; keys that are not ours are ignored.

        Raises:
            UsageError: a value makes no sense; names the key.
        """
        given = {key: values.get(key) or option.default for key, option in _DECLARED}
        tld = given["region_tld"].lstrip(".")
        return cls(
            type=values.get("type") or TYPE,
            client_id=given["client_id"],
            client_secret=given["client_secret"],
            auth_url=given["auth_url"] or _DEFAULT_AUTH_URL.format(tld=tld),
            token_url=given["token_url"] or _DEFAULT_TOKEN_URL,
            endpoint_url=given["endpoint_url"],
            region_tld=tld,
            upload_wait_per_gb=_duration("upload_wait_per_gb", given),
            templink_threshold=_size("templink_threshold", given),
            encoding=given["encoding"],
            token=given["token"] or None,
            checkpoint=given["checkpoint"],
        )

    def values(self) -> dict[str, str]:
        """Return as text, for the file, what differs from the defaults."""
        plain = RemoteOptions.read({"region_tld": self.region_tld})
        found: dict[str, str] = {}
        for key in BY_KEY:
            value = getattr(self, key)
            if value != getattr(plain, key):
                found[key] = _WRITERS.get(key, str)(value)
        if self.region_tld != DEFAULT_TLD:
            found["region_tld"] = self.region_tld
        return found


def _write_size(size: int | None) -> str:
    return "off" if size is None else f"{size}B"


def _write_duration(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"


_WRITERS: Mapping[str, Callable[[Any], str]] = {
    "templink_threshold": _write_size,
    "upload_wait_per_gb": _write_duration,
}

_DECLARED = tuple(BY_KEY.items())


def check_keys(values: Mapping[str, str]) -> None:
    """Refuse keys that no remote has.

    Raises:
        UsageError: names the key and those there are.
    """
    known = {"type", *BY_KEY}
    for key in values:
        if key not in known:
            raise UsageError(
                f"a remote has no option {key!r}",
                hint=f"there are: {', '.join(BY_KEY)}",
            )


def _duration(key: str, values: Mapping[str, str]) -> float:
    try:
        return parse_duration(values[key]) or 0.0
    except UsageError as error:
        raise UsageError(f"{key}: {error.message}", hint=error.hint) from error


def _size(key: str, values: Mapping[str, str]) -> int | None:
    try:
        return parse_size(values[key])
    except UsageError as error:
        raise UsageError(f"{key}: {error.message}", hint=error.hint) from error
