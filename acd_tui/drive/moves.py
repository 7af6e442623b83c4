"""Rename, move and restore: several calls of the service that look like one.

The service renames and re-parents in two calls (amazon-drive-api.md §4.10, §4.11). They
are put in such an order that after a crash in between everything is still somewhere in
sight (or in the trash, where it came from) and nothing was overwritten.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from acd_tui.api.errors import NameConflict
from acd_tui.api.models import Node
from acd_tui.drive.rows import Row, key_of
from acd_tui.errors import AcdError

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient


class Moves:
    """Changes where nodes are and what they are called.

    Args:
        client: the account's.
    """

    def __init__(self, client: DriveClient) -> None:
        self._client = client

    async def move(self, row: Row, source: str, target: str, name: str) -> Node:
        """Give a node another name, another parent, or both.

        Args:
            row: the node as it is.
            source: the folder it is to leave.
            target: the folder it is to be in, perhaps the same.
            name: the API name it is to have, perhaps the same.

        Raises:
            NameConflict: the target folder has that name; all is as before.
        """
        if target == source:
            return await self._client.nodes.rename(row.id, name)
        if name == row.name:
            return await self._client.nodes.move(row.id, source, target)
        between = await self._name_between(row, source, target, name)
        if between != row.name:
            await self._client.nodes.rename(row.id, between)
        try:
            node = await self._client.nodes.move(row.id, source, target)
        except AcdError:
            if between != row.name:
                with contextlib.suppress(AcdError):
                    await self._client.nodes.rename(row.id, row.name)
            raise
        if between == name:
            return node
        try:
            return await self._client.nodes.rename(row.id, name)
        except NameConflict:
            with contextlib.suppress(AcdError):
                await self._client.nodes.move(row.id, target, source)
                await self._client.nodes.rename(row.id, row.name)
            raise

    async def restore(self, node: Node, target: str, name: str) -> Node:
        """Take a node out of the trash, into the folder `target`, under `name`.

        In the trash a node may take any name and any parent, which is what rclone uses
        for its detour (amazon-drive-api.md §4.11).

        Raises:
            NameConflict: the name is taken; it stays in the trash.
        """
        if node.name != name:
            await self._client.nodes.rename(node.id, name)
        if target not in node.parents:  # else all that held it are to hold it again
            # In this order, as rclone: what becomes of a node that is in no folder,
            # reports do not agree on. Cut off in between, it is in both in the end.
            await self._client.nodes.add_parent(node.id, target)
            for parent in node.parents:
                await self._client.nodes.remove_parent(node.id, parent)
        return await self._client.trash.restore(node.id)

    async def _name_between(self, row: Row, source: str, target: str, name: str) -> str:
        """Return the name to move under: one that neither folder has."""
        if await self._free(source, name, row):
            return name
        if await self._free(target, row.name, row):
            return row.name
        return f"{row.name}.{row.id}"

    async def _free(self, folder: str, name: str, row: Row) -> bool:
        if folder == row.parent and key_of(name) == row.key:
            return True
        return await self._client.nodes.lookup(folder, name) is None
