"""Small content files that share a folder and a mark."""

from __future__ import annotations

import contextlib
import enum
import os
import secrets
from collections import deque

from acd_tui.server.disk import GROUP, ContentFolder, room


class Fate(enum.Enum):
    """What became of a file.

    A node refers to it; none ever will; or nobody can say before the next start.
    """

    REFERRED = enum.auto()
    REFUSED = enum.auto()
    UNKNOWN = enum.auto()


class Group:
    """Files that one thread makes one after the other.

    Their names are the group's with a number behind it, and an empty file of the group's
    own name under tmp says that perhaps not all of them are referred to: one mark for
    many, because to make and remove a name costs as much as to write a small file.

    Attributes:
        left: how many more files it may have.
        closed: it gets no more.
        over: what became of files; from any thread.

    Raises:
        OSError: it cannot be made.
    """

    def __init__(self, folder: ContentFolder) -> None:
        self.left = GROUP
        self.closed = False
        self.over: deque[tuple[str, Fate]] = deque()
        self._name = secrets.token_hex(15)
        self._content = folder
        self._open: set[str] = set()
        self._unknown = False
        self._place = str(folder.path(self._name).parent)
        self._folder = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY)
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            os.close(os.open(folder.tmp(self._name), flags, 0o600))
        except BaseException:
            os.close(self._folder)
            raise

    def room(self) -> int:
        """How many bytes content may still take."""
        return room(self._folder)

    def new(self) -> tuple[str, int]:
        """One more file: its name and its descriptor.

        Raises:
            OSError: it cannot be made.
        """
        name = f"{self._name}{GROUP - self.left:02x}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        file = os.open(f"{self._place}/{name}", flags, 0o600)
        self.left -= 1
        self._open.add(name)
        return name, file

    def sync(self) -> None:
        """Make durable that the files are there.

        Raises:
            OSError: the disk fails.
        """
        os.fsync(self._folder)

    def close(self) -> None:
        """There will be no more files."""
        if not self.closed:
            self.closed = True
            os.close(self._folder)

    def cleared(self) -> bool:
        """Whether it is closed and all its files are over; nothing is left to do then."""
        with contextlib.suppress(IndexError):
            while True:
                name, fate = self.over.popleft()
                self._open.discard(name)
                self._unknown |= fate is Fate.UNKNOWN
                if fate is Fate.REFUSED:
                    self._content.remove([name])
        if not self.closed or self._open:
            return False
        if not self._unknown:
            with contextlib.suppress(OSError):  # then the next start does
                self._content.tmp(self._name).unlink()
        return True
