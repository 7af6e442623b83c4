"""Starts a program in Python many times without its imports' half a second each time.

How it starts in earnest is for the tests of just that.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests import forked


class Forked:
    """A process of such a program, as `subprocess.Popen` has them.

    Attributes:
        pid: of the process.
    """

    def __init__(self, told: int) -> None:
        """Wait until it is there.

        Args:
            told: a pipe that tells its number, and then how it ended.
        """
        self._told = os.fdopen(told, "rb", buffering=0)
        self._code: int | None = None
        self.pid = int(self._told.readline())

    def send_signal(self, number: signal.Signals) -> None:
        if self._code is None and not self._has_ended(0.0):
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
            if not self._has_ended(timeout):
                raise TimeoutError(f"process {self.pid} still runs")
            self._code = int(self._told.readline())
            self._told.close()
        return self._code

    def _has_ended(self, timeout: float) -> bool:
        return bool(select.select([self._told], [], [], timeout)[0])


class Starter:
    """Has a program run in processes of its own, until it is closed or we end.

    Attributes:
        program: which.
    """

    def __init__(self, program: Path, modules: Sequence[str]) -> None:
        """Have a program ready to be run.

        Args:
            program: beside the Python that runs it.
            modules: what takes long to import, and does the same whenever that happens.
        """
        self.program = program
        self._requests, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET
        )
        with theirs:
            number = theirs.fileno()
            self._process = subprocess.Popen(
                [
                    *(str(program.parent / "python"), forked.__file__),
                    *(str(number), str(program), *modules),
                ],
                pass_fds=[number],
                stdin=subprocess.DEVNULL,
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                start_new_session=True,
            )

    def fork(
        self,
        arguments: Sequence[str],
        *,
        files: tuple[int, int, int],
        environment: Mapping[str, str],
    ) -> Forked:
        """Run the program in a process of its own.

        Args:
            arguments: its own.
            files: where it reads, writes, and complains.
            environment: all that it sees.
        """
        asked = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(Path.cwd()),
        }
        told, tells = os.pipe()
        try:
            socket.send_fds(
                self._requests, [json.dumps(asked).encode()], [*files, tells]
            )
        finally:
            os.close(tells)
        return Forked(told)

    def close(self) -> None:
        """Be done with it; what was forked runs on."""
        self._requests.close()
        self._process.kill()
        self._process.wait()
