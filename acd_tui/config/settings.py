"""The settings, each declared once with its default and bounds."""

from __future__ import annotations

from typing import Annotated

import msgspec

Slots = Annotated[int, msgspec.Meta(ge=1, le=32)]


class TransferSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How transfers run.

    Attributes:
        slots: files under way at the same time.
    """

    slots: Slots = 4


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What `settings.toml` may hold.

    Attributes:
        theme: name of a colour theme.
        show_hidden: show names that begin with a dot.
        transfers: how transfers run.
    """

    theme: str = "acd-dark"
    show_hidden: bool = True
    transfers: TransferSettings = TransferSettings()
