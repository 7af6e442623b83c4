"""When an action is possible, and if it is not, why not.

Each function returns None if its actions can be done now, else the reason in a few
words that complete a sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.printable import printable
from acd_tui.transfers.model import State
from acd_tui.transfers.states import Event, step
from acd_tui.vfs.capabilities import (
    Accounted,
    Chronicled,
    Searchable,
    Trash,
)

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane


def always(_app: AcdApp) -> str | None:
    """Say that nothing stands in the way."""
    return None


def something_chosen(app: AcdApp) -> str | None:
    """Something is marked, or the cursor is on something."""
    pane = app.browser.active
    if pane.problem is not None:
        return "this pane has no listing"
    return None if pane.has_choice else "nothing is marked and the cursor is on nothing"


def on_entry(app: AcdApp) -> str | None:
    """The cursor is on something."""
    return None if app.browser.active.current is not None else "no file or folder here"


def on_file(app: AcdApp) -> str | None:
    """The cursor is on a file."""
    row = app.browser.active.current
    if row is None or row.entry.is_folder:
        return "the cursor is not on a file"
    return None


def _unopened(pane: Pane) -> str | None:
    """Say why what a pane is to show is not there, if so."""
    if pane.filesystem is not None:
        return None
    if pane.problem is not None:
        return "this pane has no listing"
    return f"{printable(pane.target.filesystem)} has not answered yet"


def listed(app: AcdApp) -> str | None:
    """The pane shows a folder."""
    pane = app.browser.active
    if pane.problem is not None:
        return "this pane has no listing"
    return _unopened(pane)


def all_listed(app: AcdApp) -> str | None:
    """Something is marked, or all that the pane shows is listed."""
    pane = app.browser.active
    if (reason := listed(app)) is not None:
        return reason
    if pane.marks.count:
        return None
    if not pane.is_whole:
        return "the listing is not whole yet"
    return None if len(pane.files) else "nothing is listed here"


def on_folder(app: AcdApp) -> str | None:
    """The pane shows a folder, not what was found."""
    if app.browser.active.has_found:
        return "this pane shows what was found, not a folder"
    return listed(app)


def both_listed(app: AcdApp) -> str | None:
    """Both panes show a folder."""
    panes = app.browser.left, app.browser.right
    if any(pane.filesystem is None or pane.problem is not None for pane in panes):
        return "a pane has no listing"
    return None


def has_room(app: AcdApp) -> str | None:
    """There is room for something beside the pane."""
    if app.browser.has_room:
        return None
    return f"that takes 80 columns; {app.key_of('view')} shows the file"


def is_previewing(app: AcdApp) -> str | None:
    """The preview is shown."""
    if app.browser.previewing.is_on:
        return None
    return f"there is no preview; {app.key_of('preview')} shows it"


def can_copy(app: AcdApp) -> str | None:
    """Something is chosen, and the other pane shows a folder."""
    if app.browser.other.filesystem is None:
        return "the other pane shows no folder to copy to"
    if app.browser.other.has_found:
        return "the other pane shows what was found, not a folder to copy to"
    return something_chosen(app)


def can_move(app: AcdApp) -> str | None:
    """As for copying; from another drive only what its trash can take."""
    here = app.browser.active.place.filesystem
    if here != app.browser.other.place.filesystem:
        return can_leave(app) or can_copy(app)
    return can_copy(app)


def can_leave(app: AcdApp) -> str | None:
    """Something is chosen that may leave its filesystem, through the trash there."""
    here = app.browser.active.filesystem
    if here is not None and not isinstance(here, Trash):
        return f"{here.name} has no trash, so nothing can leave it"
    return something_chosen(app)


def can_paste(app: AcdApp) -> str | None:
    """Something was taken along, and the pane shows a folder."""
    if app.browser.parts.clipboard.held is None:
        return f"nothing was taken along; {app.key_of('yank')} does that"
    return on_folder(app)


def can_trash(app: AcdApp) -> str | None:
    """Something is chosen in a filesystem with a trash."""
    filesystem = app.browser.active.filesystem
    if filesystem is not None and not isinstance(filesystem, Trash):
        return f"{filesystem.name} has no trash"
    return something_chosen(app)


def can_compare(app: AcdApp) -> str | None:
    """Both panes show a folder."""
    panes = (app.browser.left, app.browser.right)
    if any(p.has_found for p in panes):
        return "a pane shows what was found, not a folder"
    if all(p.filesystem is not None and p.problem is None for p in panes):
        return None
    return "a pane shows no folder"


def has_log(app: AcdApp) -> str | None:
    """There is a log of this run."""
    return None if app.log_file is not None else "this run keeps no log"


def pane_with_account(app: AcdApp) -> Pane | None:
    """Return the pane whose account is meant: the active one before the other."""
    for pane in (app.browser.active, app.browser.other):
        filesystem: object = pane.filesystem
        if isinstance(filesystem, Accounted):
            return pane
    return None


def is_account(app: AcdApp) -> str | None:
    """The active pane itself shows a remote."""
    if pane_with_account(app) is app.browser.active:
        return None
    return "this pane has no account"


def has_account(app: AcdApp) -> str | None:
    """A pane shows a remote."""
    if pane_with_account(app) is not None:
        return None
    return _unopened(app.browser.active) or "only remotes have an account"


def can_search(app: AcdApp) -> str | None:
    """The pane shows a filesystem that finds things by name."""
    filesystem: object = app.browser.active.filesystem
    if isinstance(filesystem, Searchable):
        return None
    unopened = _unopened(app.browser.active)
    return unopened or "only remotes can be searched; `/` finds in this listing"


def has_timeline(app: AcdApp) -> str | None:
    """The pane shows a filesystem that remembers what changed."""
    filesystem: object = app.browser.active.filesystem
    if isinstance(filesystem, Chronicled):
        return None
    return _unopened(app.browser.active) or "only remotes remember that"


def has_conflicts(app: AcdApp) -> str | None:
    """Transfers wait for a decision."""
    return None if app.queue.counts.get(State.CONFLICT) else "there are no conflicts"


def has_setup(app: AcdApp) -> str | None:
    """Remotes can be set up from here."""
    return None if app.setup is not None else "remotes cannot be set up from here"


def wants_sign_in(app: AcdApp) -> str | None:
    """Transfers wait until the user signs in again."""
    wanted = app.browser.parts.remotes.wanted
    return (
        None if wanted and app.setup is not None else "no transfers wait for a sign-in"
    )


def has_settings(app: AcdApp) -> str | None:
    """There is a file for the settings."""
    return (
        None if app.preferences.file is not None else "there is no settings file here"
    )


def in_queue(app: AcdApp) -> str | None:
    """Transfers are marked, or the cursor of the queue is on one, or on a job."""
    return None if app.front.chosen is not None else "no transfer is chosen"


def on_one_of_queue(app: AcdApp) -> str | None:
    """The cursor of the queue is on a transfer, or on a job."""
    chosen = app.front.chosen
    is_one = chosen is not None and chosen.one is not None
    return None if is_one else "the cursor is on no transfer"


def _takes(app: AcdApp, *events: Event) -> str | None:
    """What is chosen can be told this; of many, and of jobs, the queue finds out."""
    chosen = app.front.chosen
    if chosen is None or chosen.marked is not None or chosen.transfer is None:
        return in_queue(app)
    state = chosen.transfer.state
    taken = any(step(state, event) is not None for event in events)
    return None if taken else f"it is {state} already"


def can_pause(app: AcdApp) -> str | None:
    """What is chosen can be paused, or goes on."""
    return _takes(app, Event.PAUSE, Event.RESUME)


def can_cancel(app: AcdApp) -> str | None:
    """What is chosen is not over."""
    return _takes(app, Event.CANCEL)


def can_order(app: AcdApp) -> str | None:
    """What is chosen has a place in the order: it is not over."""
    return _takes(app, Event.PAUSE, Event.RESUME, Event.DECIDE)


def can_retry(app: AcdApp) -> str | None:
    """What is chosen has failed, or was cancelled."""
    problem = _takes(app, Event.RETRY)
    return problem and problem.replace(" already", ", so there is nothing to retry")


def on_row(app: AcdApp) -> str | None:
    """The list has something to mark."""
    return None if app.front.list_in_use.row_count else "nothing is listed here"


def on_transfer(app: AcdApp) -> str | None:
    """Transfers are marked, or the cursor of the queue is on one."""
    chosen = app.front.chosen
    is_one = chosen is not None and chosen.ids is not None
    return None if is_one else "the cursor is on no single transfer"


def has_unfinished(app: AcdApp) -> str | None:
    """Something could be cancelled."""
    return None if app.queue.unfinished else "nothing is queued or under way"


def has_failed(app: AcdApp) -> str | None:
    """Something could be tried again."""
    return None if app.queue.counts.get(State.FAILED) else "no transfer has failed"


def has_finished(app: AcdApp) -> str | None:
    """Something could be cleared away."""
    finished = any(
        n and state.is_final and state is not State.FAILED
        for state, n in app.queue.counts.items()
    )
    return None if finished else "no transfer is finished"
