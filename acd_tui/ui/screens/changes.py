"""What changed in a drive: since the last look, and before."""

from __future__ import annotations

import asyncio
import datetime
from collections.abc import Iterable, Sequence
from typing import ClassVar, Protocol

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.clock import Clock
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.screens.dialog import Links, Notice, buttons
from acd_tui.ui.screens.insight import Changing, Insight, links
from acd_tui.ui.screens.restoring import Restoring
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, moment, shown_name, shown_path
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Chronicled
from acd_tui.vfs.entry import TrashItem
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.timeline import Change, ChangeKind, Timeline, folded

LIMIT = 20_000
"""The most changes that are shown."""

COLUMNS = (
    Column("Time", 5),
    Column("What", 9),
    Column("Name", cut="middle"),
    Column("Where", cut="start"),
    Column("Size", 10, right=True, hide_below=70),
    Column("By", 9, hide_below=90),
)

_LOOKS = {
    ChangeKind.APPEARED: "good",
    ChangeKind.RESTORED: "good",
    ChangeKind.TRASHED: "warning",
    ChangeKind.VANISHED: "bad",
    ChangeKind.UNKNOWN: "dim",
}


class ChangesSource(FileSystem, Chronicled, Protocol):
    """A filesystem that remembers what changed in it."""


class ChangesScreen(Insight):
    """Lists changes by day, the latest first; leaving it makes them known."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "show", "Show in the pane", show=False),
        Binding("r", "restore", "Restore", show=False),
        Binding("x", "others", "By others only", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        filesystem: ChangesSource,
        operations: Changing,
        *,
        clock: Clock | None = None,
    ) -> None:
        title = f"Changes in {filesystem.name}"
        super().__init__(title, runner, [filesystem], operations, clock=clock)
        self._filesystem = filesystem
        self._restorer = Restoring(self, runner, operations, filesystem.name)
        self._timeline: Timeline | None = None
        self._lines: list[Change | Cell] = []
        self._since: tuple[int, float | None] | None = None
        self._others_only = False

    def compose_box(self) -> Iterable[Widget]:
        yield Links(classes="head", markup=False)
        yield Rows(COLUMNS, self._cells, markable=True, heading=self._heading)
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(
            ("close", "Close"), ("restore", "Restore (r)"), ("show", "Show in pane (o)")
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Rows).focus()
        self.notice.say("Looking for what changed…")
        self.reload()

    def _heading(self, index: int) -> Cell | None:
        line = self._lines[index]
        return None if isinstance(line, Change) else line

    def _cells(self, index: int) -> Sequence[Cell]:
        change = self._lines[index]
        assert isinstance(change, Change)
        name = shown_name(change.entry)
        if change.inside:
            name += f" and {change.inside:,} in it"
        size = "" if change.entry.is_folder else show_size(change.entry.size)
        if change.kind is ChangeKind.UNKNOWN:
            name, size = "the drive was read anew: what came before is not known", ""
        return (
            (moment(change.at_ns)[-5:], "dim"),
            (_word(change), _LOOKS.get(change.kind, "accent")),
            name,
            (_where(change), "dim"),
            (size, "dim"),
            ("here" if change.own else "elsewhere", "dim"),
        )

    # --- finding out -----------------------------------------------------------------

    def reload(self) -> None:
        self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        try:
            self._timeline = await self._runner.run(self._filesystem.timeline(LIMIT))
        except AcdError as error:
            self.notice.fail(error, retry=True)
            return
        if self._since is None:  # later looks belong to the same visit
            self._since = self._timeline.seen, self._timeline.seen_at
        await self._show()
        if self.notice.has_class("-busy"):
            self.notice.clear()
        self.query_one(Rows).say(
            "Nothing has changed since the drive was first read."
            if self.is_whole
            else "Changes are noted once the whole drive has been read."
        )

    async def _show(self) -> None:
        """Put the lines together; the cursor stays on its change."""
        assert self._timeline is not None
        assert self._since is not None
        rows, current = self.query_one(Rows), self._current
        lines = await asyncio.to_thread(
            lines_of,
            self._timeline.changes,
            self._since,
            self._clock.now(),
            others_only=self._others_only,
        )
        self._lines = lines
        rows.set_count(len(lines))
        numbers = {
            c.number: row for row, c in enumerate(lines) if isinstance(c, Change)
        }
        at = (
            rows.cursor if current is None else numbers.get(current.number, rows.cursor)
        )
        rows.go_to(at)
        self.show_bar()

    @property
    def _current(self) -> Change | None:
        rows = self.query_one(Rows)
        line = self._lines[rows.cursor] if rows.count else None
        return line if isinstance(line, Change) else None

    # --- what is shown ------------------------------------------------------------------

    def show_bar(self) -> None:
        self.query_one(".head", Static).update(
            links(
                "",
                ("x", "by others only", "others"),
                ("r", "restore what was trashed", "restore"),
                ("o", "show in the pane", "show"),
                chosen="x" if self._others_only else "",
            )
        )
        rows = self.query_one(Rows)
        changes = [line for line in self._lines if isinstance(line, Change)]
        text = counted(len(changes), "change")
        if rows.marks:
            text += f", {len(rows.marks):,} marked"
        self.query_one(".bar", Static).update(self.with_ages(text))

    def on_rows_marks_changed(self) -> None:
        self.show_bar()

    # --- what one can do ------------------------------------------------------------------

    def action_others(self) -> None:
        self._others_only = not self._others_only
        if self._timeline is not None:
            self._load()

    def on_rows_activated(self) -> None:
        self.action_show()

    def action_show(self) -> None:
        if (change := self._current) is not None and not self.is_busy("change"):
            self._go_there(change)

    @work(group="change", exit_on_error=False)
    async def _go_there(self, change: Change) -> None:
        """Show in the pane what it is about, wherever that is by now."""
        try:
            path = await self._runner.run(self._filesystem.whereabouts(change.entry))
        except AcdError as error:
            self.notice.fail(error)
            return
        if path is not None:
            await self._leave(Place(self._filesystem.name, path))
        elif change.kind is ChangeKind.TRASHED:
            self.notice.say("It is in the trash; r restores it", "warning")
        else:
            self.notice.say("It is not there any more", "warning")

    def action_restore(self) -> None:
        lines = [self._lines[row] for row in self.query_one(Rows).targets]
        wanted = [
            line
            for line in lines
            if isinstance(line, Change) and line.kind is ChangeKind.TRASHED
        ]
        if not wanted:
            self.notice.say("Only what was trashed can be restored", "warning")
        elif not self.is_busy("change"):
            self._restore(wanted)

    @work(group="change", exit_on_error=False)
    async def _restore(self, changes: Sequence[Change]) -> None:
        done, failure = 0, None
        for change in changes:
            self.notice.say(f"Restoring {printable(change.entry.name)}…")
            item = TrashItem(
                id=change.entry.id or "", entry=change.entry, origin=change.folder
            )
            try:
                done += await self._restorer.restore(item)
            except AcdError as error:
                failure = error
        if failure is not None:
            self.notice.fail(failure)
        elif done:
            text = f"✓ {counted(done, 'item')} restored · u takes it back"
            self.notice.say(text, "good")
        else:
            self.notice.clear()
        self.reload()

    def action_cancel(self) -> None:
        if not self.is_busy("leave"):
            self._close()

    @work(group="leave", exit_on_error=False)
    async def _close(self) -> None:
        await self._leave(None)

    async def _leave(self, place: Place | None) -> None:
        """End, with what was shown now known."""
        changes = self._timeline.changes if self._timeline is not None else ()
        try:
            if changes:
                newest = max(change.number for change in changes)
                await self._runner.run(self._filesystem.mark_seen(newest))
        except AcdError as error:
            self.app.log.warning(error.message)
        finally:
            self.end(place)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "show":
                self.action_show()
            case "restore":
                self.action_restore()
            case _:
                self.action_cancel()


def lines_of(
    changes: Sequence[Change],
    since: tuple[int, float | None],
    now: float,
    *,
    others_only: bool,
) -> list[Change | Cell]:
    """Return changes under the headings of their days, what is new apart.

    Args:
        changes: the latest first.
        since: the number of the last change that was seen before, and when.
        now: seconds since 1970.
        others_only: leave out what was done by this program.
    """
    seen, seen_at = since
    wanted = [c for c in changes if not (others_only and c.own)]
    new = folded(c for c in wanted if c.number > seen)
    old = folded(c for c in wanted if c.number <= seen)
    if seen_at is None:
        return _by_day([*new, *old], now)
    last = moment(round(seen_at * 1e9))
    lines: list[Change | Cell] = [
        f"New since your last look, {last}: {counted(len(new), 'change')}"
    ]
    lines += _by_day(new, now)
    if old:
        lines += ["Before that", *_by_day(old, now)]
    return lines


def _by_day(changes: Sequence[Change], now: float) -> list[Change | Cell]:
    lines: list[Change | Cell] = []
    day = ""
    for change in changes:
        its_day = moment(change.at_ns)[:10]
        if its_day != day:
            day = its_day
            lines.append((_called(day, now), "dim"))
        lines.append(change)
    return lines


def _called(day: str, now: float) -> str:
    """Return what a day is called today."""
    today = datetime.datetime.fromtimestamp(now).astimezone().date()
    if day == str(today):
        return "Today"
    if day == str(today - datetime.timedelta(days=1)):
        return "Yesterday"
    return day


def _word(change: Change) -> str:
    if change.kind is ChangeKind.UNKNOWN:
        return "—"
    return "renamed" if _is_renamed(change) else change.kind.value


def in_words(change: Change) -> str:
    """Say a change whole: `2023-05-01 12:30, trashed, a.txt, /Documents, elsewhere`."""
    if change.kind is ChangeKind.UNKNOWN:
        return "the drive was read anew: what came before is not known"
    name = shown_name(change.entry)
    if change.inside:
        name += f" and {change.inside:,} in it"
    by = "here" if change.own else "elsewhere"
    words = (moment(change.at_ns), _word(change), name, _where(change), by)
    return ", ".join(filter(None, words)).replace(" ← ", ", before ")


def _is_renamed(change: Change) -> bool:
    return change.before is not None and change.before.parent == change.folder


def _where(change: Change) -> str:
    if change.kind is ChangeKind.UNKNOWN:
        return ""
    text = "?" if change.folder is None else shown_path(change.folder)
    if change.before is not None:
        before = change.before
        was = (
            printable(before.name) if _is_renamed(change) else shown_path(before.parent)
        )
        text += f" ← {was}"
    return text
