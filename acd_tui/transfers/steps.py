"""Steps of the life cycle, written to the tables."""

from __future__ import annotations

import functools
import json
import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any, NamedTuple

import msgspec
from msgspec.structs import replace

from acd_tui.db_rows import portions
from acd_tui.transfers import story
from acd_tui.transfers.model import Place, State, Transfer
from acd_tui.transfers.rows import (
    NO_ROOM,
    Applied,
    Change,
    Row,
    conflict_text,
    path_text,
    read_path,
    safe,
    select_rows,
)
from acd_tui.transfers.states import Effect, Event, step

ARRIVED = frozenset({State.DONE, State.SKIPPED})
"""States in which all bytes are at the target."""

_FINAL = ", ".join(f"'{state.value}'" for state in State if state.is_final)
_TOLD = frozenset(
    {
        Event.SEND,
        Event.CLASH,
        Event.FAIL,
        Event.NO_ROOM,
        Event.EXHAUST,
        Event.BACK_OFF,
        Event.POSTPONE,
        Event.INTERRUPT,
    }
)
_EFFECTS = {
    Effect.COUNT_ATTEMPT: "attempts = attempts + 1, started = :now",
    Effect.COUNT_FAILURE: "failures = failures + 1",
    Effect.FORGIVE: "failures = 0",
    Effect.NOTE_FULL: f"failures = {NO_ROOM}",
    Effect.END: "finished = :now",
}

_NAMED = re.compile(r":(\w+)")

# A conflict waits for days perhaps: what is decided holds for what was shown.
_PLAN_WHAT_WAS_SHOWN = """
    INSERT OR REPLACE INTO plans
    SELECT job, target, json_array(
        json_extract(conflict, '$[1][0]'), json_extract(conflict, '$[1][1]'),
        json_extract(conflict, '$[1][2]'), NULL)
    FROM transfers WHERE conflict IS NOT NULL AND state = :was
"""


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a user's word about many transfers did.

    Attributes:
        ids: the transfers that changed.
        discard: those of which an interrupted write may have kept something.
        jobs: the jobs that are over by it.
    """

    ids: list[int]
    discard: list[Row]
    jobs: list[int]


@dataclass(slots=True)
class _Folded:
    """Some steps as one."""

    state: State
    accepted: bool = False
    effects: set[Effect] = field(default_factory=set)
    keep: dict[str, Any] = field(default_factory=dict)
    last: Change | None = None


def _fold(before: Transfer, changes: Sequence[Change]) -> _Folded:
    folded = _Folded(before.state)
    for change in changes:
        following = step(folded.state, change.event)
        folded.accepted = following is not None
        if following is not None:
            folded.state = following.state
            folded.effects |= following.effects
            folded.keep |= change.keep
            folded.last = change
    if folded.last is not None and folded.state in ARRIVED:
        folded.keep["done"] = folded.keep.get("size", before.size)
    return folded


class Steps(NamedTuple):
    """Steps of one transfer, of which only the last will ever be seen.

    Attributes:
        transfer: as it was last known.
        changes: the steps.
        now: the time.
    """

    transfer: Transfer
    changes: Sequence[Change]
    now: float


def apply(
    connection: sqlite3.Connection, many: Sequence[Steps]
) -> list[Applied | None]:
    """Take transfers some steps on; see `Store.apply`."""
    results = _apply_together(connection, many)
    begun: dict[int, float] = {}
    ended: dict[int, int] = {}  # the last one of each job
    for number, (steps, applied) in enumerate(zip(many, results, strict=True)):
        job = steps.transfer.job
        if applied is None:
            continue
        if Effect.COUNT_ATTEMPT in applied.effects and not steps.transfer.attempts:
            begun.setdefault(job, steps.now)
        if Effect.END in applied.effects:
            ended[job] = number
    for job, now in begun.items():
        connection.execute(
            "UPDATE jobs SET started = ? WHERE id = ? AND started IS NULL", (now, job)
        )
    for job, number in ended.items():
        applied = results[number]
        if applied is not None and job_over(connection, job, many[number].now):
            results[number] = replace(applied, job_over=True)
    return results


def _apply_together(
    connection: sqlite3.Connection, many: Sequence[Steps]
) -> list[Applied | None]:
    """Take each on; those that are as they were last known with few statements."""
    folded = [_fold(steps.transfer, steps.changes) for steps in many]
    plain = [
        number
        for number, one in enumerate(folded)
        if one.last is not None and "target" not in one.keep
    ]
    twice = len({steps.transfer.id for steps in many}) < len(many)
    known = [many[number].transfer for number in plain]
    if twice or len(plain) < 2 or not _as_known(connection, known):
        plain = []  # each in its turn
    alike: dict[tuple[str, tuple[str, ...]], list[Iterable[Any]]] = {}
    for number in plain:
        steps, one = many[number], folded[number]
        values = _values(steps.transfer, one, steps.now)
        alike.setdefault((_sets(one), tuple(values)), []).append(values.values())
    for (sets, names), rows in alike.items():
        for some in portions(rows, len(names)):
            sql = _many_at_once(sets, names, len(some))
            connection.execute(sql, list(chain.from_iterable(some)))
    together = frozenset(plain)
    return [
        _applied(connection, steps, one)
        if number in together
        else _apply(connection, steps)
        for number, (steps, one) in enumerate(zip(many, folded, strict=True))
    ]


def _as_known(connection: sqlite3.Connection, transfers: Sequence[Transfer]) -> bool:
    """Whether all of them are still there, in the state they were known in."""
    known = {transfer.id: transfer.state.value for transfer in transfers}
    (found,) = connection.execute(
        "SELECT count(*) FROM json_each(?) AS known JOIN transfers"
        " ON transfers.id = json_extract(known.value, '$[0]')"
        " AND state = json_extract(known.value, '$[1]')",
        (json.dumps(list(known.items())),),
    ).fetchone()
    return bool(found == len(transfers))


def _apply(connection: sqlite3.Connection, steps: Steps) -> Applied | None:
    """Take one on, in whatever state it is by now."""
    transfer, changes, now = steps
    folded = _fold(transfer, changes)
    if not _write_folded(connection, transfer, folded, now):
        rows = select_rows(connection, "WHERE id = :id", {"id": transfer.id})
        if not rows:
            return None
        steps = steps._replace(transfer=rows[0].transfer)
        folded = _fold(steps.transfer, changes)
        _write_folded(connection, steps.transfer, folded, now)
    return _applied(connection, steps, folded)


def _applied(connection: sqlite3.Connection, steps: Steps, folded: _Folded) -> Applied:
    """Note in the story what was written, and return what became of it."""
    transfer, changes, now = steps
    if folded.last is None:
        return Applied(transfer=transfer, accepted=False)
    _note_steps(connection, transfer, changes, now)
    return Applied(
        transfer=_after(transfer, folded, folded.last, now),
        accepted=folded.accepted,
        effects=frozenset(folded.effects),
    )


def _note_steps(
    connection: sqlite3.Connection,
    before: Transfer,
    changes: Sequence[Change],
    now: float,
) -> None:
    """Write into the story what is out of the ordinary."""
    for change in changes:
        if change.event is Event.SEND and before.attempts == 0:
            continue
        if change.event in _TOLD:
            line = story.StoryLine(now, change.event, change.reason)
            story.note(connection, before.id, line)


def _write_folded(
    connection: sqlite3.Connection, before: Transfer, folded: _Folded, now: float
) -> bool:
    """Write the outcome if the transfer still is in the state it was in."""
    if folded.last is None:
        return False
    values = _values(before, folded, now)
    written = connection.execute(
        f"UPDATE transfers SET {_sets(folded)} WHERE id = :id AND state = :was",  # noqa: S608 - our own words
        values,
    )
    if "target" in folded.keep:
        # A plan that shows the one name shows that other one, with nothing there.
        connection.execute(
            "UPDATE OR REPLACE plans SET target = :target, there = 'null'"
            " WHERE job = :job AND target = :planned AND target <> :target",
            {**values, "job": before.job, "planned": path_text(before.target.path)},
        )
    return written.rowcount == 1


def _values(before: Transfer, folded: _Folded, now: float) -> dict[str, Any]:
    """What an outcome is written with, by name; `id` is the first."""
    change = folded.last
    assert change is not None
    return {
        "id": before.id,
        "was": before.state.value,
        "to": folded.state.value,
        "now": now,
        "reason": safe(change.reason),
        "hint": safe(change.hint),
        "wake": change.wake,
        "conflict": conflict_text(change.conflict),
        "waits_for": change.waits_for,
        "needs_user": change.needs_user,
        **folded.keep,
    }


def _after(before: Transfer, folded: _Folded, change: Change, now: float) -> Transfer:
    """Return a transfer as it is after what was written."""
    keep = folded.keep
    target = before.target
    if "target" in keep:
        target = Place(target.filesystem, read_path(keep["target"]))
    return replace(
        before,
        state=folded.state,
        target=target,
        size=keep.get("size", before.size),
        done=keep.get("done", before.done),
        attempts=before.attempts + (Effect.COUNT_ATTEMPT in folded.effects),
        reason=safe(change.reason),
        hint=safe(change.hint),
        wake=change.wake,
        conflict=change.conflict,
        finished=now if Effect.END in folded.effects else before.finished,
    )


def apply_all(
    connection: sqlite3.Connection,
    event: Event,
    *,
    states: Iterable[State],
    where: str,
    parameters: Mapping[str, Any],
) -> Moved:
    """Take every transfer in some states on, as far as the rest of a WHERE holds."""
    ids: list[int] = []
    discard: list[Row] = []
    jobs: set[int] = set()
    keep = ("policy",) if "policy" in parameters else ()
    cleared = dict.fromkeys(("reason", "hint", "wake", "conflict", "waits_for"))
    for state in states:
        following = step(state, event)
        assert following is not None
        values = {
            **cleared,
            "needs_user": False,
            **parameters,
            "to": following.state.value,
            "was": state.value,
        }
        if Effect.DISCARD in following.effects and not state.is_active:
            kept = f"WHERE state = :was AND attempts > 0 {where}"
            discard += select_rows(connection, kept, values)
        again = (
            ", finished = NULL"
            if state.is_final and not following.state.is_final
            else ""
        )
        if event is Event.DECIDE:
            connection.execute(f"{_PLAN_WHAT_WAS_SHOWN} {where}", values)
        story.note_all(connection, event, where, values)
        moved = connection.execute(
            f"UPDATE transfers SET {_assignments(following.effects, keep)}{again}"  # noqa: S608 - our own words
            f" WHERE state = :was {where} RETURNING id, job",
            values,
        ).fetchall()
        ids += [id_ for id_, _ in moved]
        jobs.update(job for _, job in moved)
    now = parameters["now"]
    over = [job for job in sorted(jobs) if job_over(connection, job, now)]
    return Moved(ids=ids, discard=discard, jobs=over)


@functools.lru_cache(128)
def _many_at_once(sets: str, names: tuple[str, ...], count: int) -> str:
    """Return the statement that writes so many outcomes.

    Args:
        sets: `_sets` of each.
        names: of the values of each, in their order; the first is `id`.
        count: how many.
    """
    columns = {name: f"new.column{number}" for number, name in enumerate(names, 1)}
    row = f"({', '.join('?' * len(names))})"
    return (
        f"UPDATE transfers SET {_NAMED.sub(lambda found: columns[found[1]], sets)}"  # noqa: S608 - our own words
        f" FROM (VALUES {', '.join([row] * count)}) AS new WHERE id = new.column1"
    )


def _sets(folded: _Folded) -> str:
    return _assignments(frozenset(folded.effects), tuple(folded.keep))


@functools.lru_cache(128)
def _assignments(effects: frozenset[Effect], keep: tuple[str, ...]) -> str:
    columns = ("reason", "hint", "wake", "conflict", "waits_for", "needs_user", *keep)
    parts = [f"{column} = :{column}" for column in columns]
    parts += [_EFFECTS[effect] for effect in effects if effect in _EFFECTS]
    return ", ".join(["state = :to", "changed = :now", *parts])


def job_over(connection: sqlite3.Connection, job: int, now: float) -> bool:
    """Note whether all of a job has ended; say whether that is news."""
    (over,) = connection.execute(
        "SELECT NOT EXISTS (SELECT 1 FROM tally WHERE job = :job AND n > 0"  # noqa: S608 - our own words
        f" AND state NOT IN ({_FINAL}))"
        " AND NOT (SELECT planning FROM jobs WHERE id = :job)",
        {"job": job},
    ).fetchone()
    changed = connection.execute(
        "UPDATE jobs SET finished = CASE WHEN :over THEN :now END"
        " WHERE id = :job AND (finished IS NOT NULL) <> :over",
        {"over": bool(over), "now": now, "job": job},
    ).rowcount
    return bool(over) and changed > 0
