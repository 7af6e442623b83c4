"""Steps of many transfers that are written together."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from importlib.resources import files

import pytest

from acd_tui.transfers.model import State, Transfer
from acd_tui.transfers.rows import Change, select_rows
from acd_tui.transfers.states import Event
from acd_tui.transfers.steps import Steps, apply


@pytest.fixture
def queue() -> Iterator[sqlite3.Connection]:
    """Three transfers of one job, just taken in hand."""
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        schema = files("acd_tui.transfers") / "schema"
        for path in sorted(schema.iterdir(), key=lambda path: path.name):
            connection.executescript(path.read_text("utf-8"))
        connection.execute(
            "INSERT INTO jobs (id, source_fs, target_fs, folder, policy, contents,"
            " created) VALUES (1, 'here', 'there', '[]', 'ask', 0, 1)"
        )
        connection.executemany(
            "INSERT INTO transfers (job, source_fs, source, target_fs, target, policy,"
            " size, state, changed) VALUES (1, 'here', ?1, 'there', ?1, 'ask', 5,"
            " 'checking', 1)",
            [(json.dumps([name]),) for name in "abc"],
        )
        yield connection


def all_of(queue: sqlite3.Connection) -> list[Transfer]:
    return [row.transfer for row in select_rows(queue, "ORDER BY id", {})]


def states(queue: sqlite3.Connection) -> list[State]:
    return [transfer.state for transfer in all_of(queue)]


def test_each_gets_what_is_its_own(queue: sqlite3.Connection) -> None:
    first, second, third = all_of(queue)
    results = apply(
        queue,
        [
            Steps(first, [Change(event=Event.FINISH, keep={"size": 7, "md5": "x"})], 2),
            Steps(second, [Change(event=Event.FAIL, reason="no", hint="but")], 3.5),
            Steps(
                third, [Change(event=Event.FINISH, keep={"md5": None, "size": 8})], 4
            ),
        ],
    )
    assert [applied and applied.transfer.state for applied in results] == [
        *(State.DONE, State.FAILED, State.DONE)
    ]
    assert queue.execute(
        "SELECT state, size, done, md5, reason, hint, finished FROM transfers ORDER BY id"
    ).fetchall() == [
        ("done", 7, 7, "x", None, None, 2.0),
        ("failed", 5, 0, None, "no", "but", 3.5),
        ("done", 8, 8, None, None, None, 4.0),
    ]


def test_one_that_is_gone_or_moved_on_is_seen_as_it_is(
    queue: sqlite3.Connection,
) -> None:
    known = all_of(queue)
    queue.execute("DELETE FROM transfers WHERE id = 1")
    queue.execute("UPDATE transfers SET state = 'paused' WHERE id = 2")
    steps = [Steps(one, [Change(event=Event.SEND)], 2) for one in known]
    gone, paused, sent = apply(queue, steps)
    assert gone is None
    assert paused is not None
    assert not paused.accepted
    assert sent is not None
    assert sent.accepted
    assert states(queue) == [State.PAUSED, State.RUNNING]


def test_steps_of_the_same_one_are_taken_in_their_order(
    queue: sqlite3.Connection,
) -> None:
    one, *others = all_of(queue)
    beside = Change(event=Event.SEND, keep={"target": '["a (2)"]'})
    back = Change(event=Event.INTERRUPT)
    beside_it = [Steps(other, [back], 2) for other in others]
    sent, interrupted, *_ = apply(
        queue, [Steps(one, [beside], 2), Steps(one, [back], 3), *beside_it]
    )
    assert sent is not None
    assert sent.transfer.state is State.RUNNING
    assert interrupted is not None
    assert interrupted.transfer.attempts == 1
    assert states(queue)[0] is State.QUEUED


def test_what_meant_nothing_at_its_time_is_not_taken_for_later(
    queue: sqlite3.Connection,
) -> None:
    one, *others = all_of(queue)
    stored, send = Change(event=Event.STORED), Change(event=Event.SEND)
    beside_it = [Steps(other, [send], 2) for other in others]
    early, sent, *_ = apply(
        queue, [Steps(one, [stored], 2), Steps(one, [send], 3), *beside_it]
    )
    assert early is not None
    assert not early.accepted
    assert sent is not None
    assert states(queue)[0] is State.RUNNING
