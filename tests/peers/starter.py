"""Starts a program in Python many times without its imports' half a second each time."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

from tests.peers import forked


class Starter:
    """Has a program run in processes of its own, one after the other.

    Attributes:
        program: which.
    """

    def __init__(self, program: Path, requests: socket.socket) -> None:
        self.program = program
        self._requests = requests

    def run(
        self,
        arguments: Sequence[str],
        *,
        files: tuple[IO[bytes], IO[bytes], IO[bytes]],
        environment: Mapping[str, str],
        timeout: float,
    ) -> int:
        """Run the program to its end.

        Args:
            arguments: its own.
            files: where it reads, writes, and complains.
            environment: all that it sees.
            timeout: seconds.

        Returns:
            the exit code.

        Raises:
            TimeoutError: it did not end in time; no more can be run.
        """
        asked = {
            "arguments": list(arguments),
            "environment": dict(environment),
            "folder": str(Path.cwd()),
        }
        self._requests.settimeout(timeout)
        numbers = [file.fileno() for file in files]
        socket.send_fds(self._requests, [json.dumps(asked).encode()], numbers)
        code: int = json.loads(self._requests.recv(100))
        return code


@contextlib.contextmanager
def starting(program: Path, modules: Sequence[str]) -> Iterator[Starter]:
    """Have a program ready to be run meanwhile.

    Args:
        program: in an environment of its own, beside its Python.
        modules: what takes long to import, and does the same whenever that happens.
    """
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours:
        with theirs:
            number = theirs.fileno()
            process = subprocess.Popen(
                [
                    *(str(program.parent / "python"), forked.__file__),
                    *(str(number), str(program), *modules),
                ],
                pass_fds=[number],
                env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC"},
                start_new_session=True,
            )
        with process:
            yield Starter(program, ours)
            process.kill()
