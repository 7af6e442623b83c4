"""What is different about two folders, and what is to be done about it, row by row."""

from __future__ import annotations

from collections.abc import Coroutine, Iterable, Sequence
from typing import Any, ClassVar, Protocol

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.compared import Verdict
from acd_tui.transfers.two_sides import (
    Deed,
    Mode,
    PlanRow,
    Totals,
    TwoSides,
)
from acd_tui.ui.format import show_place
from acd_tui.ui.screens.compare_rows import (
    COLUMNS,
    MODES,
    TIMES,
    about_trash,
    cells,
    commands,
    reason,
    refusal,
    summary,
    times,
)
from acd_tui.ui.screens.confirm import Confirm
from acd_tui.ui.screens.dialog import STYLES, Dialog, Links, Notice, PlainInput, buttons
from acd_tui.ui.screens.insight import links
from acd_tui.ui.screens.rows import Cell, Rows
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted

HINTS = links(
    "",
    ("Space", "in/out", "leave_out"),
    ("→", "there", f"decide({Deed.COPY.value})"),
    ("←", "back", f"decide({Deed.BACK.value})"),
    ("d", "trash", f"decide({Deed.TRASH.value})"),
    ("*", "all", "leave_all_out"),
    ("f", "filter", "view"),
    ("/", "find", "find"),
    ("v", "read", "read"),
)

_LOOK_SECONDS = 0.15  # between two looks at what was found meanwhile
_READ_AT_ONCE = 256 * 1024 * 1024  # bytes that are read without being asked for

_VIEWS = ("all", "to do", "left alone", "conflicts")


class Comparer(Protocol):
    """Finds out what is different; its coroutines belong to the engine's loop."""

    def compare(self, sides: TwoSides) -> Coroutine[Any, Any, str | None]:
        """Fill in `sides`; returns what is to be said about how, if anything is.

        Raises:
            AcdError: one of them cannot be looked at, or they are not two.
        """
        ...

    def read(self, sides: TwoSides) -> Coroutine[Any, Any, None]:
        """Read what has to be read to tell what is the same.

        Raises:
            AcdError: one of the sides cannot be read any more.
        """
        ...


class CompareScreen(Dialog[TwoSides | None]):
    """Shows a plan of two folders; the result is the plan to be carried out."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "compare.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space,insert", "leave_out", "In or out", show=False),
        Binding("right", f"decide({Deed.COPY.value})", "Copy there", show=False),
        Binding("left", f"decide({Deed.BACK.value})", "Copy back", show=False),
        Binding("d,delete,f8", f"decide({Deed.TRASH.value})", "Trash", show=False),
        Binding("backspace", f"decide({Deed.NOTHING.value})", "Leave", show=False),
        Binding("asterisk,multiply", "leave_all_out", "All in or out", show=False),
        Binding("m", "mode", "Mode", show=False),
        Binding("x", "swap", "Swap", show=False),
        Binding("v", "read", "Read", show=False),
        Binding("f", "view", "Filter", show=False),
        Binding("slash", "find", "Find", show=False),
        Binding("ctrl+y", "copy_command", "Copy as command", show=False),
        Binding("ctrl+r", "reload", "Compare again", show=False),
    ]

    def __init__(self, runner: Runner, comparer: Comparer, sides: TwoSides) -> None:
        """Compare two folders.

        Args:
            runner: runs what is asked of the comparer.
            comparer: finds out.
            sides: the two folders, nothing known of them yet.
        """
        super().__init__("Compare", None, classes="-large")
        self._runner = runner
        self._comparer = comparer
        self._sides = sides
        self._visible: list[PlanRow] = []
        self._seen = -1  # rows there were at the last look
        self._view = 0
        self._text = ""

    def compose_box(self) -> Iterable[Widget]:
        yield Static(classes="between", markup=False)
        yield Static(classes="mode", markup=False)
        yield Links(HINTS, classes="hints")
        yield Rows(COLUMNS, self._cells, enter="Start")
        yield PlainInput(placeholder="part of a name or folder", id="find")
        yield Static(classes="details", markup=False)
        yield Notice()
        yield Static(classes="bar -whole", markup=False)
        yield buttons(
            ("close", "Close"),
            ("swap", "Swap (x)"),
            ("mode", "Mode (m)"),
            ("start", "Start (Enter)"),
        )

    def on_mount(self) -> None:
        self.query_one("#find", Input).display = False
        self.query_one(Rows).focus()
        self.set_interval(_LOOK_SECONDS, self._look)
        self.action_reload()

    # --- finding out ------------------------------------------------------------------

    def action_reload(self) -> None:
        """Compare anew."""
        self.workers.cancel_group(self, "read")
        old = self._sides
        self._sides = TwoSides(old.source, old.target, old.mode)
        self._seen = -1
        self.query_one(Notice).say("Comparing…")
        self._compare(self._sides)

    @work(exclusive=True, group="compare", exit_on_error=False)
    async def _compare(self, sides: TwoSides) -> None:
        notice = self.query_one(Notice)
        try:
            note = await self._runner.run(self._comparer.compare(sides))
        except AcdError as error:
            notice.fail(error, retry=True)
            return
        self._seen = -1
        if note is not None:
            notice.say(note, "warning")
        else:
            notice.clear()
        if sides.is_hollow and sides.mode is Mode.MIRROR and sides.rows:
            self._leave_all_trash(sides)
        self._look()
        if 0 < sides.totals().unread_size <= _READ_AT_ONCE:
            self.action_read()

    def _leave_all_trash(self, sides: TwoSides) -> None:
        for row in sides.rows:
            row.deed = Deed.NOTHING
        self.query_one(Notice).say(
            "There are no files here at all: is a disk not mounted? "
            "Nothing is trashed unless you say so row by row",
            "warning",
        )

    def action_read(self) -> None:
        """Read what has to be read to tell what is the same."""
        if not self._sides.whole or self.is_busy("read"):
            return
        if self._sides.totals().unread:
            self._read(self._sides)
        else:
            self.query_one(Notice).say("Everything was compared by its MD5", "good")

    @work(exclusive=True, group="read", exit_on_error=False)
    async def _read(self, sides: TwoSides) -> None:
        notice = self.query_one(Notice)
        notice.say("Reading files of the same size…")
        try:
            await self._runner.run(self._comparer.read(sides))
        except AcdError as error:
            notice.fail(error)
            return
        notice.clear()
        self._refresh()

    def _look(self) -> None:
        """Show what was found since the last look."""
        rows = len(self._sides.rows)
        if rows != self._seen or not self._sides.whole:
            self._seen = rows
            self._refresh()

    # --- showing ----------------------------------------------------------------------

    def _refresh(self) -> None:
        rows = self.query_one(Rows)
        current = self._current
        self._visible = [row for row in self._sides.rows if self._is_shown(row)]
        cursor = rows.cursor
        if cursor and current is not None and not self._is_at(current, cursor):
            places = (i for i, row in enumerate(self._visible) if row is current)
            cursor = next(places, cursor)
        rows.set_count(len(self._visible))
        rows.cursor = cursor
        self._show()

    def _is_at(self, row: PlanRow, index: int) -> bool:
        return index < len(self._visible) and self._visible[index] is row

    def _is_shown(self, row: PlanRow) -> bool:
        text = self._text
        if text and text not in "/".join(row.compared.names).casefold():
            return False
        match _VIEWS[self._view]:
            case "to do":
                return row.deed is not Deed.NOTHING
            case "left alone":
                return row.deed is Deed.NOTHING
            case "conflicts":
                return row.is_conflict or row.compared.verdict is Verdict.UNKNOWN
            case _:
                return True

    @property
    def _current(self) -> PlanRow | None:
        cursor = self.query_one(Rows).cursor
        return self._visible[cursor] if cursor < len(self._visible) else None

    def _cells(self, index: int) -> Sequence[Cell]:
        return cells(self._visible[index])

    def _show(self) -> None:
        sides = self._sides
        between = Content.assemble(
            ("here ", "$text-muted"), show_place(sides.source),
            ("  there ", "$text-muted"), show_place(sides.target),
        )  # fmt: skip
        self.query_one(".between", Static).update(between)
        view = "" if not self._view else f" · showing: {_VIEWS[self._view]}"
        if self._text:
            view += f" · with “{printable(self._text)}”"
        mode = Content.assemble((MODES[sides.mode], "bold"), (view, "$text-warning"))
        self.query_one(".mode", Static).update(mode)
        self._show_details()
        self._show_bar()

    def _show_bar(self) -> None:
        known = self._sides.whole or self._sides.rows
        text = summary(self._sides) if known else ""
        self.query_one(".bar", Static).update(text)

    def on_rows_moved(self) -> None:
        self._show_details()

    def _show_details(self) -> None:
        row, rows = self._current, self.query_one(Rows)
        name, text = Content(""), ""
        if row is not None:
            # Of a long path a part says enough; why something is done is said whole.
            name = Content(printable("/".join(row.compared.names)))
            name = name.truncate(max(rows.size.width - 2, 1), ellipsis=True)
            text = reason(row)
            text += self._times(row, len(text))
        rows.say(self._nothing() if self._sides.whole else "")
        self.query_one(".details", Static).update(Content.assemble(name, "\n", text))

    def _times(self, row: PlanRow, taken: int) -> str:
        """The times of a row where the list has no room for them and the line has."""
        room, text = self.query_one(Rows).size.width, f" · {times(row)}"
        return text if room < TIMES and taken + len(text) <= room - 2 else ""

    def _nothing(self) -> str:
        if self._sides.rows:
            return "Nothing of that kind.\nf shows the rest, Escape leaves the search."
        return "Both hold the same."

    # --- deciding ---------------------------------------------------------------------

    def action_leave_out(self) -> None:
        """Leave the row out, or take it in again."""
        row = self._current
        if row is None:
            return
        self._toggle(row, out=row.deed is not Deed.NOTHING)
        self.query_one(Rows).cursor += 1
        self._changed()

    def action_leave_all_out(self) -> None:
        """Leave all rows out that are shown, or if they are, take them in as usual.

        What is overwritten or trashed against what is usual is said row by row.
        """
        out = any(row.deed is not Deed.NOTHING for row in self._visible)
        hollow = self._sides.is_hollow
        for row in self._visible:
            trashed = hollow and row.usual is Deed.TRASH
            row.deed = Deed.NOTHING if out or trashed else row.usual
        self._changed()

    @staticmethod
    def _toggle(row: PlanRow, *, out: bool) -> None:
        if out:
            row.deed = Deed.NOTHING
        elif row.usual is not Deed.NOTHING:
            row.deed = row.usual
        else:
            possible = (Deed.COPY, Deed.BACK)
            row.deed = next((d for d in possible if row.allows(d)), Deed.NOTHING)

    def action_decide(self, value: int) -> None:
        """Do something else about the row."""
        row, deed = self._current, Deed(value)
        if row is None:
            return
        if not row.allows(deed):
            self.query_one(Notice).say(f"✗ {refusal(row, deed)}", "error")
            return
        row.deed = deed
        self.query_one(Notice).clear()
        self.query_one(Rows).cursor += 1
        self._changed()

    def _changed(self) -> None:
        self.query_one(Rows).refresh()
        self._show()

    def action_mode(self) -> None:
        """Compare for something else."""
        modes = list(Mode)
        sides = self._sides
        sides.set_mode(modes[(modes.index(sides.mode) + 1) % len(modes)])
        if sides.is_hollow and sides.mode is Mode.MIRROR:
            self._leave_all_trash(sides)
        self._refresh()

    def action_swap(self) -> None:
        """Have the sides change places."""
        sides = self._sides
        self._sides = TwoSides(sides.target, sides.source, sides.mode)
        self.action_reload()

    def action_view(self) -> None:
        """Show others of the rows."""
        self._view = (self._view + 1) % len(_VIEWS)
        self._refresh()

    def action_find(self) -> None:
        """Type what the rows must hold."""
        field = self.query_one("#find", Input)
        field.display = True
        field.focus()

    def on_input_changed(self, event: Input.Changed) -> None:
        self._text = event.value.casefold()
        self._refresh()

    def on_input_submitted(self) -> None:
        self.query_one("#find", Input).display = bool(self._text)
        self.query_one(Rows).focus()

    def action_cancel(self) -> None:
        field = self.query_one("#find", Input)
        if field.display:
            field.value = ""
            field.display = False
            self.query_one(Rows).focus()
        else:
            self.end(None)

    def action_copy_command(self) -> None:
        """Copy what does the same from a shell."""
        self.app.copy_to_clipboard("\n".join(commands(self._sides)) + "\n")
        notice, text = self.query_one(Notice), f"copied: {commands(self._sides)[0]}"
        if all(row.deed is row.usual for row in self._sides.rows):
            notice.say(f"✓ {text}", "good")
        else:
            notice.say(f"Without what you chose row by row, {text}", "warning")

    # --- the end ----------------------------------------------------------------------

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "start":
                self._start()
            case "mode":
                self.action_mode()
            case "swap":
                self.action_swap()
            case _:
                self.end(None)

    def on_rows_activated(self, event: Rows.Activated) -> None:
        row = self._current
        if not event.clicked:
            self._start()
        elif row is not None:  # a row that is clicked twice does not start all of them
            self._toggle(row, out=row.deed is not Deed.NOTHING)
            self._changed()

    def _start(self) -> None:
        totals = self._sides.totals()
        if not self._sides.whole:
            self.query_one(Notice).say("Not everything is compared yet")
        elif all(row.deed is Deed.NOTHING for row in self._sides.rows):
            self.query_one(Notice).say("Nothing is to be done")
        elif self._trashes or self._hidden:
            self._confirm(totals)
        else:
            self.end(self._sides)

    @property
    def _trashes(self) -> bool:
        return any(row.deed is Deed.TRASH for row in self._sides.rows)

    @property
    def _hidden(self) -> int:
        """How many rows something is done about and are not shown."""
        rows = [row for row in self._sides.rows if row.deed is not Deed.NOTHING]
        return sum(not self._is_shown(row) for row in rows)

    @work(exclusive=True, group="confirm", exit_on_error=False)
    async def _confirm(self, totals: Totals) -> None:
        lines = []
        if self._hidden:
            lines = [
                f"Also what is not shown now is done: {counted(self._hidden, 'row')}.",
                "Escape and f show all of them; * leaves those out that are shown.",
            ]
        if self._trashes:
            lines += [*([""] if lines else []), *about_trash(self._sides, totals)]
        title = "Trash" if self._trashes else "Start"
        # No command knows what was decided row by row.
        usual = all(row.deed is row.usual for row in self._sides.rows)
        same = commands(self._sides) if usual else ()
        dialog = Confirm(title, lines, yes="Start", commands=same)
        if await self.app.push_screen_wait(dialog):
            self.end(self._sides)
