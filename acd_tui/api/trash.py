"""The trash: put in, take out, list (amazon-drive-api.md §4.13)."""

from __future__ import annotations

from acd_tui.api.models import Node
from acd_tui.api.nodes import Pages, all_pages
from acd_tui.api.transport import Transport, section


class Trash:
    """`trash/…` of the metadata host."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def add(self, node_id: str) -> Node:
        """Trash a node and all below it."""
        path = f"trash/{section(node_id)}"
        return (await self._transport.metadata("PUT", path)).read(Node)

    async def restore(self, node_id: str) -> Node:
        """Give a trashed node back to its parents.

        Raises:
            NameConflict: its name was taken meanwhile.
        """
        path = f"trash/{section(node_id)}/restore"
        return (await self._transport.metadata("POST", path)).read(Node)

    def list(self) -> Pages:
        """Yield what was trashed by itself, page by page."""
        return all_pages(self._transport, "trash", None)
