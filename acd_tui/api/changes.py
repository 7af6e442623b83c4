"""The change feed: what happened since a checkpoint (amazon-drive-api.md §4.14)."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx

from acd_tui.api import models, wire
from acd_tui.api.errors import Cut
from acd_tui.api.models import ChangeSet
from acd_tui.api.transport import Addresses, Transport, encode
from acd_tui.errors import LOOK_BETWEEN

_NODES_PER_LINE = 1000


class Changes:
    """`changes` of the metadata host."""

    def __init__(self, transport: Transport, addresses: Addresses) -> None:
        self._transport = transport
        self._addresses = addresses

    async def stream(
        self, checkpoint: str | None, *, include_purged: bool = True
    ) -> AsyncIterator[ChangeSet]:
        """Yield what changed since `checkpoint`, or everything for None.

        Args:
            checkpoint: of the last line that was dealt with.
            include_purged: also say which nodes are gone for good.

        Raises:
            Cut: the stream ended before its end, after all good lines were yielded; go
                on from the last checkpoint.
            BadRequest: the checkpoint is not the service's; start from None.
        """
        body: dict[str, object] = {"chunkSize": _NODES_PER_LINE}
        if checkpoint:
            body["checkpoint"] = checkpoint
        if include_purged:
            body["includePurged"] = "true"  # text, as all clients send it
        content = encode(body)

        async def request() -> httpx.Request:
            url = (await self._addresses.endpoint()).metadata_url + "changes"
            headers = {"Content-Type": "application/json"}
            return self._transport.http.request(
                "POST", url, content=content, headers=headers, timeout=wire.PATIENT
            )

        async with self._transport.stream(
            request, auth=self._transport.auth
        ) as response:
            async for line in lines(response.aiter_bytes()):
                try:
                    change = _read(line)
                except Cut:
                    await self._addresses.doubt()
                    raise
                if change.checkpoint or change.nodes or change.reset:
                    yield change
                if change.end:
                    return
        raise Cut("the stream of changes broke off")


def _read(line: bytes) -> ChangeSet:
    try:
        change = models.decode(ChangeSet, line)
    except ValueError as error:
        if line.lstrip()[:1] == b"<":
            raise Cut("what came back is a web page", hint=LOOK_BETWEEN) from error
        raise Cut("the stream of changes holds a broken line") from error
    if change.status_code not in {None, 200}:
        raise Cut(
            f"the stream of changes stopped with status {change.status_code}",
            status=change.status_code or 0,
        )
    return change


async def lines(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Split a stream at its newlines; lines may be of any length, blank ones are left out.

    A last line without a newline counts too: the service need not end with one.
    """
    begun: list[bytes] = []
    async for piece in pieces:
        parts = piece.split(b"\n")
        for part in parts[:-1]:
            begun.append(part)
            line = b"".join(begun).strip()
            begun.clear()
            if line:
                yield line
        if parts[-1]:
            begun.append(parts[-1])
    if line := b"".join(begun).strip():
        yield line
