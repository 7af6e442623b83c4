"""Taking something away from a folder, though another folder may hold it as well.

The service trashes a node, wherever it lies: in every folder that holds it. One that was
taken away from one of several folders is therefore only let go by that one, and what
gives it back names the folder too.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from acd_tui.api.errors import NodeNotFound
from acd_tui.api.models import Node
from acd_tui.drive.mirror import Mirror
from acd_tui.drive.problems import errors_named
from acd_tui.drive.rows import AVAILABLE
from acd_tui.drive.tree import Tree
from acd_tui.errors import FolderNotFound, NotFound
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.api.client import DriveClient

_FROM = "/"  # is in no id


class Removal:
    """Trashes nodes, or has a folder let go of them.

    Args:
        client: the account's.
        mirror: its local copy.
        tree: learns what has changed.
    """

    def __init__(self, client: DriveClient, mirror: Mirror, tree: Tree) -> None:
        self._client, self._mirror, self._tree = client, mirror, tree
        # Two folders that let go of a node at once would leave it in none.
        self._one_by_one = asyncio.Lock()

    async def trash(self, path: VPath) -> str:
        """Trash what is at a path, unless another folder holds it: then it leaves this.

        Returns:
            What gives it back: see `place_of`.
        """
        folder, row = await self._tree.place(path)
        if row is None:
            raise NotFound(f"there is no {path}")
        linked = await self._mirror.is_linked(row.id)
        try:
            node, key = await self._remove(row.id, folder, linked=linked)
        except NotFound:
            await self._tree.look_again(row.id)
            raise
        await self._tree.learn(node)
        return key

    async def give_back(self, node_id: str, folder: str) -> VPath:
        """Let a folder hold again what it has let go; return where that is."""
        await self._tree.look_again(folder)
        names = await self._mirror.path(folder)
        if names is None:
            raise FolderNotFound(
                "the folder it was in is gone",
                hint="the other folder that holds it has it still",
            )
        row = await self._tree.look_again(node_id)
        if row is None or row.state != AVAILABLE:
            raise NotFound(
                "it was trashed meanwhile in the other folder that held it",
                hint="restore it from the trash",
            )
        path = self._tree.shown((*names, row.name))
        with errors_named(path):
            await self._tree.learn(await self._client.nodes.add_parent(row.id, folder))
        return path

    async def _remove(
        self, node_id: str, folder: str, *, linked: bool
    ) -> tuple[Node, str]:
        """Let a folder go of a node, or trash it.

        Args:
            node_id: of the node.
            folder: the id of the one that it is to leave.
            linked: whether several folders hold it, as far as is known. Where that was
                not known, the answer of the service tells.

        Returns:
            The node as it is then, and what gives it back.
        """
        if not linked:
            node = await self._trash(node_id)
            if not await self._is_held(node, besides=folder):
                return node, node_id
            await self._client.trash.restore(node_id)
        async with self._one_by_one:
            node = await self._client.nodes.get(node_id)
            if folder not in node.parents or node.status != "AVAILABLE":
                raise NotFound("it is not there any more")
            if not await self._is_held(node, besides=folder):
                return await self._trash(node_id), node_id
            node = await self._client.nodes.remove_parent(node_id, folder)
            if not (node.parents or (await self._client.nodes.get(node_id)).parents):
                # Another program took it out of the other folder at the same moment.
                await self._client.nodes.add_parent(node_id, folder)
                return await self._trash(node_id), node_id
            return node, f"{node_id}{_FROM}{folder}"

    async def _trash(self, node_id: str) -> Node:
        node = await self._client.trash.add(node_id)
        node.status = "TRASH"
        return node

    async def _is_held(self, node: Node, *, besides: str) -> bool:
        """Whether another folder that is not in the trash holds a node."""
        for folder in node.parents:
            with contextlib.suppress(NodeNotFound):
                if folder != besides:
                    holder = await self._client.nodes.get(folder)
                    if holder.status == "AVAILABLE":
                        return True
        return False


def place_of(item_id: str) -> tuple[str, str] | None:
    """Return the node and the folder that let go of it; None for a trashed node."""
    node, is_place, folder = item_id.partition(_FROM)
    return (node, folder) if is_place else None
