"""A dialogue with the linear interface, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from acd_tui.config.file import SettingsFile
from acd_tui.transfers.model import State
from acd_tui.ui.linear.talk import Talk
from tests.ui.fake_session import FakeSession, place
from tests.ui.screen_fakes import FakeServices

Talking = Callable[..., Awaitable[list[str]]]


class Dialogue:
    """Types lines, and keeps what was said up to then.

    `WAIT` lets the queue come to rest before the next line, `AFTER x` waits until x is
    said. Where Enter would give up
    something that goes on, nothing is typed but by `GIVE UP`.
    """

    def __init__(self, session: FakeSession, folder: Path, *typed: str) -> None:
        self._typed = list(typed)
        self.said: list[str] = []
        self.secrets: list[str] = []
        self.services = FakeServices()
        self.settings = SettingsFile(folder / "settings.toml")
        self.talk = Talk(
            session,
            self.said.append,
            self._ask,
            left=place("local:/home"),
            right=place("photos:/2019"),
            settings=self.settings,
            services=self.services,
        )
        self._session = session

    async def run(self) -> list[str]:
        await self.talk.run()
        return self.said

    async def _ask(self, question: str, *, secret: bool = False) -> str | None:
        if not question and self._typed[:1] != ["GIVE UP"]:
            await asyncio.Event().wait()
        typed = self._typed.pop(0) if self._typed else None
        if typed == "WAIT":
            await self._rest()
            typed = self._typed.pop(0) if self._typed else None
        if typed == "PLANNED":
            async with asyncio.timeout(10):
                while self._session.transfers.snapshot().planning:
                    await asyncio.sleep(0.01)
            typed = self._typed.pop(0) if self._typed else None
        if typed is not None and typed.startswith("AFTER "):
            async with asyncio.timeout(10):
                while not any(typed[6:] in line for line in self.said):
                    await asyncio.sleep(0.01)
            typed = self._typed.pop(0) if self._typed else None
        if secret:
            self.secrets.append(typed or "")
        self.said.append(question if secret else f"{question}{typed}")
        return typed

    async def _rest(self) -> None:
        async with asyncio.timeout(10):
            while self._session.transfers.snapshot().planning or any(
                state in {State.QUEUED, State.CHECKING} or state.is_active
                for state, n in self._session.transfers.snapshot().counts.items()
                if n
            ):
                await asyncio.sleep(0.01)


def follows(lines: list[str], *wanted: str) -> bool:
    """Whether lines that begin so come one after the other, with others between."""
    rest = iter(lines)
    return all(any(line.startswith(each) for line in rest) for each in wanted)
