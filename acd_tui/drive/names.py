"""Shown names to the service's names and back.

A name has three forms (amazon-drive-api.md §8.1): what the service stores (API), what
is shown here and by `rclone ls` (standard), and the raw name both stand for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from acd_tui.errors import Denied
from acd_tui.vfs.names import Codec, parse_mask

STANDARD = parse_mask("Slash,Ctl,Del,Dot")

LONGEST = 280
"""Characters of a name that the service takes (amazon-drive-api.md §6.3)."""

NO_UTF8 = "its name is no valid UTF-8, which the option `encoding` does not mend"

_SURROGATES = re.compile("[\ud800-\udfff]")


class Encoder:
    """Shown names to API names and back (amazon-drive-api.md §8.5).

    Args:
        encoding: the remote's option `encoding`.

    Attributes:
        encoding: that option.

    Raises:
        UsageError: the option makes no sense.
    """

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._api = Codec(parse_mask(encoding))
        self._standard = Codec(STANDARD)
        special = self._api.special | self._standard.special
        # Nearly all names are the same in every form.
        self._special = re.compile(
            f"[{re.escape(''.join(sorted(special)))}\ud800-\udfff]"
        )

    def encode(self, shown: str) -> str:
        """Return the API name for a shown one.

        Raises:
            Denied: it has bytes that are no UTF-8, and the encoding does not replace them.
        """
        name = self._encoded(shown)
        if _SURROGATES.search(name):
            raise Denied(NO_UTF8, hint="add InvalidUtf8 to the remote's `encoding`")
        return name

    def can_encode(self, shown: str) -> bool:
        """Whether the service can have something of that name."""
        return _SURROGATES.search(self._encoded(shown)) is None

    def _encoded(self, shown: str) -> str:
        if self.is_plain(shown):
            return shown
        return self._api.encode(self._standard.decode(shown))

    def decode(self, api_name: str) -> str:
        """Return what is shown for an API name; without `/` and NUL, never `.` or `..`."""
        if self.is_plain(api_name):
            return api_name
        return self._standard.encode(self._api.decode(api_name))

    def is_plain(self, name: str) -> bool:
        """Whether a name is the same in all forms."""
        return self._special.search(name) is None and name not in _DOTS

    def are_plain(self, names: Sequence[str]) -> bool:
        """Whether all those names are."""
        return self._special.search("".join(names)) is None and _DOTS.isdisjoint(names)


_DOTS = frozenset({".", ".."})
