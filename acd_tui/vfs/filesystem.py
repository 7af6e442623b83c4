"""The protocol that both panes, the commands and the transfer engine work against."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Protocol, runtime_checkable

from acd_tui.vfs.entry import (
    Entry,
    Features,
)
from acd_tui.vfs.path import VPath


class Content(Protocol):
    """The bytes of one file, to be read once or several times."""

    @property
    def size(self) -> int:
        """Bytes from the start to the end."""
        ...

    @property
    def modified_ns(self) -> int | None:
        """When it was last changed, nanoseconds since 1970 UTC."""
        ...

    @property
    def md5(self) -> str | None:
        """What the whole must have, where that is known before reading."""
        ...

    def open(
        self, offset: int = 0
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream the bytes from `offset` on, in pieces of at most a few MiB.

        Raises (when entered or while reading):
            Changed: the file is not what it was when the content was asked for.
            NotFound, Denied, Transient: as everywhere.
        """
        ...


@runtime_checkable
class Whole(Protocol):
    """A content that is had at once at less cost than in pieces, if it is small."""

    async def whole(self) -> bytes | None:
        """Return all of it; None if it is to be read in pieces.

        Raises:
            Changed, NotFound, Denied, Transient: as in `Content.open`.
        """
        ...


@runtime_checkable
class Streamed(Protocol):
    """A content that hashes what is read of it, where its MD5 is not known before.

    It also wants to know when it has been moved, so that others can be.
    """

    @property
    def streamed_md5(self) -> str | None:
        """The MD5 of what was read from start to end; None before that."""
        ...

    def arrived(self) -> None:
        """Take note that the target has it all: what is left to do needs no line."""
        ...


class FileSystem(Protocol):
    """A tree of files and folders.

    Laws, checked by one suite for every filesystem (`tests/conformance`):

    - Every method may raise `NotFound` (`FolderNotFound` where a folder was asked
      for), `Exists`, `NotEmpty`, `Denied`, `Full` and `Transient` with its kinds, and
      `SignInNeeded` where there is an account. Nothing else.
    - A listing is complete or it raises. Its order is not promised.
    - What a method did is seen by the next call of any other.
    - A cancelled call has no later effect, except that it may have happened whole.
    - Nothing is overwritten unless the caller names what he means to overwrite.
    """

    @property
    def name(self) -> str:
        """What it is called in the queue and on the command line: `local`, `photos`."""
        ...

    @property
    def features(self) -> Features: ...

    async def stat(self, path: VPath) -> Entry:
        """Say what is at `path`; the root is a folder with an empty name."""
        ...

    async def list(self, path: VPath) -> Sequence[Entry]:
        """List a folder.

        Raises:
            FolderNotFound: there is none.
        """
        ...

    async def make_folder(self, path: VPath) -> Entry:
        """Make a folder in an existing one.

        Raises:
            Exists: something is there already, folder or not.
            FolderNotFound: the parent is missing.
        """
        ...

    async def move(self, source: VPath, target: VPath) -> Entry:
        """Rename or move within this filesystem, keeping the identity.

        Raises:
            Exists: something else is at `target`; it is left alone.
            NotFound: nothing is at `source`, or the target's folder is missing.
            Denied: a folder into itself, or the root.
        """
        ...

    async def read(self, path: VPath) -> Content:
        """Prepare to read a file; nothing is transferred yet."""
        ...

    async def write(
        self, path: VPath, content: Content, *, replacing: Entry | None = None
    ) -> Entry:
        """Store a file whole or not at all, verified, and say what is there now.

        The bytes are hashed as they pass. If `content.md5` is known and differs, or the
        service reports another MD5 than that of what was sent, or the number of bytes
        is not `content.size`, nothing new stays under the name.

        An interrupted write may keep what it has out of sight and go on from there
        (`Content.open(offset)`) when the same content, known by its MD5, is written to
        the same place again.

        Args:
            path: where to; its folder must exist.
            content: the bytes.
            replacing: what the caller knows to be there and means to overwrite; None
                if nothing may be there.

        Raises:
            Exists: something is there that is not `replacing`; it is left alone.
            FolderNotFound: the folder is missing.
            Corrupt: see above.
            Unconfirmed: all was sent, but the service does not show it yet.
            Full: no room; what was there before still is.
        """
        ...
