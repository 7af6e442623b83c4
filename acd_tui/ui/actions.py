"""Every action of the user, declared once.

Keys, key bar, palette, menu, help and the table in the README come from here. What an action
does is a method `do_<id>` of whatever its context names:

=========  ===========================================  ==========================
context    its keys work                                its method is found on
=========  ===========================================  ==========================
global     everywhere but in dialogs                    the app
front      in panes, queue panel and Transfers screen   the screen, the app
browser    in both panes and in the queue panel         the browser screen
list       in all of these lists                        the list with the focus
pane       in a pane                                    the browser screen, the pane
queue      in the queue panel and the Transfers screen  the panel, the screen
transfers  in the Transfers screen                      the screen
=========  ===========================================  ==========================

About ← and →: hands trained on tree views expect them to close and open, those trained
on other two-pane programs to change the pane. Both get it: → opens a closed folder in
place and steps into an open one, ← closes it or steps out to the folder around it;
where there is nothing to open or close, they go to the pane on that side. Letters
keep the meaning they have in vim (`l` enters, `h` goes to the parent).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import cache
from typing import get_args

from acd_tui.ui import conditions
from acd_tui.ui.action import Action, Context, Menu
from acd_tui.ui.actions_clipboard import CLIPBOARD_ACTIONS
from acd_tui.ui.actions_insight import INSIGHT_ACTIONS
from acd_tui.ui.actions_list import LIST_ACTIONS
from acd_tui.ui.actions_marks import MARK_ACTIONS
from acd_tui.ui.actions_places import PLACE_ACTIONS
from acd_tui.ui.actions_queue import QUEUE_ACTIONS
from acd_tui.ui.actions_shell import SHELL_ACTIONS
from acd_tui.ui.actions_transfers import TRANSFERS_ACTIONS

__all__ = [
    "ACTIONS",
    "BY_ID",
    "Action",
    "Context",
    "of_context",
    "of_key_bar",
    "of_menu",
]

ACTIONS: tuple[Action, ...] = (
    # everywhere
    Action(
        "help",
        "Help",
        "All keys and what they do, searchable.",
        "f1,question_mark",
        "global",
        label="Help",
    ),
    Action(
        "palette",
        "Command palette",
        "Find any action by its name.",
        "f9,colon,ctrl+p",
        "global",
        label="Menu",
    ),
    Action(
        "menu",
        "Menu",
        "What can be done with what is under the cursor.",
        "f2,shift+f10,semicolon",
        "front",
    ),
    Action(
        "theme",
        "Choose a theme",
        "Choose the colours: dark, light, high contrast, the terminal's own.",
        "",
        "global",
    ),
    Action(
        "log",
        "Log",
        "What the program did and what went wrong, with the full story.",
        "g l",
        "front",
        enabled=conditions.has_log,
    ),
    Action(
        "settings",
        "Settings and keys",
        "Theme, sets of keys, and any action's key by pressing it.",
        "g comma",
        "front",
        enabled=conditions.has_settings,
    ),
    Action(
        "stand_aside",
        "To the shell",
        "Stop, and give the terminal back to the shell; `fg` there goes on.",
        "ctrl+z",
        "global",
    ),
    Action(
        "quit",
        "Quit",
        "Leave; asks what to do with transfers that still run.",
        "f10,q,ctrl+q",
        "global",
        label="Quit",
    ),
    # on the home screen
    Action(
        "other_pane",
        "Other pane",
        "Go to the other pane, or back from the queue.",
        "tab,shift+tab",
        "browser",
    ),
    Action(
        "queue",
        "Show the queue",
        "The queue panel: off, six lines, half of the screen, all of it.",
        "w",
        "browser",
        label="Queue",
    ),
    Action("queue_focus", "Go to the queue", "Into the queue panel.", "W", "browser"),
    Action(
        "transfers",
        "Transfers",
        "All jobs and transfers with their history, on a screen of their own.",
        "g w,alt+t",
        "browser",
        menu="place",
    ),
    Action(
        "conflicts",
        "Decide conflicts",
        "What to do where something else is at the target already.",
        "exclamation_mark,alt+c",
        "front",
        enabled=conditions.has_conflicts,
    ),
    Action(
        "compare",
        "Compare the two panes",
        "What is different about both folders, with a plan to make them alike.",
        "equals_sign equals_sign",
        "browser",
        enabled=conditions.can_compare,
    ),
    Action(
        "trash_screen",
        "Open the trash",
        "What was trashed in the filesystem of this pane, to put it back.",
        "g t",
        "browser",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "remotes",
        "Remotes",
        "List, add, change and remove them; where a sign-in has run out, renew it.",
        "A,g a",
        "browser",
        enabled=conditions.has_setup,
    ),
    Action(
        "filesystem_left",
        "Left pane: choose what it shows",
        "The local disk or one of the remotes.",
        "alt+f1",
        "browser",
    ),
    Action(
        "filesystem_right",
        "Right pane: choose what it shows",
        "The local disk or one of the remotes.",
        "alt+f2",
        "browser",
    ),
    *SHELL_ACTIONS,
    Action(
        "undo",
        "Undo",
        "Take back the last rename, move, new folder or trashing.",
        "u",
        "pane",
    ),
    Action("redo", "Redo", "Do again what was undone last.", "U", "pane"),
    # in any list
    Action("up", "Up", "One line up.", "up,k", "list"),
    Action("down", "Down", "One line down.", "down,j", "list"),
    Action("top", "First line", "To the start.", "home,g g", "list"),
    Action("bottom", "Last line", "To the end.", "end,G", "list"),
    Action("page_up", "Page up", "One page up.", "pageup,ctrl+b", "list"),
    Action("page_down", "Page down", "One page down.", "pagedown,ctrl+f", "list"),
    Action("half_up", "Half a page up", "Half a page up.", "ctrl+u", "list"),
    Action("half_down", "Half a page down", "Half a page down.", "ctrl+d", "list"),
    # moving about in a pane
    Action(
        "enter",
        "Open",
        "Enter the folder, or view the file.",
        "enter,l,ctrl+pagedown",
        "pane",
        enabled=conditions.on_entry,
        menu="open",
    ),
    Action(
        "parent",
        "Parent folder",
        "Go up, with the cursor on the folder one comes from.",
        "backspace,h,ctrl+pageup",
        "pane",
        menu="open",
    ),
    Action(
        "expand",
        "Open in place",
        "Show what the folder holds below it; elsewhere: to the right pane.",
        "right",
        "pane",
    ),
    Action(
        "collapse",
        "Close in place",
        "Close the folder, or step out of it; elsewhere: to the left pane.",
        "left",
        "pane",
    ),
    Action("back", "Back", "To where it was before.", "H,alt+left,alt+y", "pane"),
    Action(
        "forward",
        "Forward",
        "The other way after going back.",
        "L,alt+right,alt+u",
        "pane",
    ),
    Action(
        "path",
        "Go to a path",
        "Type a path; Tab completes it.",
        "ctrl+l,g slash",
        "pane",
    ),
    Action(
        "filesystem",
        "Choose what this pane shows",
        "The local disk or one of the remotes.",
        "R",
        "pane",
        menu="place",
    ),
    Action(
        "other_same",
        "Same folder in the other pane",
        "Show this pane's folder in the other one too.",
        "alt+i,g o",
        "pane",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "other_open",
        "Open in the other pane",
        "Show the folder under the cursor in the other pane.",
        "alt+o",
        "pane",
        enabled=conditions.on_entry,
        menu="open",
    ),
    Action(
        "properties",
        "Properties",
        "All that is known of what is under the cursor.",
        "i",
        "pane",
        enabled=conditions.on_entry,
        menu="open",
    ),
    *PLACE_ACTIONS,
    *MARK_ACTIONS,
    # acting on files
    Action(
        "view",
        "View",
        "Show the start of the file, as text or bytes; a folder is entered.",
        "f3,o",
        "pane",
        label="View",
        enabled=conditions.on_entry,
        menu="open",
        menu_if=conditions.on_file,
    ),
    Action(
        "edit",
        "Edit",
        "Open the file in your editor ($VISUAL or $EDITOR), and save what it changed.",
        "f4,e",
        "pane",
        label="Edit",
        enabled=conditions.on_file,
        menu="open",
    ),
    Action(
        "new_file",
        "New file",
        "Write a file here in your editor; what it saves is there afterwards.",
        "shift+f4,E",
        "pane",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "copy",
        "Copy to the other pane",
        "Queue what is marked, or what is under the cursor.",
        "f5,C",
        "pane",
        label="Copy",
        enabled=conditions.can_copy,
        menu="files",
    ),
    Action(
        "move",
        "Move to the other pane",
        "Move what is marked, or what is under the cursor.",
        "f6,M",
        "pane",
        label="Move",
        enabled=conditions.can_move,
        menu="files",
    ),
    *CLIPBOARD_ACTIONS,
    Action(
        "rename",
        "Rename",
        "Give what is under the cursor another name.",
        "r,shift+f6",
        "pane",
        enabled=conditions.on_entry,
        menu="files",
    ),
    Action(
        "rename_all",
        "Rename in the editor",
        "What is marked, or all that is listed: each name a line in your editor.",
        "alt+r",
        "pane",
        enabled=conditions.all_listed,
        menu="files",
    ),
    Action(
        "mkdir",
        "New folder",
        "Make a folder here.",
        "f7,a",
        "pane",
        label="Dir",
        enabled=conditions.listed,
        menu="place",
    ),
    Action(
        "trash",
        "Trash",
        "Move what is marked, or what is under the cursor, to the trash.",
        "f8,d,delete",
        "pane",
        label="Trash",
        enabled=conditions.can_trash,
        menu="files",
    ),
    *LIST_ACTIONS,
    *INSIGHT_ACTIONS,
    *QUEUE_ACTIONS,
    *TRANSFERS_ACTIONS,
)

_PARTS = get_args(Menu)

BY_ID = {action.id: action for action in ACTIONS}


def of_menu(contexts: Collection[Context]) -> list[Action]:
    """The actions of contexts that a menu may offer, those of one part together."""
    offered = [action for action in of_context(*contexts) if action.menu]
    return sorted(offered, key=lambda action: _PARTS.index(str(action.menu)))


@cache
def of_key_bar(contexts: frozenset[Context]) -> tuple[Action, ...]:
    """The actions of some contexts that the key bar may show."""
    return tuple(action for action in of_context(*contexts) if action.label)


def of_context(*contexts: Context) -> Iterator[Action]:
    """The actions of some contexts, in the order of the table."""
    return (action for action in ACTIONS if action.context in contexts)
