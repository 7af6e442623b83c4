"""The last step of a move, the one that can lose a file: its source goes to the trash."""

from __future__ import annotations

from acd_tui.errors import Changed, Denied, NotFound
from acd_tui.printable import printable
from acd_tui.transfers.verify import same_entry
from acd_tui.vfs.capabilities import (
    Mirrored,
    Trash,
    Vouching,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import Content
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.offered import offers


async def drop(source: Located, there: Entry, content: Content | None) -> None:
    """Trash what a move has proven to be at the target.

    Args:
        source: as it was when it was compared, or when its bytes began to move.
        there: what is at the target.
        content: the source's, from before it was compared or read; where the source is
            `Vouching`, for whether it has been touched since.

    Raises:
        NotFound: it is gone.
        Changed: it is not what it was; it stays.
        Denied: it is the target itself, or cannot be trashed; it stays.
    """
    fs, path = source.filesystem, source.path
    shown = printable(str(path))
    now = await _by_the_best_word(source)
    if now is None:  # somebody has trashed it: we, if the answer was lost
        raise NotFound(f"there is no {shown} any more")
    if now.kind is not Kind.FILE or not same_entry(source.entry, now):
        raise Changed(f"{shown} changed while it was moved")
    if now.id is not None and now.id == there.id:
        raise Denied(f"{shown} and its target are the same file")
    if not offers(fs, Trash):
        raise Denied(f"{shown} is copied, but stays: there is no trash for it")
    if content and offers(fs, Vouching) and not await fs.vouches_for(content):
        raise Changed(f"{shown} changed while it was moved")
    try:
        await fs.trash(path)
    except Denied as error:
        raise Denied(
            f"{shown} is copied, but stays: {error.message}", hint=error.hint
        ) from error


async def _by_the_best_word(file: Located) -> Entry | None:
    """Look at a file; where that would be at a copy of the tree, ask the service.

    A remote's trash takes a file by its id, whatever another client has made of it.
    """
    if offers(file.filesystem, Mirrored):
        return await file.filesystem.confirm(file.path)
    return await file.filesystem.stat(file.path)
