"""How much the folders of a filesystem hold, one folder at a time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.clock import Clock
from acd_tui.errors import AcdError, FolderNotFound, NotFound
from acd_tui.operations.space import Scan
from acd_tui.operations.turned import still_held
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import address, progress_bar, show_place
from acd_tui.ui.screens.command_line import command
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.dialog import Links, Notice, buttons
from acd_tui.ui.screens.insight import Changing, Insight, links, way_back
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, shown_name
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Sized
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import NONE, Asked, By, Usage, Usages, usages_of

_BAR = 16  # cells
_PROGRESS_SECONDS = 0.3
_MOST = 10_000  # rows; of more, those that come first
_LISTED_NAMES = 12  # of what a question is about

COLUMNS = (
    Column("Size", 10, right=True),
    Column("Share", 6, right=True),
    Column("", _BAR, hide_below=70),
    Column("Name", cut="middle"),
    Column("Files", 11, right=True, hide_below=56),
    Column("Folders", 9, right=True, hide_below=100),
)

_SORT_KEYS = (
    ("s", "size", "size"),
    ("c", "count", "number of files"),
    ("n", "name", "name"),
)
_COLUMN_ORDERS = ("size", "size", "size", "name", "count", "count")


class SpaceScreen(Insight):
    """Shows what takes the room, and lets one go where it is.

    A drive tells it at once; a local folder is looked through, which can be stopped.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("right,l", "enter", "Into the folder", show=False),
        Binding("backspace,left,h", "leave", "Out of the folder", show=False),
        Binding("s", "sort('size')", "By size", show=False),
        Binding("c", "sort('count')", "By number", show=False),
        Binding("n", "sort('name')", "By name", show=False),
        Binding("o", "show", "Show in the pane", show=False),
        Binding("d,f8,delete", "trash", "Trash", show=False),
        Binding("x", "stop", "Stop looking", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        filesystem: FileSystem,
        start: VPath,
        operations: Changing,
        *,
        clock: Clock | None = None,
    ) -> None:
        super().__init__("Space", runner, [filesystem], operations, clock=clock)
        self._filesystem = filesystem
        self._path = start
        self._target: tuple[VPath, str | None] = (start, None)  # what is to be shown
        self._scan: Scan | None = None
        self._sized: Sized
        if isinstance(filesystem, Sized):
            self._sized = filesystem
        else:
            self._sized = self._scan = Scan(filesystem, start)
        self._held: Usages = usages_of((), NONE)
        self._beyond: dict[str, Usage] = {}  # marked, but now not among the first
        self._order, self._reverse = "size", False
        self._loaded = False

    def compose_box(self) -> Iterable[Widget]:
        yield Links(classes="head", markup=False)
        yield Rows(COLUMNS, self._cells, markable=True, enter="Go in")
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(
            ("close", "Close"), ("trash", "Trash (d)"), ("show", "Show in pane (o)")
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Rows).focus()
        self.notice.say("Adding up…")
        if self._scan is not None:
            self._look_through(self._scan)
        self._open()

    def _cells(self, index: int) -> Sequence[Cell]:
        usage = self._usages[index]
        total, largest = self._held.size, self._held.largest
        share = usage.size / total if total else 0.0
        full, empty = progress_bar(usage.size / largest if largest else 0.0, _BAR)
        files = f"{usage.files:,}" if usage.entry.is_folder else ""
        folders = f"{usage.folders:,}" if usage.folders else ""
        return (
            show_size(usage.size),
            (f"{share:.1%}", "dim"),
            (full + " " * len(empty), "accent"),
            shown_name(usage.entry),
            (files, "dim"),
            (folders, "dim"),
        )

    # --- finding out ------------------------------------------------------------

    def reload(self) -> None:
        self._open()

    def _go(self, path: VPath, cursor: str | None = None) -> None:
        """Show another folder, with the cursor on a name, or on the first."""
        self._target = path, cursor
        self._open()

    def action_reload(self) -> None:
        if self._scan is None:
            super().action_reload()
        else:
            self._sized = self._scan = Scan(self._filesystem, self._scan.root)
            self._look_through(self._scan)

    @work(exclusive=True, group="open", exit_on_error=False)
    async def _open(self, *, follow: bool = False) -> None:
        """Show what is to be shown; the same folder keeps its cursor and its marks.

        Args:
            follow: whether the cursor stays on its row also where all is added up yet.
        """
        path, cursor = self._target
        asked = Asked(by=By(self._order), reverse=self._reverse, most=_MOST)
        try:
            held = await self._runner.run(self._sized.usage(path, asked))
        except AcdError as error:
            self._fail(path, error)
            return
        gone = await self._gone()
        # From here on in one go, so that no key of meanwhile is undone.
        marked: dict[str, Usage] = {}
        if path == self._path and self._loaded:
            marked = {n: u for n, u in self._marked.items() if n not in gone}
            # Where it is still being added up, who is at the top stays there.
            moved = self.query_one(Rows).cursor or self._scan is None
            if cursor is None and (moved or follow):
                cursor = self._current_name
        self._path, self._target = path, (path, None)
        self._arrange(held, cursor, marked)
        self._loaded = True
        self.show_bar()
        self.query_one(Rows).say("Nothing lies in this folder.")
        if self.notice.has_class("-busy") and not self._is_scanning:
            self.notice.clear()

    async def _gone(self) -> set[str]:
        """What is marked, not shown and not there any more."""
        gone = set()
        for name in self._beyond:
            try:
                await self._runner.run(self._filesystem.stat(self._path / name))
            except NotFound:
                gone.add(name)
            except AcdError:
                continue  # nobody knows
        return gone

    def _fail(self, path: VPath, error: AcdError) -> None:
        self._target = self._path, None
        if not isinstance(error, FolderNotFound):
            self.notice.fail(error, retry=True)
        elif path == self._path and not path.is_root and not self._at_start:
            self._go(path.parent)  # it was there before
        else:
            self.notice.fail("The folder is not there any more")

    def _arrange(
        self, held: Usages, cursor: str | None, marked: dict[str, Usage]
    ) -> None:
        self._held = held
        rows = self.query_one(Rows)
        rows.set_count(len(held.first))
        names = {usage.entry.name: row for row, usage in enumerate(held.first)}
        rows.marks = {names[name] for name in marked if name in names}
        more = marked.keys() - names if held.count > len(held.first) else ()
        self._beyond = {name: marked[name] for name in more}
        rows.go_to(names.get(cursor or "", 0 if cursor is None else rows.cursor))
        self._show_head()
        self.show_bar()

    @property
    def _usages(self) -> Sequence[Usage]:
        return self._held.first

    @property
    def _current(self) -> Usage | None:
        rows = self.query_one(Rows)
        return self._usages[rows.cursor] if rows.count else None

    @property
    def _current_name(self) -> str | None:
        return None if self._current is None else self._current.entry.name

    @property
    def _marked(self) -> dict[str, Usage]:
        """What is marked, by name."""
        rows = sorted(self.query_one(Rows).marks)
        return {self._usages[row].entry.name: self._usages[row] for row in rows} | (
            self._beyond
        )

    # --- looking through a local folder ---------------------------------------------

    @property
    def _is_scanning(self) -> bool:
        return self._scan is not None and self.is_busy("scan")

    @property
    def _at_start(self) -> bool:
        return self._scan is not None and self._path == self._scan.root

    @work(exclusive=True, group="scan", exit_on_error=False)
    async def _look_through(self, scan: Scan) -> None:
        timer = self.set_interval(_PROGRESS_SECONDS, partial(self._show_scan, scan))
        try:
            await self._runner.run(scan.run())
        except AcdError as error:
            self.notice.fail(error, retry=True)
            return
        finally:
            timer.stop()
        if scan is not self._scan:
            return
        self.notice.clear()
        if scan.missed:
            missed = counted(scan.missed, "folder")
            self.notice.say(f"{missed} could not be looked into", "warning")
        self.reload()

    def _show_scan(self, scan: Scan) -> None:
        whole = scan.whole
        self.notice.say(
            f"Looking into {show_place(Place(self._filesystem.name, scan.at))} · "
            f"{counted(whole.files, 'file')}, {show_size(whole.size)} so far · x stops"
        )
        if not self.is_busy("open"):
            self.reload()

    def action_stop(self) -> None:
        if self._is_scanning:
            self.workers.cancel_group(self, "scan")
            self.notice.say(
                "Stopped: there is more than this. Ctrl-R looks again.", "warning"
            )

    # --- what is shown ---------------------------------------------------------------

    def _show_head(self) -> None:
        place = show_place(Place(self._filesystem.name, self._path))
        where = Content.assemble(
            (place, "b $foreground"),
            f"   {show_size(self._held.size)} in {counted(self._held.files, 'file')}"
            f" and {counted(self._held.folders, 'folder')}",
        )
        arrow = " ↑" if self._reverse else " ↓"
        orders = links(
            "Sort",
            *(
                (
                    key,
                    words + (arrow if order == self._order else ""),
                    f"sort('{order}')",
                )
                for key, order, words in _SORT_KEYS
            ),
            chosen=next(k for k, order, _ in _SORT_KEYS if order == self._order),
        )
        self.query_one(".head", Static).update(Content("\n").join([where, orders]))

    def show_bar(self) -> None:
        text = counted(self._held.count, "item")
        if self._held.count > _MOST:
            rest = self._held.size - sum(usage.size for usage in self._usages)
            text = f"The first {_MOST:,} of {text}; the others take {show_size(rest)}"
        if marked := self._marked:
            size = sum(usage.size for usage in marked.values())
            text = f"{len(marked):,} marked, {show_size(size)}"
            if self._beyond:
                text += f" ({len(self._beyond):,} not shown in this order)"
        text += " · Enter goes in · Backspace out" if self._usages else ""
        text = text if self._loaded else ""
        self.query_one(".bar", Static).update(self.with_ages(text))

    # --- going about ---------------------------------------------------------------

    def action_sort(self, order: str) -> None:
        self._reverse = order == self._order and not self._reverse
        self._order = order
        self._open(follow=True)

    def on_rows_header_clicked(self, event: Rows.HeaderClicked) -> None:
        self.action_sort(_COLUMN_ORDERS[event.column])

    def on_rows_activated(self) -> None:
        if self._current is not None and self._current.entry.is_folder:
            self.action_enter()
        else:
            self.action_show()

    def on_rows_marks_changed(self) -> None:
        self.show_bar()

    def action_enter(self) -> None:
        if (usage := self._current) is not None and usage.entry.is_folder:
            self._go(self._path / usage.entry.name)

    def action_leave(self) -> None:
        if self._at_start:
            place = show_place(Place(self._filesystem.name, self._path))
            self.notice.say(f"Only what lies in {place} was looked through")
        elif not self._path.is_root:
            self._go(self._path.parent, self._path.name)

    def action_show(self) -> None:
        if (usage := self._current) is not None:
            path = self._path / usage.entry.name
            self.end(Place(self._filesystem.name, path))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "show":
                self.action_show()
            case "trash":
                self.action_trash()
            case _:
                self.action_cancel()

    # --- trash ------------------------------------------------------------------------

    def action_trash(self) -> None:
        usages = list(self._marked.values())
        if not usages and self._current is not None:
            usages = [self._current]
        if usages and not self.is_busy("change"):
            self._trash(self._path, usages)

    @work(group="change", exit_on_error=False)
    async def _trash(self, folder: VPath, usages: Sequence[Usage]) -> None:
        size = show_size(sum(usage.size for usage in usages))
        lines = [
            f"Move {counted(len(usages), 'item')}, {size}, to the trash?",
            "",
            *(f"  {shown_name(usage.entry)}" for usage in usages[:_LISTED_NAMES]),
        ]
        if len(usages) > _LISTED_NAMES:
            lines.append(f"… and {len(usages) - _LISTED_NAMES:,} more")
        name = self._filesystem.name
        places = [Place(name, folder / usage.entry.name) for usage in usages]
        same = command("trash", (address(name, place.path) for place in places))
        dialog = Confirm("Trash", lines, yes="Trash", commands=[same])
        if not await self.app.push_screen_wait(dialog):
            return
        self.notice.say("Moving it to the trash…")
        try:
            done = await self._runner.run(self._operations.trash(places))
        except AcdError as error:
            self.notice.fail(error)
        else:
            what = counted(len(usages), "item")
            if len(usages) == 1:
                what = printable(usages[0].entry.name)
            said = (f"✓ {what} trashed, {size}", still_held(done))
            back = way_back([self._filesystem])
            self.notice.say(" · ".join(filter(None, (*said, back))), "good")
            self._forget(folder, usages)
        self.query_one(Rows).marks = set()
        self._beyond = {}
        self.reload()

    def _forget(self, folder: VPath, usages: Sequence[Usage]) -> None:
        if self._scan is not None:
            for usage in usages:
                self._scan.forget(folder / usage.entry.name, usage.size)
