"""Renames many things at once, with their names as lines in the user's editor."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError, PartlyFailed
from acd_tui.operations import renaming
from acd_tui.operations.renaming import Change, Rules
from acd_tui.ui.editing import editor, ended_badly, pick_up, put_down, remove
from acd_tui.ui.format import count
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.widgets.listing import Row
from acd_tui.vfs.filesystem import FileSystem, Naming
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen

Taken = dict[VPath, list[str]]


class Renaming:
    """The `do_…` method that renames what is marked, or all that is listed."""

    def __init__(self, app: AcdApp, browser: BrowserScreen, files: FileActions) -> None:
        self._app = app
        self._browser = browser
        self._files = files
        self._busy = False

    def do_rename_all(self) -> None:
        pane = self._browser.active
        rows = pane.marks.rows() or list(pane.files.fitting())
        if pane.filesystem is None or not rows:
            return
        if self._busy:
            raise AcdError("names are being edited already")
        self._busy = True
        self._app.work(self._ask(pane.filesystem, rows), group="files")

    async def _ask(self, filesystem: FileSystem, rows: Sequence[Row]) -> None:
        """Edit and show what would come of it, until the user wants it or not."""
        from acd_tui.ui.screens.rename_plan import RenamePlan

        paths = [row.path for row in rows]
        before = text = "\n".join(renaming.as_lines(paths)) + "\n"
        try:
            while (text := await self._edited(text)) != before:
                changes, problem, taken = await self._planned(filesystem, paths, text)
                if not changes and problem is None:
                    break
                plan = RenamePlan(changes, renaming.base_of(paths), problem=problem)
                answer = await self._app.push_screen_wait(plan)
                if answer == "rename":
                    await self._rename(filesystem, rows, changes, taken)
                if answer != "edit":
                    return
            self._app.tell("No name was changed")
        finally:
            self._busy = False

    async def _edited(self, text: str) -> str:
        """Return a text as the user's editor leaves it."""
        command = editor(os.environ)
        copy = await asyncio.to_thread(put_down, "names.txt", text.encode())
        try:
            status = self._app.run_in_terminal([*command, str(copy)])
            if status:
                raise AcdError(f"{ended_badly(status)}, so nothing was renamed")
            data = await asyncio.to_thread(pick_up, copy)
        finally:
            await asyncio.to_thread(remove, copy)
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise AcdError("what the editor left is not UTF-8") from None

    async def _planned(
        self, filesystem: FileSystem, paths: Sequence[VPath], text: str
    ) -> tuple[list[Change], str | None, Taken]:
        """Return the changes, what is wrong with all of it, and the names there are."""
        lines = text.rstrip("\n").split("\n")
        if len(lines) != len(paths):
            return [], _miscounted(len(paths), len(lines)), {}
        changes = await asyncio.to_thread(renaming.read_lines, paths, lines)
        taken = {}
        for folder in {change.path.parent for change in changes}:
            entries = await self._app.engine.run(filesystem.list(folder))
            taken[folder] = [entry.name for entry in entries]
        return renaming.checked(changes, taken, _rules(filesystem)), None, taken

    async def _rename(
        self,
        filesystem: FileSystem,
        rows: Sequence[Row],
        changes: Sequence[Change],
        taken: Taken,
    ) -> None:
        name, app = filesystem.name, self._app
        moves = renaming.chains(changes, taken, _rules(filesystem))
        deed = app.session.operations.move_all(name, moves, len(changes))
        renamed = {c.path: c.path.parent / c.name for c in changes}
        current = self._browser.active.current
        cursor = renamed.get(current.path) if current is not None else None
        try:
            await app.engine.run(deed)
        except PartlyFailed:
            raise
        except AcdError as error:
            raise AcdError(
                f"nothing was renamed: {error.message}", hint=error.hint
            ) from error
        finally:
            self._browser.changed(name, {row.folder for row in rows}, cursor=cursor)
        self._files.forget(name, rows)
        app.tell(
            f"Renamed {count(len(changes), 'item')}"
            f" · {app.key_of('undo')} takes it back"
        )


def _rules(filesystem: FileSystem) -> Rules:
    naming: object = filesystem
    return Rules(
        filesystem.features.case_insensitive,
        naming.name_problem if isinstance(naming, Naming) else lambda _name: None,
    )


def _miscounted(names: int, lines: int) -> str:
    return (
        f"{count(names, 'name')} {'was' if names == 1 else 'were'} there,"
        f" and {count(lines, 'line')} {'is' if lines == 1 else 'are'} left;"
        " each name keeps its line, in the same order"
    )
