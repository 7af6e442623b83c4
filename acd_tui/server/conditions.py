"""Changes that a client wants only if nobody else has changed a node (RFC 9110 §13.1)."""

from __future__ import annotations

import re
from collections.abc import Callable

from acd_tui.server import wire
from acd_tui.server.wire import NodeRow

_TAG = re.compile(r'(W/)?"([^"]*)"|([^\s,"]+)')


def unchanged(if_match: str | None) -> Callable[[NodeRow], None]:
    """What refuses a node with 412 unless it is as an `If-Match` header wants it.

    It may name the `eTagResponse` of the node or the ETag of its content, in quotes or
    bare; `*` is any. To be called in the transaction that changes the node.
    """
    if if_match is None or if_match.strip() == "*":
        return lambda _: None
    # A weak tag matches nothing here.
    wanted = {
        quoted or bare for weak, quoted, bare in _TAG.findall(if_match) if not weak
    }

    def refuse(row: NodeRow) -> None:
        if not wanted & {wire.etag(row), row.md5}:
            raise wire.fault(412, "The node has been changed", "PRECONDITION_FAILED")

    return refuse
