"""Numbers about the server, as Prometheus reads them."""

from __future__ import annotations

import hmac
import os
import resource
import secrets
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from starlette.types import Scope

from acd_tui.clock import Clock
from acd_tui.server.observed import Seen

TOKEN_FILE = "metrics.token"  # noqa: S105 - its name
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 60)
_CONTENT = "/cdproxy/"
_PAGE = os.sysconf("SC_PAGE_SIZE")

Labels = Mapping[str, object]


class Metrics:
    """Counts what it observes.

    Args:
        clock: for how long the server has run.
        token: opens them to others than this machine.

    Attributes:
        gauges: what others know at the moment, by name.
    """

    def __init__(self, clock: Clock, token: str) -> None:
        self.token = token
        self.gauges: dict[str, Callable[[], float]] = {}
        self._started = clock.now()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._received: Counter[str] = Counter()
        self._sent: Counter[str] = Counter()
        self._seconds: Counter[str] = Counter()
        self._buckets: defaultdict[str, list[int]] = defaultdict(
            lambda: [0] * (len(_BUCKETS) + 1)
        )
        self._running = 0
        self._uploads = 0

    def begun(self, scope: Scope) -> None:
        """Count a request that has begun."""
        self._running += 1
        self._uploads += _is_upload(scope)

    def ended(self, seen: Seen) -> None:
        """Count a request that is over."""
        self._running -= 1
        self._uploads -= _is_upload(seen.scope)
        operation = seen.operation or "unknown"
        self._requests[operation, seen.status] += 1
        self._received[operation] += seen.received
        self._sent[operation] += seen.sent
        self._seconds[operation] += seen.seconds  # type: ignore[assignment] # seconds add up like any number
        self._buckets[operation][bisect_left(_BUCKETS, seen.seconds)] += 1

    def opened_by(self, authorization: str) -> bool:
        """Whether an Authorization header shows the token."""
        scheme, _, given = authorization.partition(" ")
        return scheme.lower() == "bearer" and hmac.compare_digest(
            given.strip().encode("utf-8", "replace"), self.token.encode()
        )

    def text(self) -> str:
        """All of it, in Prometheus' text format."""
        return "".join(f"{line}\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        yield from _family(
            "acd_requests_total",
            "counter",
            "Requests by operation and status (499: the client left).",
            {
                _labels(operation=operation, status=status): count
                for (operation, status), count in self._requests.items()
            },
        )
        for name, about, counts in (
            ("received", "Bytes of requests' bodies.", self._received),
            ("sent", "Bytes of answers' bodies.", self._sent),
        ):
            yield from _family(
                f"acd_{name}_bytes_total",
                "counter",
                about,
                {_labels(operation=key): value for key, value in counts.items()},
            )
        yield from self._histogram()
        gauges = {
            "acd_requests_running": self._running,
            "acd_uploads_running": self._uploads,
            "process_cpu_seconds_total": time.process_time(),
            "process_resident_memory_bytes": _resident(),
            "process_start_time_seconds": self._started,
        } | {name: gauge() for name, gauge in self.gauges.items()}
        for name, value in gauges.items():
            kind = "counter" if name.endswith("_total") else "gauge"
            yield from _family(name, kind, _ABOUT[name], {"": value})

    def _histogram(self) -> Iterator[str]:
        name = "acd_request_seconds"
        samples: dict[str, float] = {}
        for operation, counts in self._buckets.items():
            total = 0
            for bound, count in zip((*_BUCKETS, "+Inf"), counts, strict=True):
                total += count
                samples["_bucket" + _labels(operation=operation, le=bound)] = total
            samples["_sum" + _labels(operation=operation)] = self._seconds[operation]
            samples["_count" + _labels(operation=operation)] = total
        yield from _family(name, "histogram", "Seconds from head to end.", samples)


_ABOUT = {
    "acd_requests_running": "Requests under way.",
    "acd_uploads_running": "Uploads under way.",
    "acd_connections": "Connections that are open.",
    "acd_writes_waiting": "Changes that wait for the database.",
    "acd_reads_waiting": "Questions that wait for the database.",
    "process_cpu_seconds_total": "Processor time.",
    "process_resident_memory_bytes": "Memory.",
    "process_start_time_seconds": "When it was started, since 1970.",
}


def _is_upload(scope: Scope) -> bool:
    return scope["method"] in {"POST", "PUT"} and scope["path"].startswith(_CONTENT)


def _labels(**labels: object) -> str:
    said = ",".join(f'{name}="{value}"' for name, value in labels.items())
    return "{" + said + "}"


def _family(
    name: str, kind: str, about: str, samples: Mapping[str, float]
) -> Iterator[str]:
    yield f"# HELP {name} {about}"
    yield f"# TYPE {name} {kind}"
    for labels, value in samples.items():
        yield f"{name}{labels} {value}"


def _resident() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:  # noqa: PTH123 - no path of ours
            return int(file.read().split()[1]) * _PAGE
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def metrics_token(directory: Path) -> str:
    """The token that lets others than this machine read the numbers; made if missing."""
    path = directory / TOKEN_FILE
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text("ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        token = secrets.token_urlsafe(24)
        file.write(token + "\n")
    return token
