"""The jobs of the queue on disk, and what of them is yet to be planned."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from acd_tui.db_rows import add_rows
from acd_tui.errors import NotFound
from acd_tui.transfers.model import SAME_CONTENT, CopyRequest, Job, State
from acd_tui.transfers.named import Named
from acd_tui.transfers.pages import Failed, failed
from acd_tui.transfers.planner import Found, FoundFile, FoundFolder
from acd_tui.transfers.promised import promise
from acd_tui.transfers.rows import (
    ROOM,
    conflict_text,
    entry_text,
    path_text,
    read_path,
    read_request,
    request_columns,
    safe,
    strings_text,
)
from acd_tui.transfers.skimming import Skimmed
from acd_tui.transfers.steps import ARRIVED, job_over
from acd_tui.transfers.store import Store
from acd_tui.transfers.tally import add_alike, read_tally
from acd_tui.transfers.unfound import unfound
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

# What stays as it is until the user says something.
_RESTING = tuple(
    state.value
    for state in State
    if state.is_final or state in {State.CONFLICT, State.PAUSED}
)
_REQUEST = "source_fs, target_fs, folder, policy, rename, contents, options"
_LAST_ID = 2**63 - 1  # that SQLite can hold
_GIVEN_UP = "it was cancelled before all that it is about was found"


class Folder(msgspec.Struct, frozen=True):
    """A folder that is yet to be walked; what the job itself names if without a path."""

    row: int
    source: VPath | None
    target: VPath | None


class Jobs:
    """What users asked for, next to the transfers that come of it."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._named = Named()

    async def add(
        self,
        request: CopyRequest,
        now: float,
        *,
        plan: Mapping[VPath, Entry | None] | None = None,
        omit: Collection[VPath] = (),
        skimmed: Skimmed | None = None,
    ) -> tuple[int, bool]:
        """Queue a job to be planned; see `TransferManager.enqueue`.

        Its transfers come after those of earlier jobs, whichever is planned first.

        Args:
            request: what it asks for.
            now: the time.
            plan: see there.
            omit: likewise.
            skimmed: what was passed over of it already.

        Returns:
            Its number, and whether it is over: there was nothing to do.
        """

        def add(connection: sqlite3.Connection) -> tuple[int, bool]:
            job = connection.execute(
                f"INSERT INTO jobs ({_REQUEST}, created)"  # noqa: S608 - our own words
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (*request_columns(request), now),
            ).lastrowid
            assert job is not None
            self._named.add(connection, job, request.paths)
            connection.execute(
                "UPDATE jobs SET shift = ? WHERE id = ?", (job * ROOM, job)
            )
            if skimmed is None:
                connection.execute("INSERT INTO folders (job) VALUES (?)", (job,))
            else:
                _add_skimmed(connection, job, skimmed)
            connection.executemany(
                "INSERT INTO plans VALUES (?, ?, ?)",
                [
                    (job, path_text(path), entry_text(there))
                    for path, there in (plan or {}).items()
                ],
            )
            connection.executemany(
                "INSERT INTO omitted VALUES (?, ?)",
                [(job, path_text(path)) for path in omit],
            )
            if skimmed is None or skimmed.left:
                return job, False
            connection.execute("UPDATE jobs SET planning = 0 WHERE id = ?", (job,))
            return job, job_over(connection, job, now)

        return await self._store.write(add, command=True)

    async def omitted(self, id_: int) -> frozenset[VPath]:
        """Return what a job is not to make at the target; see `enqueue`."""
        return await self._store.read(
            lambda c: frozenset(
                read_path(text)
                for (text,) in c.execute(
                    "SELECT target FROM omitted WHERE job = ?", (id_,)
                )
            )
        )

    async def newest(self, limit: int, offset: int = 0) -> list[Job]:
        return await self._store.read(
            lambda c: self._read(
                c, "ORDER BY id DESC LIMIT ? OFFSET ?", (limit, offset)
            )
        )

    async def count(self) -> int:
        """Return how many there are."""
        (number,) = await self._store.read(
            lambda c: c.execute("SELECT count(*) FROM jobs").fetchone()
        )
        return int(number)

    async def get(self, id_: int) -> Job:
        """Return one job.

        Raises:
            NotFound: there is none.
        """
        found: list[Job] = []
        if id_ <= _LAST_ID:
            found = await self._store.read(
                lambda c: self._read(c, "WHERE id = ?", (id_,))
            )
        if not found:
            raise NotFound(
                f"there is no job {id_} in the queue",
                hint="`acd-tui queue list` shows the jobs, in its second column",
            )
        return found[0]

    async def rests(self, id_: int) -> bool:
        """Whether nothing of a job will change without the user."""

        def rests(connection: sqlite3.Connection) -> bool:
            # Where one waits for a sign-in, so will all the others, sooner or later.
            (rests,) = connection.execute(
                "SELECT EXISTS (SELECT 1 FROM jobs WHERE id = :id AND needs_user)"
                " OR EXISTS (SELECT 1 FROM transfers WHERE job = :id"
                "   AND state = 'waiting' AND needs_user)"
                " OR NOT EXISTS (SELECT 1 FROM jobs WHERE id = :id AND planning)"
                "   AND NOT EXISTS (SELECT 1 FROM tally WHERE job = :id AND n > 0"
                "     AND state NOT IN (SELECT value FROM json_each(:resting)))",
                {"id": id_, "resting": strings_text(_RESTING)},
            ).fetchone()
            return bool(rests)

        return await self._store.read(rests)

    def _read(
        self, connection: sqlite3.Connection, rest: str, parameters: Sequence[Any]
    ) -> list[Job]:
        rows = connection.execute(
            f"SELECT id, {_REQUEST}, created, planning, rank, started, finished"  # noqa: S608 - our own words
            f" FROM jobs {rest}",
            parameters,
        ).fetchall()
        return [
            _read_job(connection, row, self._named.of(connection, row[0]))
            for row in rows
        ]

    # Planning

    async def planning(self) -> list[tuple[int, CopyRequest]]:
        """Return the jobs that are not planned to their end, in the order they run."""
        return await self._store.read(
            lambda c: [
                (id_, read_request(request, self._named.of(c, id_)))
                for id_, *request in c.execute(
                    f"SELECT id, {_REQUEST} FROM jobs WHERE planning"  # noqa: S608 - our own words
                    " ORDER BY rank, shift, id"
                )
            ]
        )

    async def any_found(self, job: int) -> bool:
        """Whether a file of a job has been found yet."""
        found = await self._store.read(
            lambda c: c.execute(
                "SELECT 1 FROM tally WHERE job = ? LIMIT 1", (job,)
            ).fetchone()
        )
        return found is not None

    async def next_folder(self, job: int) -> Folder | None:
        """Return what is to be walked next: the last one found, so that few pile up."""

        def find(connection: sqlite3.Connection) -> Folder | None:
            row = connection.execute(
                "SELECT id, source, target FROM folders WHERE job = ?"
                " ORDER BY id DESC LIMIT 1",
                (job,),
            ).fetchone()
            if row is None:
                return None
            id_, source, target = row
            return Folder(
                id_, source and read_path(source), target and read_path(target)
            )

        return await self._store.read(find)

    async def add_found(
        self,
        job: int,
        request: CopyRequest,
        found: Found,
        now: float,
        *,
        walked: Folder | None,
    ) -> None:
        """Record what was found in a folder, and the folder as walked if it is.

        What is recorded already is left as it is, so a folder that was being walked
        when the process died can be walked again.
        """
        rows = [
            (*_columns(job, request, file), *_state_of(file), 0, None)
            for file in found.files
        ]
        rows += [
            (
                *_columns(job, request, file),
                *("skipped", SAME_CONTENT, None, file.size, now),
            )
            for file in found.same
        ]

        def record(connection: sqlite3.Connection) -> None:
            order = connection.execute(
                "SELECT rank, shift FROM jobs WHERE id = ? AND planning", (job,)
            ).fetchone()
            if order is None:
                return  # cancelled meanwhile
            add_rows(
                connection,
                "INSERT INTO transfers (job, source_fs, source, target_fs, target,"
                " policy, size, state, reason, conflict, done, finished, changed,"
                " rank, shift)",
                f"({', '.join('?' * 15)})",
                [(*row, now, *order) for row in rows],
                after="ON CONFLICT (job, source) DO NOTHING",
            )
            # The last one in is walked first; so the first one is put in last.
            _add_folders(connection, job, reversed(found.folders))
            promise(connection, job, found)
            _add_problems(connection, job, found.problems, failures=found.failures)
            _add_problems(connection, job, found.left_out, left_out=True)
            if walked is not None:
                connection.execute("DELETE FROM folders WHERE id = ?", (walked.row,))

        await self._store.write(record)

    async def pass_over(self, job: int, walked: Folder, skimmed: Skimmed) -> None:
        """Record that files are at the target already, without naming them.

        Args:
            job: its id.
            walked: a folder that does not have to be walked any more.
            skimmed: what was found of it.
        """

        def record(connection: sqlite3.Connection) -> None:
            planning = connection.execute(
                "SELECT 1 FROM jobs WHERE id = ? AND planning", (job,)
            ).fetchone()
            if planning is None:
                return  # cancelled meanwhile
            connection.execute("DELETE FROM folders WHERE id = ?", (walked.row,))
            _add_skimmed(connection, job, skimmed)

        await self._store.write(record)

    async def end_planning(
        self, now: float, *, job: int | None = None, command: bool = False
    ) -> list[int]:
        """Note that a job is planned to its end, or that all of them are to stop there.

        Args:
            now: the time.
            job: its id; None for all.
            command: whether a user wants it to stop there: not all was found then, so
                that nobody may take what was for everything.

        Returns:
            The jobs that are over by it.
        """

        def end(connection: sqlite3.Connection) -> list[int]:
            ended = connection.execute(
                "UPDATE jobs SET planning = 0, needs_user = 0"
                " WHERE planning AND :job IN (id, -1) RETURNING id",
                {"job": -1 if job is None else job},
            ).fetchall()
            connection.executemany("DELETE FROM folders WHERE job = ?", ended)
            for (id_,) in ended:
                problems = [_GIVEN_UP] if command else unfound(connection, id_)
                _add_problems(connection, id_, problems)
            return [id_ for (id_,) in ended if job_over(connection, id_, now)]

        return await self._store.write(end, command=command)

    async def set_needs_user(self, job: int, needs_user: bool) -> None:
        """Note whether planning waits for a sign-in; costs little where it does as it did."""
        other = await self._store.read(
            lambda c: c.execute(
                "SELECT 1 FROM jobs WHERE id = ? AND planning AND needs_user != ?",
                (job, needs_user),
            ).fetchone()
        )
        if other:
            await self._store.write(
                lambda c: c.execute(
                    "UPDATE jobs SET needs_user = ? WHERE id = ? AND planning",
                    (needs_user, job),
                )
            )


def _columns(job: int, request: CopyRequest, file: FoundFile) -> tuple[Any, ...]:
    """Return what is known of a file as soon as it is found."""
    return (
        job,
        request.source,
        path_text(file.source),
        request.target,
        path_text(file.target),
        request.policy.value,
        file.size,
    )


def _state_of(file: FoundFile) -> tuple[str, str | None, str | None]:
    """Return its state, the reason, and the conflict."""
    if file.conflict is None:
        return ("queued", None, None)
    return ("conflict", safe(file.reason), conflict_text(file.conflict))


def _add_skimmed(connection: sqlite3.Connection, job: int, skimmed: Skimmed) -> None:
    """Record folders that have to be walked yet, and what need not be."""
    _add_folders(connection, job, skimmed.left)
    add_alike(connection, job, skimmed.files, skimmed.size)


def _add_folders(
    connection: sqlite3.Connection, job: int, folders: Iterable[FoundFolder]
) -> None:
    connection.executemany(
        "INSERT INTO folders (job, source, target) VALUES (?, ?, ?)"
        " ON CONFLICT (job, source) DO NOTHING",
        [
            (job, path_text(folder.source), path_text(folder.target))
            for folder in folders
        ],
    )


def _add_problems(
    connection: sqlite3.Connection,
    job: int,
    problems: Iterable[str],
    *,
    left_out: bool = False,
    failures: int = 0,
) -> None:
    connection.executemany(
        "INSERT INTO problems (job, message, left_out, failures) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (job, message) DO NOTHING",
        [(job, safe(problem), left_out, failures) for problem in problems],
    )


def _read_job(
    connection: sqlite3.Connection, row: tuple[Any, ...], paths: Sequence[VPath]
) -> Job:
    id_, *request, created, planning, rank, started, ended = row
    tally = read_tally(connection, id_)
    problems = connection.execute(
        "SELECT left_out, message FROM problems WHERE job = ? ORDER BY id", (id_,)
    ).fetchall()
    arrived = sum(size for state, size in tally.sizes.items() if state in ARRIVED)
    any_bad = problems or State.FAILED in tally.counts
    bad = failed(connection, id_) if any_bad else Failed()
    return Job(
        id=id_,
        request=read_request(request, paths),
        created=created,
        planning=bool(planning),
        problems=tuple(message for left_out, message in problems if not left_out),
        left_out=tuple(message for left_out, message in problems if left_out),
        counts=tally.counts,
        unlisted=tally.unlisted,
        size=sum(tally.sizes.values()),
        done=arrived + tally.kept,
        exhausted=bad.exhausted,
        full=bad.full,
        priority=-rank,
        started=started,
        ended=ended,
    )
