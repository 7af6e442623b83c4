"""Between the words of the queue and the columns that keep them."""

from __future__ import annotations

import itertools
import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring_ascii
from typing import Any

import msgspec

from acd_tui.printable import printable
from acd_tui.transfers.kept_options import options_text, read_options
from acd_tui.transfers.model import (
    Conflict,
    ConflictPolicy,
    CopyOptions,
    CopyRequest,
    Place,
    Side,
    State,
    Transfer,
)
from acd_tui.transfers.states import Effect, Event
from acd_tui.vfs.entry import Entry, Kind
from acd_tui.vfs.path import VPath

COLUMNS = (
    "id, job, source_fs, source, target_fs, target, policy, size, done, state,"
    " attempts, failures, reason, hint, wake, finished, conflict, md5, sent, patience,"
    " look, ours, waits_for, rank, changed, started, resumed,"
    " (SELECT options FROM jobs WHERE jobs.id = transfers.job),"
    " (SELECT folder FROM jobs WHERE jobs.id = transfers.job),"
    " (SELECT there FROM plans WHERE plans.job = transfers.job"
    "  AND plans.target = transfers.target)"
)

_AT_ONCE = 10_000
ROOM = 2**40
"""Of the order, for each job: more than there will ever be ids."""


NO_ROOM = -1
"""Failures of what no number of tries can help."""


class Shown(msgspec.Struct, frozen=True):
    """What a plan has shown to be at a target; None for nothing."""

    there: Entry | None


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer with what only the engine needs to know of it.

    Attributes:
        policy: what to do about a conflict, as the job or a later decision has it.
        failures: passing troubles since the user's last word; `NO_ROOM` if it failed
            because the target is full.
        md5: of the source, where it was known before reading.
        sent: since when it is sent but not shown, seconds since 1970; None if not so.
        patience: seconds that may last.
        look: seconds between two looks.
        ours: what an attempt that failed at the end left at the target.
        options: of its job.
        folder: the one that its job copies into.
        plan: what the plan of its job says of it, if it does.
    """

    transfer: Transfer
    policy: ConflictPolicy
    failures: int
    md5: str | None
    sent: float | None
    patience: float
    look: float
    ours: Entry | None
    options: CopyOptions
    folder: VPath
    plan: Shown | None = None


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """An event with what is to be recorded along with it.

    Attributes:
        waits_for: the filesystem that cannot be used now.
        needs_user: because nobody is signed in there.
        keep: columns that outlive the step, by name; those not named stay.
    """

    event: Event
    reason: str | None = None
    hint: str | None = None
    wake: float | None = None
    conflict: Conflict | None = None
    waits_for: str | None = None
    needs_user: bool = False
    keep: Mapping[str, Any] = msgspec.field(default_factory=dict)


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a change.

    Attributes:
        transfer: as it is now.
        accepted: whether the table knew the event in that state.
        job_over: whether this was the last of its job.
    """

    transfer: Transfer
    accepted: bool
    effects: frozenset[Effect] = frozenset()
    job_over: bool = False


def path_text(path: VPath) -> str:
    """Write a path as JSON in ASCII; lone surrogates become escapes."""
    # As `json.dumps` would, at a tenth of its time: it counts when trees are planned.
    return f"[{','.join(map(encode_basestring_ascii, path.parts))}]"


def read_path(text: str) -> VPath:
    """Read what `path_text` wrote."""
    return VPath(tuple(json.loads(text)))


def safe(text: str | None) -> str | None:
    """Make a sentence storable: names in it may hold what is no valid Unicode."""
    return None if text is None else printable(text)


def read_row(columns: tuple[Any, ...]) -> Row:
    """Read what was selected as `COLUMNS`."""
    # fmt: off
    (id_, job, source_fs, source, target_fs, target, policy, size, done, state,
     attempts, failures, reason, hint, wake, finished, conflict, md5, sent, patience,
     look, ours, waits_for, rank, changed, started, resumed, options, folder,
     plan) = columns
    # fmt: on
    transfer = Transfer(
        id=id_,
        job=job,
        source=Place(source_fs, read_path(source)),
        target=Place(target_fs, read_path(target)),
        size=size,
        state=State(state),
        done=done,
        attempts=attempts,
        reason=reason,
        hint=hint,
        wake=wake,
        waits_for=waits_for,
        finished=finished,
        since=changed,
        started=started,
        resumed=resumed,
        priority=-rank,
        conflict=None if conflict is None else _read_conflict(conflict),
    )
    return Row(
        transfer=transfer,
        policy=ConflictPolicy(policy),
        failures=failures,
        md5=md5,
        sent=sent,
        patience=patience,
        look=look,
        ours=None if ours is None else _read_entry(ours),
        options=read_options(options),
        folder=read_path(folder),
        plan=None if plan is None else Shown(_read_entry(plan)),
    )


def conflict_text(conflict: Conflict | None) -> str | None:
    """Write both sides of a conflict as JSON."""
    if conflict is None:
        return None
    sides = (conflict.source, conflict.target)
    return json.dumps([[s.size, s.modified_ns, s.md5, s.is_folder] for s in sides])


def _read_conflict(text: str) -> Conflict:
    source, target = (
        Side(size=size, modified_ns=modified, md5=md5, is_folder=folder)
        for size, modified, md5, folder in json.loads(text)
    )
    return Conflict(source=source, target=target)


def entry_text(entry: Entry | None) -> str:
    """Write what tells a file from another one of the same name."""
    if entry is None:
        return "null"
    return json.dumps([entry.size, entry.modified_ns, entry.md5, entry.id])


def _read_entry(text: str) -> Entry | None:
    if (values := json.loads(text)) is None:
        return None
    size, modified, md5, id_ = values
    return Entry(
        name="", kind=Kind.FILE, size=size, modified_ns=modified, md5=md5, id=id_
    )


def request_columns(request: CopyRequest) -> tuple[Any, ...]:
    """Return source_fs, target_fs, folder, policy, rename, contents, options."""
    return (
        request.source,
        request.target,
        path_text(request.folder),
        request.policy.value,
        None if request.rename is None else json.dumps(request.rename),
        request.contents,
        options_text(request.options),
    )


def paths_texts(paths: Iterable[VPath]) -> Iterator[str]:
    """Write paths as JSON arrays of some of them each."""
    paths = iter(paths)
    while some := ",".join(map(path_text, itertools.islice(paths, _AT_ONCE))):
        yield f"[{some}]"


def read_paths(texts: Iterable[str]) -> Iterator[VPath]:
    """Read what `paths_texts` wrote, one by one: they may be a million."""
    scan = json.JSONDecoder().raw_decode
    for text in texts:
        at = 1
        while (at := text.find("[", at)) >= 0:
            parts, at = scan(text, at)
            yield VPath(tuple(parts))


def read_request(columns: Iterable[Any], paths: Sequence[VPath]) -> CopyRequest:
    """Read what `request_columns` gave.

    Args:
        columns: it.
        paths: of the request.
    """
    source_fs, target_fs, folder, policy, rename, contents, options = columns
    return CopyRequest(
        source=source_fs,
        paths=paths,
        target=target_fs,
        folder=read_path(folder),
        policy=ConflictPolicy(policy),
        rename=None if rename is None else json.loads(rename),
        contents=bool(contents),
        options=read_options(options),
    )


def ids_text(ids: Iterable[int]) -> str:
    """Write numbers for `json_each`."""
    return json.dumps(list(ids))


def strings_text(strings: Iterable[str]) -> str:
    """Write strings for `json_each`."""
    return json.dumps([str(string) for string in strings])


def select_rows(
    connection: sqlite3.Connection, where: str, parameters: Mapping[str, Any]
) -> list[Row]:
    """Read the transfers for which the rest of a statement holds."""
    found = connection.execute(f"SELECT {COLUMNS} FROM transfers {where}", parameters)  # noqa: S608 - our own words
    return [read_row(columns) for columns in found]
