"""A mirror's file: opened, and begun anew when it is damaged or was replaced."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from acd_tui.db import Database, DatabaseError, must_be_readable, remove_database
from acd_tui.drive import statements
from acd_tui.vfs.entry import MADE_ANEW

_log = logging.getLogger(__name__)
T = TypeVar("T")


class Mended:
    """The database of a mirror. All use of it goes through here.

    Args:
        db: opened by the caller, who closes it.

    Attributes:
        db: the one in use.
        changed: told of each database that takes its place; those are ours.
        problem: why it was begun anew, until somebody says that it is whole again.
        times: how often it was begun anew.
        on_anew: called when that has just happened.
    """

    def __init__(self, db: Database) -> None:
        self.db = db
        self.changed: Callable[[Database], object] = lambda _db: None
        self._owned: Database | None = None
        self._renewing = asyncio.Lock()
        self._is_shut = False  # by us, and not to be opened again so far
        self.problem: str | None = None
        self.times = 0
        self.on_anew: Callable[[], object] = lambda: None

    @classmethod
    def open(cls, path: Path) -> Mended:
        """Open the file, begun anew if it is damaged. Blocks for a moment.

        Raises:
            Denied: the file cannot be opened.
            DatabaseError: it was written by a newer version of the program.
        """
        db, problem = _opened(path)
        mended = cls(db)
        mended._owned = db
        mended._note(problem)
        return mended

    def close(self) -> None:
        """Close the file, if it was opened here. Blocks meanwhile."""
        if self._owned is not None:
            self._owned.close()

    async def guarded(self, call: Callable[[], Awaitable[T]]) -> T:
        """Do it, if need be on a new file in place of a damaged one."""
        db = self.db
        try:
            return await call()
        except DatabaseError as error:
            # It was closed, perhaps, for another one has found it to be damaged.
            async with self._renewing:
                if self.db is db and not (error.damaged or self._is_shut):
                    raise
                if self.db is db:
                    await self._replace(error)
        return await call()

    async def known(self, call: Callable[[], Awaitable[T]]) -> T:
        """`guarded` for what only the mirror can answer: a new one knows nothing.

        Raises:
            DatabaseError: it was damaged, and is begun anew.
        """
        db = self.db
        try:
            found = await self.guarded(call)
        except Exception as error:  # of the new one, which has no such folder, say
            if self.db is db:
                raise
            raise _begun_anew() from error
        if self.db is not db:
            raise _begun_anew()
        return found

    async def keep_in_place(self) -> None:
        """Go on with the file that is in its place, if that is another one by now.

        Somebody may have mended it, or copied it from elsewhere. What nobody can find
        any more would be kept up to date for us alone.
        """
        db = self.db
        if db.is_replaced and db.path.exists():
            async with self._renewing:
                if self.db is db:
                    await self._replace(None)

    async def _replace(self, error: DatabaseError | None) -> None:
        """Take the file in its place, or a new one where that is the damaged one."""
        old, path = self.db, self.db.path
        if error is None or (old.is_replaced and path.exists()):
            _log.warning(
                "another file was put in the place of the mirror %s", path.name
            )
            self.db, problem = await asyncio.to_thread(_opened, path)
            await asyncio.to_thread(old.close)
        else:
            if not self._is_shut:
                await asyncio.to_thread(old.close)
            damaged, self._is_shut = not self._is_shut, True
            problem = None
            if damaged:
                problem = await asyncio.to_thread(_renewed, path, error)
            self.db, new_problem = await asyncio.to_thread(_opened, path)
            problem = problem or new_problem
        self._is_shut = False
        self._owned = self.db
        self._note(problem)
        self.changed(self.db)
        self.on_anew()

    def _note(self, problem: str | None) -> None:
        if problem is not None:
            self.problem = problem
            self.times += 1


def _opened(path: Path) -> tuple[Database, str | None]:
    """Open the file, or a new one; return it and why that one was made."""
    problem = None
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size == 0:  # SQLite takes it for a new one
            problem = MADE_ANEW
            _log.error("the mirror %s was empty and is begun anew", path.name)
    db = Database(path, statements.SCHEMA)
    try:
        db.open()
    except DatabaseError as error:
        if not error.damaged:
            raise
        problem = _renewed(path, error)
        db = Database(path, statements.SCHEMA)
        db.open()
    return db, problem


def _renewed(path: Path, error: DatabaseError) -> str:
    """Take a damaged file away, unless it is the disk that fails.

    Raises:
        DatabaseError: it is.
    """
    must_be_readable(path)
    _log.error("the mirror %s is begun anew: %s", path.name, error)
    remove_database(path)
    return MADE_ANEW


def _begun_anew() -> DatabaseError:
    return DatabaseError(
        MADE_ANEW,
        hint="ask again once the drive is read; `acd-tui mirror refresh` reads it",
    )
