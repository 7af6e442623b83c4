"""What the process does with memory it has freed, and when it looks for more."""

from __future__ import annotations

import contextlib
import gc

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3), in glibc
_MIB = 1024 * 1024
_KEPT = 32 * _MIB
_LARGEST_KEPT_PIECE = 8 * _MIB
_COLLECT_AFTER = 10_000  # new objects; Python's own is 700


def keep_freed_memory() -> None:
    """Use freed memory again instead of giving it back to the system at once.

    Every piece of an upload is a fresh block of some 100 KiB. Left alone, glibc gives each
    back and asks for the next, and the system clears it page by page: a third of all the
    processor time of an upload. With another C library nothing happens.
    """
    _mallopt(_MMAP_THRESHOLD, _LARGEST_KEPT_PIECE)
    _mallopt(_TRIM_THRESHOLD, _KEPT)


def settle() -> None:
    """Give large blocks back when they are freed; never look through what is loaded now.

    The rows of a folder of a million files are in a few blocks of tens of megabytes. Left
    alone, glibc puts such blocks among all others once one was freed, where what is freed
    later stays: after another visit to that folder, half of the memory was of that kind.
    """
    _mallopt(_MMAP_THRESHOLD, _MIB)
    gc.freeze()


def _mallopt(what: int, value: int) -> None:
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).mallopt(what, value)


def collect_less() -> None:
    """Look more rarely for objects that refer to each other and to nothing else.

    A request makes hundreds of objects and nearly all go by themselves; to look through
    them took a twentieth of its processor time. Call when all modules are loaded: what is
    there then stays, and is not looked through again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER)
