"""The log: a rotating file of the program's own, with secrets taken out."""

from __future__ import annotations

import logging
import logging.handlers
import re
from pathlib import Path
from typing import TextIO

from acd_tui.printable import printable

_SECRETS = (
    # Amazon's own tokens, wherever they stand.
    re.compile(r"()(Atz[a-z](?:\||%7[Cc])[^\s\"'&,;<>}]+)"),
    re.compile(r"(?i)(\b(?:bearer|basic)\s+)([^\s\"',;]+)"),
    # key=value, key: value and "key": "value"
    re.compile(
        r"(?i)((?:access_token|refresh_token|client_secret|code_verifier|password|config_pass"
        r"|x-amz-access-token|at-main|\bcode|\bstate)[\"']?\s*[=:]\s*[\"']?)"
        r"([^\s\"'&,;<>}]+)"
    ),
    # A temporary link gives the content to whoever has it.
    re.compile(r"(/templink/)([^\s\"'?]+)"),
)


def redacted(text: str) -> str:
    """Return `text` with tokens, secrets, passwords and temporary links masked."""
    for pattern in _SECRETS:
        text = pattern.sub(r"\1***", text)
    return text


class RedactingFormatter(logging.Formatter):
    """Formats a record, traceback included, and masks the secrets in the outcome."""

    def format(self, record: logging.LogRecord) -> str:
        lines = redacted(super().format(record)).split("\n")
        return "\n    ".join(printable(line) for line in lines)


def log_to_file(path: Path, *, level: int = logging.INFO) -> None:
    """Send the program's log to `path`, readable by its owner alone."""
    handler = logging.handlers.RotatingFileHandler(
        path, maxBytes=2_000_000, backupCount=3, encoding="utf-8", delay=True
    )
    if not path.exists():
        path.touch(mode=0o600)
    else:
        path.chmod(0o600)  # one that an older umask left open
    _send_to(handler, _IN_FILE, level)


def append_to_file(path: Path, *, level: int) -> None:
    """Send the log to a file, or a device, of the user's choice.

    A new file is readable by its owner alone; one that is there stays what it is, and
    nothing ever moves it away.

    Raises:
        OSError: it cannot be written.
    """
    if not path.exists():
        path.touch(mode=0o600)
    _send_to(logging.FileHandler(path, encoding="utf-8"), _IN_FILE, level)


def log_to_stream(stream: TextIO, *, level: int) -> None:
    """Send the log to a terminal, or to what stands for one, too."""
    kind = _OverProgress if stream.isatty() else logging.StreamHandler
    _send_to(kind(stream), "%(levelname)s %(name)s: %(message)s", level)


class _OverProgress(logging.StreamHandler[TextIO]):
    """Writes over the line that says how far a command is, rather than behind it."""

    def format(self, record: logging.LogRecord) -> str:
        return "\r\x1b[K" + super().format(record)


_IN_FILE = "%(asctime)s %(levelname)s %(name)s: %(message)s"


def _send_to(handler: logging.Handler, form: str, level: int) -> None:
    # What a full disk does not take is not shown instead, least of all over the panes.
    logging.raiseExceptions = False
    handler.setFormatter(RedactingFormatter(form))
    root = logging.getLogger()
    root.setLevel(level)
    root.addHandler(handler)
    for chatty in ("httpcore", "aiohttp", "asyncio", "keyring", "uvicorn"):
        logging.getLogger(chatty).setLevel(max(level, logging.WARNING))
    # It names each request, which is worth knowing of a drive that does not answer.
    wordy = logging.INFO if level == logging.DEBUG else logging.WARNING
    logging.getLogger("httpx").setLevel(wordy)
