"""Remotes as they may be shown: where their secrets are, but never what."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from acd_tui.config.options import BY_KEY

if TYPE_CHECKING:
    from acd_tui.config.remotes import Remotes

MASK = "***"
"""What stands in place of a secret."""

KEYRING, ENCRYPTED, PLAIN = "keyring", "encrypted-file", "plain-file"
ENVIRONMENT, BUILT_IN = "environment", "built-in"


class RemoteInfo(msgspec.Struct, frozen=True):
    """A remote as it is configured.

    Attributes:
        name: of it.
        secrets: where its token is: `keyring`, `encrypted-file`, `plain-file`,
            `environment`, or `built-in` for the drive of this run.
        options: what is set for it, secrets masked.
    """

    name: str
    secrets: str
    options: Mapping[str, str]

    @property
    def is_ours(self) -> bool:
        """Whether it is in the configuration file, and can be changed there."""
        return self.secrets in {KEYRING, ENCRYPTED, PLAIN}


def is_secret(key: str) -> bool:
    """Whether a key's value is not to be shown; of a key that is not ours, by its name."""
    if key in BY_KEY:
        return BY_KEY[key].secret
    return re.search("pass|secret|token|key|cookie", key, re.IGNORECASE) is not None


def masked(values: Mapping[str, str]) -> dict[str, str]:
    """Return options as they may be shown."""
    return {key: MASK if is_secret(key) else value for key, value in values.items()}


def secrets_place(remotes: Remotes, name: str) -> str:
    """Say where a remote's token is kept; see `RemoteInfo.secrets`."""
    if "token" in remotes.overrides(name):
        return ENVIRONMENT
    if not remotes.in_file(name).get("token"):
        return KEYRING
    return ENCRYPTED if remotes.encrypted else PLAIN
