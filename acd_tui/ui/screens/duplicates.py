"""Files of one content: which stay and which go, and what can safely go from here."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from typing import ClassVar

from textual import events, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.clock import Clock
from acd_tui.errors import AcdError
from acd_tui.operations.duplicates import Choice, Cleared, Copy, Group, Keep, clear
from acd_tui.operations.finding import Finder
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import address, fit_start, show_place
from acd_tui.ui.messages import FoldersSeen
from acd_tui.ui.screens.command_line import command
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.dialog import Links, Notice, buttons
from acd_tui.ui.screens.duplicate_scopes import Where, scopes
from acd_tui.ui.screens.insight import Changing, Insight, links, way_back
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, moment
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Catalogued
from acd_tui.vfs.path import VPath

_PROGRESS_SECONDS = 0.3
_ELSE = 44  # cells of the line that says where to look, without the paths
_LEAST_PATH = 12


COLUMNS = (
    Column("", 5),
    Column("File", cut="start"),
    Column("Modified", 16, hide_below=72),
)
SAFE_COLUMNS = (
    Column("", 5),
    Column("Local file", cut="start"),
    Column("Is also here", hide_below=90, cut="start"),
    Column("Size", 10, right=True),
    Column("Modified", 16, hide_below=110),
)

_RULES = {
    "n": (Keep.NEWEST, "newest"),
    "e": (Keep.OLDEST, "oldest"),
    "s": (Keep.SHORTEST, "shortest path"),
    "p": (Keep.FIRST_PATH, "first place"),
}


class DuplicatesScreen(Insight):
    """Lists groups of files of one content, the most wasted bytes first."""

    FOLLOWS_FILLING = False  # each look may go through the disk

    BINDINGS: ClassVar[list[BindingType]] = [
        *(Binding(str(n), f"scope({n})", "Where to look") for n in range(1, 6)),
        *(
            Binding(key, f"keep('{rule.value}')", f"Keep the {words}", show=False)
            for key, (rule, words) in _RULES.items()
        ),
        Binding("space,insert,ctrl+t", "mark_one", "Mark", show=False),
        Binding("ctrl+a", "mark_all", "Mark all", show=False),
        Binding("c", "unmark", "Unmark all", show=False),
        Binding("o", "show", "Show in the pane", show=False),
        Binding("d,f8,delete", "trash", "Trash", show=False),
        Binding("x", "stop", "Stop looking", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        places: Sequence[Where],
        operations: Changing,
        *,
        clock: Clock | None = None,
    ) -> None:
        """Look for files of one content.

        Args:
            runner: runs what is asked of the filesystems.
            places: of the panes, the active one first.
            operations: trash, and take it back.
            clock: the system's, if not given.
        """
        filesystems = {place[0].name: place[0] for place in places}.values()
        super().__init__(
            "Duplicates", runner, list(filesystems), operations, clock=clock
        )
        self._scopes = scopes(places)
        self._scope = self._scopes[0]
        self._groups: Sequence[Group] = ()
        self._rows: list[tuple[Group, Copy | None]] = []
        self._going: set[Copy] = set()
        self._rule: str = ""
        self._problems: list[str] = []
        self._stale = False  # something changed while it was looked for
        self._outdated = False  # something changed since it was looked for
        self._clearing = False

    def compose_box(self) -> Iterable[Widget]:
        yield Links(classes="head", markup=False)
        yield Rows(COLUMNS, self._cells, heading=self._heading)
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(
            ("close", "Close"), ("show", "Show in pane (o)"), ("trash", "Trash (d)")
        )

    def on_mount(self) -> None:
        super().on_mount()
        self.query_one(Rows).focus()
        self._show_head()
        self._search()

    def _heading(self, index: int) -> Cell | None:
        group, copy = self._rows[index]
        if copy is not None:
            return None
        number, size = len(group.copies), show_size(group.size)
        return f"{number} × {size} · {show_size(group.wasted)} wasted", "dim"

    def _cells(self, index: int) -> Sequence[Cell]:
        group, copy = self._rows[index]
        assert copy is not None
        decision: Cell = ""
        if copy in self._going:
            decision = ("trash", "warning")
        elif not self._going.isdisjoint(group.copies):
            decision = ("keep", "good")
        when: Cell = (moment(copy.entry.modified_ns), "dim")
        place = show_place(Place(copy.filesystem, copy.path))
        if self._scope.drive is None:
            return decision, place, when
        there = group.copies[0]
        up_there = show_place(Place(there.filesystem, there.path))
        return decision, place, (up_there, "dim"), show_size(group.size), when

    # --- finding out ---------------------------------------------------------------

    def reload(self) -> None:
        if self._clearing:
            return  # which looks again when it is done
        if self.is_busy("search"):
            self._stale = True
        else:
            self._search()

    def on_folders_seen(self, message: FoldersSeen) -> None:
        """Look again where that costs nothing; who has to read the disk is asked."""
        # Textual calls the handlers of both classes unless told otherwise.
        message.prevent_default()
        if all(isinstance(fs, Catalogued) for fs, _ in self._scope.places):
            super().on_folders_seen(message)
        elif not self._clearing and not self.is_busy("search"):
            self._outdated = True
            self.show_bar()

    def action_scope(self, number: int) -> None:
        if number <= len(self._scopes):
            self.workers.cancel_group(self, "search")
            self._scope = self._scopes[number - 1]
            self._going.clear()
            self._rule = ""
            self.notice.clear()
            self._take([], [])
            self.query_one(Rows).say("")
            safe = self._scope.drive is not None
            rows = self.query_one(Rows)
            rows.set_columns(SAFE_COLUMNS if safe else COLUMNS)
            self._show_head()
            self._search()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def _search(self) -> None:
        self._problems = []
        self._stale = self._outdated = False
        finder = Finder(self._problems.append)
        scope = self._scope
        timer = self.set_interval(_PROGRESS_SECONDS, partial(self._progress, finder))
        if not self._groups and not self.notice.display:
            self.notice.say("Looking for files of one content…")
        try:
            if scope.drive is None:
                groups = await self._runner.run(finder.groups(scope.places))
            else:
                groups = await self._runner.run(finder.safe(scope.places, *scope.drive))
                groups.sort(key=lambda group: -group.size)
        except AcdError as error:
            self.notice.fail(error, retry=True)
            return
        finally:
            timer.stop()
        with_headings = scope.drive is None
        rows = await asyncio.to_thread(_rows_of, groups, with_headings=with_headings)
        self._take(groups, rows)
        self._conclude(finder)
        if self._stale:
            self.gather()

    def _progress(self, finder: Finder) -> None:
        if not finder.files_found:
            return
        text = f"Looking: {counted(finder.files_found, 'local file')}"
        if finder.to_read:
            part = finder.have_read / finder.to_read
            text += f", {part:.0%} of {show_size(finder.to_read)} read"
        self.notice.say(f"{text} · x stops")

    def _take(
        self, groups: Sequence[Group], rows: list[tuple[Group, Copy | None]]
    ) -> None:
        """Show other groups; what was marked stays marked if it is still there."""
        marked = {_identity(copy) for copy in self._going}
        self._groups, self._rows = groups, rows
        self._going = {
            copy for _, copy in rows if copy is not None and _identity(copy) in marked
        }
        self.query_one(Rows).set_count(len(rows))
        self.show_bar()

    def _conclude(self, finder: Finder) -> None:
        """Say what came of it, where nothing more important is said already."""
        if finder.missed:
            missed = counted(finder.missed, "file or folder", "files or folders")
            self.notice.say(f"{missed} could not be looked into", "warning")
        elif self.notice.has_class("-busy"):
            self.notice.clear()
        words = "No file is there twice."
        if self._scope.drive is not None:
            drive = printable(self._scope.drive[0].name)
            words = f"None of these files is in {drive} yet."
        self.query_one(Rows).say(words)

    def action_stop(self) -> None:
        if self.is_busy("search"):
            self.workers.cancel_group(self, "search")
            self.notice.say("Stopped. What was read is remembered.", "warning")

    # --- what is shown ----------------------------------------------------------------

    def on_resize(self, event: events.Resize) -> None:
        # Textual calls those of the base classes, too: its own lays all out anew.
        self._show_head(event.size.width)

    def _show_head(self, width: int | None = None) -> None:
        """Say where one looks, in a terminal of `width` cells; as wide as it is."""
        width = self.size.width if width is None else width
        paths = len(dict.fromkeys(p for each in self._scopes for p in each.places))
        room = max(_LEAST_PATH, (width - _ELSE) // paths)
        number = self._scopes.index(self._scope) + 1
        where = links(
            "In  ",
            *(
                (str(n), fit_start(scope.label, room), f"scope({n})")
                for n, scope in enumerate(self._scopes, start=1)
            ),
            chosen=str(number),
        )
        if self._scope.drive is None:
            pairs = [(k, w, f"keep('{r.value}')") for k, (r, w) in _RULES.items()]
            what = links("Keep", *pairs, ("c", "unmark", "unmark"), chosen=self._rule)
        else:
            what = links("Mark", ("Ctrl-A", "all", "mark_all"), ("c", "none", "unmark"))
            there = printable(self._scope.drive[0].name)
            what = what.append(f"  local files that are in {there}, by size and MD5")
        self.query_one(".head", Static).update(Content("\n").join([where, what]))

    def show_bar(self) -> None:
        size = sum(copy.entry.size or 0 for copy in self._going)
        if not self._groups:
            text = ""
        elif self._going:
            text = f"{len(self._going):,} to be trashed, {show_size(size)}"
        elif self._scope.drive is None:
            wasted = sum(group.wasted for group in self._groups)
            text = f"{counted(len(self._groups), 'group')}, {show_size(wasted)} wasted"
        else:
            free = sum(group.size for group in self._groups)
            text = f"{counted(len(self._groups), 'file')}, {show_size(free)} to free"
        if text:
            text += " · Space marks · d trashes"
        if self._outdated:
            text += " · something has changed, Ctrl-R looks again"
        self.query_one(".bar", Static).update(self.with_ages(text))

    # --- marking ----------------------------------------------------------------------

    def action_keep(self, rule: str) -> None:
        if self._scope.drive is not None:
            return
        keep = Keep(rule)
        self._rule = next(key for key, (each, _) in _RULES.items() if each is keep)
        self._going = self._by_rule(keep)
        self._show_marks()

    def _by_rule(self, keep: Keep) -> set[Copy]:
        """All that goes by a rule."""
        return {
            copy for group in self._groups for copy in Choice.by_rule(group, keep).going
        }

    def action_unmark(self) -> None:
        self._going.clear()
        self._rule = ""
        self._show_marks()

    def action_mark_all(self) -> None:
        if self._scope.drive is not None:
            self._going = {copy for _, copy in self._rows if copy is not None}
            self._show_marks()
        else:
            self.notice.say("One of each has to stay: a rule says which", "warning")

    def action_mark_one(self) -> None:
        rows = self.query_one(Rows)
        if not rows.count:
            return
        group, copy = self._rows[rows.cursor]
        if copy is None:
            return
        if copy in self._going:
            self._going.remove(copy)
        elif len(self._going.intersection(group.copies)) + 1 < len(group.copies):
            self._going.add(copy)
        else:
            self.notice.say("One of them has to stay", "warning")
            return
        rows.action_move(1)
        self._show_marks()

    def _show_marks(self) -> None:
        if self.notice.has_class("-warning"):
            self.notice.clear()
        self.query_one(Rows).refresh()
        self._show_head()
        self.show_bar()

    # --- acting -----------------------------------------------------------------------

    def on_rows_activated(self) -> None:
        self.action_show()

    def action_show(self) -> None:
        rows = self.query_one(Rows)
        if rows.count and (copy := self._rows[rows.cursor][1]) is not None:
            self.end(Place(copy.filesystem, copy.path))

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "show":
                self.action_show()
            case "trash":
                self.action_trash()
            case _:
                self.action_cancel()

    def action_trash(self) -> None:
        if not self._going:
            self.notice.say(
                "Nothing is marked: Space marks a file"
                + (", a rule all but one" if self._scope.drive is None else ""),
                "warning",
            )
        elif not self.is_busy("change"):
            self._trash()

    @work(group="change", exit_on_error=False)
    async def _trash(self) -> None:
        choices = [
            Choice(group, tuple(c for c in group.copies if c in self._going))
            for group in self._groups
            if not self._going.isdisjoint(group.copies)
        ]
        number = counted(len(self._going), "file")
        size = show_size(sum(copy.entry.size or 0 for copy in self._going))
        lines = [
            f"Move {number}, {size}, to the trash?",
            "",
            "Of each at least one stays. All of them, those that stay and those that "
            "go, are looked at once more before; what is not what it was is left alone.",
        ]
        dialog = Confirm(
            "Trash duplicates", lines, yes="Trash", commands=self._commands()
        )
        if not await self.app.push_screen_wait(dialog):
            return
        await self._clear(choices, number)
        self._going.clear()
        self._rule = ""
        self._show_head()
        self._search()

    def _commands(self) -> list[str]:
        """Return what does the same; nothing where single files were chosen."""
        keep = _RULES[self._rule][0] if self._rule else None
        if keep is None or self._going != self._by_rule(keep):
            return []
        places = [address(fs.name, path) for fs, path in self._scope.places]
        return [f"{command('dupes', places)} --keep {keep.value} --trash"]

    async def _clear(self, choices: Sequence[Choice], number: str) -> None:
        cleared, problems = Cleared(), list[str]()
        timer = self.set_interval(
            _PROGRESS_SECONDS,
            lambda: self.notice.say(f"Trashed {cleared.files:,} of {number}…"),
        )
        self.notice.say("Looking at each once more…")
        self._clearing = True
        try:
            await self._runner.run(
                clear(self._operations, choices, problems.append, cleared)
            )
        except AcdError as error:
            self.notice.fail(error)
        else:
            self._say_cleared(cleared, problems)
        finally:
            self._clearing = False
            timer.stop()

    def _say_cleared(self, cleared: Cleared, problems: Sequence[str]) -> None:
        text = f"{counted(cleared.files, 'file')} trashed"
        if cleared.files:
            back = way_back({copy.fs for copy in self._going})
            text += f" · {back}"
            if cleared.lots > 1 and back.startswith("u"):
                text += f", in {cleared.lots} steps"
        if problems:
            more = f" (and {len(problems) - 1:,} more)" if len(problems) > 1 else ""
            text += f" · {printable(problems[0])}{more}"
        self.notice.say(f"✓ {text}", "warning" if problems else "good")


def _rows_of(
    groups: Sequence[Group], *, with_headings: bool
) -> list[tuple[Group, Copy | None]]:
    rows: list[tuple[Group, Copy | None]] = []
    for group in groups:
        if with_headings:
            rows.append((group, None))
            rows += [(group, copy) for copy in group.copies]
        else:
            rows.append((group, group.copies[1]))
    return rows


def _identity(copy: Copy) -> tuple[str, VPath]:
    return copy.filesystem, copy.path
