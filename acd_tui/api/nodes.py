"""Nodes: look up, list, create, rename, move (amazon-drive-api.md §4.1-4.4, 4.10-4.12)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from acd_tui.api import filters
from acd_tui.api.errors import BadAnswer, NameConflict, NodeNotFound, StaleToken
from acd_tui.api.models import Node, NodeList
from acd_tui.api.transport import Transport, section

PAGE = 200
"""Rows of a page: the default and the maximum."""

_MOST_RESTARTS = 5

Pages = AsyncIterator[list[Node]]


class Nodes:
    """`nodes/…` of the metadata host."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def get(self, node_id: str, *, temp_link: bool = False) -> Node:
        """Return one node, trashed ones included.

        Raises:
            NodeNotFound: there is none, or it was purged.
        """
        params = {"tempLink": "true"} if temp_link else None
        path = f"nodes/{section(node_id)}"
        return (await self._transport.metadata("GET", path, params=params)).read(Node)

    async def list(
        self,
        filters: str | None = None,
        start_token: str | None = None,
        limit: int = PAGE,
    ) -> NodeList:
        """Return one page.

        Raises:
            StaleToken: the `start_token` is older than about ten minutes.
        """
        page, _ = await list_page(
            self._transport, "nodes", filters, start_token, limit=limit
        )
        return page

    def all(self, filters: str | None) -> Pages:
        """Yield all matches page by page, each node once."""
        return all_pages(self._transport, "nodes", filters)

    async def root(self) -> Node:
        """Return the drive's root.

        Raises:
            NodeNotFound: the service shows none.
        """
        page = await self.list(filters.ROOT)
        for node in page.data:
            if node.is_root:
                return node
        for node in page.data:
            if not node.name and not node.parents and node.kind == "FOLDER":
                return node
        raise NodeNotFound("the drive has no root folder")

    def children(self, folder_id: str) -> Pages:
        """Yield what a folder holds, as the service shows it.

        Rows that are trashed, pending or of another folder do appear for a while after
        changes (§5.5); callers look at `status` and `parents`.
        """
        return self.all(filters.children_of(folder_id))

    async def lookup(self, parent_id: str, api_name: str) -> Node | None:
        """Return the child of that name, in any letter case, or None.

        Of several rows the one spelt the same and processed comes first.
        """
        page = await self.list(filters.child_named(parent_id, api_name))
        found = [
            node
            for node in page.data
            if node.status in {"AVAILABLE", "PENDING"} and parent_id in node.parents
        ]
        found.sort(key=lambda n: (n.name != api_name, n.status != "AVAILABLE"))
        return found[0] if found else None

    async def create_folder(self, name: str, parent_id: str) -> Node:
        """Make a folder.

        Raises:
            NameConflict: the name is taken; `node_id` says by what.
            ParentNotFound: the parent is gone.
        """
        body = {"name": name, "kind": "FOLDER", "parents": [parent_id]}
        try:
            reply = await self._transport.metadata("POST", "nodes", body=body)
        except NameConflict as conflict:
            # By what a try has made whose answer got lost.
            made = await self.lookup(parent_id, name) if conflict.unsure else None
            if made is None or made.kind != "FOLDER":
                raise
            return made
        return reply.read(Node)

    async def rename(self, node_id: str, name: str) -> Node:
        """Give a node another name.

        Raises:
            NameConflict: a sibling has it.
        """
        path = f"nodes/{section(node_id)}"
        reply = await self._transport.metadata("PATCH", path, body={"name": name})
        return reply.read(Node)

    async def annotate(
        self, node_id: str, *, description: str, labels: Sequence[str]
    ) -> Node:
        """Replace a node's description and labels (§4.10)."""
        path = f"nodes/{section(node_id)}"
        body = {"description": description, "labels": list(labels)}
        return (await self._transport.metadata("PATCH", path, body=body)).read(Node)

    async def move(self, node_id: str, from_parent: str, to_parent: str) -> Node:
        """Replace one parent by another.

        Raises:
            NameConflict: the new parent has a child of that name.
        """
        body = {"fromParent": from_parent, "childId": node_id}
        path = f"nodes/{section(to_parent)}/children"
        try:
            reply = await self._transport.metadata("POST", path, body=body)
        except NodeNotFound:
            node = await self._moved(node_id, from_parent)
            if node is None or to_parent not in node.parents:
                raise
            return node
        return reply.read(Node)

    async def add_parent(self, node_id: str, parent_id: str) -> Node:
        """Let a node appear in one more folder."""
        path = f"nodes/{section(parent_id)}/children/{section(node_id)}"
        return (await self._transport.metadata("PUT", path)).read(Node)

    async def remove_parent(self, node_id: str, parent_id: str) -> Node:
        """Take a node out of a folder; without any parent it floats, untrashed."""
        path = f"nodes/{section(parent_id)}/children/{section(node_id)}"
        try:
            reply = await self._transport.metadata("DELETE", path)
        except NodeNotFound:
            node = await self._moved(node_id, parent_id)
            if node is None:
                raise
            return node
        return reply.read(Node)

    async def _moved(self, node_id: str, from_parent: str) -> Node | None:
        """Return a node that is not in a folder; None if it is in it.

        To take it out once more is refused. Who does not know that it was done, because
        the answer got lost, has done it all the same.
        """
        node = await self.get(node_id)
        return None if from_parent in node.parents else node

    async def put_property(
        self, node_id: str, owner: str, key: str, value: str
    ) -> None:
        """Set one of the application's own properties of a node (§4.12)."""
        path = f"nodes/{section(node_id)}/properties/{section(owner)}/{section(key)}"
        await self._transport.metadata("PUT", path, body={"value": value})


async def list_page(
    transport: Transport,
    path: str,
    filters: str | None,
    start_token: str | None = None,
    *,
    limit: int = PAGE,
) -> tuple[NodeList, int]:
    """Return one page and how many tries it took."""
    params = {"limit": str(limit)}
    if filters:
        params["filters"] = filters
    if start_token:
        params["startToken"] = start_token
    reply = await transport.metadata("GET", path, params=params)
    return reply.read(NodeList), reply.tries


async def all_pages(
    transport: Transport, path: str, filters: str | None
) -> AsyncIterator[list[Node]]:
    """Yield a complete listing, each node once.

    It starts over where the service lost the thread: a token grown too old, or a page
    that took several tries, after which rows were seen missing (§4.1).

    Raises:
        BadAnswer: the service leads in a circle.
    """
    seen: set[str] = set()
    token: str | None = None
    tokens: set[str] = set()
    restarts = 0
    while True:
        try:
            page, tries = await list_page(transport, path, filters, token)
        except StaleToken:
            if restarts >= _MOST_RESTARTS:
                raise
            restarts, token, tokens = restarts + 1, None, set()
            continue
        fresh = [node for node in page.data if node.id not in seen]
        seen.update(node.id for node in fresh)
        if fresh:
            yield fresh
        if token and tries > 1 and restarts < _MOST_RESTARTS:
            restarts, token, tokens = restarts + 1, None, set()
            continue
        token = page.next_token
        if token is None:
            return
        if token in tokens:
            raise BadAnswer("the service's listing goes in a circle")
        tokens.add(token)
