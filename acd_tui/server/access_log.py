"""The access log: a line for each request, without secrets, off the event loop.

Ten fields, none of which holds a space: time in UTC, address, user, application, method,
path with query, status, bytes of the request's and of the answer's body, milliseconds.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

from starlette.types import Scope

from acd_tui.clock import Clock
from acd_tui.errors import Denied
from acd_tui.server.observed import Seen

_log = logging.getLogger(__name__)
_STDOUT = 1
_MOST_WAITING = 100_000
_SAFE = "!#$%&'()*+,/:;=?@[]~|-._"
# What stands in a query and tells nobody more than the rest of the line does.
_HARMLESS = frozenset(
    [
        "asset",
        "assetMapping",
        "contentType",
        "ContentType",
        "conflictResolution",
        "download",
        "fields",
        "filters",
        "groupByForTime",
        "kind",
        "limit",
        "localId",
        "lowResThumbnail",
        "name",
        "nodeId",
        "offset",
        "ownerId",
        "parentNodeId",
        "recurse",
        "resourceVersion",
        "responseContentType",
        "response_type",
        "scope",
        "searchContext",
        "sort",
        "startToken",
        "suppress",
        "tempLink",
        "viewBox",
        "client_id",
    ]
)
_SECRET_PATHS = ("/cdproxy/templink/", "/s3/")


class AccessLog:
    """Writes in a thread of its own.

    Args:
        path: the file, appended to and readable by its owner alone; None is standard
            output.
        clock: for the time.

    Raises:
        Denied: the file cannot be written.
    """

    def __init__(self, path: Path | None, clock: Clock) -> None:
        self._path = path
        self._clock = clock
        self._lines: queue.SimpleQueue[str | Callable[[], None]] = queue.SimpleQueue()
        self._lost = 0
        self._complained = False
        self._done = False
        try:
            self._descriptor = self._opened()
        except OSError as error:
            raise Denied(f"cannot write {path}: {error.strerror}") from error
        self._thread = threading.Thread(
            target=self._work, name="access log", daemon=True
        )
        self._thread.start()

    def begun(self, scope: Scope) -> None:
        """Nothing is told of what is not over."""

    def ended(self, seen: Seen) -> None:
        """Note a request."""
        if self._lines.qsize() >= _MOST_WAITING:
            self._lost += 1
            return
        self._lines.put(line_of(seen, self._clock.now()))

    def reopen(self) -> None:
        """Go on in a new file if the old one was renamed; for SIGHUP."""
        self._lines.put(self._open_again)

    def close(self) -> None:
        """Write what waits. Blocks meanwhile."""
        self._lines.put(self._end)
        self._thread.join()
        if self._path is not None:
            os.close(self._descriptor)

    def _opened(self) -> int:
        if self._path is None:
            return _STDOUT
        return os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600
        )

    def _work(self) -> None:
        while not self._done:
            lines, task = [], self._lines.get()
            while isinstance(task, str):
                lines.append(task)
                try:
                    task = self._lines.get_nowait()
                except queue.Empty:
                    break
            self._write("".join(lines).encode())
            if not isinstance(task, str):
                task()

    def _write(self, data: bytes) -> None:
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            if not self._complained:
                _log.error("cannot write the access log: %s", error.strerror)
            self._complained = True  # once is enough: the disk may be full
        else:
            self._complained = False
        if self._lost:
            lost, self._lost = self._lost, 0
            _log.warning("the access log misses %d requests", lost)

    def _open_again(self) -> None:
        try:
            new = self._opened()
        except OSError as error:
            _log.error("the access log goes on in the old file: %s", error)
            return
        if self._path is not None:
            os.close(self._descriptor)
        self._descriptor = new

    def _end(self) -> None:
        self._done = True


def line_of(seen: Seen, now: float) -> str:
    """A request as a line."""
    scope = seen.scope
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    client, grant = scope.get("client"), scope.get("grant")
    return (
        f"{moment.removesuffix('+00:00')}Z {client[0] if client else '-'}"
        f" {quote(grant.user_name, safe='@') if grant else '-'}"
        f" {quote(grant.client, safe='@') if grant else '-'}"
        f" {scope['method']} {shown_path(scope)} {seen.status}"
        f" {seen.received} {seen.sent} {seen.seconds * 1000:.1f}\n"
    )


def shown_path(scope: Scope) -> str:
    """Path and query without what lets anybody in."""
    path = scope.get("raw_path") or scope["path"].encode()
    path = path.partition(b"?")[0].decode("latin-1")
    for secret in _SECRET_PATHS:
        if scope["path"].startswith(secret):
            path = secret + "***"
    query = scope.get("query_string", b"").decode("latin-1")
    pairs = (pair.partition("=") for pair in query.split("&") if pair)
    told = "&".join(
        name + (equals + value if name in _HARMLESS else equals and "=***")
        for name, equals, value in pairs
    )
    return quote(f"{path}?{told}" if told else path, safe=_SAFE)
