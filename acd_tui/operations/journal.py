"""What was done, on disk, so that it can be undone and done again across restarts."""

from __future__ import annotations

import asyncio
import contextlib
import functools
import json
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeGuard

import msgspec

from acd_tui.db import Database
from acd_tui.errors import AcdError, Denied, Exists, NotEmpty, NotFound
from acd_tui.events import EventBus
from acd_tui.operations.commands import (
    AnyCommand,
    Command,
    CutShort,
    Incomplete,
    MoveAll,
    from_json,
    to_json,
)
from acd_tui.operations.turned import Turned, came_to
from acd_tui.vfs.capabilities import Mirrored
from acd_tui.vfs.changes import FoldersChanged
from acd_tui.vfs.filesystem import FileSystem

_KEPT = 500  # entries
_PATIENCE = 5.0  # seconds for what is new on a drive
Way = Callable[[FileSystem], Awaitable[Command]]
_LASTING = (NotFound, Denied)


class Journal:
    """Does, undoes and redoes commands, one at a time."""

    def __init__(
        self,
        db: Database,
        filesystems: Callable[[str], Awaitable[FileSystem]],
        bus: EventBus | None,
    ) -> None:
        self._db = db
        self._filesystems = filesystems
        self._bus = bus
        self._one_at_a_time = asyncio.Lock()

    async def do(self, command: Command, by: Way | None = None) -> Command:
        """Do something new; what was undone before cannot be done again then.

        Args:
            command: what.
            by: how it is done this time; None as it is done again.

        Returns:
            The command with what came of it.

        Raises:
            AcdError: it cannot be done. What could be done of it can be undone.
        """
        async with self._one_at_a_time:
            fs = await self._filesystems(command.filesystem)
            begun = await self._begin(command, fs)
            try:
                done = await (by or command.do)(fs)
            except Incomplete as partly:
                some = partly.command if partly.command.has_effect else None
                await self._db.write(lambda c: _end(c, begun, some))
                if some is not None:
                    self._tell(fs, some)
                raise
            except CutShort as cut:
                some = cut.command if cut.command.has_effect else None
                await self._db.write(lambda c: _end(c, begun, some))
                raise
            except (AcdError, asyncio.CancelledError):
                await self._db.write(lambda c: _end(c, begun, None))
                raise
            await self._db.write(lambda c: _end(c, begun, done))
            self._tell(fs, done)
            return done

    async def _begin(self, command: Command, fs: FileSystem) -> int | None:
        """Write down what has many steps, should the program be ended amid them."""
        if not _has_steps(command):
            return None
        foreseen = await command.foreseen(fs)
        return await self._db.write(lambda c: _note(c, foreseen))

    async def undo(self, only: Command | None = None) -> Turned:
        """Undo what was done last; return what that was.

        Args:
            only: what that has to be, as `do` returned it; None for anything.

        Raises:
            AcdError: there is nothing to undo, or it does not apply any more.
        """
        return await self._turn(undone=False, only=only)

    async def rename_filesystem(self, old: str, new: str) -> None:
        """Have all entries speak of a filesystem by its new name."""
        await self._db.write(
            lambda c: c.execute(
                "UPDATE journal SET command = json_set(command, '$.filesystem', ?)"
                " WHERE json_extract(command, '$.filesystem') = ?",
                (new, old),
            )
        )

    async def redo(self) -> Turned:
        """Do again what was undone last; return what that was.

        Raises:
            AcdError: there is nothing to redo, or it does not apply any more.
        """
        return await self._turn(undone=True)

    async def _turn(self, *, undone: bool, only: Command | None = None) -> Turned:
        async with self._one_at_a_time:
            row = await self._db.read(lambda c: _next(c, undone=undone))
            if row is None:
                raise NotFound(f"there is nothing to {'redo' if undone else 'undo'}")
            id_, command = row
            if only is not None and command != only:
                raise NotFound(f"{only.sentence} was not the last thing that was done")
            fs = await self._filesystems(command.filesystem)
            await _look(fs)
            try:
                turned = await (
                    self._redone(id_, command, fs) if undone else command.undo(fs)
                )
            except Incomplete as partly:
                rest = functools.partial(_set_rest, id_=id_, partly=partly)
                await self._db.write(lambda c: rest(c, undone=undone))
                self._tell(fs, partly.command)
                raise _inapplicable(command, partly, undone=undone) from partly
            except CutShort as cut:
                if (some := cut.command).has_effect:
                    await self._db.write(lambda c: _set(c, id_, some, undone=False))
                raise
            except _LASTING as error:
                # It will not apply later either, and must not hide what was before it.
                await self._db.write(lambda c: _drop(c, id_))
                raise _inapplicable(command, error, undone=undone) from error
            except (Exists, NotEmpty) as error:
                raise _inapplicable(command, error, undone=undone) from error
            await self._db.write(lambda c: _set(c, id_, turned, undone=not undone))
            self._tell(fs, command)
            self._tell(fs, turned)
            return Turned(
                f"{'done again' if undone else 'undone'}: {turned.sentence}",
                command.filesystem,
                came_to(turned, undone=not undone),
            )

    async def _redone(self, id_: int, command: AnyCommand, fs: FileSystem) -> Command:
        """Do again; what has many steps is written down as begun, as when it was new."""
        if not _has_steps(command):
            return await command.do(fs)
        foreseen = await command.foreseen(fs)
        await self._db.write(lambda c: _set(c, id_, foreseen, undone=False))
        try:
            return await command.do(fs)
        except (AcdError, asyncio.CancelledError):
            await self._db.write(lambda c: _set(c, id_, command, undone=True))
            raise

    def _tell(self, fs: FileSystem, command: Command) -> None:
        """Tell which folders changed, where the filesystem does not do so itself."""
        if self._bus is not None and not isinstance(fs, Mirrored):
            self._bus.publish(FoldersChanged(fs.name, command.folders))


def _has_steps(command: Command) -> TypeGuard[MoveAll]:
    return isinstance(command, MoveAll) and command.count > 1


async def _look(fs: FileSystem) -> None:
    """Let a copy of a tree learn what others have changed in the tree.

    By a copy that is behind, what they have renamed, moved or trashed since would be
    taken to be as it was, and be turned over their heads.
    """
    if not isinstance(fs, Mirrored):
        return
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            if (await fs.mirror_status(count=False)).complete:
                await fs.refresh()


def _inapplicable(command: Command, error: AcdError, *, undone: bool) -> AcdError:
    verb = "redo" if undone else "undo"
    message = f"cannot {verb} {command.sentence}: {error.message}"
    hint = error.hint
    first = error.errors[0] if isinstance(error, Incomplete) else error
    if isinstance(first, Exists):
        # To do that is new, and what would be turned next; nor can be redone after it.
        again = "do it again" if undone else "put this back"
        hint = f"rename or trash what is there, then {again} by hand"
    elif isinstance(first, NotEmpty):
        hint = hint or first.advice
    return AcdError(message, hint=hint)


def _note(connection: sqlite3.Connection, command: Command) -> int:
    text = json.dumps(to_json(command))
    noted = connection.execute("INSERT INTO journal (command) VALUES (?)", (text,))
    assert noted.lastrowid is not None
    return noted.lastrowid


def _end(
    connection: sqlite3.Connection, begun: int | None, command: Command | None
) -> None:
    """Keep what was done, in place of what was begun; nothing if nothing was."""
    if begun is not None:
        _drop(connection, begun)
    if command is None:
        return
    connection.execute("DELETE FROM journal WHERE undone")
    _note(connection, command)
    connection.execute(
        "DELETE FROM journal WHERE id <= (SELECT max(id) FROM journal) - ?", (_KEPT,)
    )


def _next(
    connection: sqlite3.Connection, *, undone: bool
) -> tuple[int, AnyCommand] | None:
    order = "ASC" if undone else "DESC"
    row = connection.execute(
        f"SELECT id, command FROM journal WHERE undone = ? ORDER BY id {order} LIMIT 1",  # noqa: S608 - our own words
        (undone,),
    ).fetchone()
    return None if row is None else (row[0], from_json(json.loads(row[1])))


def _set(
    connection: sqlite3.Connection, id_: int, command: Command, *, undone: bool
) -> None:
    connection.execute(
        "UPDATE journal SET command = ?, undone = ? WHERE id = ?",
        (json.dumps(to_json(command)), undone, id_),
    )


def _set_rest(
    connection: sqlite3.Connection, id_: int, partly: Incomplete, *, undone: bool
) -> None:
    """Keep what is left to be turned, or what was if the rest never will be."""
    command = partly.command
    if isinstance(command, MoveAll):
        undone = False  # what is left of it is done
    if not all(isinstance(error, _LASTING) for error in partly.errors):
        _set(connection, id_, command, undone=undone)
        return
    if isinstance(command, MoveAll):
        _drop(connection, id_)
        return
    # Doing puts into the trash, undoing takes out.
    turned = tuple(item for item in command.items if item.in_trash is undone)
    if turned:
        command = msgspec.structs.replace(command, items=turned)
        _set(connection, id_, command, undone=not undone)
    else:
        _drop(connection, id_)


def _drop(connection: sqlite3.Connection, id_: int) -> None:
    connection.execute("DELETE FROM journal WHERE id = ?", (id_,))
