"""Changes of files and folders that know what undoes them, and when it still may."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from acd_tui.errors import AcdError, Denied, NotEmpty, NotFound, PartlyFailed
from acd_tui.printable import printable
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem, Trash, TrashBin
from acd_tui.vfs.path import VPath


class Command(msgspec.Struct, frozen=True, tag_field="do"):
    """A change in one filesystem.

    Doing or undoing returns the command with what it takes to turn it back.
    """

    filesystem: str

    @property
    def folders(self) -> frozenset[VPath]:
        """The folders whose content it changes, whether done or undone."""
        raise NotImplementedError

    @property
    def sentence(self) -> str:
        """What it does, as the object of "undone:" and "done again:"."""
        raise NotImplementedError

    async def do(self, fs: FileSystem) -> Command:
        raise NotImplementedError

    async def undo(self, fs: FileSystem) -> Command:
        """Turn it back.

        Raises:
            AcdError: what it did is not what is there any more.
        """
        raise NotImplementedError


class MakeFolder(Command, frozen=True, tag="make folder"):
    """Make a folder; undone by trashing it, as long as it is empty."""

    path: VPath
    id: str | None = None

    @property
    def folders(self) -> frozenset[VPath]:
        return frozenset({self.path.parent})

    @property
    def sentence(self) -> str:
        return f"making the folder {_shown(self.path)}"

    async def do(self, fs: FileSystem) -> MakeFolder:
        entry = await fs.make_folder(self.path)
        return msgspec.structs.replace(self, id=entry.id)

    async def undo(self, fs: FileSystem) -> MakeFolder:
        await _check_same(fs, self.path, self.id, Kind.FOLDER)
        if await fs.list(self.path):
            raise NotEmpty(f"{_shown(self.path)} is not empty any more")
        await _trash_of(fs).trash(self.path)
        return self


class Move(Command, frozen=True, tag="move"):
    """Rename or move; undone by moving back."""

    source: VPath
    target: VPath
    id: str | None = None

    @property
    def folders(self) -> frozenset[VPath]:
        return frozenset({self.source.parent, self.target.parent})

    @property
    def sentence(self) -> str:
        if self.source.parent == self.target.parent:
            new_name = printable(self.target.name)
            return f"renaming {_shown(self.source)} to {new_name}"
        return f"moving {_shown(self.source)} to {_shown(self.target)}"

    async def do(self, fs: FileSystem) -> Move:
        if self.id is not None:  # done before, so it is known what is meant
            await _check_same(fs, self.source, self.id)
        entry = await fs.move(self.source, self.target)
        return msgspec.structs.replace(self, id=entry.id)

    async def undo(self, fs: FileSystem) -> Move:
        await _check_same(fs, self.target, self.id)
        await fs.move(self.target, self.source)
        return self


class Trashed(msgspec.Struct, frozen=True):
    """One thing of a `TrashAll`.

    Attributes:
        path: where it was.
        id: which one it is, where the filesystem says.
        item: what the trash calls it; None where it is not in the trash, or is in one
            that cannot give back.
        in_trash: whether it is there now.
    """

    path: VPath
    id: str | None = None
    item: str | None = None
    in_trash: bool = False


class TrashAll(Command, frozen=True, tag="trash"):
    """Trash some files and folders; undone by restoring them all."""

    items: tuple[Trashed, ...]

    @property
    def folders(self) -> frozenset[VPath]:
        return frozenset(item.path.parent for item in self.items)

    @property
    def sentence(self) -> str:
        return f"trashing {_all_shown([item.path for item in self.items])}"

    async def do(self, fs: FileSystem) -> TrashAll:
        trash = _trash_of(fs)
        return await self._each(fs, trash, into=True)

    async def undo(self, fs: FileSystem) -> TrashAll:
        if not isinstance(fs, TrashBin) or any(
            item.in_trash and item.item is None for item in self.items
        ):
            raise Denied(
                f"what was trashed in {printable(fs.name)} cannot be restored from here",
                hint="restore it with the trash of your desktop",
            )
        return await self._each(fs, fs, into=False)

    async def _each(self, fs: FileSystem, trash: Trash, *, into: bool) -> TrashAll:
        """Take all items into the trash or out of it; one failing stops no other."""
        items: list[Trashed] = []
        errors: list[AcdError] = []
        # What was trashed last comes out first: a folder after what was in it.
        for item in self.items if into else reversed(self.items):
            moved = item
            try:
                if item.in_trash is not into:
                    moved = await _trash_one(fs, trash, item)
            except AcdError as error:
                errors.append(error)
            items.append(moved)
        after = TrashAll(
            filesystem=self.filesystem,
            items=tuple(items if into else reversed(items)),
        )
        if errors:
            raise Incomplete(after, errors)
        return after


class Incomplete(PartlyFailed):
    """Some of a command was done.

    Attributes:
        command: with what was done of it.
        errors: one for each item that failed.
    """

    def __init__(self, command: TrashAll, errors: Sequence[AcdError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.message}{more}", hint=first.hint)
        self.command = command
        self.errors = tuple(errors)


class Restore(Command, frozen=True, tag="restore"):
    """Restore something from the trash; undone by trashing it again."""

    item: str | None
    to: VPath | None = None
    path: VPath | None = None
    id: str | None = None

    @property
    def folders(self) -> frozenset[VPath]:
        return frozenset() if self.path is None else frozenset({self.path.parent})

    @property
    def sentence(self) -> str:
        return f"restoring {_shown(self.path or VPath())}"

    async def do(self, fs: FileSystem) -> Restore:
        if not isinstance(fs, TrashBin) or self.item is None:
            raise Denied(
                f"the trash of {printable(fs.name)} cannot be restored from here",
                hint="restore it with the trash of your desktop",
            )
        path = await fs.restore(self.item, to=self.to)
        entry = await fs.stat(path)
        return msgspec.structs.replace(self, path=path, id=entry.id)

    async def undo(self, fs: FileSystem) -> Restore:
        assert self.path is not None
        await _check_same(fs, self.path, self.id)
        item = await _trash_of(fs).trash(self.path)
        return msgspec.structs.replace(self, item=item)


AnyCommand = MakeFolder | Move | TrashAll | Restore


def to_json(command: Command) -> Any:
    """Return a command as what `json.dumps` takes."""
    return msgspec.to_builtins(command)


def from_json(value: Any) -> AnyCommand:
    """Read what `to_json` gave."""
    command: AnyCommand = msgspec.convert(value, AnyCommand)
    return command


async def _trash_one(fs: FileSystem, trash: Trash, item: Trashed) -> Trashed:
    if not item.in_trash:
        entry = await _check_same(fs, item.path, item.id)
        key = await trash.trash(item.path)
        return Trashed(path=item.path, id=entry.id, item=key, in_trash=True)
    assert isinstance(trash, TrashBin)
    assert item.item is not None
    path = await trash.restore(item.item)
    return Trashed(path=path, id=item.id)


async def _check_same(
    fs: FileSystem, path: VPath, id_: str | None, kind: Kind | None = None
) -> Entry:
    """Make sure that what is at `path` is what it was when the command was done."""
    entry = await fs.stat(path)
    other_id = None not in {id_, entry.id} and id_ != entry.id
    if other_id or (kind is not None and entry.kind is not kind):
        raise NotFound(f"{_shown(path)} is another one now")
    return entry


def _trash_of(fs: FileSystem) -> Trash:
    if not isinstance(fs, Trash):
        raise Denied(f"{printable(fs.name)} has no trash")
    return fs


def _shown(path: VPath) -> str:
    return printable(str(path))


def _all_shown(paths: Sequence[VPath]) -> str:
    if len(paths) == 1:
        return _shown(paths[0])
    return f"{_shown(paths[0])} and {len(paths) - 1} more"
