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
import socket
import sys
from collections.abc import Sequence


def serve(requests: socket.socket, program: str) -> None:
    """Answer each request, of three files and of what is to be run, by the exit code."""
    while True:
        asked, files, _, _ = socket.recv_fds(requests, 1 << 18, 3)
        if not asked:
            return
        child = os.fork()
        if child == 0:
            requests.close()
            run(program, files, **json.loads(asked))
            return
        for file in files:
            os.close(file)
        _, status = os.waitpid(child, 0)
        requests.send(json.dumps(os.waitstatus_to_exitcode(status)).encode())


def run(
    program: str,
    files: Sequence[int],
    arguments: list[str],
    environment: dict[str, str],
    folder: str,
) -> None:
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    sys.stdin, sys.stdout, sys.stderr = (
        open(number, mode, encoding="utf-8", closefd=False)  # noqa: SIM115 - they stay
        for number, mode in enumerate("rww")
    )
    os.environ.clear()
    os.environ.update(environment)
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
