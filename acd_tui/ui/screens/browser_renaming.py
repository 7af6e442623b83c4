"""Renames many things at once, with their names as lines in the user's editor."""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.ui.editing import editor, ended_badly, pick_up, put_down, remove
from acd_tui.ui.format import count
from acd_tui.ui.names_edited import NamesEdited, Plan, decoded
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.vfs.filesystem import FileSystem

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen


class Renaming:
    """The `do_…` method that renames what is marked, or all that is listed."""

    def __init__(self, app: AcdApp, browser: BrowserScreen, files: FileActions) -> None:
        self._app = app
        self._browser = browser
        self._files = files
        self._busy = False

    def do_rename_all(self) -> None:
        pane = self._browser.active
        rows = pane.marks.rows() or Chosen(pane.files.fitting())
        if pane.filesystem is None or not rows:
            return
        if self._busy:
            raise AcdError("names are being edited already")
        self._busy = True
        self._app.work(self._ask(pane.filesystem, rows), group="files")

    async def _ask(self, filesystem: FileSystem, rows: Chosen) -> None:
        """Edit and show what would come of it, until the user wants it or not."""
        from acd_tui.ui.screens.rename_plan import RenamePlan

        names = NamesEdited(self._app.engine, filesystem, [row.path for row in rows])
        text = names.before
        try:
            while (text := await self._edited(text)) != names.before:
                plan = await names.plan(text)
                if not plan.changes and plan.problem is None:
                    break
                shown = RenamePlan(plan.changes, names.base, problem=plan.problem)
                answer = await self._app.push_screen_wait(shown)
                if answer == "rename":
                    await self._rename(names, rows, plan)
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
        return decoded(data)

    async def _rename(self, names: NamesEdited, rows: Chosen, plan: Plan) -> None:
        app, filesystem = self._app, names.filesystem.name
        renamed = {c.path: c.path.parent / c.name for c in plan.changes}
        current = self._browser.active.current
        cursor = renamed.get(current.path) if current is not None else None
        try:
            await names.rename(app.session.operations, plan)
        finally:
            folders = {row.folder for row in rows}
            self._browser.changed(filesystem, folders, cursor=cursor)
        self._files.forget(filesystem, rows)
        app.tell(
            f"Renamed {count(len(plan.changes), 'item')}"
            f" · {app.key_of('undo')} takes it back"
        )
