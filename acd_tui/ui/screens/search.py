"""Searching a whole drive by words of a query."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from acd_tui.errors import AcdError, FolderNotFound
from acd_tui.ui.screens.dialog import Dialog, Notice, PlainInput, buttons
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import (
    counted,
    moment,
    shown_name,
    shown_path,
    shown_size,
)
from acd_tui.ui.staleness import not_current
from acd_tui.vfs.capabilities import Mirrored, Searchable
from acd_tui.vfs.entry import Found
from acd_tui.vfs.query import QueryError, loosened

LIMIT = 500
"""The most that is shown."""

_FEW = 5  # matches, with which names that are alike are shown, too
_MOST_ALIKE = 100
_SETTLE_SECONDS = 0.15  # without a key, until what was typed is searched for

_AGAIN_SECONDS = 1.0  # between looks at a drive that is still being read

HOW_TO = """\
beach summer   both in the name, in any order
"my dog"       just so in the name
ext:jpg        how the name ends
size:>1g       also < and 1m..2g
after:2019     changed then or later; before:2020-05 earlier
in:/pictures   anywhere below that folder
kind:folder    or kind:file
md5:5d41       how the MD5 begins
trashed:yes    what is in the trash
-word          not that; before any of these"""
"""What one may ask for; shown until something is asked."""

COLUMNS = (
    Column("Name", cut="middle"),
    Column("Folder", cut="start"),
    Column("Size", 10, right=True),
    Column("Modified", 16, hide_below=64),
)


class SearchScreen(Dialog[Found | str | None]):
    """Finds while one types; the result is where to go, or what to show all of."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "enter_list", show=False),
        Binding("pagedown", "enter_list", show=False),
        Binding("ctrl+o", "show_all", "All in the pane", show=False),
    ]

    def __init__(self, runner: Runner, name: str, filesystem: Searchable) -> None:
        """Search a filesystem.

        Args:
            runner: runs what is asked of it.
            name: of the filesystem.
            filesystem: what is searched.
        """
        super().__init__(f"Search {name}", None, classes="-large")
        self._runner = runner
        self._filesystem = filesystem
        self._found: Sequence[Found] = ()
        self._answered = ""  # what was searched for last
        self._all = ""  # what finds all that is shown
        self._once_answered: Callable[[], None] | None = None
        self._is_whole = not isinstance(filesystem, Mirrored)
        self._age = ""

    def compose_box(self) -> Iterable[Widget]:
        yield PlainInput(
            placeholder="beach ext:jpg size:>1m after:2019 in:/pictures -draft"
        )
        yield Rows(COLUMNS, self._cells)
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(("close", "Close"), ("all", "All in the pane (Ctrl-O)"))

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._show("", ())

    def _cells(self, index: int) -> Sequence[Cell]:
        found = self._found[index]
        return (
            shown_name(found.entry),
            (shown_path(found.folder), "dim"),
            (shown_size(found.entry), "dim"),
            (moment(found.entry.modified_ns), "dim"),
        )

    def on_input_changed(self, event: Input.Changed) -> None:
        self._once_answered = None
        if event.value.strip():
            self._search(event.value)
        else:
            self.workers.cancel_group(self, "search")
            self._show("", ())

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self, text: str) -> None:
        await asyncio.sleep(_SETTLE_SECONDS)
        while not await self._answer(text):
            await self._until_whole()

    async def _answer(self, text: str) -> bool:
        """Show what is found; say whether that is all there will be."""
        try:
            found = await self._runner.run(self._filesystem.search(text, LIMIT + 1))
            alike = await self._search_alike(text, found)
            await self._look_at_mirror()
        except AcdError as error:
            if text != self.query_one(Input).value:
                return True
            self._show(text, ())
            self.query_one(Rows).say("")
            self._explain(error)
            if not isinstance(error, QueryError | FolderNotFound):
                self._is_whole = not isinstance(self._filesystem, Mirrored)
            return self._is_whole or isinstance(error, QueryError)
        if text == self.query_one(Input).value:  # else it is another question by now
            self._show(text, found, alike)
            if self._once_answered:
                self._once_answered()
        return self._is_whole

    async def _until_whole(self) -> None:
        """Wait until the drive is read: a damaged copy of it is made anew."""
        while not self._is_whole:
            await asyncio.sleep(_AGAIN_SECONDS)
            with contextlib.suppress(AcdError):
                await self._look_at_mirror()

    async def _search_alike(self, text: str, found: Sequence[Found]) -> Sequence[Found]:
        """Return what is almost that, where hardly anything is exactly that."""
        loose = loosened(text) if len(found) < _FEW else None
        if loose is None:
            return ()
        more = await self._runner.run(self._filesystem.search(loose, _MOST_ALIKE))
        return [each for each in more if each not in found]

    def _explain(self, error: AcdError) -> None:
        """Say why nothing was found; a word may just not be finished yet."""
        notice = self.query_one(Notice)
        if isinstance(error, QueryError | FolderNotFound):
            notice.say(error.message, "warning")
        else:
            notice.fail(error)

    async def _look_at_mirror(self) -> None:
        if not self._is_whole and isinstance(self._filesystem, Mirrored):
            status = await self._runner.run(self._filesystem.mirror_status())
            self._is_whole = status.complete
        self._age = await self._runner.run(not_current(self._filesystem))

    def _show(
        self, text: str, found: Sequence[Found], alike: Sequence[Found] = ()
    ) -> None:
        rows = self.query_one(Rows)
        # Who is in the list stays where he is when the rest of the drive was read.
        chosen = self._found[rows.cursor] if rows.has_focus and self._found else None
        self._answered = text
        self._all = (loosened(text) if alike else None) or text
        self._found = [*found[:LIMIT], *alike]
        rows.set_count(len(self._found))
        rows.say("Nothing matches." if text else HOW_TO)
        rows.cursor = self._found.index(chosen) if chosen in self._found else 0
        notice = self.query_one(Notice)
        notice.clear()
        if text and not self._is_whole:
            notice.say("The drive is still being read; there may be more")
        bar = self._summary(found, alike)
        if text and self._age:
            bar += f" · {self._age}"
        self.query_one(".bar", Static).update(bar)

    @staticmethod
    def _summary(found: Sequence[Found], alike: Sequence[Found]) -> str:
        if not found and not alike:
            return "Escape closes"
        number = counted(len(found), "match", "matches") if found else "No match"
        if alike:
            number += f", {len(alike):,} alike"
        if len(found) > LIMIT:
            number = f"The first {LIMIT:,} matches; type more to narrow them"
        return f"{number} · ↓ into the list · Enter goes there"

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "all":
            self.action_show_all()
        else:
            self.action_cancel()

    def _is_answered(self, then: Callable[[], None]) -> bool:
        """Return whether what is shown answers what was typed; else do it then."""
        if self.query_one(Input).value == self._answered:
            return True
        self._once_answered = then
        return False

    def action_show_all(self) -> None:
        """Show all that was found in the pane, to do something with it."""
        if not self._is_answered(self.action_show_all):
            return
        if any(not found.trashed for found in self._found):
            self.end(self._all)
        elif self._found:
            self.query_one(Notice).say("All of it is in the trash; t opens that")

    def action_enter_list(self) -> None:
        if self._found:
            self.query_one(Rows).focus()

    def on_input_submitted(self) -> None:
        if self._is_answered(self.on_input_submitted) and self._found:
            self._choose(self._found[self.query_one(Rows).cursor])

    def on_rows_activated(self, event: Rows.Activated) -> None:
        self._choose(self._found[event.index])

    def _choose(self, found: Found) -> None:
        if found.trashed:
            self.query_one(Notice).say("It is in the trash; restore it from there")
        else:
            self.end(found)
