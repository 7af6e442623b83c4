"""What a filesystem or a content can do besides, asked for each of many files."""

from __future__ import annotations

import functools
from typing import Any, TypeGuard, TypeVar

P = TypeVar("P")


def offers(one: object, protocol: type[P]) -> TypeGuard[P]:
    """`isinstance` of a protocol, looked at once for each class.

    Python 3.11 goes through all members of both each time, which takes as long as half
    of what is done for a small file otherwise.
    """
    return _offers(type(one), protocol)  # type: ignore[arg-type] # types are hashable


@functools.lru_cache(1024)
def _offers(kind: type[object], protocol: type[Any]) -> bool:
    members = (name for base in protocol.__mro__[:-2] for name in vars(base))
    return all(hasattr(kind, name) for name in members if not name.startswith("_"))
