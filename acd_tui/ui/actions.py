"""Every action of the user, declared once.

Key bindings, key bar, palette and help are generated from this table. What an action
does is a method `do_<id>` of whatever its context names:

=========  ===========================================  ==========================
context    its keys work                                its method is found on
=========  ===========================================  ==========================
global     everywhere but in dialogs                    the app
browser    in both panes and in the queue               the browser screen
list       in both panes and in the queue               the list with the focus
pane       in a pane                                    the browser screen, the pane
queue      in the queue panel                           the queue panel
=========  ===========================================  ==========================

About ← and →: hands trained on tree views expect them to close and open, those trained
on other two-pane programs to change the pane. Both get it: → opens a closed folder in
place and steps into an open one, ← closes it or steps out to the folder around it;
where there is nothing to open or close, they go to the pane on that side. Letters
keep the meaning they have in vim (`l` enters, `h` goes to the parent).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from textual.binding import Binding

from acd_tui.transfers.model import State
from acd_tui.vfs.filesystem import Trash

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp

Context = Literal["global", "browser", "list", "pane", "queue"]
Condition = Callable[["AcdApp"], str | None]


def _always(_app: AcdApp) -> str | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """Something the user can do.

    Attributes:
        id: also the id of its key binding.
        title: as in the palette and the help.
        help: one sentence more, for the help.
        keys: the default keys, as Textual names them, separated by commas.
        context: where the keys work, see above.
        label: in the key bar; None keeps it out of there.
        enabled: returns None if it can be done now, else why not.
    """

    id: str
    title: str
    help: str
    keys: str
    context: Context
    label: str | None = None
    enabled: Condition = _always

    @property
    def key_names(self) -> tuple[str, ...]:
        return tuple(key for key in self.keys.split(",") if key)

    def binding(self) -> Binding:
        """Its one key binding."""
        return Binding(
            self.keys,
            f"app.do({self.id!r})",
            self.title,
            id=self.id,
            show=self.label is not None,
            tooltip=self.help,
            priority=False,
        )


# --- conditions -------------------------------------------------------------


def _something_chosen(app: AcdApp) -> str | None:
    pane = app.browser.active
    if pane.problem is not None:
        return "this pane has no listing"
    return None if pane.has_choice else "nothing is marked and the cursor is on nothing"


def _on_entry(app: AcdApp) -> str | None:
    return None if app.browser.active.current is not None else "no file or folder here"


def _on_file(app: AcdApp) -> str | None:
    row = app.browser.active.current
    if row is None or row.entry.is_folder:
        return "the cursor is not on a file"
    return None


def _listed(app: AcdApp) -> str | None:
    pane = app.browser.active
    return "this pane has no listing" if pane.filesystem is None else None


def _can_copy(app: AcdApp) -> str | None:
    if app.browser.other.filesystem is None:
        return "the other pane shows no folder to copy to"
    return _something_chosen(app)


def _can_move(app: AcdApp) -> str | None:
    here, there = app.browser.active.place, app.browser.other.place
    if here.filesystem != there.filesystem:
        return "moving between filesystems: copy, then trash"
    return _can_copy(app)


def _can_trash(app: AcdApp) -> str | None:
    filesystem = app.browser.active.filesystem
    if filesystem is not None and not isinstance(filesystem, Trash):
        return f"{filesystem.name} has no trash"
    return _something_chosen(app)


def _has_conflicts(app: AcdApp) -> str | None:
    return None if app.queue.counts.get(State.CONFLICT) else "there are no conflicts"


def _has_setup(app: AcdApp) -> str | None:
    return None if app.setup is not None else "remotes cannot be set up from here"


def _in_queue(app: AcdApp) -> str | None:
    panel = app.browser.queue_panel
    return None if panel.current is not None else "no transfer is chosen"


def _has_failed(app: AcdApp) -> str | None:
    counts = app.queue.counts
    some = counts.get(State.FAILED) or counts.get(State.CANCELLED)
    return None if some else "no transfer has failed or was cancelled"


def _has_finished(app: AcdApp) -> str | None:
    finished = any(n and state.is_final for state, n in app.queue.counts.items())
    return None if finished else "no transfer is finished"


# --- the table --------------------------------------------------------------

ACTIONS: tuple[Action, ...] = (
    # everywhere
    Action(
        id="help",
        title="Help",
        help="All keys and what they do, searchable.",
        keys="f1,question_mark",
        context="global",
        label="Help",
    ),
    Action(
        id="palette",
        title="Command palette",
        help="Find any action by its name.",
        keys="f9,colon,ctrl+p,f2",
        context="global",
        label="Menu",
    ),
    Action(
        id="theme",
        title="Switch between dark and light",
        help="Change the colours for this run.",
        keys="",
        context="global",
    ),
    Action(
        id="quit",
        title="Quit",
        help="Leave; asks what to do with transfers that still run.",
        keys="f10,q,ctrl+q",
        context="global",
        label="Quit",
    ),
    # on the home screen
    Action(
        id="other_pane",
        title="Other pane",
        help="Go to the other pane, or back from the queue.",
        keys="tab,shift+tab",
        context="browser",
    ),
    Action(
        id="queue",
        title="Show the queue",
        help="The queue panel: off, six lines, half of the screen, all of it.",
        keys="w",
        context="browser",
        label="Queue",
    ),
    Action(
        id="queue_focus",
        title="Go to the queue",
        help="Put the cursor into the queue panel.",
        keys="W",
        context="browser",
    ),
    Action(
        id="conflicts",
        title="Decide conflicts",
        help="What to do where something else is at the target already.",
        keys="c,alt+c",
        context="browser",
        enabled=_has_conflicts,
    ),
    Action(
        id="trash_screen",
        title="Open the trash",
        help="What was trashed in the filesystem of this pane, to put it back.",
        keys="t",
        context="browser",
        enabled=_listed,
    ),
    Action(
        id="remotes",
        title="Add a remote",
        help="Set up an account or a server and sign in to it.",
        keys="A",
        context="browser",
        enabled=_has_setup,
    ),
    Action(
        id="filesystem_left",
        title="Left pane: choose what it shows",
        help="The local disk or one of the remotes.",
        keys="alt+f1",
        context="browser",
    ),
    Action(
        id="filesystem_right",
        title="Right pane: choose what it shows",
        help="The local disk or one of the remotes.",
        keys="alt+f2",
        context="browser",
    ),
    Action(
        id="undo",
        title="Undo",
        help="Take back the last rename, move, new folder or trashing.",
        keys="u",
        context="pane",
    ),
    Action(
        id="redo",
        title="Redo",
        help="Do again what was undone last.",
        keys="U",
        context="pane",
    ),
    # in any list
    Action(id="up", title="Up", help="One line up.", keys="up,k", context="list"),
    Action(
        id="down", title="Down", help="One line down.", keys="down,j", context="list"
    ),
    Action(
        id="top", title="First line", help="To the start.", keys="home", context="list"
    ),
    Action(
        id="bottom",
        title="Last line",
        help="To the end.",
        keys="end,G",
        context="list",
    ),
    Action(
        id="page_up",
        title="Page up",
        help="One page up.",
        keys="pageup,ctrl+b",
        context="list",
    ),
    Action(
        id="page_down",
        title="Page down",
        help="One page down.",
        keys="pagedown,ctrl+f",
        context="list",
    ),
    Action(
        id="half_up",
        title="Half a page up",
        help="Half a page up.",
        keys="ctrl+u",
        context="list",
    ),
    Action(
        id="half_down",
        title="Half a page down",
        help="Half a page down.",
        keys="ctrl+d",
        context="list",
    ),
    # moving about in a pane
    Action(
        id="enter",
        title="Open",
        help="Enter the folder, or view the file.",
        keys="enter,l,ctrl+pagedown",
        context="pane",
        enabled=_on_entry,
    ),
    Action(
        id="parent",
        title="Parent folder",
        help="Go up, with the cursor on the folder one comes from.",
        keys="backspace,h,ctrl+pageup",
        context="pane",
    ),
    Action(
        id="expand",
        title="Open in place",
        help="Show what the folder holds below it; elsewhere: to the right pane.",
        keys="right",
        context="pane",
    ),
    Action(
        id="collapse",
        title="Close in place",
        help="Close the folder, or step out of it; elsewhere: to the left pane.",
        keys="left",
        context="pane",
    ),
    Action(
        id="back",
        title="Back",
        help="To where this pane was before.",
        keys="alt+left,H",
        context="pane",
    ),
    Action(
        id="forward",
        title="Forward",
        help="The other way after going back.",
        keys="alt+right,L",
        context="pane",
    ),
    Action(
        id="path",
        title="Go to a path",
        help="Type a path; Tab completes it.",
        keys="ctrl+l",
        context="pane",
    ),
    Action(
        id="filesystem",
        title="Choose what this pane shows",
        help="The local disk or one of the remotes.",
        keys="R",
        context="pane",
    ),
    Action(
        id="other_same",
        title="Same folder in the other pane",
        help="Show this pane's folder in the other one too.",
        keys="alt+i",
        context="pane",
        enabled=_listed,
    ),
    Action(
        id="other_open",
        title="Open in the other pane",
        help="Show the folder under the cursor in the other pane.",
        keys="alt+o",
        context="pane",
        enabled=_on_entry,
    ),
    # marking
    Action(
        id="mark",
        title="Mark",
        help="Mark or unmark, then one line down.",
        keys="space,insert,ctrl+t",
        context="pane",
        enabled=_on_entry,
    ),
    Action(
        id="mark_up",
        title="Mark upwards",
        help="Mark or unmark, then one line up.",
        keys="shift+up",
        context="pane",
        enabled=_on_entry,
    ),
    Action(
        id="mark_down",
        title="Mark downwards",
        help="Mark or unmark, then one line down.",
        keys="shift+down",
        context="pane",
        enabled=_on_entry,
    ),
    Action(
        id="mark_all",
        title="Mark all",
        help="Mark everything listed.",
        keys="ctrl+a",
        context="pane",
    ),
    Action(
        id="invert",
        title="Invert the marks",
        help="Mark what is not marked and unmark what is.",
        keys="asterisk,multiply",
        context="pane",
    ),
    Action(
        id="mark_pattern",
        title="Mark by pattern",
        help="Mark names that fit a pattern such as *.jpg.",
        keys="plus,add",
        context="pane",
    ),
    Action(
        id="unmark_pattern",
        title="Unmark by pattern",
        help="Unmark names that fit a pattern such as *.jpg.",
        keys="minus,subtract,backslash",
        context="pane",
    ),
    Action(
        id="clear",
        title="Clear filter, then marks",
        help="One layer at a press.",
        keys="escape",
        context="pane",
    ),
    # acting on files
    Action(
        id="view",
        title="View",
        help="Show the start of the file, as text or bytes.",
        keys="f3,o",
        context="pane",
        label="View",
        enabled=_on_file,
    ),
    Action(
        id="copy",
        title="Copy to the other pane",
        help="Queue what is marked, or what is under the cursor.",
        keys="f5,y",
        context="pane",
        label="Copy",
        enabled=_can_copy,
    ),
    Action(
        id="move",
        title="Move to the other pane",
        help="Move what is marked, or what is under the cursor.",
        keys="f6,x",
        context="pane",
        label="Move",
        enabled=_can_move,
    ),
    Action(
        id="rename",
        title="Rename",
        help="Give what is under the cursor another name.",
        keys="r,shift+f6,f18",
        context="pane",
        enabled=_on_entry,
    ),
    Action(
        id="mkdir",
        title="New folder",
        help="Make a folder here.",
        keys="f7,a",
        context="pane",
        label="Mkdir",
        enabled=_listed,
    ),
    Action(
        id="trash",
        title="Trash",
        help="Move what is marked, or what is under the cursor, to the trash.",
        keys="f8,d,delete",
        context="pane",
        label="Trash",
        enabled=_can_trash,
    ),
    # looking
    Action(
        id="refresh",
        title="Refresh",
        help="List the folder again; asks the service for news.",
        keys="ctrl+r",
        context="pane",
    ),
    Action(
        id="find",
        title="Find",
        help="Jump to the next name that holds what you type.",
        keys="slash,ctrl+s",
        context="pane",
    ),
    Action(
        id="find_next",
        title="Find next",
        help="The next name that fits.",
        keys="n",
        context="pane",
    ),
    Action(
        id="find_previous",
        title="Find previous",
        help="The previous name that fits.",
        keys="N",
        context="pane",
    ),
    Action(
        id="filter",
        title="Filter",
        help="Show only names that hold what you type.",
        keys="f",
        context="pane",
    ),
    Action(
        id="hidden",
        title="Show or hide dot files",
        help="Names that start with a dot.",
        keys="full_stop",
        context="pane",
    ),
    Action(
        id="sort_next",
        title="Sort by the next column",
        help="By name, size, time in turn.",
        keys="comma",
        context="pane",
    ),
    Action(
        id="sort_reverse",
        title="Reverse the order",
        help="The other way round.",
        keys="less_than_sign",
        context="pane",
    ),
    Action(
        id="sort_name",
        title="Sort by name",
        help="Numbers in names count as numbers.",
        keys="",
        context="pane",
    ),
    Action(
        id="sort_size",
        title="Sort by size",
        help="The largest first.",
        keys="",
        context="pane",
    ),
    Action(
        id="sort_modified",
        title="Sort by time",
        help="The newest first.",
        keys="",
        context="pane",
    ),
    # in the queue
    Action(
        id="pause",
        title="Pause or resume the transfer",
        help="The one under the cursor.",
        keys="space,p",
        context="queue",
        label="Pause",
        enabled=_in_queue,
    ),
    Action(
        id="pause_all",
        title="Hold or release the queue",
        help="Nothing runs while it is held.",
        keys="P",
        context="queue",
        label="Hold all",
    ),
    Action(
        id="cancel",
        title="Cancel the transfer",
        help="The one under the cursor; nothing half-written stays.",
        keys="x,d,delete",
        context="queue",
        label="Cancel",
        enabled=_in_queue,
    ),
    Action(
        id="retry",
        title="Retry the transfer",
        help="Queue the one under the cursor again.",
        keys="r",
        context="queue",
        label="Retry",
        enabled=_in_queue,
    ),
    Action(
        id="retry_all",
        title="Retry all that failed",
        help="Queue everything again that failed or was cancelled.",
        keys="R",
        context="queue",
        enabled=_has_failed,
    ),
    Action(
        id="clear_finished",
        title="Clear finished transfers",
        help="Take what is done, skipped, failed or cancelled from the list.",
        keys="C",
        context="queue",
        label="Clear",
        enabled=_has_finished,
    ),
    Action(
        id="details",
        title="Details of the transfer",
        help="All that is known of it; of a conflict, the choice.",
        keys="enter,l",
        context="queue",
        enabled=_in_queue,
    ),
    Action(
        id="leave_queue",
        title="Back to the panes",
        help="The queue stays as it is.",
        keys="escape",
        context="queue",
    ),
)

BY_ID = {action.id: action for action in ACTIONS}


def of_context(*contexts: Context) -> Iterator[Action]:
    """The actions of some contexts, in the order of the table."""
    return (action for action in ACTIONS if action.context in contexts)


def bindings(*contexts: Context) -> list[Binding]:
    """The key bindings of the actions of some contexts."""
    return [action.binding() for action in of_context(*contexts) if action.keys]
