"""What becomes of a transfer of which nothing could be tried."""

from __future__ import annotations

import logging

from acd_tui.errors import AcdError, SignInNeeded, Unreachable
from acd_tui.transfers.context import (
    SIGN_IN_PAUSE,
    UNKNOWN_PAUSE,
    UNREACHABLE_PAUSE,
)
from acd_tui.transfers.rows import Change, Row
from acd_tui.transfers.states import Event

_log = logging.getLogger(__name__)


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


def unexpected(row: Row, error: Exception) -> Change:
    """Fail a transfer for a reason nobody thought of; the log gets all of it."""
    _log.error("transfer %d failed", row.transfer.id, exc_info=error)
    return Change(
        event=Event.FAIL,
        reason=f"an error in the program: {type(error).__name__}",
        hint="the log has the full story",
    )
