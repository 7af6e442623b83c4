"""The whole group `queue`; its commands are in modules of their own."""

from __future__ import annotations

from acd_tui.cli.queue import queue_group
from acd_tui.cli.queue_run import run
from acd_tui.cli.queue_status import status
from acd_tui.cli.queue_steer import cancel, decide, pause, priority, resume, retry

for command in (pause, resume, cancel, retry, priority, decide, run, status):
    queue_group.add_command(command)

__all__ = ["queue_group"]
