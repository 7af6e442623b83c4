"""Saying and asking, a line at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from acd_tui.errors import UsageError
from acd_tui.printable import printable

Say = Callable[[str], None]
Ask = Callable[[str], Awaitable[str | None]]
"""Prints a question and returns the line that answers it; None at the end of input."""


class Lines:
    """Talks with the user in lines.

    Attributes:
        ask: asks for a line.
    """

    def __init__(self, say: Say, ask: Ask) -> None:
        self._tell = say
        self.ask = ask

    def say(self, text: str) -> None:
        """Print lines; what is in them need not be safe."""
        for line in text.split("\n"):
            self._tell(printable(line))

    async def need(self, question: str) -> str:
        """Ask for a text.

        Raises:
            UsageError: there is none.
        """
        answer = (await self.ask(f"{question}: ") or "").strip()
        if not answer:
            raise UsageError("nothing was typed, and nothing is done")
        return answer

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
        answer = (await self.ask("Number, or nothing for the first: ") or "").strip()
        if answer.isdecimal() and 0 < int(answer) <= len(options):
            return options[int(answer) - 1]
        return answer if answer in options else options[0]
