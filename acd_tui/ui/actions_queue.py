"""The actions of the queue panel; a part of the table in `actions.py`."""

from __future__ import annotations

from acd_tui.ui import conditions
from acd_tui.ui.action import Action

QUEUE_ACTIONS: tuple[Action, ...] = (
    Action(
        "pause",
        "Pause or resume the transfer",
        "The one under the cursor.",
        "space,p",
        "queue",
        label="Pause",
        enabled=conditions.in_queue,
    ),
    Action(
        "pause_all",
        "Hold or release the queue",
        "Nothing runs while it is held.",
        "P",
        "queue",
        label="Hold all",
    ),
    Action(
        "cancel",
        "Cancel the transfer",
        "The one under the cursor; nothing half-written stays.",
        "x,d,delete",
        "queue",
        label="Cancel",
        enabled=conditions.in_queue,
    ),
    Action(
        "retry",
        "Retry the transfer",
        "Queue the one under the cursor again.",
        "r",
        "queue",
        label="Retry",
        enabled=conditions.in_queue,
    ),
    Action(
        "retry_all",
        "Retry all that failed",
        "Queue everything again that failed or was cancelled.",
        "R",
        "queue",
        enabled=conditions.has_failed,
    ),
    Action(
        "clear_finished",
        "Clear finished transfers",
        "Take what is done, skipped, failed or cancelled from the list.",
        "C",
        "queue",
        label="Clear",
        enabled=conditions.has_finished,
    ),
    Action(
        "details",
        "Details of the transfer",
        "All that is known of it; of a conflict, the choice.",
        "enter,l",
        "queue",
        enabled=conditions.in_queue,
    ),
    Action(
        "leave_queue",
        "Back to the panes",
        "The queue stays as it is.",
        "escape",
        "queue",
    ),
)
