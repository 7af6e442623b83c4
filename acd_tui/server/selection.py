"""A filter and a sort order as SQL."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from acd_tui.server.query import (
    Between,
    Combined,
    Condition,
    Equals,
    Order,
    QueryError,
)

_Sql = tuple[str, list[Any]]

_TEXT = {
    "kind": "n.kind",
    "status": "n.status",
    "description": "n.description",
    "contentProperties.md5": "n.md5",
    "contentProperties.extension": "n.extension",
    "contentProperties.contentType": "n.content_type",
}
_LOWERED = {
    "name",
    "contentProperties.md5",
    "contentProperties.extension",
    "contentProperties.contentType",
}
_DATES = {
    "createdDate": "n.created",
    "modifiedDate": "n.modified",
    "contentProperties.contentDate": "n.content_date",
}
_NUMBERS = {"contentProperties.size": "n.size"}
_SORTABLE = {
    "name": "n.name_key",
    "kind": "n.kind",
    "status": "n.status",
    "contentProperties.contentType": "n.content_type",
    "contentProperties.extension": "n.extension",
    **_DATES,
    **_NUMBERS,
}
LONGEST_LABEL = 256
_PARENTS = ("parents", "parentIds")
_LAST = "\U0010ffff"
_DATE = re.compile(
    r"(\d{4}-\d\d-\d\d)(?:T(\d\d:\d\d(?::\d\d)?)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)?)?"
)


# What the trash itself lists. No client can write these: the names are no field's.
IN_TRASH = Equals("(in trash)", "")
_IN_ALBUM = "(in album)"
ALBUM = "VISUAL_COLLECTION"
_EVERYWHERE = ("FILE", "FOLDER")
_ON_REQUEST = ("ASSET", ALBUM)  # only if the filter names them

# When a picture was taken, or else when it came.
TAKEN = "coalesce(n.content_date, n.created)"
TYPE = (
    "CASE WHEN n.content_type LIKE 'image/%' THEN 'PHOTOS'"
    " WHEN n.content_type LIKE 'video/%' THEN 'VIDEOS'"
    f" WHEN n.kind = '{ALBUM}' THEN 'ALBUMS' ELSE 'OTHER' END"
)
_TIMES = {"timeYear": "%Y", "timeMonth": "%m", "timeDay": "%d"}
_SETTINGS = {"favorite", "hidden"}
# What Amazon saw in pictures; nobody does here.
_UNRECOGNISED = {
    "things",
    "people",
    "allPeople",
    "location",
    "clusterId",
    "familyMembers",
    "keywords",
}


def in_album(number: int) -> Equals:
    """The condition that an album shows a node."""
    return Equals(_IN_ALBUM, str(number))


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request lets one see and ask for.

    Attributes:
        albums: albums, where the filter names their kind.
        assets: assets, also where it does not.
        search: files alone, with the fields that only the search of pictures has.
    """

    albums: bool = False
    assets: bool = False
    search: bool = False


PLAIN = Scope()


@dataclass(frozen=True, slots=True)
class Selection:
    """Which nodes, as SQL over `nodes n` and, with a folder, `edges e`.

    Attributes:
        where: the condition, without the user's.
        parameters: for the question marks in it.
        folder: the id of the folder whose children alone are asked for, if any.
        order: columns to sort by; empty is by age.
    """

    where: str
    parameters: tuple[Any, ...]
    folder: str | None
    order: str = ""


def select(
    condition: Condition | None,
    order: Iterable[Order] = (),
    *,
    root: str,
    folder: str | None = None,
    any_status: bool = False,
    scope: Scope = PLAIN,
) -> Selection:
    """Turn a filter into SQL.

    Nodes that are not AVAILABLE are left out unless the filter speaks of their status.

    Args:
        condition: the filter, None for all nodes.
        order: how to sort.
        root: the id of the root node.
        folder: only children of this folder.
        any_status: do not leave out nodes that are not AVAILABLE.
        scope: what else the request lets one see.

    Raises:
        QueryError: an unknown field, or a value it cannot have.
    """
    parts = _all_of(condition)
    kinds = _kinds(condition, scope)
    if folder is None:
        # One folder among things that must all hold leads the search.
        for part in parts:
            if isinstance(part, Equals) and part.field in _PARENTS:
                folder = part.value
                parts.remove(part)
                break
    compiler = _Compiler(root, in_folder=folder is not None, search=scope.search)
    clauses = [compiler.sql(part) for part in parts]
    clauses.append((f"n.kind IN ({', '.join('?' * len(kinds))})", kinds))
    if scope.search and not _names(condition, "hidden"):
        clauses.append(_setting(Equals("hidden", "false")))
    if not any_status and not _names(condition, "status"):
        status = "n.status = 'AVAILABLE'"
        clauses.append((f"e.live = 1 AND {status}" if folder else status, []))
    clauses.append(("n.status <> 'PURGED'", []))
    return Selection(
        " AND ".join(f"({sql})" for sql, _ in clauses),
        tuple(value for _, values in clauses for value in values),
        folder,
        ", ".join(_order_sql(one, scope) for one in order),
    )


def _kinds(condition: Condition | None, scope: Scope) -> list[Any]:
    kinds = [
        kind
        for kind in _ON_REQUEST
        if _names_kind(condition, kind) and (scope.albums or kind != ALBUM)
    ]
    if scope.search:
        return ["FILE", *kinds]
    return [*_EVERYWHERE, *(["ASSET"] if scope.assets else []), *kinds]


def _names_kind(condition: Condition | None, kind: str) -> bool:
    if isinstance(condition, Combined):
        return any(_names_kind(part, kind) for part in condition.parts)
    if not isinstance(condition, Equals):
        return False
    if condition.field == "type":
        return kind == ALBUM and condition.value == "ALBUMS"
    return condition.field == "kind" and (
        condition.value == kind
        or (
            condition.prefix
            and bool(condition.value)
            and kind.startswith(condition.value)
        )
    )


def _all_of(condition: Condition | None) -> list[Condition]:
    if condition is None:
        return []
    if isinstance(condition, Combined) and condition.operator == "AND":
        return [part for one in condition.parts for part in _all_of(one)]
    return [condition]


def _names(condition: Condition | None, field: str) -> bool:
    if isinstance(condition, Combined):
        return any(_names(part, field) for part in condition.parts)
    return condition is not None and condition.field == field


def _order_sql(order: Order, scope: Scope) -> str:
    column = _SORTABLE.get(order.field)
    if scope.search and order.field == "contentProperties.contentDate":
        column = TAKEN
    if column is None:
        raise QueryError(f"cannot sort by {order.field!r}")
    return f"{column} {'DESC' if order.descending else 'ASC'}"


class _Compiler:
    def __init__(self, root: str, *, in_folder: bool, search: bool) -> None:
        self._root = root
        self._name = "e.name" if in_folder else "n.name_key"
        self._special: dict[str, Callable[[Equals], _Sql]] = {
            "isRoot": self._is_root,
            **dict.fromkeys(_PARENTS, self._parent),
            "labels": self._label,
            "name": self._named,
            IN_TRASH.field: lambda _: ("n.trashed IS NOT NULL", []),
            _IN_ALBUM: lambda condition: (
                "n.num IN (SELECT node FROM members WHERE album = ?)",
                [int(condition.value)],
            ),
        }
        if search:
            self._special |= {
                "type": lambda condition: (f"{TYPE} = ?", [condition.value]),
                **dict.fromkeys(_TIMES, _time),
                **dict.fromkeys(_SETTINGS, _setting),
                **dict.fromkeys(_UNRECOGNISED, lambda _: ("0", [])),
            }

    def sql(self, condition: Condition) -> _Sql:
        if isinstance(condition, Combined):
            parts = [self.sql(part) for part in condition.parts]
            sql = f" {condition.operator} ".join(f"({sql})" for sql, _ in parts)
            return sql, [value for _, values in parts for value in values]
        if isinstance(condition, Between):
            return _range(condition)
        if special := self._special.get(condition.field):
            return special(condition)
        if condition.field in _TEXT:
            return _text(_TEXT[condition.field], condition)
        column, value = _exact(condition.field, condition.value)
        return f"{column} = ?", [value]

    def _is_root(self, condition: Equals) -> _Sql:
        if condition.value not in {"true", "false"}:
            raise QueryError("isRoot is true or false")
        return ("n.id = ?" if condition.value == "true" else "n.id <> ?"), [self._root]

    def _parent(self, condition: Equals) -> _Sql:
        return (
            "n.num IN (SELECT child FROM edges WHERE parent ="
            " (SELECT p.num FROM nodes p WHERE p.id = ? AND p.user = n.user))",
            [condition.value],
        )

    def _label(self, condition: Equals) -> _Sql:
        length = len(condition.value) if condition.prefix else LONGEST_LABEL
        return (
            "EXISTS (SELECT 1 FROM json_each(n.labels) WHERE substr(value, 1, ?) = ?)",
            [length, condition.value],
        )

    def _named(self, condition: Equals) -> _Sql:
        return _text(self._name, condition)


def _time(condition: Equals) -> _Sql:
    form = _TIMES[condition.field]
    sql = f"CAST(strftime('{form}', {TAKEN} / 1000, 'unixepoch') AS INTEGER) = ?"
    return sql, [_number(condition.value)]


def _setting(condition: Equals) -> _Sql:
    if condition.value not in {"true", "false"}:
        raise QueryError(f"{condition.field} is true or false")
    return (
        f"coalesce(json_extract(n.settings, '$.{condition.field}'), 0) = ?",
        [int(condition.value == "true")],
    )


def _text(column: str, condition: Equals) -> _Sql:
    value = condition.value
    if condition.field in _LOWERED:
        value = value.lower()
    if not condition.prefix:
        return f"{column} = ?", [value]
    if not value:
        return f"{column} IS NOT NULL", []
    return f"{column} >= ? AND {column} < ?", [value, value + _LAST]


def _range(condition: Between) -> _Sql:
    clauses: list[str] = []
    values: list[int] = []
    bounds = (
        (condition.low, ">=" if condition.with_low else ">"),
        (condition.high, "<=" if condition.with_high else "<"),
    )
    column, _ = _exact(condition.field, None)
    for bound, sign in bounds:
        if bound is not None:
            _, value = _exact(condition.field, bound)
            clauses.append(f"{column} {sign} ?")
            values.append(value)
    return " AND ".join(clauses) or f"{column} IS NOT NULL", values


def _exact(field: str, text: str | None) -> tuple[str, int]:
    if field in _DATES:
        return _DATES[field], 0 if text is None else _milliseconds(text)
    if field in _NUMBERS:
        return _NUMBERS[field], 0 if text is None else _number(text)
    raise QueryError(f"unknown field {field!r}, or it cannot be asked like that")


def _number(text: str) -> int:
    if not re.fullmatch(r"-?[0-9]{1,18}", text):
        raise QueryError(f"{text!r} is not a number")
    return int(text)


def _milliseconds(text: str) -> int:
    match = _DATE.fullmatch(text)
    if match is None:
        raise QueryError(f"{text!r} is not a date")
    day, time, fraction, zone = match.groups()
    if zone is None or zone == "Z":
        zone = "+00:00"
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone}")
        seconds = round(moment.astimezone(UTC).timestamp())
    except (ValueError, OverflowError) as error:
        raise QueryError(f"{text!r} is not a date") from error
    return seconds * 1000 + int((fraction or "0").ljust(3, "0")[:3])
