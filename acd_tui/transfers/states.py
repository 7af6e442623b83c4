"""The life of a transfer as a table: in this state, on that event, this follows.

Nothing else decides about states. What the table does not name changes nothing: a
worker's late word about a transfer that was cancelled meanwhile, or a pause of one
that is done.
"""

from __future__ import annotations

import enum

import msgspec

from acd_tui.transfers.model import State


class Event(enum.StrEnum):
    """What happens to a transfer."""

    # A worker says:
    CLAIM = "claim"  # took it in hand
    SEND = "send"  # bytes begin to move
    STORED = "stored"  # the target has taken them all
    FINISH = "finish"  # the right bytes are there
    SKIP = "skip"  # nothing needs to be done
    CLASH = "clash"  # the user must decide
    FAIL = "fail"
    NO_ROOM = "no room"  # the target is full
    EXHAUST = "exhaust"  # did not work now, however often it was tried
    BACK_OFF = "back off"  # did not work now, may work later
    POSTPONE = "postpone"  # waits for something that is nobody's failure
    INTERRUPT = "interrupt"  # the worker or its process ended
    # The clock says:
    WAKE = "wake"
    # The user says:
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    RETRY = "retry"
    DECIDE = "decide"


class Effect(enum.StrEnum):
    """What a step brings with it, besides the new state."""

    COUNT_ATTEMPT = "count attempt"
    COUNT_FAILURE = "count failure"
    FORGIVE = "forgive"  # failures count from zero again
    NOTE_FULL = "note full"  # instead of any failures
    END = "end"  # a final state: note the time, tell
    STOP = "stop"  # the worker that has it must let go
    DISCARD = "discard"  # what was kept for going on is not needed any more


class Step(msgspec.Struct, frozen=True):
    """What follows on an event."""

    state: State
    effects: frozenset[Effect] = frozenset()


def _step(state: State, *effects: Effect) -> Step:
    return Step(state, frozenset(effects))


_WHILE_ACTIVE = {
    Event.SKIP: _step(State.SKIPPED, Effect.END),
    Event.CLASH: _step(State.CONFLICT),
    # So that what failed has failures exactly if it may work later.
    Event.FAIL: _step(State.FAILED, Effect.FORGIVE, Effect.END),
    Event.NO_ROOM: _step(State.FAILED, Effect.NOTE_FULL, Effect.END),
    Event.EXHAUST: _step(State.FAILED, Effect.COUNT_FAILURE, Effect.END),
    Event.BACK_OFF: _step(State.WAITING, Effect.COUNT_FAILURE),
    Event.POSTPONE: _step(State.WAITING),
    Event.INTERRUPT: _step(State.QUEUED),
    Event.PAUSE: _step(State.PAUSED, Effect.STOP),
    Event.CANCEL: _step(State.CANCELLED, Effect.STOP, Effect.DISCARD, Effect.END),
}
_FINISH = _step(State.DONE, Effect.END)
_CANCEL = _step(State.CANCELLED, Effect.DISCARD, Effect.END)
_GO = _step(State.QUEUED, Effect.FORGIVE)

_TABLE: dict[State, dict[Event, Step]] = {
    State.QUEUED: {
        Event.CLAIM: _step(State.CHECKING),
        Event.PAUSE: _step(State.PAUSED),
        Event.CANCEL: _CANCEL,
        # Paused and resumed while its last bytes were being verified.
        Event.FINISH: _FINISH,
    },
    State.CHECKING: {
        **_WHILE_ACTIVE,
        Event.SEND: _step(State.RUNNING, Effect.COUNT_ATTEMPT),
        Event.FINISH: _FINISH,
    },
    State.RUNNING: {
        **_WHILE_ACTIVE,
        # What appeared at the target since it was looked at was looked at anew.
        Event.SEND: _step(State.RUNNING, Effect.COUNT_ATTEMPT),
        Event.STORED: _step(State.VERIFYING),
        Event.FINISH: _FINISH,
    },
    State.VERIFYING: {**_WHILE_ACTIVE, Event.FINISH: _FINISH},
    State.WAITING: {
        Event.WAKE: _step(State.QUEUED),
        Event.RESUME: _GO,
        Event.RETRY: _GO,
        Event.PAUSE: _step(State.PAUSED),
        Event.CANCEL: _CANCEL,
    },
    State.CONFLICT: {Event.DECIDE: _GO, Event.CANCEL: _CANCEL},
    State.PAUSED: {
        Event.RESUME: _GO,
        Event.CANCEL: _CANCEL,
        # Paused when it was all but over: the truth is that it is there.
        Event.FINISH: _FINISH,
    },
    State.FAILED: {Event.RETRY: _GO, Event.CANCEL: _CANCEL},
    State.CANCELLED: {Event.RETRY: _GO},
    State.SKIPPED: {},
    State.DONE: {},
}


def step(state: State, event: Event) -> Step | None:
    """Return what follows on `event` in `state`; None if nothing does."""
    return _TABLE[state].get(event)


def states_for(event: Event) -> tuple[State, ...]:
    """Return the states in which `event` changes something."""
    return tuple(state for state, steps in _TABLE.items() if event in steps)
