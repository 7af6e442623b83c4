"""Sets of keys for hands that learned on other programs.

Each says only how it differs from the keys in the table of actions. The core of keys
that every set has (F3 view … F10 quit, `/` find, `u` undo) is in `CORE`, and a test
holds all sets to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

CORE: Mapping[str, str] = {
    "other_pane": "tab",
    "up": "up",
    "down": "down",
    "collapse": "left",
    "expand": "right",
    "enter": "enter",
    "parent": "backspace",
    "mark": "space,insert",
    "view": "f3",
    "edit": "f4",
    "copy": "f5",
    "move": "f6",
    "mkdir": "f7",
    "trash": "f8",
    "palette": "f9",
    "quit": "f10,q",
    "help": "f1,question_mark",
    "find": "slash",
    "filter": "f",
    "search": "s",
    "queue": "w",
    "undo": "u",
}
"""Keys that no preset takes away."""

_CORE_KEYS = {key for keys in CORE.values() for key in keys.split(",")}


@dataclass(frozen=True)
class Preset:
    """One set of keys.

    Attributes:
        title: whom it is for, in a few words.
        keys: of the actions whose keys differ from the table's.
        letters_find: letters outside the core begin a search in the listing, so no
            action has one for its key.
    """

    title: str
    keys: Mapping[str, str] = field(default_factory=dict)
    letters_find: bool = False

    @property
    def about_letters(self) -> str:
        """Which letters are keys although letters search; nothing where they do not."""
        core = ", ".join(sorted(key for key in _CORE_KEYS if _is_plain(key)))
        return (
            f"Letters search in the listing, except {core}, which mean what they mean "
            "in every set; / searches for names that begin with those."
            if self.letters_find
            else ""
        )

    def usual(self, keys: str) -> str:
        """The keys of the table, without letters where those begin a search."""
        if not self.letters_find:
            return keys
        return ",".join(each for each in keys.split(",") if not _is_letter(each))


def _is_plain(key: str) -> bool:
    return len(key) == 1 and key.isalpha()


def _is_letter(keys: str) -> bool:
    first = keys.split(" ", maxsplit=1)[0]
    return _is_plain(first) and keys not in _CORE_KEYS


_MC = {
    "log": "ctrl+x l",
    "trash_screen": "ctrl+x b",
    "space": "ctrl+x u",
    "duplicates": "ctrl+x 2",
    "account": "ctrl+x f",
    "changes": "ctrl+x n",
    "filesystem": "ctrl+x r",
    "home": "ctrl+x full_stop",
    "root": "ctrl+x slash",
    "redo": "ctrl+x z",
    "yank": "ctrl+x y",
    "cut": "ctrl+x x",
    "paste": "ctrl+x v",
    "range": "ctrl+x m",
    "swap": "ctrl+u,ctrl+w x",
    "tab_new": "ctrl+x t",
    "tab_close": "ctrl+x c",
    "set_mark": "ctrl+x h letter",
    "jump": "alt+h",
    "recent": "alt+e",
    "settings": "ctrl+x s",
    "compare": "equals_sign equals_sign,ctrl+x d",
    "path": "ctrl+l,alt+c",
    "conflicts": "exclamation_mark",
    "copy_path": "ctrl+x p",
    "up": "up,ctrl+p",
    "down": "down,ctrl+n",
    "page_up": "pageup,alt+v",
    "page_down": "pagedown,ctrl+v",
    "half_up": "",
    "top": "home,alt+g",
    "palette": "f9,colon",
    "enter": "enter,ctrl+pagedown",
    "find": "slash,ctrl+s,alt+s",
    "queue_focus": "alt+w,ctrl+x j",
    "properties": "ctrl+x i",
    "preview": "ctrl+x q",
    "remotes": "ctrl+x a",
}
_VIM = {
    "tab_next": "right_square_bracket,g t",
    "tab_previous": "left_square_bracket,g T",
    "trash_screen": "g b",
    "recent": "alt+e",
    "yank": "y y",
    "back": "H,alt+left,ctrl+o",
    "shell": "g s",
    "refresh": "ctrl+l",
    "path": "g slash,alt+l",
    "redo": "U,ctrl+r",
    "trash": "f8,delete,d d",
    "quit": "f10,q,ctrl+q,Z Z",
    "cancel_job": "alt+x",
    "mark_up": "shift+up,K",
    "mark_down": "shift+down,J",
    "range": "v,V",
    "range_unmark": "g V",
    "preview_up": "alt+pageup,alt+k",
    "preview_down": "alt+pagedown,alt+j",
}
_EXPLORER = {
    # Alt-G is what `g` is where letters do not search.
    "log": "alt+g l",
    "trash_screen": "alt+g t",
    "space": "alt+g d",
    "duplicates": "alt+g u",
    "account": "alt+g q",
    "changes": "alt+g c",
    "filesystem": "alt+g f",
    "home": "alt+g h",
    "root": "alt+g r",
    "copy_path": "alt+g p",
    "range": "alt+g v",
    "tab_new": "ctrl+t",
    "tab_close": "ctrl+w",
    "tab_next": "right_square_bracket,ctrl+pagedown",
    "tab_previous": "left_square_bracket,ctrl+pageup",
    "enter": "enter",
    "mark": "space,insert",
    "bookmarks": "ctrl+backslash,alt+k",
    "set_mark": "alt+m letter",
    "jump": "alt+j",
    "recent": "alt+e",
    "swap": "alt+w",
    "maximise": "alt+n",
    "orientation": "alt+v",
    "split_less": "",
    "split_more": "",
    "split_half": "",
    "queue_more": "",
    "queue_less": "",
    "settings": "alt+s",
    "menu": "shift+f10,semicolon",
    "yank": "ctrl+c",
    "cut": "ctrl+x",
    "paste": "ctrl+v",
    "find": "slash,ctrl+f",
    "page_up": "pageup",
    "page_down": "pagedown",
    "half_down": "",
    "parent": "backspace,alt+up",
    "half_up": "",
    "path": "ctrl+l,alt+d",
    "rename": "f2,shift+f6",
    "mkdir": "f7,ctrl+n",
    "trash": "f8,delete,ctrl+d",
    "undo": "u,ctrl+z",
    "stand_aside": "",
    "redo": "ctrl+y",
    "filter": "f,ctrl+e",
    "properties": "alt+p",
    "preview": "alt+l",
    "queue_focus": "alt+q",
    "remotes": "alt+a",
}

PRESETS: Mapping[str, Preset] = {
    "hybrid": Preset("function keys, arrows, and the letters of vim and yazi"),
    "mc": Preset(
        "Midnight Commander; letters but f q s u w search", _MC, letters_find=True
    ),
    "vim": Preset("vim and less: no function key is needed", _VIM),
    "explorer": Preset(
        "Windows and desktops; letters but f q s u w search",
        _EXPLORER,
        letters_find=True,
    ),
}
