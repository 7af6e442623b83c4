"""Bookmarks and folders visited, kept from one run to the next.

The file is small and human-readable; several runs may change it at the same time.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from acd_tui.config import atomic
from acd_tui.errors import UsageError

MOST_VISITS = 500
"""Folders that are remembered; the least likely ones are forgotten."""

_HOUR = 3600
_WORTH = ((_HOUR, 4.0), (24 * _HOUR, 2.0), (7 * 24 * _HOUR, 0.5))
_WORTH_LONG_AGO = 0.25


class Visit(msgspec.Struct, frozen=True):
    """A folder one was in.

    Attributes:
        times: how often.
        last: when last, seconds since 1970.
    """

    times: float
    last: float

    def worth(self, now: float) -> float:
        """How likely it is wanted again: often counts, and lately counts more."""
        age = now - self.last
        for limit, factor in _WORTH:
            if age < limit:
                return self.times * factor
        return self.times * _WORTH_LONG_AGO


class Places(msgspec.Struct, frozen=True):
    """What is remembered.

    Attributes:
        bookmarks: letter → address.
        visits: address → visit.
    """

    bookmarks: Mapping[str, str] = msgspec.field(default_factory=dict)
    visits: Mapping[str, Visit] = msgspec.field(default_factory=dict)

    def after_visits(self, addresses: Iterable[str], now: float) -> Places:
        """What is remembered after one was somewhere.

        Args:
            addresses: where.
            now: seconds since 1970.
        """
        visits = dict(self.visits)
        for address in addresses:
            before = visits.get(address)
            visits[address] = Visit(before.times + 1 if before else 1, now)
        kept = Places(self.bookmarks, visits).frequent(now)[:MOST_VISITS]
        return Places(self.bookmarks, {name: visits[name] for name in kept})

    def frequent(self, now: float) -> list[str]:
        """Addresses, the likeliest first."""
        return sorted(self.visits, key=lambda address: self.visits[address].worth(now))[
            ::-1
        ]

    def recent(self) -> list[str]:
        """Addresses, the last one first."""
        return sorted(self.visits, key=lambda address: self.visits[address].last)[::-1]


class PlacesFile:
    """Reads and changes the file; each change is read, made and written under a lock."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def load(self) -> Places:
        """Read what is remembered; nothing without a file.

        Raises:
            UsageError: the file is damaged; it is left alone.
            Denied: it cannot be read.
        """
        text = atomic.read(self.path)
        if not text.strip():
            return Places()
        try:
            raw: Any = json.loads(text)
            visits = {
                str(address): Visit(float(times), float(last))
                for address, (times, last) in raw["visits"].items()
            }
            bookmarks = {str(key): str(at) for key, at in raw["bookmarks"].items()}
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError(
                f"the bookmarks in {self.path} cannot be read",
                hint="mend or delete the file",
            ) from error
        return Places(bookmarks, visits)

    def visited(self, addresses: Iterable[str], now: float) -> Places:
        """Remember that one was somewhere; see `Places.after_visits`.

        Raises:
            UsageError, Denied, Full: as `load`, and where it cannot be written.
        """
        return self._changed(lambda places: places.after_visits(addresses, now))

    def forget(self, address: str) -> Places:
        """Forget a folder one was in."""

        def change(places: Places) -> Places:
            visits = {k: v for k, v in places.visits.items() if k != address}
            return Places(places.bookmarks, visits)

        return self._changed(change)

    def bookmark(self, letter: str, address: str | None) -> Places:
        """Give a letter to an address, or take it away with None."""

        def change(places: Places) -> Places:
            bookmarks = {k: at for k, at in places.bookmarks.items() if k != letter}
            if address is not None:
                bookmarks[letter] = address
            return Places(bookmarks, places.visits)

        return self._changed(change)

    def _changed(self, change: Callable[[Places], Places]) -> Places:
        with atomic.locked(self.path):
            places = change(self.load())
            raw = {
                "bookmarks": dict(sorted(places.bookmarks.items())),
                "visits": {
                    address: [visit.times, round(visit.last)]
                    for address, visit in places.visits.items()
                },
            }
            atomic.replace(self.path, json.dumps(raw, indent=1) + "\n")
        return places
