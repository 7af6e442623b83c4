"""A server's log: standard error, for whoever started it, or the journal, to keep."""

from __future__ import annotations

import logging

from acd_tui.logs import RedactingFormatter
from acd_tui.server import systemd


def log_to_stderr() -> None:
    """Send the log there, with the secrets masked."""
    handler = logging.StreamHandler()
    formatter = RedactingFormatter("%(levelname)s %(name)s: %(message)s")
    if systemd.stderr_is_journal():
        formatter = _JournalFormatter("%(name)s: %(message)s")
    handler.setFormatter(formatter)
    logging.getLogger().addHandler(handler)


class _JournalFormatter(RedactingFormatter):
    """Begins lines with their level, as the journal wants it (sd-daemon(3))."""

    def format(self, record: logging.LogRecord) -> str:
        level = 3 if record.levelno >= logging.ERROR else 4
        if record.levelno < logging.WARNING:
            level = 6
        return f"<{level}>{super().format(record)}"
