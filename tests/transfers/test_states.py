"""The life of a transfer: every walk through the table is a sensible one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd_tui.transfers.model import State
from acd_tui.transfers.states import Effect, Event, Step, states_for, step

BY_WORKER = {
    Event.SEND,
    Event.STORED,
    Event.SKIP,
    Event.CLASH,
    Event.FAIL,
    Event.NO_ROOM,
    Event.EXHAUST,
    Event.BACK_OFF,
    Event.POSTPONE,
    Event.INTERRUPT,
}


def reachable(start: State) -> set[State]:
    found, todo = {start}, [start]
    while todo:
        state = todo.pop()
        for event in Event:
            following = step(state, event)
            if following is not None and following.state not in found:
                found.add(following.state)
                todo.append(following.state)
    return found


@given(st.lists(st.sampled_from(Event)))
def test_no_walk_meets_a_pair_without_an_answer(events: list[Event]) -> None:
    state = State.QUEUED
    for event in events:
        following = step(state, event)
        assert following is None or isinstance(following, Step)
        if following is not None:
            state = following.state
            # The end is told exactly when there is one.
            assert (Effect.END in following.effects) == state.is_final


def test_every_state_is_reached() -> None:
    assert reachable(State.QUEUED) == set(State)


@pytest.mark.parametrize("state", [state for state in State if not state.is_final])
def test_nothing_is_stuck(state: State) -> None:
    assert State.DONE in reachable(state)
    assert State.CANCELLED in reachable(state)


@pytest.mark.parametrize("state", list(State))
def test_what_a_worker_says_late_changes_nothing(state: State) -> None:
    if not state.is_active:
        assert all(step(state, event) is None for event in BY_WORKER)


@pytest.mark.parametrize("state", [State.DONE, State.SKIPPED])
def test_what_arrived_stays_so(state: State) -> None:
    assert all(step(state, event) is None for event in Event)


@pytest.mark.parametrize("state", list(State))
def test_the_user_can_always_get_rid_of_what_has_not_arrived(state: State) -> None:
    cancelled = step(state, Event.CANCEL)
    if state in {State.DONE, State.SKIPPED, State.CANCELLED}:
        assert cancelled is None
    else:
        assert cancelled is not None
        assert Effect.DISCARD in cancelled.effects
        assert (Effect.STOP in cancelled.effects) == state.is_active


def test_active_states_are_those_that_can_be_interrupted() -> None:
    assert set(states_for(Event.INTERRUPT)) == {s for s in State if s.is_active}
