"""MD5s of local files, remembered for as long as the files have not changed."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from importlib import resources
from pathlib import Path
from typing import Any

from acd_tui.db import Database, DatabaseError, must_be_readable, remove_database
from acd_tui.db_rows import add_rows
from acd_tui.errors import AcdError
from acd_tui.local.small_files import Hashed, mark

_log = logging.getLogger(__name__)

_REMEMBERED = 16_384  # files
_WRITTEN_AT_ONCE = 1024
_DENSE = 3  # numbers for each inode that is looked for

SCHEMA = resources.files("acd_tui.local") / "schema"


_Facts = tuple[int, int, int, int]
_Known = tuple[_Facts, str | None]
_LARGEST = 2**63 - 1
_SECOND_NS = 10**9
_COARSEST = 2  # seconds


class HashCache:
    """What is known of files by device, inode, name, size and both times.

    The time of the last change of the inode (ctime) is part of it: nobody can set it,
    so a file that was changed and given its old modification time is told apart. The
    name is, because FAT and most FUSE disks number their files anew each time they are
    mounted.
    Losing the cache, or failing to write it, costs nothing but reading files again;
    its troubles are logged and never raised. All methods block.

    What was asked or told of late is known without the disk, and what is new is written
    many at a time: a copy of small files asks and tells for each of them.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._lock = threading.Lock()
        self._recent: OrderedDict[tuple[int, int], _Known] = OrderedDict()
        self._unwritten: list[tuple[Any, ...]] = []
        self._one_writes = threading.Lock()
        self._writing: Future[None] | None = None

    @classmethod
    def open(cls, path: Path) -> HashCache:
        """Open the cache in `path`, made anew if it is damaged.

        Raises:
            Denied: the file cannot be opened.
            DatabaseError: it was written by a newer version of the program.
        """
        db = Database(path, SCHEMA)
        try:
            db.open()
        except DatabaseError as error:
            if not error.damaged:
                raise
            must_be_readable(path)
            _log.warning("%s is made anew: %s", path.name, error)
            remove_database(path)
            db = Database(path, SCHEMA)
            db.open()
        return cls(db)

    def close(self) -> None:
        """Write what is not written yet, and close."""
        self._write(wait=True)
        self._db.close()

    def get(self, status: os.stat_result, name: str) -> str | None:
        """Return the MD5 of the file with that status and name, if it is known."""
        with self._lock:
            facts, md5 = self._recent.get(_key(status), (None, None))
        if facts == _facts(status, name):
            return md5
        return self.get_many([(status, name)]).get(status.st_ino)

    def get_many(
        self, files: Sequence[tuple[os.stat_result, str]]
    ) -> Mapping[int, str]:
        """Return by inode the MD5s that are known of files of one folder and device."""
        found: dict[int, str] = {}
        unknown = []
        with self._lock:
            for status, name in files:
                known = self._recent.get(_key(status))
                facts = _facts(status, name)
                if known is None or known[0] != facts:
                    unknown.append((status, facts))
                elif known[1] is not None:
                    found[status.st_ino] = known[1]
        return found | self._read(unknown) if unknown else found

    def _read(self, files: Sequence[tuple[os.stat_result, _Facts]]) -> dict[int, str]:
        """`get_many` from the disk; what is not written yet is known without it."""
        device = _signed(files[0][0].st_dev)
        inodes = json.dumps([_signed(status.st_ino) for status, _ in files])

        def work(connection: sqlite3.Connection) -> dict[tuple[int, ...], bytes]:
            rows = connection.execute(
                "SELECT inode, name, size, mtime_ns, ctime_ns, md5 FROM hash"
                " WHERE device = ? AND inode IN (SELECT value FROM json_each(?))",
                (device, inodes),
            )
            return {row[:5]: row[5] for row in rows}

        try:
            known = self._db.read_here(work)
        except AcdError as error:
            _log.warning("cannot read the hash cache: %s", error)
            return {}
        found: dict[int, str] = {}
        for status, facts in files:
            md5 = known.get((_signed(status.st_ino), *facts))
            if md5 is not None:
                found[status.st_ino] = md5.hex()
        with self._lock:
            for status, facts in files[-_REMEMBERED:]:
                self._remember(_key(status), facts, found.get(status.st_ino))
        return found

    def known(self, device: int, inodes: Sequence[int]) -> dict[tuple[int, ...], bytes]:
        """Return what is known of files of one device, whatever has become of them.

        An MD5 is found by inode, `mark` of the name, size, mtime and ctime, all of
        which must be those that the file has now.
        """
        self._write(wait=True)
        wanted = [_signed(inode) for inode in inodes]
        first, last = min(wanted, default=0), max(wanted, default=-1)
        # What was made together lies together: then all between is read in one go.
        dense = last - first < _DENSE * len(wanted)
        among = "BETWEEN ? AND ?" if dense else "IN (SELECT value FROM json_each(?))"
        values = (first, last) if dense else (json.dumps(wanted),)

        def work(connection: sqlite3.Connection) -> dict[tuple[int, ...], bytes]:
            rows = connection.execute(
                "SELECT inode, name, size, mtime_ns, ctime_ns, md5 FROM hash"  # noqa: S608 - our own words
                f" WHERE device = ? AND inode {among}",
                (_signed(device), *values),
            )
            return {row[:5]: row[5] for row in rows}

        try:
            return self._db.read_here(work)
        except AcdError as error:
            _log.warning("cannot read the hash cache: %s", error)
            return {}

    def put(self, status: os.stat_result, name: str, md5: str) -> None:
        """Remember the MD5 of the file with that status, if it will show a change."""
        self.put_many([(*_key(status), *_facts(status, name), md5)])

    def put_renamed(
        self, before: os.stat_result, after: os.stat_result, name: str, md5: str
    ) -> bool:
        """Remember the MD5 of a file under the status it has since it was renamed.

        Returns:
            Whether it is still its MD5. Renaming sets ctime; if more is different,
            another program has written to the file.
        """
        if not same_content(before, after):
            return False
        self.put(after, name, md5)
        return True

    def put_many(self, known: Sequence[Hashed]) -> None:
        """`put` for many files: most of its price is for each time."""
        now = time.time_ns()
        with self._lock:
            for device, inode, name, size, mtime, ctime, md5 in known:
                if not _would_show_a_change(size, mtime, ctime, now):
                    continue
                self._remember((device, inode), (name, size, mtime, ctime), md5)
                numbers = _signed(device), _signed(inode), name, size, mtime, ctime
                self._unwritten.append((*numbers, bytes.fromhex(md5)))
            enough = len(self._unwritten) >= _WRITTEN_AT_ONCE
        if enough:
            self._write(wait=False)

    def forget(self, status: os.stat_result, name: str) -> None:
        """Forget the MD5 of the file with that status: it turned out to be wrong."""
        device, inode = _key(status)
        with self._lock:
            self._remember((device, inode), _facts(status, name), None)
        self._write(wait=True)
        try:
            self._db.write_soon(
                lambda db: (
                    db.execute(
                        "DELETE FROM hash WHERE device = ? AND inode = ?",
                        (_signed(device), _signed(inode)),
                    ).rowcount
                )
            ).result()
        except AcdError as error:
            _log.warning("cannot write the hash cache: %s", error)

    def _remember(self, key: tuple[int, int], facts: _Facts, md5: str | None) -> None:
        """Keep it in memory; the lock is held."""
        self._recent[key] = facts, md5
        self._recent.move_to_end(key)
        if len(self._recent) > _REMEMBERED:
            self._recent.popitem(last=False)

    def _write(self, *, wait: bool) -> None:
        """Write what is not written; who does not wait waits the next time."""
        with self._one_writes:
            self._settle()
            with self._lock:
                rows, self._unwritten = self._unwritten, []
            if not rows:
                return
            try:
                self._writing = self._db.write_soon(
                    lambda db: add_rows(
                        db, "REPLACE INTO hash", "(?, ?, ?, ?, ?, ?, ?)", rows
                    )
                )
            except AcdError as error:
                _log.warning("cannot write the hash cache: %s", error)
            if wait:
                self._settle()

    def _settle(self) -> None:
        """Wait for what is being written; the lock of who writes is held."""
        writing, self._writing = self._writing, None
        try:
            if writing is not None:
                writing.result()
        except AcdError as error:
            _log.warning("cannot write the hash cache: %s", error)


def _would_show_a_change(size: int, mtime: int, ctime: int, now: int) -> bool:
    """Whether the file would have another status if it was written again now.

    Not on a disk whose times are whole seconds (FAT even counts in twos), if it was
    written in this one. What lies beyond the year 2262 does not fit the table.
    """
    if max(size, mtime, ctime) > _LARGEST:
        return False
    if mtime % _SECOND_NS or ctime % _SECOND_NS:
        return True
    return not 0 <= now - max(mtime, ctime) < _COARSEST * _SECOND_NS


def _key(status: os.stat_result) -> tuple[int, int]:
    return status.st_dev, status.st_ino


def _facts(status: os.stat_result, name: str) -> _Facts:
    number = mark(name, status.st_nlink)
    return number, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def same_content(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether these are of one file with one content, perhaps renamed in between."""
    return _of_content(one) == _of_content(other)


def _of_content(status: os.stat_result) -> tuple[int, ...]:
    return (*_key(status), status.st_size, status.st_mtime_ns)


def _signed(number: int) -> int:
    """Fit an unsigned number of 64 bits into SQLite's signed ones."""
    return number - (1 << 64) if number >= 1 << 63 else number
