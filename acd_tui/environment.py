"""The environment that programs started by this one get: without secrets.

A secret in a variable can be read by every child and by what that starts in turn, and
ends in its crash reports.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping

_SECRETS = re.compile(
    r"RCLONE_CONFIG_PASS|RCLONE_ACD_(TOKEN|CLIENT_SECRET)"
    r"|RCLONE_CONFIG_.+_(TOKEN|CLIENT_SECRET|PASS\w*)"
)


def for_children(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the variables of a child process."""
    return {
        name: value
        for name, value in environment.items()
        if not _SECRETS.fullmatch(name)
    }
