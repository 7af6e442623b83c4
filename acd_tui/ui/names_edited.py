"""Names as a text that is edited, and what the edited text asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from acd_tui.errors import AcdError, PartlyFailed
from acd_tui.operations import renaming
from acd_tui.operations.renaming import Change, Rules
from acd_tui.ui.engine import Operations
from acd_tui.ui.format import count
from acd_tui.vfs.capabilities import Naming
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.screens.services import Runner


class Plan(msgspec.Struct, frozen=True):
    """What an edited text asks for.

    Attributes:
        changes: names that become others.
        problem: what is wrong with the whole; there are no changes then.
        taken: the names there are now in the folders concerned.
    """

    changes: Sequence[Change]
    problem: str | None = None
    taken: dict[VPath, list[str]] = msgspec.field(default_factory=dict)

    @property
    def bad(self) -> int:
        """How many changes cannot be."""
        return sum(change.problem is not None for change in self.changes)


class NamesEdited:
    """The names of some files and folders, a line each, on their way to other names.

    Args:
        runner: runs what is asked of the filesystem.
        filesystem: that all of them are in.
        paths: of them.

    Attributes:
        filesystem: that all of them are in.
        before: the text to edit.
    """

    def __init__(
        self, runner: Runner, filesystem: FileSystem, paths: Sequence[VPath]
    ) -> None:
        self._runner = runner
        self.filesystem = filesystem
        self._paths = paths
        self.before = "\n".join(renaming.as_lines(paths)) + "\n"

    @property
    def base(self) -> VPath:
        """The folder that the names are written from."""
        return renaming.base_of(self._paths)

    async def plan(self, text: str) -> Plan:
        """Read an edited text.

        Raises:
            AcdError: a folder cannot be listed.
        """
        paths, lines = self._paths, text.rstrip("\n").split("\n")
        if len(lines) != len(paths):
            return Plan((), _miscounted(len(paths), len(lines)))
        changes = await asyncio.to_thread(renaming.read_lines, paths, lines)
        taken = {}
        for folder in {change.path.parent for change in changes}:
            entries = await self._runner.run(self.filesystem.list(folder))
            taken[folder] = [entry.name for entry in entries]
        return Plan(renaming.checked(changes, taken, self._rules), None, taken)

    async def rename(self, operations: Operations, plan: Plan) -> None:
        """Do what a plan says, in which nothing is bad.

        Raises:
            PartlyFailed: only some of it could be done.
            AcdError: none of it.
        """
        chains = renaming.chains(plan.changes, plan.taken, self._rules)
        name = self.filesystem.name
        deed = operations.move_all(name, chains, len(plan.changes))
        try:
            await self._runner.run(deed)
        except PartlyFailed:
            raise
        except AcdError as error:
            raise AcdError(
                f"nothing was renamed: {error.message}", hint=error.hint
            ) from error

    @property
    def _rules(self) -> Rules:
        naming: object = self.filesystem
        return Rules(
            self.filesystem.features.case_insensitive,
            naming.name_problem if isinstance(naming, Naming) else lambda _name: None,
        )


def decoded(data: bytes) -> str:
    """Return what an editor left as a text.

    Raises:
        AcdError: it is none.
    """
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise AcdError("what the editor left is not UTF-8") from None


def _miscounted(names: int, lines: int) -> str:
    return (
        f"{count(names, 'name')} {'was' if names == 1 else 'were'} there,"
        f" and {count(lines, 'line')} {'is' if lines == 1 else 'are'} left;"
        " each name keeps its line, in the same order"
    )
