"""What a filesystem may be able to do besides, each a protocol of its own.

Who wants one of these asks whether it `offers` that, and does without where it does not.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Protocol, runtime_checkable

from acd_tui.errors import AcdError
from acd_tui.vfs.entry import (
    Account,
    Details,
    Entry,
    Found,
    MirrorStatus,
    Space,
    Thumbnail,
    TrashItem,
    Weight,
)
from acd_tui.vfs.filesystem import Content, FileSystem
from acd_tui.vfs.news import Known, News
from acd_tui.vfs.path import VPath
from acd_tui.vfs.timeline import Timeline
from acd_tui.vfs.usage import Asked, Usages


@runtime_checkable
class Trash(Protocol):
    """A filesystem that can take something away without destroying it."""

    async def trash(self, path: VPath) -> str | None:
        """Move a file or a whole folder to the trash.

        Returns:
            What `Restoring.restore` takes, or None if this trash cannot give it back.
        """
        ...


@runtime_checkable
class Restoring(Trash, Protocol):
    """A trash that can give back."""

    async def restore(self, item_id: str, *, to: VPath | None = None) -> VPath:
        """Put something back to where it was, or at the path `to`; return where it is.

        Raises:
            NotFound: it is not in the trash.
            Exists: the name is taken meanwhile.
            FolderNotFound: its folder is gone or in the trash itself.
        """
        ...


@runtime_checkable
class Shared(Trash, Protocol):
    """A trash where several folders may hold one thing."""

    def is_held_still(self, item_id: str) -> bool:
        """Whether what `trash` has returned this for only left the one folder."""
        ...


@runtime_checkable
class TrashBin(Restoring, Protocol):
    """A trash that can be looked into."""

    async def list_trash(self) -> Sequence[TrashItem]:
        """List what was trashed by itself, not what lies in trashed folders."""
        ...


@runtime_checkable
class Quota(Protocol):
    """A filesystem that knows how much room it has."""

    async def space(self, path: VPath) -> Space:
        """Say how much room there is, where parts differ: at `path`."""
        ...


@runtime_checkable
class Described(Protocol):
    """A filesystem that knows more of its files and folders than entries tell."""

    async def details(self, path: VPath) -> Details:
        """Return all that is known of what is at `path`."""
        ...


@runtime_checkable
class Thumbnails(Protocol):
    """A filesystem that makes smaller pictures of large ones."""

    async def thumbnail(self, path: VPath, side: int) -> Thumbnail | None:
        """Return a picture with its longer side at most that many pixels long.

        None where it makes none of this file.
        """
        ...


@runtime_checkable
class Annotated(Described, Protocol):
    """A filesystem that keeps what the user writes about files and folders."""

    async def annotate(
        self, path: VPath, *, description: str, labels: Sequence[str]
    ) -> Details:
        """Write a description and labels in place of those there are.

        Raises:
            Denied: there are more of them, or they are longer, than it keeps.
        """
        ...


@runtime_checkable
class Accounted(Protocol):
    """A filesystem with an account behind it."""

    async def account(self) -> Account:
        """Say how the account stands, by the word of the service."""
        ...


@runtime_checkable
class Mirrored(Protocol):
    """A filesystem that answers from a local copy of the tree."""

    async def refresh(self) -> None:
        """Bring the copy up to date now; returns when it is."""
        ...

    async def confirm(self, path: VPath) -> Entry | None:
        """Say what is at `path` by the word of the service itself, not of the copy.

        For what must not be believed of a copy that may be behind: that a file is there
        whose source is about to go, or that an earlier attempt has put it there.
        """
        ...

    async def mirror_status(self, *, count: bool = True) -> MirrorStatus:
        """Say how far the copy can be relied on.

        Args:
            count: whether it is counted too what it holds: of a million nodes, for long.
        """
        ...


@runtime_checkable
class Attesting(Protocol):
    """A filesystem that lists from a copy, and can have its service list instead."""

    async def list_now(self, path: VPath) -> Sequence[Entry]:
        """List a folder by the word of the service itself, at a request or a few.

        For what must not be believed of a copy that may be behind: that a folder which
        is about to go is empty. What is only half there yet is listed, too.

        Raises:
            FolderNotFound: there is none.
        """
        ...


@runtime_checkable
class Followed(Mirrored, Protocol):
    """One whose service is asked what has changed as soon as it is opened."""

    async def first_look(self) -> None:
        """`refresh`, but what was asked when it was opened will do, just after that."""
        ...


@runtime_checkable
class Rebuilding(Protocol):
    """A filesystem whose local copy can be made anew."""

    async def rebuild(self) -> None:
        """Make the copy from nothing but what the service says; returns when it is.

        What is known already is shown until then, and stays if this fails.
        """
        ...


@runtime_checkable
class Glance(Protocol):
    """A filesystem that can show the start of a large folder before all of it."""

    async def glance(self, path: VPath, count: int) -> Sequence[Entry]:
        """Return what comes first by name in a folder, sooner than `list` does.

        Empty where it would be no sooner, as in a folder that has no more than `count`
        entries.
        """
        ...


@runtime_checkable
class Renewing(Protocol):
    """A filesystem that can tell what is different in a large folder since it was listed."""

    async def news(self, path: VPath, known: Known) -> News | None:
        """Say how a folder differs from an earlier listing of it.

        Args:
            path: the folder.
            known: what `list` returned, or that with later news in it.

        Returns:
            None where one has to list it again to know.
        """
        ...


@runtime_checkable
class Dated(Protocol):
    """A filesystem in which others change things without a word, but leave a trace."""

    async def dates(self, folders: Collection[VPath]) -> Mapping[VPath, int | None]:
        """Say when something last came into each folder, or went: nanoseconds since 1970.

        None of a folder that cannot be looked at.
        """
        ...


@runtime_checkable
class Paged(Protocol):
    """A filesystem that can list a large folder without looking at all of it first."""

    def pages(self, path: VPath) -> AsyncIterator[Sequence[Entry]]:
        """List a folder in pieces, in the order of the names; see `FileSystem.list`."""
        ...


@runtime_checkable
class AtHand(Protocol):
    """A filesystem that can look at many files of a folder at the price of a few."""

    async def at_hand(
        self, folder: VPath, names: Collection[str]
    ) -> Mapping[str, Entry]:
        """Return the files of those names, as far as `stat` would need no network.

        Those that are missing in it may well be there.
        """
        ...


@runtime_checkable
class Searchable(Protocol):
    """A filesystem that finds things anywhere without looking into every folder."""

    async def search(self, text: str, limit: int) -> Sequence[Found]:
        """Find files and folders anywhere, from what is known already.

        Where the copy that this is answered from is not whole, some may be missing.

        Args:
            text: the words that have to apply, see `vfs.query`; nothing is found for
                none.
            limit: the most to return.

        Returns:
            Folders first, then by name.

        Raises:
            QueryError: a word makes no sense.
            FolderNotFound: there is no such folder to search in.
        """
        ...


@runtime_checkable
class Sized(Protocol):
    """A filesystem that knows how much its folders hold without looking into them."""

    async def usage(self, path: VPath, asked: Asked) -> Usages:
        """Say how much the children of a folder take, from what is known already.

        Where the copy that this is answered from is not whole, it may be more.

        Raises:
            FolderNotFound: there is none.
        """
        ...


@runtime_checkable
class Weighing(Protocol):
    """A filesystem that says what many folders hold at the price of a few listings."""

    async def weigh(self, folders: Sequence[VPath]) -> Sequence[Weight | AcdError]:
        """Return what each of some folders holds itself, or why it cannot be told."""
        ...


@runtime_checkable
class Partials(Protocol):
    """A filesystem that keeps what an interrupted write has got."""

    async def discard_partial(self, path: VPath, md5: str | None) -> None:
        """Forget what is kept of a write to `path`; nothing there is no error."""
        ...


@runtime_checkable
class Contents(Protocol):
    """A filesystem that knows where a content is without looking for it."""

    async def holding(self, md5: str, *, besides: Entry) -> VPath | None:
        """Return the place of a file with that MD5, if another than `besides` has it."""
        ...


@runtime_checkable
class Catalogued(Protocol):
    """A filesystem that knows the contents of all its files without reading them.

    Empty files are left out: there is nothing that they have in common.
    """

    async def contents(self, folder: VPath) -> Collection[str]:
        """Return the MD5s of all files below a folder.

        Raises:
            FolderNotFound: there is none.
        """
        ...

    async def copies(
        self, folder: VPath, of: Collection[str] | None = None
    ) -> Sequence[Found]:
        """Return the files below a folder that have one of some MD5s.

        Args:
            folder: where to look.
            of: the MD5s; None for each that several files have, wherever they are.

        Raises:
            FolderNotFound: there is no such folder.
        """
        ...


@runtime_checkable
class Chronicled(Protocol):
    """A filesystem that remembers what changed in it, by whomever."""

    async def timeline(self, limit: int) -> Timeline:
        """Return the latest changes, at most `limit`; older ones are forgotten.

        What fills the copy that this is answered from is no change.
        """
        ...

    async def mark_seen(self, number: int) -> None:
        """Note that the user was shown all changes up to that one, now."""
        ...

    async def whereabouts(self, entry: Entry) -> VPath | None:
        """Return where what an entry was of is now; None if it is gone or trashed."""
        ...


@runtime_checkable
class Naming(Protocol):
    """A filesystem that does not take every name."""

    def name_problem(self, name: str) -> str | None:
        """Say why nothing can have a name here, as the end of a sentence; None if it can.

        What one call would be refused for, known beforehand; asks nobody.
        """
        ...


@runtime_checkable
class Linked(Protocol):
    """A filesystem that has symbolic links."""

    def following_links(self) -> FileSystem:
        """Return it as it looks where each link is taken for what it leads to.

        A link that leads nowhere, or to a folder that it lies in, stays a link.
        """
        ...

    def confined_to(self, folder: VPath) -> FileSystem:
        """Return it as one that writes nothing where a link below a folder leads."""
        ...


@runtime_checkable
class OnDisk(Protocol):
    """A filesystem whose files other programs of this machine can open, too."""

    def disk_path(self, path: VPath) -> str:
        """Return a path as the operating system takes it."""
        ...

    def other_spelling(self, path: VPath) -> str | None:
        """Return what something is called if the path to it spells that otherwise.

        Disks that take `A` for `a`, or two forms of `é` for one, lead to it by both.
        """
        ...

    def is_trash(self, path: VPath) -> bool:
        """Whether a folder, by its place and name, is where what was trashed lies."""
        ...


@runtime_checkable
class Vouching(Protocol):
    """A filesystem that sees a change that left a file's size and time as they were."""

    async def vouches_for(self, content: Content) -> bool:
        """Whether a file has not been touched since it was opened for reading.

        Args:
            content: of this filesystem, from `read`.
        """
        ...


@runtime_checkable
class Hashing(Protocol):
    """A filesystem whose entries carry no MD5, but that can find it out."""

    async def md5(self, path: VPath) -> str:
        """Return the MD5 of a file, from memory if it has not changed since."""
        ...

    async def md5s(
        self, paths: Sequence[VPath], *, at_a_time: int
    ) -> Sequence[str | AcdError]:
        """Return the MD5s of many files, or why one could not be found out.

        Args:
            paths: the files.
            at_a_time: how many may be read side by side.
        """
        ...

    async def learn_md5(self, path: VPath, content: Content, md5: str) -> Entry:
        """Remember what the MD5 of a file was found to be while it was read.

        Args:
            path: of the file.
            content: of this filesystem, from `read`, and read to its end.
            md5: of all of it.

        Returns:
            The file as it is now.
        """
        ...

    async def forget_md5(self, content: Content) -> None:
        """Forget the MD5 that a file is said to have, for it has another."""
        ...
