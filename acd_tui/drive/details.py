"""What the service says of a node and of the account, put for the user to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from acd_tui.api.models import Node, Quota, UsageClass
from acd_tui.api.models import Usage as ServiceUsage
from acd_tui.drive.rows import MODIFIED
from acd_tui.errors import Denied
from acd_tui.vfs.entry import Account, Details, Space, Taken
from acd_tui.vfs.path import VPath

MOST_LABELS = 10  # amazon-drive-api.md §3.2, as the next two
LONGEST_LABEL = 256
LONGEST_DESCRIPTION = 500

_KINDS = {"photo": "Photos", "video": "Videos", "doc": "Documents", "other": "Others"}


def check_notes(description: str, labels: Sequence[str]) -> None:
    """Refuse what the service would refuse.

    Raises:
        Denied: there are more of them, or they are longer, than it keeps.
    """
    if len(description) > LONGEST_DESCRIPTION:
        raise Denied(
            f"the description has {len(description)} characters",
            hint=f"the service keeps {LONGEST_DESCRIPTION}",
        )
    if len(labels) > MOST_LABELS:
        raise Denied(
            f"there are {len(labels)} labels", hint=f"the service keeps {MOST_LABELS}"
        )
    for label in labels:
        if len(label) > LONGEST_LABEL:
            raise Denied(
                f"a label has {len(label)} characters",
                hint=f"the service keeps {LONGEST_LABEL} of each",
            )


def details_of(node: Node, elsewhere: Sequence[VPath]) -> Details:
    """Return what a node says, as facts.

    Args:
        node: as the service sent it.
        elsewhere: the folders it is in beside the one it was asked for in.
    """
    return Details(
        facts=[(name, value) for name, value in _facts(node, elsewhere) if value],
        description=node.description or "",
        labels=tuple(node.labels),
    )


def _facts(node: Node, elsewhere: Sequence[VPath]) -> Iterator[tuple[str, str | None]]:
    yield "Node id", node.id
    yield "Version", str(node.version) if node.version else None
    yield "Created", node.created_date
    yield "Changed", node.modified_date
    yield "Made by", node.created_by
    for folder in elsewhere:
        yield "Also in", str(folder)
    content = node.content_properties
    if content is not None:
        yield "MD5", content.md5
        yield "Type", content.content_type
        yield "Content", f"version {content.version}" if content.version else None
        yield "Taken", content.content_date
        yield "Picture", _picture(content.image)
        yield "Video", _picture(content.video)
    for owner, values in (node.properties or {}).items():
        for key, value in values.items():
            if key != MODIFIED:  # the time that is shown already
                yield f"{owner}.{key}", str(value)


def _picture(image: dict[str, Any] | None) -> str | None:
    """`4032 × 3024, Apple iPhone 7`, as far as it is known."""
    return ", ".join(picture_facts(image)) or None


def picture_facts(image: dict[str, Any] | None) -> list[str]:
    """Return a picture's size and what it was made with, as far as they are known."""
    if not image:
        return []
    facts = []
    if image.get("width") and image.get("height"):
        facts.append(f"{image['width']} × {image['height']}")
    made_by = " ".join(str(image[key]) for key in ("make", "model") if image.get(key))
    if made_by:
        facts.append(made_by)
    return facts


def space_of(quota: Quota) -> Space:
    """Return how much room there is."""
    used = None
    if quota.quota is not None and quota.available is not None:
        used = max(0, quota.quota - quota.available)
    return Space(total=quota.quota, used=used, free=quota.available)


def account_of(quota: Quota, usage: ServiceUsage) -> Account:
    """Return how an account stands."""
    taken = []
    for key, name in _KINDS.items():
        kind: UsageClass = getattr(usage, key)
        taken.append(
            Taken(
                name=name,
                files=kind.total.count,
                size=kind.total.bytes,
                billable=kind.billable.bytes,
            )
        )
    counted = usage.last_calculated or quota.last_calculated
    return Account(space=space_of(quota), taken=taken, calculated=counted)
