"""Getting something back from a trash, asking where something is in the way."""

from __future__ import annotations

from typing import Any

from textual.screen import Screen

from acd_tui.errors import AcdError, Exists, FolderNotFound
from acd_tui.printable import printable
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.ui.screens.services import Restorer, Runner
from acd_tui.ui.screens.wording import shown_name, shown_path
from acd_tui.vfs.entry import TrashItem
from acd_tui.vfs.path import VPath


class Restoring:
    """Restores what lies in the trash of a filesystem.

    Args:
        screen: asks; its workers call `restore`.
        runner: runs what is asked of the operations.
        operations: restore.
        name: of the filesystem.
    """

    def __init__(
        self, screen: Screen[Any], runner: Runner, operations: Restorer, name: str
    ) -> None:
        self._screen = screen
        self._runner = runner
        self._operations = operations
        self._name = name

    async def restore(self, item: TrashItem) -> bool:
        """Restore one thing; False if the user would rather not.

        Raises:
            AcdError: it cannot be restored.
        """
        to: VPath | None = None
        while True:
            try:
                await self._runner.run(
                    self._operations.restore(self._name, item.id, to)
                )
            except Exists:
                to = await self._ask_name(item, to)
            except FolderNotFound:
                to = await self._ask_root(item)
            else:
                return True
            if to is None:
                return False

    async def _ask_name(self, item: TrashItem, tried: VPath | None) -> VPath | None:
        folder = tried.parent if tried is not None else item.origin or VPath()
        taken = tried.name if tried is not None else item.entry.name

        def problem(text: str) -> str | None:
            try:
                path = folder / text
            except AcdError as error:
                return printable(error.message)
            return "That name is taken" if path.name == taken else None

        name = await self._screen.app.push_screen_wait(
            Prompt(
                "The name is taken",
                f"{printable(taken)} is in {shown_path(folder)} again. "
                "Restore it under which name?",
                taken,
                validate=problem,
            )
        )
        return None if name is None else folder / name

    async def _ask_root(self, item: TrashItem) -> VPath | None:
        folder = "" if item.origin is None else f" {shown_path(item.origin)}"
        agreed = await self._screen.app.push_screen_wait(
            Confirm(
                "Its folder is gone",
                [
                    f"{shown_name(item.entry)} was in the folder{folder}, "
                    "which is not there any more or in the trash itself.",
                    "",
                    "Restore it into the root of the drive?",
                ],
                yes="Restore",
            )
        )
        return VPath() / item.entry.name if agreed else None
