"""What a listing holds."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from acd_tui.vfs.path import VPath


class Kind(enum.Enum):
    """What an entry is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"  # a symbolic link, not followed
    LOST_LINK = "lost link"  # one that was to be followed, and leads nowhere
    BACK_LINK = "back link"  # likewise, and leads to a folder that it lies in
    OTHER = "other"  # a socket, pipe or device


class Entry(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One file or folder, as its filesystem last knew it.

    Attributes:
        name: untrusted; pass it through `printable` before showing it.
        kind: what it is.
        size: bytes; None for folders and where it is not known yet.
        modified_ns: when the content was last changed, nanoseconds since 1970 UTC.
        md5: 32 lower-case hex digits where the filesystem knows it without reading.
        id: the filesystem's own identifier, where it has one.
    """

    name: str
    kind: Kind
    size: int | None = None
    modified_ns: int | None = None
    md5: str | None = None
    id: str | None = None

    @property
    def is_folder(self) -> bool:
        return self.kind is Kind.FOLDER


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Something that a search found.

    Attributes:
        entry: what it is.
        folder: what it lies in, or lay in before it was trashed.
        trashed: whether it is in the trash, by itself or with a folder.
    """

    entry: Entry
    folder: VPath
    trashed: bool = False


class Weight(msgspec.Struct, frozen=True):
    """What a folder holds itself.

    Attributes:
        size: bytes of its files.
        files: how many things lie in it that are no folders.
        folders: the names of its folders.
    """

    size: int
    files: int
    folders: Sequence[str]


class TrashItem(msgspec.Struct, frozen=True, kw_only=True):
    """Something in a trash that can be restored.

    Attributes:
        id: what `Restoring.restore` takes.
        entry: what it was.
        origin: the folder it was trashed from, None where that is not known.
        trashed_ns: when, nanoseconds since 1970 UTC; None where not known.
        purged_ns: when the trash will drop it for good; None for never or not known.
    """

    id: str
    entry: Entry
    origin: VPath | None = None
    trashed_ns: int | None = None
    purged_ns: int | None = None


class Space(msgspec.Struct, frozen=True, kw_only=True):
    """How much room an account or a disk has, in bytes; None where not known."""

    total: int | None
    used: int | None
    free: int | None


class Details(msgspec.Struct, frozen=True, kw_only=True):
    """All that a filesystem says of something, beyond its entry.

    Attributes:
        facts: what each is called and what it is, in the order to show; untrusted.
        description: what the user wrote about it; None where nothing can be written.
        labels: words the user put on it.
    """

    facts: Sequence[tuple[str, str]]
    description: str | None = None
    labels: tuple[str, ...] = ()


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """A smaller likeness of a picture.

    Attributes:
        data: the file, of a format that pictures are known in.
        facts: what is known of the picture itself, such as its width and height.
    """

    data: bytes
    facts: Sequence[str]


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of files takes of an account.

    Attributes:
        name: of the kind.
        files: how many there are.
        size: their bytes.
        billable: bytes of it that count against the quota.
    """

    name: str
    files: int
    size: int
    billable: int


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """How an account stands.

    Attributes:
        space: how much room it has.
        taken: what takes it, kind by kind; empty where nobody has counted yet.
        calculated: when the service counted, as it wrote it; None where not known.
    """

    space: Space
    taken: Sequence[Taken]
    calculated: str | None


MADE_ANEW = "the local copy of the drive was damaged and is made anew"
"""What is said of a mirror that was found damaged."""


class MirrorStatus(msgspec.Struct, frozen=True, kw_only=True):
    """How current a filesystem's local copy is.

    Attributes:
        complete: whether it holds the whole tree.
        nodes: how many files and folders it holds.
        filling: whether it is being brought up to date now.
        checked: when it last agreed with the service, seconds since 1970; None: never.
        problem: why the last attempt failed, in one sentence; None if it did not.
        signed_out: whether it failed because a sign-in is wanted.
        disk_full: whether it failed because the copy has no room.
        size: bytes that the copy takes on disk; None where not known.
        damage: why the copy is made anew, in one sentence; None if it is not.
        damages: how often it was found damaged since it was opened.
    """

    complete: bool
    nodes: int
    filling: bool
    checked: float | None
    problem: str | None = None
    signed_out: bool = False
    disk_full: bool = False
    size: int | None = None
    damage: str | None = None
    damages: int = 0


class Features(msgspec.Struct, frozen=True, kw_only=True):
    """What a filesystem is like; what more it can do is said by the protocols it has.

    Attributes:
        remote: a call may take a network round trip.
        case_insensitive: `A` and `a` cannot both be in one folder.
        knows_md5: entries of files carry their MD5.
        keeps_modified: `write` stores the modification time it is given.
        doubtful_size: bytes above which writing a file often fails; None if size does
            not matter.
    """

    remote: bool = False
    case_insensitive: bool = False
    knows_md5: bool = False
    keeps_modified: bool = True
    doubtful_size: int | None = None
