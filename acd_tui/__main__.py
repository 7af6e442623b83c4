"""`python -m acd_tui` and the `acd-tui` command."""

from __future__ import annotations

import gc
import sys

from acd_tui.cli import run

_READER_GONE = 141
_COLLECT_AFTER = 100_000  # new objects; Python's own is 700


def main() -> None:
    """Run the program on the process's arguments and exit."""
    # httpx asks for its own command line, and that for rich and pygments; it gets on
    # without, and every command starts that much sooner.
    sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type] # "no such module"
    # To look for objects that refer to each other, and to nothing else, took a tenth of a
    # command's start and more of what it does then: there hardly are any.
    gc.set_threshold(_COLLECT_AFTER)
    _open_what_is_closed()
    code = run(sys.argv[1:])
    gc.freeze()  # the interpreter would look through all that goes with the process
    if code == _READER_GONE and sys.platform != "win32":
        _end_by_sigpipe()
    sys.exit(code)


def _open_what_is_closed() -> None:
    """Read nothing, and say nothing, where a stream was closed (`2>&-`).

    Without standard output nothing can be done; the commands say so.
    """
    import os

    if sys.stdin is None:
        sys.stdin = open(os.devnull)  # noqa: PTH123, SIM115
    if sys.stderr is None:
        sys.stderr = open(os.devnull, "w")  # noqa: PTH123, SIM115


def _end_by_sigpipe() -> None:
    """End as other programs do in `… | head`, so that a shell sees no failure of ours."""
    import os
    import signal

    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.kill(os.getpid(), signal.SIGPIPE)


if __name__ == "__main__":
    main()
