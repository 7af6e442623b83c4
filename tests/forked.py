"""Runs a program in Python again and again, with what it imports imported once.

`PYTHON forked.py SOCKET PROGRAM MODULE…`, by the Python of that program: for each request a
process of its own is forked in which the program begins as if it had just been started.
Knows nothing but the standard library, for that Python may have nothing else.
"""

from __future__ import annotations

import importlib
import json
import os
import runpy
import signal
import socket
import sys
import time
from collections.abc import Sequence

# How Python opens what it reads, writes, and complains to where all is UTF-8.
_STREAMS = (
    ("r", 1, "utf-8", "surrogateescape"),
    ("w", 1, "utf-8", "surrogateescape"),
    ("w", 1, "utf-8", "backslashreplace"),
)


def serve(requests: socket.socket, program: str) -> None:
    """Fork for each request, of four files and of what is to be run."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for `tend`
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    while True:
        asked, files, _, _ = socket.recv_fds(requests, 1 << 20, 4)
        if not asked:
            return
        if os.fork() == 0:
            requests.close()
            tend(program, files, **json.loads(asked))
            return
        for file in files:
            os.close(file)


def tend(
    program: str,
    files: Sequence[int],
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
) -> None:
    """Fork once more; tell the last file that process's number, and how it ends."""
    *streams, told = files
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    child = os.fork()
    if child == 0:
        os.close(told)
        run(program, streams, arguments, environment, folder)
        return
    for file in (0, 1, 2, *streams):
        os.close(file)
    os.write(told, b"%d\n" % child)
    _, status = os.waitpid(child, 0)
    os.write(told, b"%d\n" % os.waitstatus_to_exitcode(status))
    os._exit(0)


def run(
    program: str,
    streams: Sequence[int],
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
) -> None:
    for number, file in enumerate(streams):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, *how, closefd=False)  # noqa: SIM115 - they stay
        for number, how in enumerate(_STREAMS)
    )
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    os.chdir(folder)
    sys.argv = [program, *arguments]
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    channel, program, *modules = sys.argv[1:]
    sys.path[0] = os.path.dirname(program)  # noqa: PTH120 - as Python itself has it
    for module in modules:
        importlib.import_module(module)
    with socket.socket(fileno=int(channel)) as requests:
        serve(requests, program)
