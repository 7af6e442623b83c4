"""What clients say about a node, checked (amazon-drive-api.md §5.1, §4.12)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from acd_tui.server import wire
from acd_tui.server.selection import LONGEST_LABEL
from acd_tui.server.tree import LONGEST_NAME

_KEY = re.compile(r"[A-Za-z0-9_]{1,50}")
_LONGEST_VALUE = 500
_MOST_PROPERTIES = 10
_MOST_LABELS = 10
_MOST_PARENTS = 100
_LONGEST_OWNER = 200  # as long as the name of an application may be
_SETTINGS = ("favorite", "hidden")

Properties = dict[str, dict[str, str]]


def checked(given: Mapping[str, Any], hidden: Collection[str] = ()) -> dict[str, Any]:
    """Take over what may be said about a node, and nothing else.

    Args:
        given: name, parents, labels, description, properties; other keys are ignored.
        hidden: owners of properties that the application may not touch.

    Raises:
        ApiFault: a value is not allowed.
    """
    taken: dict[str, Any] = {}
    if given.get("name") is not None:
        taken["name"] = checked_name(given["name"])
    if given.get("parents") is not None:
        taken["parents"] = _strings(given["parents"], "parents", _MOST_PARENTS, 1000)
    if given.get("labels") is not None:
        taken["labels"] = _strings(
            given["labels"], "labels", _MOST_LABELS, LONGEST_LABEL
        )
    if given.get("description") is not None:
        taken["description"] = _text(given["description"], "description", 500)
    if given.get("properties") is not None:
        taken["properties"] = _properties(given["properties"], hidden)
    return taken


def checked_settings(given: object) -> dict[str, bool]:
    """Take over what a user marks a picture as: favorite, hidden.

    Raises:
        ApiFault: 400.
    """
    if given is None:
        return {}
    if not isinstance(given, dict):
        raise wire.bad_request("settings is not an object")
    taken = {key: given[key] for key in _SETTINGS if given.get(key) is not None}
    if not all(isinstance(value, bool) for value in taken.values()):
        raise wire.bad_request("A setting is true or false")
    return taken


def checked_name(name: object) -> str:
    """Check a name.

    Raises:
        ApiFault: 400 it is no text, empty or too long; 403 it holds `/` or NUL.
    """
    name = _text(name, "name", LONGEST_NAME)
    if not name:
        raise constraint_fault(name, "name", "have length greater than or equal to 1")
    if "/" in name or "\0" in name:
        raise wire.forbidden("A name cannot hold a slash or NUL")
    return name


def check_property(key: str, value: object) -> str:
    """Check a property; the value.

    Raises:
        ApiFault: 400.
    """
    if not _KEY.fullmatch(key):
        raise constraint_fault(
            key, "key", "satisfy regular expression pattern: [A-Za-z0-9_]+"
        )
    return _text(value, "value", _LONGEST_VALUE)


def check_count(properties: Mapping[str, Mapping[str, str]]) -> None:
    """Raise a 400 if an owner has too many properties."""
    for owned in properties.values():
        if len(owned) > _MOST_PROPERTIES:
            raise wire.bad_request(
                f"At most {_MOST_PROPERTIES} properties per owner and node"
            )


def _properties(given: object, hidden: Collection[str]) -> dict[str, dict[str, str]]:
    if not isinstance(given, dict):
        raise wire.bad_request("properties is not an object")
    taken: dict[str, dict[str, str]] = {}
    for owner, owned in given.items():
        if not isinstance(owned, dict):
            raise wire.bad_request("properties is not an object of objects")
        check_owner(owner, hidden)
        taken[owner] = {key: check_property(key, owned[key]) for key in owned}
    check_count(taken)
    return taken


def check_owner(owner: str, hidden: Collection[str]) -> None:
    """Check whose properties are to be changed.

    Raises:
        ApiFault: 400 it is no name of an application, 403 it is another's.
    """
    if not 0 < len(owner) <= _LONGEST_OWNER:
        raise wire.bad_request("The owner of properties is no name of an application")
    if owner in hidden:
        raise wire.forbidden("The properties belong to another application")


def _text(value: object, field: str, longest: int) -> str:
    if not isinstance(value, str):
        raise wire.bad_request(f"{field} is not a string")
    if len(value) > longest:
        raise constraint_fault(
            value, field, f"have length less than or equal to {longest}"
        )
    return value


def _strings(value: object, field: str, most: int, longest: int) -> list[str]:
    if not isinstance(value, list):
        raise wire.bad_request(f"{field} is not a list")
    if len(value) > most:
        raise wire.bad_request(f"At most {most} {field}")
    return [_text(item, field, longest) for item in value]


def constraint_fault(value: str, field: str, constraint: str) -> wire.ApiFault:
    """400, in Amazon's words."""
    return wire.ApiFault(
        400,
        {
            "message": f"1 validation error detected: Value '{value[:1000]}' at '{field}'"
            f" failed to satisfy constraint: Member must {constraint}"
        },
    )
