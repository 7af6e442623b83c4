"""What the queue tells besides the ends of transfers and jobs."""

from __future__ import annotations

import msgspec


class SignInWanted(msgspec.Struct, frozen=True):
    """Event: transfers wait until the user signs in to a filesystem again.

    Attributes:
        filesystem: its name.
        message: why, in one sentence.
    """

    filesystem: str
    message: str
