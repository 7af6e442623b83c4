"""The token, and the forms it is written in (amazon-drive-api.md §7.1, §7.6)."""

from __future__ import annotations

import base64
import binascii
import datetime
import hmac
import json
import re
from dataclasses import dataclass, field
from typing import Any

from acd_tui.clock import Clock
from acd_tui.errors import UsageError

LEEWAY = 60.0
"""Seconds before its end at which a token is renewed."""

_NEVER = "0001-01-01T00:00:00Z"
_PASTE = re.compile(r"--->\s*(.*?)\s*<---", re.DOTALL)
_FRACTION = re.compile(r"(\.\d{6})\d+")


@dataclass(frozen=True, slots=True)
class Token:
    """What Login with Amazon gave out.

    Attributes:
        access_token: goes on each request.
        refresh_token: gets a new one; empty if there is none.
        expiry: seconds since 1970, or None if it never ends.
        token_type: `bearer`.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False, default="")
    expiry: float | None = None
    token_type: str = "bearer"  # noqa: S105 - a scheme's name

    def expired(self, clock: Clock, leeway: float = LEEWAY) -> bool:
        """Whether the access token ends within `leeway` seconds."""
        return self.expiry is not None and clock.now() >= self.expiry - leeway

    def seal(self, text: bytes) -> bytes:
        """Return what nobody without this sign-in can make of a text.

        It is the same as long as renewals keep the refresh token, which Amazon's do.
        """
        key = self.refresh_token or self.access_token
        return hmac.digest(key.encode(), text, "sha256")

    @classmethod
    def from_blob(cls, text: str) -> Token:
        """Read the JSON that rclone stores, also that of its old versions.

        Raises:
            UsageError: it is no token; the text is not repeated in the message.
        """
        try:
            raw = json.loads(text)
        except (ValueError, RecursionError):
            raw = None
        if not isinstance(raw, dict):
            raise _no_token()
        access = _text(raw, "access_token", "AccessToken")
        refresh = _text(raw, "refresh_token", "RefreshToken")
        if not access and not refresh:
            raise _no_token()
        return cls(
            access_token=access,
            refresh_token=refresh,
            expiry=_read_expiry(_text(raw, "expiry", "Expiry")),
            token_type=_text(raw, "token_type") or "bearer",
        )

    def to_blob(self) -> str:
        """Write the token as rclone does: one line, its key order, its escapes."""
        blob = {"access_token": self.access_token, "token_type": self.token_type}
        if self.refresh_token:
            blob["refresh_token"] = self.refresh_token
        blob["expiry"] = _write_expiry(self.expiry)
        text = json.dumps(blob, separators=(",", ":"), ensure_ascii=False)
        for character in "<>&":
            text = text.replace(character, f"\\u{ord(character):04x}")
        return text

    def to_paste(self) -> str:
        """Write the token as rclone's set-up wants it pasted: packed as options are."""
        packed = json.dumps({"token": self.to_blob()}, separators=(",", ":"))
        return base64.b64encode(packed.encode()).decode().rstrip("=")

    @classmethod
    def from_paste(cls, text: str) -> Token:
        """Read what a user pastes after `authorize` on another machine.

        That is the JSON alone, the JSON between its two marker lines, or rclone's blob:
        base64 of an option map with the token in it (§7.6).

        Raises:
            UsageError: no token is in it.
        """
        if found := _PASTE.search(text):
            text = found[1]
        text = text.strip()
        if text.startswith("{"):
            return cls.from_blob(text)
        try:
            packed = "".join(text.split())
            raw = json.loads(base64.b64decode(packed + "=" * (-len(packed) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            raise _no_token() from None
        if not isinstance(raw, dict):
            raise _no_token()
        return cls.from_blob(_text(raw, "token"))


def _no_token() -> UsageError:
    return UsageError(
        "this is not a token",
        hint='it looks like {"access_token":…}; `acd-tui authorize` prints one',
    )


def _text(raw: dict[str, Any], *keys: str) -> str:
    for key in keys:
        value = raw.get(key)
        if isinstance(value, str) and value:
            return value
    return ""


def _read_expiry(text: str) -> float | None:
    if not text or text.startswith("0001-01-01T00:00:00"):
        return None
    try:
        moment = datetime.datetime.fromisoformat(_FRACTION.sub(r"\1", text))
    except ValueError:
        return 0.0  # unreadable: better renewed once too often
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.timestamp()


def _write_expiry(expiry: float | None) -> str:
    if expiry is None:
        return _NEVER
    moment = datetime.datetime.fromtimestamp(expiry, datetime.UTC)
    text = moment.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{moment.microsecond:06d}".rstrip("0")
    return f"{text}.{fraction}Z" if fraction else f"{text}Z"
