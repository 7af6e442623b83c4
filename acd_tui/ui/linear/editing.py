"""Files and names in the user's own editor, which has the terminal meanwhile."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from acd_tui.clock import SystemClock
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.transfers.planner import numbered
from acd_tui.ui.editing import (
    NotSaved,
    RemoteEdit,
    editor,
    ended_badly,
    interrupts_left_to_programs,
    path_to_edit,
    pick_up,
    put_down,
    remove,
    run_program,
    save_beside,
)
from acd_tui.ui.engine import Session
from acd_tui.ui.format import count, sentence, show_place
from acd_tui.ui.linear.lines import AT_ONCE, Lines
from acd_tui.ui.names_edited import NamesEdited, Plan, decoded
from acd_tui.vfs.capabilities import OnDisk
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

T = TypeVar("T")

_LEAVE, _AGAIN, _RENAME = "leave them as they are", "edit again", "rename them"
_KEEP = "leave it there"


class _Inline:
    """Runs where we are: lines and session share one loop."""

    async def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        return await coroutine


class EditTalk:
    """Hands a file, or names, to the editor and says what came of it."""

    def __init__(self, lines: Lines, session: Session, filesystem: FileSystem) -> None:
        self._lines = lines
        self._session = session
        self._filesystem = filesystem

    async def file(self, path: VPath) -> None:
        """Have a file edited, where it lies or as a copy that is written back.

        Raises:
            AcdError: it was not edited, or not saved.
        """
        command = editor(os.environ)
        fs, place = self._filesystem, Place(self._filesystem.name, path)
        if isinstance(fs, OnDisk):
            status = await self._run([*command, await path_to_edit(fs, place)])
            self._lines.say(f"{ended_badly(status)}." if status else "Edited.")
            return
        remote = RemoteEdit(_Inline(), SystemClock(), fs, place)
        copy = await remote.fetch()
        try:
            status = await self._run([*command, str(copy)])
        except AcdError:
            await remote.drop()
            raise
        try:
            saved = await remote.save(status)
        except NotSaved as error:
            await self._ask_about(path, error)
            return
        if saved:
            self._lines.say(f"Saved to {show_place(place)}.")
        else:
            said = f"{ended_badly(status)}. " if status else ""
            self._lines.say(f"{said}Nothing was changed.")

    async def _ask_about(self, path: VPath, error: NotSaved) -> None:
        """Say why something was not saved, and offer to save it beside."""
        lines = self._lines
        lines.say(f"Not saved: {error.message}.")
        lines.say(f"{sentence(error.hint or '')}.")
        beside = f"save it beside, as {printable(numbered(path.name, 2))}"
        if await lines.choose("What is to become of it?", [_KEEP, beside]) == beside:
            saved = await save_beside(
                _Inline(), SystemClock(), self._filesystem, path=path, kept=error.kept
            )
            lines.say(f"Saved to {show_place(Place(self._filesystem.name, saved))}.")

    # --- names ------------------------------------------------------------------------

    async def names(self, paths: Sequence[VPath]) -> bool:
        """Have names edited and changed; return whether something was renamed.

        Raises:
            AcdError: there is no editor, or not everything could be renamed.
        """
        lines, names = self._lines, NamesEdited(_Inline(), self._filesystem, paths)
        text = names.before
        while (text := await self._edited(text)) != names.before:
            plan = await names.plan(text)
            if not plan.changes and plan.problem is None:
                break
            self._say_plan(plan)
            deeds = [_LEAVE, _AGAIN]
            if plan.problem is None and not plan.bad:
                deeds.append(_RENAME)
            deed = await lines.choose("What next?", deeds)
            if deed == _RENAME:
                await names.rename(self._session.operations, plan)
                number = count(len(plan.changes), "item")
                lines.say(f"Renamed {number}. undo takes it back.")
                return True
            if deed == _LEAVE:
                lines.say("Nothing is done.")
                return False
        lines.say("No name was changed.")
        return False

    def _say_plan(self, plan: Plan) -> None:
        say = self._lines.say
        if plan.problem is not None:
            say(f"{sentence(plan.problem)}.")
        if plan.bad:
            say(f"{count(plan.bad, 'name')} cannot be used, so nothing is done yet.")
        first = sorted(plan.changes, key=lambda change: change.problem is None)
        for change in first[:AT_ONCE]:
            why = f", but {change.problem}" if change.problem else ""
            say(f"{change.path.name} becomes {change.name or 'nothing'}{why}")
        if len(first) > AT_ONCE:
            say(f"and {len(first) - AT_ONCE:,} more")

    async def _edited(self, text: str) -> str:
        """Return a text as the user's editor leaves it."""
        command = editor(os.environ)
        copy = await asyncio.to_thread(put_down, "names.txt", text.encode())
        try:
            if status := await self._run([*command, str(copy)]):
                raise AcdError(f"{ended_badly(status)}, so nothing was renamed")
            return decoded(await asyncio.to_thread(pick_up, copy))
        finally:
            await asyncio.to_thread(remove, copy)

    async def _run(self, command: Sequence[str]) -> int:
        """Give the terminal to a program; what comes up meanwhile is said afterwards."""
        with self._lines.held_back(), interrupts_left_to_programs():
            return await asyncio.to_thread(run_program, command)
