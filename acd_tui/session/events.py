"""What a session tells of its remotes."""

from __future__ import annotations

import msgspec


class Hindered(msgspec.Struct, frozen=True):
    """Event: calls of a remote are sent again and again, or are not any more.

    Attributes:
        remote: its name.
        why: what its service answers, in one sentence; None when all goes on.
    """

    remote: str
    why: str | None

    @property
    def sentence(self) -> str:
        """Say so, where they are."""
        return f"{self.remote}: {self.why}; it is asked again and again"
