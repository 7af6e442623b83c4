"""The queue on disk: what is in it, and every change of it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import msgspec

from acd_tui.db import Database
from acd_tui.errors import NotFound
from acd_tui.mailbox import Gathering
from acd_tui.transfers.listing import Part, read_part
from acd_tui.transfers.model import ConflictPolicy, State, Transfer
from acd_tui.transfers.rows import (
    Applied,
    Change,
    Row,
    ids_text,
    select_rows,
    strings_text,
)
from acd_tui.transfers.states import Event, states_for, step
from acd_tui.transfers.steps import ARRIVED, Moved, Steps, apply, apply_all
from acd_tui.transfers.story import note_all
from acd_tui.transfers.tally import EVERYTHING, clear_alike, read_tally

T = TypeVar("T")

# What is cleared away when asked to. Failures stay until they are retried or cancelled.
_CLEARED = (State.DONE, State.SKIPPED, State.CANCELLED)

_NUMBERS = (
    "held, draining, slots, bandwidth, revision, commands, past, past_size,"
    " (SELECT count(*) FROM jobs WHERE planning) AS planning"
)
_REVISE = (
    "UPDATE queue SET revision = revision + 1, commands = commands + ?"  # noqa: S608 - our own words
    f" RETURNING {_NUMBERS}"
)


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The whole queue in a few numbers, as of one revision.

    Attributes:
        past: how much had arrived when nothing was left to do last.
        past_size: its bytes.
    """

    counts: Mapping[State, int] = msgspec.field(default_factory=dict)
    sizes: Mapping[State, int] = msgspec.field(default_factory=dict)
    unlisted: int = 0
    kept: int = 0
    past: int = 0
    past_size: int = 0
    planning: int = 0
    held: bool = False
    draining: bool = False
    slots: int | None = None
    bandwidth: int | None = None
    revision: int = -1
    commands: int = 0

    @property
    def starts_nothing(self) -> bool:
        """Whether nothing new is to be begun."""
        return self.held or self.draining


class _Asked(NamedTuple):
    """Steps of one transfer that are to be written, and who waits for that."""

    steps: Steps
    written: asyncio.Future[Applied | None]


class Store:
    """Every write is one transaction, on disk when it returns.

    Attributes:
        totals: as of the last own write or `look`.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self.totals = Totals()
        self._asked: list[_Asked] = []
        self._gathering = Gathering()
        self._writing_steps: asyncio.Task[None] | None = None

    async def write(
        self, work: Callable[[sqlite3.Connection], T], *, command: bool = False
    ) -> T:
        """Run `work` in a transaction and bring `totals` up to date.

        Args:
            work: what to do.
            command: whether a user asked for it, so that the process that runs the
                transfers looks at them again.
        """

        def whole(connection: sqlite3.Connection) -> tuple[T, Totals]:
            result = work(connection)
            (numbers,) = connection.execute(
                _REVISE,
                (command,),
            ).fetchall()
            return result, _with_past(connection, _totals(connection, numbers))

        result, totals = await self._db.write(whole)
        self._take(totals)
        return result

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        return await self._db.read(work)

    async def look(self) -> Totals:
        """Read `totals` anew, with what other processes wrote."""
        self._take(await self._db.read(_read_totals))
        return self.totals

    def _take(self, totals: Totals) -> None:
        if totals.revision > self.totals.revision:
            self.totals = totals

    # Transfers

    async def apply(
        self, transfer: Transfer, changes: Sequence[Change], now: float
    ) -> Applied | None:
        """Take a transfer some steps on, of which only the last will ever be seen.

        Args:
            transfer: as the caller last knew it.
            changes: the steps.
            now: the time.

        Returns:
            What became of the last step; None if it is no longer in the queue.
        """
        loop = asyncio.get_running_loop()
        written: asyncio.Future[Applied | None] = loop.create_future()
        self._asked.append(_Asked(Steps(transfer, changes, now), written))
        if self._writing_steps is None:
            self._writing_steps = asyncio.create_task(self._write_steps())
        return await written

    async def _write_steps(self) -> None:
        """Write what many transfers want written, as much as there is at a time."""
        try:
            while self._asked:
                await self._gathering.wait(self._asked)
                many, self._asked = self._asked, []
                await self._write_many(many)
        finally:
            self._writing_steps = None

    async def _write_many(self, many: Sequence[_Asked]) -> None:
        def work(
            connection: sqlite3.Connection,
        ) -> list[tuple[_Asked, Applied | None]]:
            wanted = [one for one in many if not one.written.cancelled()]
            applied = apply(connection, [one.steps for one in wanted])
            return list(zip(wanted, applied, strict=True))

        try:
            results = await self.write(work)
        except Exception as error:  # noqa: BLE001 - theirs who wait
            for one in many:
                if not one.written.done():
                    one.written.set_exception(error)
            return
        for one, result in results:
            if not one.written.done():
                one.written.set_result(result)

    async def apply_all(
        self,
        event: Event,
        now: float,
        *,
        ids: Collection[int] | None = None,
        job: int | None = None,
        states: Collection[State] | None = None,
        policy: ConflictPolicy | None = None,
    ) -> Moved:
        """Take every transfer one step on that the event means something to.

        Args:
            event: what the user says.
            now: the time.
            ids: only these.
            job: only those of this job.
            states: only those in one of these states.
            policy: what to do about their conflicts from now on.
        """
        where, parameters = "", {"now": now}
        values: dict[str, Any] = parameters
        if ids is not None:
            where += " AND id IN (SELECT value FROM json_each(:ids))"
            values["ids"] = ids_text(ids)
        if job is not None:
            where += " AND job = :job"
            values["job"] = job
        if policy is not None:
            values["policy"] = policy.value
        chosen = [s for s in states_for(event) if states is None or s in states]
        return await self.write(
            lambda c: apply_all(
                c, event, states=chosen, where=where, parameters=values
            ),
            command=True,
        )

    async def waiting(
        self, limit: int, besides: Collection[str], job: int | None
    ) -> list[Row]:
        """Return what is to be started next, in order, but nothing of some filesystems."""
        where = "WHERE state = 'queued'"
        if job is not None:
            where += " AND job = :job"
        if besides:
            where += (
                " AND source_fs NOT IN (SELECT value FROM json_each(:besides))"
                " AND target_fs NOT IN (SELECT value FROM json_each(:besides))"
            )
        parameters = {"job": job, "besides": strings_text(besides), "limit": limit}
        return await self._db.read(
            lambda c: select_rows(
                c, f"{where} ORDER BY rank, turn LIMIT :limit", parameters
            )
        )

    async def wake(
        self,
        now: float,
        *,
        filesystem: str | None = None,
        everything_blocked: bool = False,
    ) -> float | None:
        """Queue what has waited long enough; return when the next is to be woken.

        Time that went back by more than a minute counts as long enough.

        Args:
            now: the time.
            filesystem: also what waits for this one, however long it has.
            everything_blocked: also what waits for any filesystem.
        """
        named = everything_blocked or filesystem is not None

        def due(connection: sqlite3.Connection) -> tuple[bool, float | None]:
            (waiting, any_due, following) = connection.execute(
                "SELECT count(*) OR EXISTS (SELECT 1 FROM jobs"
                "   WHERE planning AND needs_user),"
                " max(wake <= :now OR changed > :now + 60), min(wake)"
                " FROM transfers WHERE state = 'waiting'",
                {"now": now},
            ).fetchone()
            return bool(any_due or (waiting and named)), following

        any_due, following = await self._db.read(due)
        if any_due:
            waited_for = "%" if everything_blocked else filesystem
            await self.write(lambda c: _wake(c, now, waited_for))
            _, following = await self._db.read(due)
        return following

    async def states(self, ids: Collection[int]) -> dict[int, State]:
        """Return the states of these transfers; those cleared away are missing."""
        return await self._db.read(
            lambda c: {
                id_: State(state)
                for id_, state in c.execute(
                    "SELECT id, state FROM transfers"
                    " WHERE id IN (SELECT value FROM json_each(?))",
                    (ids_text(ids),),
                )
            }
        )

    async def recover(self, now: float, besides: Collection[int] = ()) -> None:
        """Queue again what a worker has in hand of which nobody knows any more."""
        lost = tuple(state.value for state in states_for(Event.INTERRUPT))
        if not await self._db.read(
            lambda c: c.execute(
                "SELECT 1 FROM transfers"
                " WHERE state IN (SELECT value FROM json_each(?)) LIMIT 1",
                (strings_text(lost),),
            ).fetchone()
        ):
            return  # as mostly

        def recover(connection: sqlite3.Connection) -> None:
            for state in states_for(Event.INTERRUPT):
                following = step(state, Event.INTERRUPT)
                assert following is not None
                where = " AND id NOT IN (SELECT value FROM json_each(:besides))"
                values = {
                    "to": following.state.value,
                    "was": state.value,
                    "now": now,
                    "besides": ids_text(besides),
                }
                note_all(connection, Event.INTERRUPT, where, values)
                connection.execute(
                    "UPDATE transfers SET state = :to, changed = :now"  # noqa: S608 - our own words
                    f" WHERE state = :was{where}",
                    values,
                )

        await self.write(recover)

    async def note_done(self, done: Mapping[int, int]) -> None:
        """Record how many bytes of unfinished transfers have arrived."""
        await self.write(
            lambda c: c.executemany(
                "UPDATE transfers SET done = ? WHERE id = ? AND finished IS NULL",
                [(n, id_) for id_, n in done.items()],
            )
        )

    async def transfer(self, id_: int) -> Transfer:
        """Return one; see `TransferManager.transfer`."""
        rows = await self._db.read(
            lambda c: select_rows(c, "WHERE id = :id", {"id": id_})
        )
        if not rows:
            raise NotFound(f"there is no transfer {id_} in the queue")
        return rows[0].transfer

    async def transfers(
        self,
        part: Part,
        *,
        offset: int,
        limit: int,
        newest_first: bool,
    ) -> list[Transfer]:
        """Return a part of the queue."""
        return await self._db.read(
            lambda c: read_part(
                c, part, offset=offset, limit=limit, latest_first=newest_first
            )
        )

    async def unfinished(self, filesystem: str) -> int:
        """Return how many jobs with a filesystem are not over."""
        return await self._db.read(lambda c: _unfinished(c, filesystem))

    async def rename_filesystem(self, old: str, new: str) -> int:
        """Have what is over speak of a filesystem by its new name.

        Returns:
            How many jobs with it are not over; nothing is changed then.
        """

        def rename(connection: sqlite3.Connection) -> int:
            if count := _unfinished(connection, old):
                return count
            for table in ("jobs", "transfers"):
                for column in ("source_fs", "target_fs"):
                    connection.execute(
                        f"UPDATE {table} SET {column} = ? WHERE {column} = ?",  # noqa: S608 - our own words
                        (new, old),
                    )
            connection.execute(_REVISE, (0,))
            return 0

        return await self._db.write(rename)

    async def clear(self) -> int:
        """Remove what is over and well, and jobs nothing is left of."""

        def clear(connection: sqlite3.Connection) -> int:
            # Who waits for a job has to see that some of it was cancelled.
            cleared = (
                "state IN (SELECT value FROM json_each(?))"
                " AND NOT (state = 'cancelled' AND EXISTS (SELECT 1 FROM jobs"
                " WHERE id = transfers.job AND finished IS NULL))"
            )
            states = strings_text(_CLEARED)
            # Else it would seem that what the plan has shown was never found.
            connection.execute(
                "DELETE FROM plans WHERE (job, target) IN"  # noqa: S608 - our own words
                f" (SELECT job, target FROM transfers WHERE {cleared})",
                (states,),
            )
            gone = connection.execute(
                f"DELETE FROM transfers WHERE {cleared}",  # noqa: S608 - our own words
                (states,),
            ).rowcount
            connection.execute(
                "DELETE FROM jobs WHERE finished IS NOT NULL"
                " AND NOT EXISTS (SELECT 1 FROM transfers WHERE job = jobs.id)"
            )
            connection.execute(
                "DELETE FROM tally WHERE job <> 0 AND job NOT IN (SELECT id FROM jobs)"
            )
            return gone + clear_alike(connection)

        return await self.write(clear, command=True)


def _read_totals(connection: sqlite3.Connection) -> Totals:
    numbers = connection.execute(f"SELECT {_NUMBERS} FROM queue").fetchone()  # noqa: S608 - our own words
    return _totals(connection, numbers)


def _totals(connection: sqlite3.Connection, numbers: tuple[int, ...]) -> Totals:
    (held, draining, slots, bandwidth, revision, commands,
     past, past_size, planning) = numbers  # fmt: skip
    tally = read_tally(connection, EVERYTHING)
    return Totals(
        counts=tally.counts,
        sizes=tally.sizes,
        unlisted=tally.unlisted,
        kept=tally.kept,
        past=past,
        past_size=past_size,
        planning=planning,
        held=bool(held),
        draining=bool(draining),
        slots=slots,
        bandwidth=bandwidth,
        revision=revision,
        commands=commands,
    )


def _with_past(connection: sqlite3.Connection, totals: Totals) -> Totals:
    """Note what is history from now on, if nothing is left to do, or it was cleared."""
    number = sum(totals.counts.get(state, 0) for state in ARRIVED)
    size = sum(totals.sizes.get(state, 0) for state in ARRIVED)
    idle = not totals.planning and all(state.is_final for state in totals.counts)
    if not idle:
        if number >= totals.past and size >= totals.past_size:
            return totals
        number = size = 0
    elif (number, size) == (totals.past, totals.past_size):
        return totals
    connection.execute("UPDATE queue SET past = ?, past_size = ?", (number, size))
    return msgspec.structs.replace(totals, past=number, past_size=size)


def _unfinished(connection: sqlite3.Connection, filesystem: str) -> int:
    (found,) = connection.execute(
        "SELECT count(*) FROM jobs"
        " WHERE finished IS NULL AND ? IN (source_fs, target_fs)",
        (filesystem,),
    ).fetchone()
    return int(found)


def _wake(connection: sqlite3.Connection, now: float, filesystem: str | None) -> None:
    following = step(State.WAITING, Event.WAKE)
    assert following is not None
    connection.execute(
        "UPDATE transfers SET state = :to, changed = :now, wake = NULL,"
        " waits_for = NULL, needs_user = 0 WHERE state = 'waiting'"
        " AND (wake <= :now OR changed > :now + 60 OR :filesystem IN (waits_for, '%')"
        "      AND waits_for IS NOT NULL)",
        {"to": following.state.value, "now": now, "filesystem": filesystem},
    )
    # Planning finds out anew. Until it has, nobody is to take it for waiting.
    connection.execute(
        "UPDATE jobs SET needs_user = 0"
        " WHERE planning AND :filesystem IN (source_fs, target_fs, '%')",
        {"filesystem": filesystem},
    )
