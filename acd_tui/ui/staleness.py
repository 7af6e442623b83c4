"""Whether what a drive says comes from a copy of it that may be old."""

from __future__ import annotations

from acd_tui.clock import SystemClock
from acd_tui.ui.widgets.status_bar import mirror_pieces
from acd_tui.vfs.capabilities import Mirrored


async def not_current(filesystem: object) -> str:
    """Say why a copy of a drive may not be how the drive is: `offline, 3m old`.

    Returns:
        That; nothing where it is current, or no copy.

    Raises:
        AcdError: the copy cannot be read.
    """
    if not isinstance(filesystem, Mirrored):
        return ""
    pieces = mirror_pieces(await filesystem.mirror_status(), SystemClock().now())
    return ", ".join(text for text, look in pieces if look != "dim")
