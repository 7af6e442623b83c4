"""Nodes as a service would send them, shortly written."""

from __future__ import annotations

from typing import Any

from acd_tui.api.models import ContentProperties, Node

ROOT = "root"


def folder(
    node_id: str, parent: str = ROOT, name: str | None = None, **more: Any
) -> Node:
    given: dict[str, Any] = {
        "status": "AVAILABLE",
        "version": 1,
        "parents": [parent],
    } | more
    return Node(id=node_id, name=name or node_id, kind="FOLDER", **given)


def file(
    node_id: str, parent: str = ROOT, name: str | None = None, **more: Any
) -> Node:
    given: dict[str, Any] = {
        "status": "AVAILABLE",
        "version": 1,
        "parents": [parent],
    } | more
    content = ContentProperties(size=3, md5="0" * 32)
    given.setdefault("content_properties", content)
    return Node(id=node_id, name=name or node_id, kind="FILE", **given)


def root() -> Node:
    return Node(id=ROOT, kind="FOLDER", status="AVAILABLE", is_root=True)
