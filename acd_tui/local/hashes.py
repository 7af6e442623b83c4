"""MD5s of local files, remembered for as long as the files have not changed."""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from importlib import resources
from pathlib import Path

from acd_tui.db import Database, DatabaseError, must_be_readable, remove_database
from acd_tui.db_rows import add_rows
from acd_tui.errors import AcdError
from acd_tui.local.small_files import FACTS_SIZE, Known, facts, known, signed

_log = logging.getLogger(__name__)

_REMEMBERED = 8192  # files, and as many of before
_WRITTEN_AT_ONCE = 4096
_DENSE = 3  # numbers for each inode that is looked for

SCHEMA = resources.files("acd_tui.local") / "schema"


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
        self._recent: dict[tuple[int, int], bytes] = {}
        self._before: dict[tuple[int, int], bytes] = {}
        self._unwritten: list[Known] = []
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
        return self.get_many([(status, name)]).get(status.st_ino)

    def get_many(
        self, files: Sequence[tuple[os.stat_result, str]]
    ) -> Mapping[int, str]:
        """Return by inode the MD5s that are known of files of one folder and device."""
        found: dict[int, str] = {}
        unknown = []
        with self._lock:
            for status, name in files:
                key, its = _key(status), _facts(status, name)
                told = self._recent.get(key) or self._before.get(key)
                if not told or not its or not told.startswith(its):
                    unknown.append((status.st_ino, key, its))
                elif md5 := told[FACTS_SIZE:]:
                    found[status.st_ino] = md5.hex()
        return found | self._read(unknown) if unknown else found

    def _read(
        self, files: Sequence[tuple[int, tuple[int, int], bytes]]
    ) -> dict[int, str]:
        """`get_many` from the disk; what is not written yet is known without it."""
        told = self._among(files[0][1][0], [key[1] for _, key, _ in files])
        found: dict[int, str] = {}
        asked: dict[tuple[int, int], bytes] = {}
        for inode, key, its in files:
            what = told.get(key[1], b"")
            if its and what.startswith(its):
                found[inode] = what[FACTS_SIZE:].hex()
                asked[key] = what
            else:
                asked[key] = its
        with self._lock:
            self._remember(asked)
        return found

    def known(self, device: int, inodes: Sequence[int]) -> Mapping[int, bytes]:
        """Return what is known of files of one device, whatever has become of them.

        By inode; what is known begins with the `facts` that the file had, which must be
        those it has now, and ends with the MD5.
        """
        self._write(wait=True)
        return self._among(signed(device), [signed(inode) for inode in inodes])

    def _among(self, device: int, inodes: Sequence[int]) -> dict[int, bytes]:
        first, last = min(inodes, default=0), max(inodes, default=-1)
        # What was made together lies together: then all between is read in one go.
        dense = last - first < _DENSE * len(inodes)
        among = "BETWEEN ? AND ?" if dense else "IN (SELECT value FROM json_each(?))"
        values = (first, last) if dense else (json.dumps(inodes),)

        def work(connection: sqlite3.Connection) -> dict[int, bytes]:
            return dict(
                connection.execute(
                    "SELECT inode, known FROM hash"  # noqa: S608 - our own words
                    f" WHERE device = ? AND inode {among}",
                    (device, *values),
                ).fetchall()
            )

        try:
            return self._db.read_here(work)
        except AcdError as error:
            _log.warning("cannot read the hash cache: %s", error)
            return {}

    def put(self, status: os.stat_result, name: str, md5: str) -> None:
        """Remember the MD5 of the file with that status, if it will show a change."""
        if what := known(status, name, bytes.fromhex(md5)):
            self.put_many([what])

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

    def put_many(self, found: Sequence[Known]) -> None:
        """`put` for many files: most of its price is for each time."""
        with self._lock:
            self._remember({(device, inode): what for device, inode, what in found})
            self._unwritten += found
            enough = len(self._unwritten) >= _WRITTEN_AT_ONCE
        if enough:
            self._write(wait=False)

    def forget(self, status: os.stat_result, name: str) -> None:
        """Forget the MD5 of the file with that status: it turned out to be wrong."""
        key = _key(status)
        with self._lock:
            self._remember({key: _facts(status, name)})
        self._write(wait=True)
        try:
            self._db.write_soon(
                lambda db: (
                    db.execute(
                        "DELETE FROM hash WHERE device = ? AND inode = ?", key
                    ).rowcount
                )
            ).result()
        except AcdError as error:
            _log.warning("cannot write the hash cache: %s", error)

    def _remember(self, known: Mapping[tuple[int, int], bytes]) -> None:
        """Keep it in memory, facts alone of what has no MD5; the lock is held."""
        self._recent.update(known)
        if len(self._recent) > _REMEMBERED:
            self._before, self._recent = self._recent, {}

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
                        db, "REPLACE INTO hash", "(?, ?, ?)", sorted(rows)
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


def _key(status: os.stat_result) -> tuple[int, int]:
    return signed(status.st_dev), signed(status.st_ino)


def _facts(status: os.stat_result, name: str) -> bytes:
    return facts(
        name,
        status.st_nlink,
        size=status.st_size,
        mtime=status.st_mtime_ns,
        ctime=status.st_ctime_ns,
    )


def same_content(one: os.stat_result, other: os.stat_result) -> bool:
    """Whether these are of one file with one content, perhaps renamed in between."""
    return _of_content(one) == _of_content(other)


def _of_content(status: os.stat_result) -> tuple[int, ...]:
    return (*_key(status), status.st_size, status.st_mtime_ns)
