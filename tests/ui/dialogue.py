"""A dialogue with the linear interface, for tests."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from acd_tui.config.file import SettingsFile
from acd_tui.config.places import PlacesFile
from acd_tui.transfers.model import State
from acd_tui.ui.linear.talk import Talk
from tests.ui.fake_session import FakeSession, place
from tests.ui.screen_fakes import FakeServices

Talking = Callable[..., Awaitable[list[str]]]


class Dialogue:
    """Types lines, and keeps what was said up to then.

    `WAIT` lets the queue come to rest before the next line, `BLOCKED` waits until a
    drive that it needs is found to be away, `AFTER x` until x is said, `ASKED` answers nothing ever again. Where Enter would give up something that
    goes on, nothing is typed but by `GIVE UP`.
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
            places=PlacesFile(folder / "places.json"),
        )
        self._session = session

    async def run(self) -> list[str]:
        await self.talk.run()
        return self.said

    async def _ask(self, question: str, *, secret: bool = False) -> str | None:
        if not question and self._typed[:1] != ["GIVE UP"]:
            await asyncio.Event().wait()
        while (typed := self._typed.pop(0) if self._typed else None) is not None:
            if typed == "ASKED":  # and nobody answers
                await asyncio.Event().wait()
            if not await self._has_waited(typed):
                break
        if secret:
            self.secrets.append(typed or "")
        self.said.append(question if secret else f"{question}{typed}")
        return typed

    async def _has_waited(self, typed: str) -> bool:
        """Wait if that is what was to be typed."""
        transfers = self._session.transfers
        if typed == "WAIT":
            await self._rest()
        elif typed == "BLOCKED":
            await self._until(lambda: bool(transfers.snapshot().blocked))
        elif typed == "PLANNED":
            await self._until(lambda: not transfers.snapshot().planning)
        elif typed.startswith("AFTER "):
            await self._until(lambda: any(typed[6:] in line for line in self.said))
        else:
            return False
        return True

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await asyncio.sleep(0.01)

    async def _rest(self) -> None:
        def at_rest() -> bool:
            snapshot = self._session.transfers.snapshot()
            return not snapshot.planning and not any(
                state in {State.QUEUED, State.CHECKING} or state.is_active
                for state, n in snapshot.counts.items()
                if n
            )

        await self._until(at_rest)


def follows(lines: list[str], *wanted: str) -> bool:
    """Whether lines that begin so come one after the other, with others between."""
    rest = iter(lines)
    return all(any(line.startswith(each) for line in rest) for each in wanted)
