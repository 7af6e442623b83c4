"""What is made of an error that nobody thought of."""

from __future__ import annotations

import logging

from acd_tui.errors import AcdError

log = logging.getLogger(__name__)


def unforeseen(error: Exception) -> AcdError:
    """Log an error nobody thought of, and say what can be said about it."""
    log.error("unexpected error", exc_info=error)
    return AcdError(
        f"something unexpected went wrong ({type(error).__name__})",
        hint="the log file has the details",
    )
