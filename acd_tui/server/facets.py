"""What a search has found, counted by type, time and so on (amazon-drive-api.md §4.15)."""

from __future__ import annotations

import sqlite3
from collections import Counter
from typing import Any

from acd_tui.server.node_list import source_of
from acd_tui.server.selection import TAKEN, TYPE, Selection

GROUPS = {"year": "%Y", "month": "%Y-%m", "day": "%Y-%m-%d"}
# Nobody looks for people, places and things in pictures here.
_EMPTY = ("allPeople", "clusterId", "location", "people", "things")
CATEGORIES = frozenset({*_EMPTY, "familyMembers", "favorite", "time", "type"})

Facets = dict[str, list[dict[str, Any]]]


def facets_of(
    db: sqlite3.Connection, user: int, selection: Selection, group: str
) -> Facets:
    """Count all that a selection means.

    Args:
        db: to read from.
        user: the user's number.
        selection: of nodes.
        group: how to cut the time: year, month, day.
    """
    source, where, parameters = source_of(user, selection)
    rows = db.execute(
        f"SELECT {TYPE}, strftime('{GROUPS[group]}', {TAKEN} / 1000, 'unixepoch'),"  # noqa: S608 - compiled
        " coalesce(json_extract(n.settings, '$.favorite'), 0), count(*)"
        f" FROM {source} WHERE {where} GROUP BY 1, 2, 3",
        parameters,
    )
    types: Counter[str] = Counter()
    times: Counter[str] = Counter()
    favourites: Counter[str] = Counter()
    for kind, time, favourite, count in rows:
        types[kind] += count
        times[time] += count
        if favourite:
            favourites["true"] += count
    return {
        **{name: [] for name in _EMPTY},
        "favorite": _matches(favourites),
        "time": _matches(times),
        "type": _matches(types),
    }


def _matches(counted: Counter[str]) -> list[dict[str, Any]]:
    return [
        {"count": count, "match": match, "searchData": {}}
        for match, count in sorted(counted.items(), reverse=True)
    ]
