"""What becomes of a transfer that met an error."""

from __future__ import annotations

import logging

from acd_tui.errors import (
    AcdError,
    Full,
    SignInNeeded,
    Transient,
    Unconfirmed,
    Unreachable,
)
from acd_tui.transfers.context import (
    SIGN_IN_PAUSE,
    UNKNOWN_PAUSE,
    UNREACHABLE_PAUSE,
    Retrying,
)
from acd_tui.transfers.rows import Change, Row
from acd_tui.transfers.states import Event

_log = logging.getLogger(__name__)

SENT = "sent whole, but the service does not show it yet"


def unavailable(name: str, error: AcdError, now: float) -> Change:
    """Wait for a filesystem that cannot be had now; that is no failure."""
    signing_in = isinstance(error, SignInNeeded)
    away = isinstance(error, Unreachable)
    pause = UNREACHABLE_PAUSE if away else UNKNOWN_PAUSE
    pause = SIGN_IN_PAUSE if signing_in else pause
    return Change(
        event=Event.POSTPONE,
        reason=error.message,
        hint=error.hint,
        wake=now + pause,
        waits_for=name,
        needs_user=signing_in,
    )


def after(
    error: AcdError,
    row: Row,
    retrying: Retrying,
    *,
    now: float,
    blamed: str,
    further: bool = False,
) -> Change:
    """Say what becomes of a transfer after an error.

    Args:
        error: that ended this attempt.
        row: the transfer, as it was before.
        retrying: how often, and after how long.
        now: the time.
        blamed: the filesystem that it came from.
        further: whether this attempt went on from further than the one before.
    """
    match error:
        case Unconfirmed():
            return _unconfirmed(error, now)
        case Unreachable() | SignInNeeded():
            return _postponed(error, now, blamed)
        case Transient() if further:
            # A line that breaks again and again brings even a large file home.
            return Change(
                event=Event.POSTPONE,
                reason=error.message,
                hint=error.hint,
                wake=now + retrying.pause(1, error),
            )
        case Transient():
            return _backed_off(error, row, retrying, now)
        case _:
            event = Event.NO_ROOM if isinstance(error, Full) else Event.FAIL
            return Change(event=event, reason=error.message, hint=error.hint)


def _unconfirmed(error: Unconfirmed, now: float) -> Change:
    look = error.retry_after or 0.0
    return Change(
        event=Event.POSTPONE,
        reason=SENT,
        hint=error.hint,
        wake=now + look,
        keep={"sent": now, "patience": error.patience, "look": look},
    )


def _postponed(error: Unreachable | SignInNeeded, now: float, blamed: str) -> Change:
    """Wait for a filesystem that cannot be used now; that is no failure."""
    needs_user = isinstance(error, SignInNeeded)
    return Change(
        event=Event.POSTPONE,
        reason=error.message,
        hint=error.hint,
        wake=now + (SIGN_IN_PAUSE if needs_user else UNREACHABLE_PAUSE),
        waits_for=blamed,
        needs_user=needs_user,
    )


def _backed_off(error: Transient, row: Row, retrying: Retrying, now: float) -> Change:
    failures = row.failures + 1
    if failures >= retrying.attempts:
        often = "once" if failures == 1 else f"{failures} times"
        return Change(
            event=Event.EXHAUST,
            reason=error.message,
            hint=error.hint or f"it was tried {often}; try it again later",
        )
    return Change(
        event=Event.BACK_OFF,
        reason=error.message,
        hint=error.hint,
        wake=now + retrying.pause(failures, error),
    )


def unexpected(row: Row, error: Exception) -> Change:
    """Fail a transfer for a reason nobody thought of; the log gets all of it."""
    _log.error("transfer %d failed", row.transfer.id, exc_info=error)
    return Change(
        event=Event.FAIL,
        reason=f"an error in the program: {type(error).__name__}",
        hint="the log has the full story",
    )
