"""Changes of files and folders that know what undoes them, and when it still may."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from acd_tui.errors import (
    AcdError,
    Denied,
    NotEmpty,
    NotFound,
    PartlyFailed,
    Transient,
)
from acd_tui.operations.identity import (
    check_same,
    identified,
    marked,
    same,
)
from acd_tui.printable import printable
from acd_tui.vfs.capabilities import (
    Restoring,
    Shared,
    Trash,
)
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.walking import holds_more_than

Check = Callable[[VPath], Awaitable[None]]
"""Looks at something that is about to be changed, and raises if it is to stay."""


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
    """Make a folder, and those around it that are missing; undone by trashing them.

    That is only done as long as they are empty.

    Attributes:
        path: the folder.
        id: which one it is, where the filesystem says.
        made: how many were made, the folder included.
    """

    path: VPath
    id: str | None = None
    made: int = 1

    @property
    def folders(self) -> frozenset[VPath]:
        around = [self.path, *self.path.parents]
        return frozenset(around[1 : self.made + 1])

    @property
    def sentence(self) -> str:
        return f"making the folder {_shown(self.path)}"

    async def do(self, fs: FileSystem) -> MakeFolder:
        missing: list[VPath] = []
        for folder in self.path.parents:
            try:
                await fs.stat(folder)
            except NotFound:
                missing.append(folder)
            else:
                break
        made: list[VPath] = []
        try:
            for folder in reversed(missing):
                await fs.make_folder(folder)
                made.append(folder)
            entry = await fs.make_folder(self.path)
        except AcdError:
            if made and isinstance(fs, Trash):
                with contextlib.suppress(AcdError):
                    await fs.trash(made[0])
            raise
        return replace(self, id=entry.id, made=len(made) + 1)

    async def undo(self, fs: FileSystem) -> MakeFolder:
        await check_same(fs, self.path, self.id, Kind.FOLDER)
        folder, *around = [self.path, *self.path.parents][: self.made]
        if await holds_more_than(fs, folder, 0):
            raise NotEmpty(f"{_shown(folder)} is not empty any more")
        for above in around:
            if await holds_more_than(fs, above, 1):
                raise NotEmpty(f"{_shown(above)} holds something else by now")
            folder = above
        await _trash_of(fs).trash(folder)
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
            await check_same(fs, self.source, self.id)
        mark = await marked(fs, self.source)
        entry = await fs.move(self.source, self.target)
        return replace(self, id=entry.id or mark)

    async def undo(self, fs: FileSystem) -> Move:
        await check_same(fs, self.target, self.id)
        await fs.move(self.target, self.source)
        return self


class Moved(msgspec.Struct, frozen=True):
    """One move of a `MoveAll`.

    Attributes:
        source: where it was.
        target: where it is then.
        id: which one it is, where the filesystem says; None before it was done.
    """

    source: VPath
    target: VPath
    id: str | None = None

    @property
    def back(self) -> Moved:
        return Moved(self.target, self.source, self.id)


class MoveAll(Command, frozen=True, tag="move all"):
    """Give many things other names or places; undone together.

    It is done whole or not at all: where a step fails, those before it are taken back.
    Only if that fails as well, some of them stay done, and `Incomplete` says so. In
    undoing, one chain that cannot be undone stops no other.

    Attributes:
        chains: the moves, in the order they are made, those together that only make
            sense together.
        count: how many things are moved.
        begun: whether it was written down before it was done, and nobody knows how far
            it got: the program was ended meanwhile.
    """

    chains: tuple[tuple[Moved, ...], ...]
    count: int
    begun: bool = False

    @property
    def folders(self) -> frozenset[VPath]:
        moves = [move for chain in self.chains for move in chain]
        sources = {move.source.parent for move in moves}
        return frozenset(sources | {move.target.parent for move in moves})

    @property
    def sentence(self) -> str:
        move = self.chains[0][0]
        if self.count == 1:
            return Move(self.filesystem, move.source, move.target).sentence
        if move.source.parent != move.target.parent:
            return f"moving {self.count:,} items to {_shown(move.target.parent)}"
        where = f" in {_shown(move.source.parent)}" if len(self.folders) == 1 else ""
        return f"renaming {self.count:,} items{where}"

    @property
    def has_effect(self) -> bool:
        return bool(self.chains)

    async def foreseen(self, fs: FileSystem) -> MoveAll:
        """Return it as begun, with the identity of all that is to be moved."""
        ids: dict[VPath, str | None] = {}
        chains = []
        for chain in self.chains:
            known = []
            for move in chain:
                if move.source not in ids:
                    entry = await fs.stat(move.source)
                    ids[move.source] = await identified(fs, move.source, entry)
                ids[move.target] = id_ = ids.pop(move.source)
                known.append(Moved(move.source, move.target, id_))
            chains.append(tuple(known))
        return replace(self, chains=tuple(chains), begun=True)

    async def _made(self, fs: FileSystem) -> MoveAll:
        """Return what was done of what was begun.

        Raises:
            NotFound: nothing was.
        """
        chains = []
        for chain in self.chains:
            made = len(chain)
            while made and not await _is_made(fs, chain[made - 1]):
                made -= 1
            if made:
                chains.append(chain[:made])
        if not chains:
            raise NotFound("none of it was done when the program was ended")
        return replace(self, chains=tuple(chains), begun=False)

    async def do(self, fs: FileSystem) -> MoveAll:
        moves = [move for chain in self.chains for move in chain]
        try:
            done = iter(await _walked(fs, moves))
        except _Stuck as stuck:
            left = replace(self, chains=(stuck.done,))
            raise Incomplete(left, [stuck.explained]) from stuck
        # With the identity that each move has found out.
        chains = tuple(tuple(next(done) for _ in chain) for chain in self.chains)
        return replace(self, chains=chains)

    async def undo(self, fs: FileSystem) -> MoveAll:
        if self.begun:
            return await (await self._made(fs)).undo(fs)
        left: list[tuple[Moved, ...]] = []
        errors: list[AcdError] = []
        for chain in reversed(self.chains):
            try:
                if any(isinstance(error, Transient) for error in errors):
                    left.append(chain)  # it would fail as well
                else:
                    await _walked(fs, [move.back for move in reversed(chain)])
            except _Stuck as stuck:
                left.append(chain[: len(chain) - len(stuck.done)])
                errors.append(stuck.explained)
            except AcdError as error:
                left.append(chain)
                errors.append(error)
        rest = replace(self, chains=tuple(reversed(left)))
        if len(errors) == 1 and rest == self:
            raise errors[0]
        if errors:
            raise Incomplete(rest, errors)
        return self


async def _is_made(fs: FileSystem, move: Moved) -> bool:
    """Whether what is at the target of a move came there by it."""
    there = await _found(fs, move.target)
    if there is None or there.name != move.target.name:
        return False  # of names that are alike but for their case, the other one
    if move.id is None:
        return await _found(fs, move.source) is None
    now = await identified(fs, move.target, there)
    return now is not None and same(move.id, now)


async def _found(fs: FileSystem, path: VPath) -> Entry | None:
    try:
        return await fs.stat(path)
    except NotFound:
        return None


class _Stuck(Exception):
    """A move failed, and what was done before it could not be taken back.

    Attributes:
        done: what stays done.
        explained: what there is to say about it; it may go on later.
    """

    def __init__(self, done: Sequence[Moved], error: AcdError) -> None:
        super().__init__(error.message)
        self.done = tuple(done)
        self.explained = AcdError(
            f"{error.message}; some names are changed already",
            hint="undo takes those back, as soon as it can",
        )


async def _walked(fs: FileSystem, moves: Sequence[Moved]) -> list[Moved]:
    """Make all moves or none.

    Raises:
        AcdError: one cannot be made; all is as it was before.
        _Stuck: some stay made.
    """
    done: list[Moved] = []
    for move in moves:
        try:
            if move.id is not None:  # done before, so it is known what is meant
                await check_same(fs, move.source, move.id)
            mark = await marked(fs, move.source)
            entry = await fs.move(move.source, move.target)
        except AcdError as error:
            await _taken_back(fs, done)
            if not done:
                raise
            raise _Stuck(done, error) from error
        except asyncio.CancelledError:
            if not done:
                raise
            raise _Stuck(done, AcdError("it was interrupted half-way")) from None
        done.append(Moved(move.source, move.target, entry.id or mark))
    return done


async def _taken_back(fs: FileSystem, done: list[Moved]) -> None:
    """Go back step by step as far as possible; what is left in `done` stays."""
    while done:
        try:
            await fs.move(done[-1].target, done[-1].source)
        except AcdError:
            return
        done.pop()


class Trashed(msgspec.Struct, frozen=True):
    """One thing of a `TrashAll`.

    Attributes:
        path: where it was.
        id: which one it is, where the filesystem says.
        item: what the trash calls it; None where it is not in the trash, or is in one
            that cannot give back.
        in_trash: whether it is there now.
        held_still: whether it only left its folder, since another one holds it, too.
    """

    path: VPath
    id: str | None = None
    item: str | None = None
    in_trash: bool = False
    held_still: bool = False


class TrashAll(Command, frozen=True, tag="trash"):
    """Trash some files and folders; undone by restoring them all."""

    items: tuple[Trashed, ...]

    @property
    def folders(self) -> frozenset[VPath]:
        return frozenset(item.path.parent for item in self.items)

    @property
    def sentence(self) -> str:
        return f"trashing {_all_shown([item.path for item in self.items])}"

    @property
    def has_effect(self) -> bool:
        return any(item.in_trash for item in self.items)

    async def do(self, fs: FileSystem) -> TrashAll:
        return await self.checked(fs, None)

    async def checked(self, fs: FileSystem, check: Check | None) -> TrashAll:
        """`do`, but look at each item just before it goes.

        Args:
            fs: where they are.
            check: raises an `AcdError` for what is to stay.

        Raises:
            CutShort: it was cancelled amid it.
        """
        return await self._each(fs, _trash_of(fs), into=True, check=check)

    async def undo(self, fs: FileSystem) -> TrashAll:
        if not isinstance(fs, Restoring) or any(
            item.in_trash and item.item is None for item in self.items
        ):
            raise Denied(
                f"what was trashed in {printable(fs.name)} cannot be restored from here",
                hint="restore it with the trash of your desktop",
            )
        return await self._each(fs, fs, into=False)

    async def _each(
        self,
        fs: FileSystem,
        trash: Trash,
        *,
        into: bool,
        check: Check | None = None,
    ) -> TrashAll:
        """Take all into the trash or out of it; one failing stops no other.

        Args:
            fs: where they are.
            trash: of it.
            into: whether they go there.
            check: see `checked`.
        """
        errors: list[AcdError] = []
        items = list(self.items)
        # What was trashed last comes out first: a folder after what was in it.
        for place in range(len(items)) if into else reversed(range(len(items))):
            item = items[place]
            try:
                if item.in_trash is not into:
                    if check is not None:
                        await check(item.path)
                    items[place] = await _trash_one(fs, trash, item)
            except AcdError as error:
                errors.append(error)
            except asyncio.CancelledError as cut:
                raise CutShort(self._gone(items)) from cut
        if errors:
            # What has to stay is not to go when this is undone and done again.
            whole = replace(self, items=tuple(items))
            raise Incomplete(whole if check is None else self._gone(items), errors)
        return replace(self, items=tuple(items))

    def _gone(self, items: Sequence[Trashed]) -> TrashAll:
        return replace(self, items=tuple(item for item in items if item.in_trash))


class Incomplete(PartlyFailed):
    """Some of a command was done.

    Attributes:
        command: with what was done of it.
        errors: one for each item that failed.
    """

    def __init__(self, command: TrashAll | MoveAll, errors: Sequence[AcdError]) -> None:
        first = errors[0]
        more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
        super().__init__(f"{first.message}{more}", hint=first.hint)
        self.command = command
        self.errors = tuple(errors)


class CutShort(asyncio.CancelledError):
    """A command was cancelled amid it, as it was done or undone.

    Attributes:
        command: with what is done of it, and can be undone.
    """

    def __init__(self, command: TrashAll) -> None:
        super().__init__()
        self.command = command


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
        if not isinstance(fs, Restoring) or self.item is None:
            raise Denied(
                f"the trash of {printable(fs.name)} cannot be restored from here",
                hint="restore it with the trash of your desktop",
            )
        path = await fs.restore(self.item, to=self.to)
        entry = await fs.stat(path)
        id_ = await identified(fs, path, entry)
        return replace(self, path=path, id=id_)

    async def undo(self, fs: FileSystem) -> Restore:
        assert self.path is not None
        await check_same(fs, self.path, self.id, unchanged=True)
        item = await _trash_of(fs).trash(self.path)
        return replace(self, item=item)


AnyCommand = MakeFolder | Move | MoveAll | TrashAll | Restore


def to_json(command: Command) -> Any:
    """Return a command as what `json.dumps` takes."""
    return msgspec.to_builtins(command)


def from_json(value: Any) -> AnyCommand:
    """Read what `to_json` gave."""
    command: AnyCommand = msgspec.convert(value, AnyCommand)
    return command


async def _trash_one(fs: FileSystem, trash: Trash, item: Trashed) -> Trashed:
    if not item.in_trash:
        id_ = await check_same(fs, item.path, item.id, unchanged=True)
        key = await trash.trash(item.path)
        held = (
            key is not None and isinstance(trash, Shared) and trash.is_held_still(key)
        )
        return Trashed(path=item.path, id=id_, item=key, in_trash=True, held_still=held)
    assert isinstance(trash, Restoring)
    assert item.item is not None
    path = await trash.restore(item.item)
    return Trashed(path=path, id=item.id)


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
