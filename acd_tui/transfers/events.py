"""What the queue tells besides the ends of transfers and jobs."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SignInWanted:
    """Event: transfers wait until the user signs in to a filesystem again.

    Attributes:
        filesystem: its name.
        message: why, in one sentence.
    """

    filesystem: str
    message: str
