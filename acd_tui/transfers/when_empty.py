"""What is to happen when the queue has become empty, as the user said it."""

from __future__ import annotations

import asyncio
import enum
import shlex

import msgspec

from acd_tui.environment import for_children
from acd_tui.errors import AcdError, UsageError

_HINT = "write `nothing`, `notify`, `quit` or `run COMMAND`"


class Then(enum.Enum):
    """The kinds of it."""

    NOTHING = "nothing"
    NOTIFY = "notify"
    QUIT = "quit"
    RUN = "run"


class WhenEmpty(msgspec.Struct, frozen=True):
    """What to do then.

    Attributes:
        then: the kind.
        command: the program and its arguments, where one is to be run. They are the
            user's own words; nothing is ever put into them, least of all a name.
    """

    then: Then = Then.NOTHING
    command: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> WhenEmpty:
        """Read `nothing`, `notify`, `quit` or `run COMMAND ARGUMENT…`.

        Raises:
            UsageError: it is none of them.
        """
        word, _, rest = text.strip().partition(" ")
        try:
            then = Then(word)
            command = tuple(shlex.split(rest))
        except ValueError as error:
            raise UsageError(f"`{text}` cannot be done then", hint=_HINT) from error
        if bool(command) != (then is Then.RUN):
            raise UsageError(f"`{text}` cannot be done then", hint=_HINT)
        return cls(then, command)

    def __str__(self) -> str:
        return " ".join(filter(None, (self.then.value, shlex.join(self.command))))

    async def run(self, *, quiet: bool = False) -> None:
        """Run the command, without a shell, and wait for its end.

        Args:
            quiet: drop what it writes.

        Raises:
            AcdError: it could not be started, or ended with an error.
        """
        output = asyncio.subprocess.DEVNULL if quiet else None
        try:
            process = await asyncio.create_subprocess_exec(
                *self.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env=for_children(),
            )
        except OSError as error:
            raise AcdError(
                f"`{self.command[0]}` cannot be run: {error.strerror}"
            ) from error
        if code := await process.wait():
            raise AcdError(f"`{self.command[0]}` ended with {code}")
