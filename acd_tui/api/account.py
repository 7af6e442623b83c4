"""The account: state, room, usage (amazon-drive-api.md §2.2)."""

from __future__ import annotations

from acd_tui.api.models import Info, Quota, Usage
from acd_tui.api.transport import Transport


class Account:
    """`account/…` of the metadata host."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def info(self) -> Info:
        return (await self._transport.metadata("GET", "account/info")).read(Info)

    async def quota(self) -> Quota:
        """How much room there is; no promise that an upload of that size works."""
        return (await self._transport.metadata("GET", "account/quota")).read(Quota)

    async def usage(self) -> Usage:
        return (await self._transport.metadata("GET", "account/usage")).read(Usage)
