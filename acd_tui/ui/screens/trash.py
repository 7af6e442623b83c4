"""What lies in a trash, and getting it back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.clock import Clock, SystemClock
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.format import address
from acd_tui.ui.keys import show_key
from acd_tui.ui.screens.as_command import KEY
from acd_tui.ui.screens.command_line import command
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.restoring import Restoring
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import Restorer, Runner
from acd_tui.ui.screens.wording import (
    counted,
    days_left,
    moment,
    shown_name,
    shown_path,
    shown_size,
)
from acd_tui.ui.staleness import not_current
from acd_tui.vfs.entry import TrashItem
from acd_tui.vfs.path import VPath

COLUMNS = (
    Column("Name", cut="middle"),
    Column("From", hide_below=56, cut="start"),
    Column("Trashed", 16, hide_below=64),
    Column("Left", 6, right=True),
    Column("Size", 10, right=True),
)


class Bin(Protocol):
    """The part of a filesystem that is shown here."""

    @property
    def name(self) -> str: ...

    async def list_trash(self) -> Sequence[TrashItem]: ...


class TrashScreen(Dialog[int]):
    """Lists a trash, newest first; the result is how many things were restored."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "restore", "Restore", show=False),
        Binding("ctrl+r", "reload", "Reload", show=False),
        Binding(KEY, "copy_command", "Copy as command", show=False),
        Binding("q", "cancel", "Close", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        filesystem: Bin,
        operations: Restorer,
        *,
        clock: Clock | None = None,
    ) -> None:
        super().__init__(f"Trash of {filesystem.name}", 0, classes="-large")
        self._runner = runner
        self._filesystem = filesystem
        self._restorer = Restoring(self, runner, operations, filesystem.name)
        self._clock = clock or SystemClock()
        self._items: list[TrashItem] = []
        self._restored = 0
        self._age = ""

    def compose_box(self) -> Iterable[Widget]:
        yield Rows(COLUMNS, self._cells, markable=True)
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(
            ("close", "Close"), ("reload", "Reload"), ("restore", "Restore (r)")
        )

    def on_mount(self) -> None:
        self.query_one(Rows).focus()
        self.action_reload()

    def _cells(self, index: int) -> Sequence[Cell]:
        item = self._items[index]
        left = days_left(item.purged_ns, self._clock.now())
        return (
            shown_name(item.entry),
            ("?" if item.origin is None else shown_path(item.origin), "dim"),
            (moment(item.trashed_ns), "dim"),
            (left, "warning" if left in {"due", "today"} else "dim"),
            (shown_size(item.entry), "dim"),
        )

    def action_cancel(self) -> None:
        self.end(self._restored)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "restore":
                self.action_restore()
            case "reload":
                self.action_reload()
            case _:
                self.action_cancel()

    def on_rows_activated(self) -> None:
        self.action_restore()

    def on_rows_marks_changed(self) -> None:
        self._show_summary()

    def action_reload(self) -> None:
        self.query_one(Notice).say("Looking into the trash…")
        self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        notice = self.query_one(Notice)
        try:
            items = await self._runner.run(self._list())
            self._age = await self._runner.run(not_current(self._filesystem))
        except AcdError as error:
            notice.fail(error, retry=True)
            self._show_summary("")
            return
        self._items = items
        rows = self.query_one(Rows)
        rows.set_count(len(items))
        rows.say("The trash is empty.\nWhat you trash with F8 lies here.")
        notice.clear()
        self._show_summary()

    async def _list(self) -> list[TrashItem]:
        items = await self._filesystem.list_trash()
        return sorted(items, key=lambda item: -(item.trashed_ns or 0))

    def _show_summary(self, text: str | None = None) -> None:
        marks = len(self.query_one(Rows).marks)
        if text is None:
            text = counted(len(self._items), "item")
            if marks:
                text += f", {marks:,} marked"
            if self._age:
                text += f" · {self._age}"
            if self._items:
                text += f" · Space marks · Enter restores · {show_key(KEY)} copies the command"
        self.query_one(".bar", Static).update(text)

    def action_copy_command(self) -> None:
        """Copy what restores the same; paths may be those of several things, ids not."""
        targets = [self._items[index].id for index in self.query_one(Rows).targets]
        if targets:
            text = command(
                "restore", [address(self._filesystem.name, VPath()), *targets]
            )
            self.app.copy_to_clipboard(text + "\n")
            self.query_one(Notice).say(f"✓ copied: {text}", "good")

    def action_restore(self) -> None:
        targets = [self._items[index] for index in self.query_one(Rows).targets]
        if targets and not self.is_busy("restore"):
            self._restore(targets)

    @work(group="restore", exit_on_error=False)
    async def _restore(self, items: Sequence[TrashItem]) -> None:
        """Restore one after the other, asking where something is in the way."""
        notice = self.query_one(Notice)
        done: set[str] = set()
        failure: AcdError | None = None
        for item in items:
            notice.say(f"Restoring {printable(item.entry.name)}…")
            try:
                if await self._restorer.restore(item):
                    done.add(item.id)
                    self._restored += 1
            except AcdError as error:
                failure = error
        self._items = [item for item in self._items if item.id not in done]
        self.query_one(Rows).set_count(len(self._items))
        if failure is not None:
            notice.fail(failure)
        elif done:
            notice.say(f"✓ {counted(len(done), 'item')} restored", "good")
        else:
            notice.clear()
        self._show_summary()
