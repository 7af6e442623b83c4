"""Any string made safe to show in a terminal.

A name from a server or a disk may hold escape sequences, bidirectional overrides,
newlines or broken UTF-8. Shown as it is, it could set the terminal's title, hide its
own ending or break the layout. Markup is not dealt with here: widgets get names as
plain text, never as markup.
"""

from __future__ import annotations

import re
import unicodedata

_PICTURES = {code: chr(0x2400 + code) for code in range(0x20)} | {0x7F: "␡"}

# Characters of these categories either control the terminal (Cc), have no width or
# reorder what stands around them (Cf, Zl, Zp), or cannot be encoded (Cs).
_UNSAFE_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs"})

# What may need a closer look; most names have none of it and are returned as they are.
_SUSPECT = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff\ufff9-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3"
    "\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


def _picture(match: re.Match[str]) -> str:
    character = match[0]
    code = ord(character)
    if code in _PICTURES:
        return _PICTURES[code]
    if unicodedata.category(character) in _UNSAFE_CATEGORIES:
        return "\ufffd"
    return character


def printable(text: str) -> str:
    """Return `text` with nothing in it that could control or disorder a terminal.

    C0 controls become their pictures (U+2400…), everything else that is unsafe becomes
    U+FFFD. The result is valid Unicode, on one line, and the same when applied twice.
    """
    return _SUSPECT.sub(_picture, text)
