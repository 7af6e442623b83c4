"""The classes of files, and the scopes that are for one of them (amazon-drive-api.md §1.2)."""

from __future__ import annotations

from collections.abc import Collection

# The class of a node `n`, as `account/usage` counts it.
CLASS = """CASE
  WHEN n.content_type LIKE 'image/%' THEN 'photo'
  WHEN n.content_type LIKE 'video/%' THEN 'video'
  WHEN n.content_type LIKE 'text/%' OR n.content_type LIKE 'application/pdf%'
    OR n.content_type LIKE 'application/msword%' OR n.content_type LIKE '%officedocument%'
    OR n.content_type LIKE '%opendocument%' THEN 'doc'
  ELSE 'other' END"""

SCOPES = {
    "clouddrive:read_image": "photo",
    "clouddrive:read_video": "video",
    "clouddrive:read_document": "doc",
    "clouddrive:read_other": "other",
}
READ_ALL = frozenset({"clouddrive:read_all", "clouddrive:read"})


def readable(scopes: Collection[str]) -> frozenset[str] | None:
    """The classes that some scopes are limited to; None if they are not.

    Scopes that let nothing be read name no class: what they do let do is not limited.
    """
    if not READ_ALL.isdisjoint(scopes):
        return None
    return frozenset(SCOPES[scope] for scope in scopes if scope in SCOPES) or None


def within(classes: Collection[str] | None) -> str:
    """The condition that a node `n` is one of these, or no file at all; begins with AND."""
    if classes is None:
        return ""
    names = ", ".join(f"'{name}'" for name in sorted(classes))
    return f" AND (n.kind NOT IN ('FILE', 'ASSET') OR {CLASS} IN ({names}))"
