"""Our own command line in processes of its own, with what it imports imported once.

Hundreds of servers are started by the tests, and to import takes each a third of a second.
A process that has done that (this module, run as a program) forks them off instead. How
the program starts in earnest is for the tests of just that.
"""

from __future__ import annotations

import contextlib
import functools
import importlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

_WANTED = (
    *("acd_tui.__main__", "acd_tui.cli.server", "acd_tui.config.options"),
    *("acd_tui.server.admin", "acd_tui.server.runner", "acd_tui.server.stderr"),
)


class Forked:
    """A process of ours, as `subprocess.Popen` has them.

    Attributes:
        pid: of the process.
    """

    def __init__(self, ended: int) -> None:
        """Wait until it is there.

        Args:
            ended: a pipe that tells its number, and then what it ended with.
        """
        self._ended = ended
        self._code: int | None = None
        self.pid = int(os.read(ended, 20))

    def send_signal(self, number: signal.Signals) -> None:
        if self._code is None and not self._told(0.0):
            with contextlib.suppress(ProcessLookupError):  # it ended just now
                os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def wait(self, timeout: float) -> int:
        """Return the exit code; negative is the signal that killed it.

        Raises:
            TimeoutError: it still runs after so many seconds.
        """
        if self._code is None:
            if not self._told(timeout):
                raise TimeoutError(f"process {self.pid} still runs")
            self._code = int(os.read(self._ended, 20))
            os.close(self._ended)
        return self._code

    def _told(self, timeout: float) -> bool:
        """Whether it ended, waiting so many seconds for that."""
        return bool(select.select([self._ended], [], [], timeout)[0])


def fork(arguments: Sequence[str], *, stdout: int, stderr: int) -> Forked:
    """Run `acd-tui` with these arguments in a process of its own.

    Args:
        arguments: what follows the program's name.
        stdout: the file it writes to.
        stderr: the file it complains to.
    """
    asked = {
        "arguments": list(arguments),
        "environment": dict(os.environ),
        "folder": os.getcwd(),  # noqa: PTH109 - to be sent
    }
    told, tells = os.pipe()
    try:
        files = [stdout, stderr, tells]
        requests, _ = _nursery(os.getpid())
        socket.send_fds(requests, [json.dumps(asked).encode()], files)
    finally:
        os.close(tells)
    return Forked(told)


@functools.cache
def _nursery(_: int) -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Start what forks; one for each process that asks, and it ends with that."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with theirs:
        number = theirs.fileno()
        command = [sys.executable, __file__, str(number)]
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            pass_fds=[number],
        )
    return ours, process


def _serve(requests: socket.socket) -> None:
    """Fork for each request, until who asks is gone."""
    while True:
        asked, files, _, _ = socket.recv_fds(requests, 1 << 20, 3)
        if not asked:
            return
        if os.fork() == 0:
            requests.close()
            _tend(files, **json.loads(asked))
        for file in files:
            os.close(file)


def _tend(
    files: Sequence[int], arguments: list[str], environment: dict[str, str], folder: str
) -> None:
    """Fork once more, and tell what becomes of that process; its exit code is ours."""
    stdout, stderr, tells = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    child = os.fork()
    if child == 0:
        os.close(tells)
        for number, file in enumerate(
            (os.open(os.devnull, os.O_RDONLY), stdout, stderr)
        ):
            os.dup2(file, number)
            os.close(file)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        time.tzset()
        _run(arguments)
    for number in (0, 1, 2, stdout, stderr):
        os.close(number)
    os.write(tells, str(child).encode())
    _, status = os.waitpid(child, 0)
    os.write(tells, str(os.waitstatus_to_exitcode(status)).encode())
    os._exit(0)


def _run(arguments: list[str]) -> None:
    from acd_tui.__main__ import main

    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, buffering=1, encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay
        for number, mode in enumerate("rww")
    )
    sys.argv = ["acd-tui", *arguments]
    main()


if __name__ == "__main__":
    sys.path[0] = os.path.dirname(sys.path[0])  # noqa: PTH120 - as `-m` would have it
    for module in _WANTED:
        importlib.import_module(module)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with socket.socket(fileno=int(sys.argv[1])) as channel:
        _serve(channel)
