"""How many connections there may be at a time.

Each takes a file descriptor, and a download one more. Without a limit whoever opens
connections and says nothing on them keeps everybody out, and files can no longer be
opened either.
"""

from __future__ import annotations

import functools
import resource
from weakref import WeakKeyDictionary

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

_MOST = 4096
_FILES = 256  # descriptors for all but connections and downloads


@functools.cache
def most_connections() -> int:
    """How many connections there may be; takes as many descriptors as the system gives."""
    wanted = 2 * _MOST + _FILES
    given, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if given != resource.RLIM_INFINITY and given < wanted:
        raised = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, most))
            given = raised
        except (OSError, ValueError):
            pass  # not allowed here: with fewer, then
    if given == resource.RLIM_INFINITY:
        return _MOST
    return max(16, min(_MOST, (given - _FILES) // 2))


class Crowd:
    """The connections of one server on which nothing is asked, the longest idle first."""

    def __init__(self) -> None:
        self._idle: dict[HttpToolsProtocol, None] = {}

    def idle(self, connection: HttpToolsProtocol) -> None:
        """Nothing is asked on a connection any more, or not yet."""
        self._idle.pop(connection, None)
        self._idle[connection] = None

    def busy(self, connection: HttpToolsProtocol) -> None:
        """A request has come, or the connection is gone."""
        self._idle.pop(connection, None)

    def has_room(self, connection: HttpToolsProtocol) -> bool:
        """Give up the longest idle connection if there are too many with this one.

        Returns:
            False if something is asked on all others.
        """
        if len(connection.connections) <= most_connections():
            return True
        self.busy(connection)
        if (oldest := next(iter(self._idle), None)) is None:
            return False
        self.busy(oldest)
        oldest.connections.discard(oldest)
        oldest.transport.abort()
        self.idle(connection)
        return True


_crowds: WeakKeyDictionary[ServerState, Crowd] = WeakKeyDictionary()


def crowd_of(connection: HttpToolsProtocol) -> Crowd:
    """The crowd that a connection belongs to."""
    return _crowds.setdefault(connection.server_state, Crowd())
