"""`filters=` expressions of the node lists (amazon-drive-api.md §4.2)."""

from __future__ import annotations

import re

ROOT = "isRoot:true"

_SPECIAL = re.compile(r"([+\-&|!(){}\[\]^'\"~*?:\\ ])")


def escape(value: str) -> str:
    r"""Put a backslash before each of ``+ - & | ! ( ) { } [ ] ^ ' " ~ * ? : \`` and space.

    Nothing else is escaped: control characters, `/` and non-ASCII go as they are.
    """
    return _SPECIAL.sub(r"\\\1", value)


def equals(field: str, value: str) -> str:
    """Match a field's exact value; clients escape and quote it both."""
    return f'{field}:"{escape(value)}"'


def child_named(parent_id: str, name: str) -> str:
    """Match the child of a folder by name, whatever its letter case."""
    return f'parents:"{parent_id}" AND {equals("name", name)}'


def children_of(parent_id: str) -> str:
    """Match everything in a folder."""
    return f'parents:"{parent_id}"'
