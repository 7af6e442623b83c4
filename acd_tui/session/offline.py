"""A remote that is not asked: everything about it comes from its mirror."""

from __future__ import annotations

from typing import NoReturn

from acd_tui.errors import Unreachable


class NoClient:
    """Stands where a client would; whoever needs it hears that nobody is reached.

    Without it, what answers from the mirror would first import all that can talk.
    """

    def __getattr__(self, section: str) -> NoReturn:
        raise Unreachable(
            "this is answered from what is known, without the network",
            hint="list the folder, or `acd-tui mirror refresh` its drive, to know more",
        )
