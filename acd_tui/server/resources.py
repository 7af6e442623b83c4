"""What a request asks to be told of nodes beyond the plain ones: V2 keys and assets (amazon-drive-api.md §3.2, §4.15)."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from starlette.requests import Request

from acd_tui.server.wire import VIEWED, NodeView

Assets = Mapping[int, Sequence[NodeView]]

_V2 = (
    ',"accessRuleIds":[],"childAssetTypeInfo":[],"groupPermissions":[],"keywords":[],'
    '"protectedFolder":false,"subKinds":[],"transforms":[],"xAccntParents":[],'
    '"xAccntParentMap":{}'
)


def is_v2(request: Request) -> bool:
    """Tell whether a request speaks V2, in its query or, once noted, in its body."""
    return request.query_params.get("resourceVersion") == "V2" or bool(
        request.scope.get("v2")
    )


def note_version(request: Request, given: Mapping[str, Any]) -> bool:
    """Remember what version the body of a request speaks; whether it is V2."""
    request.scope["v2"] = given.get("resourceVersion") == "V2"
    return is_v2(request)


def v2_keys(view: NodeView) -> str:
    """The keys that V2 adds to a node's JSON."""
    _, _, kind, _, json, _ = view
    more = _V2
    if '"isRoot":true' not in json:
        more += ',"isRoot":false'
    if kind == "VISUAL_COLLECTION":
        return f'{more},"parentMap":{{}},"collectionProperties":{{"covers":[]}}'
    parents = json.partition('"parents":')[2].partition(',"labels":')[0]
    return f'{more},"parentMap":{{"FOLDER":{parents}}}'


def wants_assets(parameters: Mapping[str, str]) -> bool:
    """Tell whether nodes are to hold their assets (amazon-drive-api.md §4.1)."""
    asked = parameters.get("asset") or parameters.get("assetMapping") or ""
    return asked.upper() in {"ALL", "MOBILE", "DESKTOP"}


def assets_of(db: sqlite3.Connection, views: Sequence[NodeView]) -> Assets:
    """The assets of some files, by the numbers of those."""
    files = [number for number, _, kind, _, _, _ in views if kind == "FILE"]
    found: defaultdict[int, list[NodeView]] = defaultdict(list)
    marks = ", ".join("?" * len(files))
    rows = db.execute(
        f"SELECT e.parent, {VIEWED} FROM edges e JOIN nodes n ON n.num = e.child"  # noqa: S608 - marks
        f" WHERE e.parent IN ({marks}) AND n.kind = 'ASSET'",
        files,
    )
    for parent, *view in rows:
        found[parent].append(tuple(view))
    return found
