"""What of a command's processor time the transactions of its queue take.

`python -m tests.benchmarks.queue_share FILE COMMAND…` runs `acd-tui COMMAND…`, and writes
those seconds into FILE.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from acd_tui.__main__ import main
from acd_tui.db import Database

_WORK = ("_write_batch", "_read_loop", "read_here")  # of the threads that do it

_spent: list[float] = []


def _counted(work: Callable[..., Any]) -> Callable[..., Any]:
    def run(database: Database, *given: Any, **more: Any) -> Any:
        before = time.thread_time()  # waiting takes none
        try:
            return work(database, *given, **more)
        finally:
            if database.path.name == "queue.sqlite":
                _spent.append(time.thread_time() - before)

    return run


if __name__ == "__main__":
    for name in _WORK:
        setattr(Database, name, _counted(getattr(Database, name)))
    file, sys.argv[1:] = Path(sys.argv[1]), sys.argv[2:]
    try:
        main()
    finally:
        file.write_text(str(sum(_spent)))
