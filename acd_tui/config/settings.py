"""The settings, each declared once with its default and bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

import msgspec

Percent = Annotated[int, msgspec.Meta(ge=10, le=90)]
QueueLines = Annotated[int, msgspec.Meta(ge=1, le=100)]
Slots = Annotated[int, msgspec.Meta(ge=1, le=32)]


Column = Literal["size", "modified", "type", "md5"]
Sort = Literal["name", "size", "modified", "type"]
Preset = Literal["hybrid", "mc", "vim", "explorer"]
Glyphs = Literal["auto", "unicode", "ascii"]


class KeySettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which keys do what.

    Attributes:
        preset: the set of keys to begin with.
        bind: action → its keys, separated by commas, where they differ from the set's;
            `acd-tui config keys` lists the actions.
    """

    preset: Preset = "hybrid"
    bind: Mapping[str, str] = {}


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
        columns: what a pane shows behind the names, in that order.
        sort: what a pane is sorted by at first.
        keys: which keys do what.
        transfers: how transfers run.
        glyphs: whether frames and signs are drawn in Unicode; `auto` asks the locale.
        split: how much of the room the left pane gets, in percent.
        queue_lines: how many transfers the queue panel shows, where it is small.
        linear: talk in lines of text instead of drawing panes.
    """

    theme: str = "acd-dark"
    show_hidden: bool = True
    columns: tuple[Column, ...] = ("size", "modified")
    sort: Sort = "name"
    keys: KeySettings = KeySettings()
    transfers: TransferSettings = TransferSettings()
    glyphs: Glyphs = "auto"
    split: Percent = 50
    queue_lines: QueueLines = 6
    linear: bool = False
