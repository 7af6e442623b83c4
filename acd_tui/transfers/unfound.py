"""What a plan has shown, but the source has no more when it is carried out."""

from __future__ import annotations

import json
import sqlite3

from acd_tui.printable import printable
from acd_tui.transfers.rows import read_path


def unfound(connection: sqlite3.Connection, job: int) -> list[str]:
    """Say of a job that is planned to its end what it has not found, in a sentence."""
    (options,) = connection.execute(
        "SELECT options FROM jobs WHERE id = ?", (job,)
    ).fetchone()
    if not json.loads(options).get("planned"):
        return []
    targets = connection.execute(
        "SELECT target FROM plans WHERE job = :job AND target NOT IN"
        " (SELECT target FROM transfers WHERE job = :job)",
        {"job": job},
    ).fetchall()
    if not targets:
        return []
    first = printable(str(read_path(targets[0][0])))
    others = f" and {len(targets) - 1} more" if len(targets) > 1 else ""
    return [f"{first}{others} of the plan: not in the source any more"]
