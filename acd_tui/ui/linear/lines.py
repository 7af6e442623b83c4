"""Saying and asking, a line at a time."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from acd_tui.errors import UsageError
from acd_tui.printable import printable

T = TypeVar("T")

AT_ONCE = 20
"""Rows that are read out before one is asked."""

Say = Callable[[str], None]


class Ask(Protocol):
    """Prints a question and returns the line that answers it."""

    async def __call__(self, question: str, *, secret: bool = False) -> str | None:
        """Ask; the answer is None at the end of input.

        Args:
            question: to print.
            secret: the terminal is not to show what is typed.
        """
        ...


class Lines:
    """Talks with the user in lines.

    Attributes:
        ask: asks for a line.
    """

    def __init__(self, say: Say, ask: Ask) -> None:
        self._tell = say
        self._held: list[str] | None = None
        self.ask = ask

    def say(self, text: str) -> None:
        """Print lines; what is in them need not be safe."""
        for line in text.split("\n"):
            if self._held is None:
                self._tell(printable(line))
            else:
                self._held.append(line)

    @contextlib.contextmanager
    def held_back(self) -> Iterator[None]:
        """Say only afterwards what comes up: the terminal is another program's."""
        self._held = []
        try:
            yield
        finally:
            held, self._held = self._held, None
            for line in held:
                self.say(line)

    async def need(self, question: str, *, secret: bool = False) -> str:
        """Ask for a text.

        Raises:
            UsageError: there is none.
        """
        answer = (await self.ask(f"{question}: ", secret=secret) or "").strip()
        if not answer:
            raise UsageError("nothing was typed, and nothing is done")
        return answer

    async def wanted(self, question: str, usual: str) -> str:
        """Ask for a text; nothing is what is usual."""
        instead = f", or nothing for {printable(usual)}" if usual else ""
        answer = await self.ask(f"{question}{instead}: ")
        return (answer or "").strip() or usual

    async def agreed(self, question: str) -> bool:
        answer = await self.ask(f"{question} Type yes or no: ")
        agreed = (answer or "").strip().casefold() in {"y", "yes"}
        if not agreed:
            self.say("Nothing is done.")
        return agreed

    async def choose(self, question: str, options: Sequence[str]) -> str:
        """Ask for one of a few, by its number or name; nothing is the first."""
        self.say(question)
        for number, option in enumerate(options, start=1):
            self.say(f"{number}: {option}")
        asked = "Number, or nothing for the first: "
        answer = await self._one_of(asked, len(options), ("", *options))
        if isinstance(answer, int):
            return options[answer - 1]
        return answer or options[0]

    async def pick(self, rows: Sequence[str], what: str) -> int | None:
        """Read out rows, some at a time; return which one was chosen by its number."""
        for start in range(0, len(rows), AT_ONCE):
            stop = min(start + AT_ONCE, len(rows))
            for index in range(start, stop):
                self.say(f"{index + 1}: {rows[index]}")
            more = f"m for {len(rows) - stop:,} more, " if stop < len(rows) else ""
            asked = f"Number {what}, {more}or nothing: "
            words = ("", "m", "more") if more else ("",)
            answer = await self._one_of(asked, len(rows), words)
            if isinstance(answer, int):
                return answer - 1
            if not answer:
                return None
        return None

    async def _one_of(
        self, question: str, most: int, words: Collection[str]
    ) -> int | str:
        """Ask until a number from 1 to `most` is typed, or one of some words."""
        while True:
            answer = (await self.ask(question) or "").strip()
            if answer.isascii() and answer.isdecimal() and 0 < int(answer) <= most:
                return int(answer)
            for word in words:
                if answer.casefold() == word.casefold():
                    return word
            self.say(f"{printable(answer)} is none of these.")

    async def unless_given_up(
        self, work: Coroutine[Any, Any, T], *, seconds: float | None = None
    ) -> T:
        """Return what some work comes to, unless Enter is pressed before.

        Args:
            work: what may take long; it is cancelled if the user gives up.
            seconds: the longest it may take.

        Raises:
            UsageError: the user gave up, or it took too long.
        """
        working = asyncio.ensure_future(work)
        giving_up = asyncio.ensure_future(self.ask(""))
        try:
            await asyncio.wait(
                (working, giving_up),
                timeout=seconds,
                return_when=asyncio.FIRST_COMPLETED,
            )
            if working.done():
                return await working
            raise UsageError("given up, and nothing is done")
        finally:
            working.cancel()
            giving_up.cancel()
            await asyncio.gather(working, giving_up, return_exceptions=True)
