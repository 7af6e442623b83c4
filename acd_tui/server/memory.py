"""What the process does with memory it has freed."""

from __future__ import annotations

import contextlib
import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3), in glibc
_KEPT = 32 * 1024 * 1024
_LARGEST_KEPT_PIECE = 8 * 1024 * 1024


def keep_freed_memory() -> None:
    """Use freed memory again instead of giving it back to the system at once.

    Every piece of an upload is a fresh block of some 100 KiB. Left alone, glibc gives each
    back and asks for the next, and the system clears it page by page: a third of all the
    processor time of an upload. With another C library nothing happens.
    """
    with contextlib.suppress(OSError, AttributeError):
        mallopt = ctypes.CDLL(None).mallopt
        mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT_PIECE)
        mallopt(_TRIM_THRESHOLD, _KEPT)
