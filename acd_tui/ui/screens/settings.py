"""Settings and keys: what can be chosen, and which key does what."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import ClassVar, get_args

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static

from acd_tui.config.file import SettingsFile, Value
from acd_tui.config.settings import Preset, Settings, Sort
from acd_tui.errors import AcdError
from acd_tui.ui.actions import BY_ID
from acd_tui.ui.key_table import HelpLine, action_lines
from acd_tui.ui.keymap import KeyMap, keymap
from acd_tui.ui.keys import show_key
from acd_tui.ui.presets import PRESETS
from acd_tui.ui.screens.confirm import Choose, Confirm
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, PlainInput
from acd_tui.ui.screens.key_catcher import KeyCatcher
from acd_tui.ui.screens.prompt import Prompt
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.themes import ChooseTheme
from acd_tui.ui.screens.wording import counted
from acd_tui.ui.theme import WORDS
from acd_tui.ui.widgets.columns import COLUMNS

_LIST_COLUMNS = (
    Column("Where", 12, hide_below=90),
    Column("Setting or action", 30),
    Column("Is", 24, cut="middle"),
    Column("What it does", hide_below=64),
)


class Line(msgspec.Struct, frozen=True):
    """One thing that can be changed.

    Attributes:
        group: what it belongs to.
        title: its name.
        value: what it is now.
        help: one sentence.
        own: whether the file says something else than the default.
        change: asks for another value and has it written.
    """

    group: str
    title: str
    value: str
    help: str
    own: bool
    change: Callable[[], Awaitable[None]]


class SettingsScreen(Dialog[None]):
    """Lists settings and keys; Enter changes one, and the file is written at once."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "help.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "list(1)", show=False),
        Binding("up", "list(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
    ]

    def __init__(
        self,
        file: SettingsFile,
        settings: Settings,
        changed: Callable[[Settings], None],
    ) -> None:
        """Show settings.

        Args:
            file: where they are kept.
            settings: what they are.
            changed: is told after each change.
        """
        super().__init__("Settings and keys", None, classes="-large")
        self._file = file
        self._settings = settings
        self._changed = changed
        self._all: Sequence[Line] = ()
        self._shown: Sequence[Line] = ()

    def compose_box(self) -> Iterable[Widget]:
        yield PlainInput(placeholder="type to narrow: a setting, an action, a key")
        yield Rows(_LIST_COLUMNS, self._cells)
        yield Static(id="full", markup=False)
        yield Notice()
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._fill()

    # --- the lines ---------------------------------------------------------------------

    @property
    def _keymap(self) -> KeyMap:
        return keymap(self._settings.keys.preset, self._settings.keys.bind)

    def _fill(self) -> None:
        settings, usual = self._settings, Settings()
        hidden = "shown" if settings.show_hidden else "hidden"
        columns = ", ".join(settings.columns), ", ".join(usual.columns)
        slots = str(settings.transfers.slots), str(usual.transfers.slots)
        preset = settings.keys.preset, usual.keys.preset
        self._all = [
            self._line(
                "Look", "Theme", (_theme(settings), _theme(usual)), self._ask_theme
            ),
            self._line(
                "Look", _SIGNS, (settings.glyphs, usual.glyphs), self._ask_glyphs
            ),
            self._line(
                "Look", _LINEAR, (_yes(settings.linear), "no"), self._toggle_linear
            ),
            self._line("Panes", _HIDDEN, (hidden, "shown"), self._toggle_hidden),
            self._line("Panes", _COLUMNS, columns, self._ask_columns),
            self._line("Panes", _SORT, (settings.sort, usual.sort), self._ask_sort),
            self._line("Transfers", _SLOTS, slots, self._ask_slots),
            self._line("Keys", "Set of keys", preset, self._ask_preset),
            *map(self._key_line, action_lines(self._keymap.keys)),
        ]
        self._narrow(keep=True)

    @staticmethod
    def _line(
        group: str,
        title: str,
        value: tuple[str, str],
        change: Callable[[], Awaitable[None]],
    ) -> Line:
        """A setting with its value and the usual one."""
        now, usual = value
        return Line(group, title, now, _HELP[title], now != usual, change)

    def _key_line(self, line: HelpLine) -> Line:
        async def change() -> None:
            await self._ask_key(line.action)

        own = line.action in self._settings.keys.bind
        return Line(line.group, line.title, line.keys, line.help, own, change)

    def _cells(self, index: int) -> Sequence[Cell]:
        line = self._shown[index]
        value = (f"{line.value} ●", "warning") if line.own else (line.value, "")
        return (line.group, "dim"), line.title, value, (line.help, "dim")

    def on_input_changed(self) -> None:
        self._narrow()

    def _narrow(self, *, keep: bool = False) -> None:
        words = self.query_one(Input).value.casefold().split()
        fitting = [
            line
            for line in self._all
            if all(
                word in f"{line.group} {line.title} {line.value} {line.help}".casefold()
                for word in words
            )
        ]
        # First what is called so, then what has the words elsewhere, as in the help.
        self._shown = sorted(
            fitting, key=lambda line: not all(w in line.title.casefold() for w in words)
        )
        rows = self.query_one(Rows)
        at = rows.cursor if keep else 0
        rows.set_count(len(self._shown))
        rows.cursor = max(0, min(at, len(self._shown) - 1))
        rows.refresh()
        found = counted(len(self._shown), "line")
        rows.say("Neither a setting nor an action of that kind.")
        self.query_one(".bar", Static).update(
            f"{found} · Enter changes one · ● is yours · Escape closes"
        )
        self._show_full()

    def on_rows_moved(self) -> None:
        self._show_full()

    def _show_full(self) -> None:
        text = ""
        if self._shown:
            line = self._shown[self.query_one(Rows).cursor]
            text = f"{line.title}: {line.value or 'no key'}. {line.help}"
        self.query_one("#full", Static).update(text)

    def action_list(self, by: int) -> None:
        self.query_one(Rows).action_move(by)

    def action_page(self, pages: int) -> None:
        self.query_one(Rows).action_page(pages)

    # --- changing one ------------------------------------------------------------------

    def on_input_submitted(self) -> None:
        if self._shown:
            self._change(self._shown[self.query_one(Rows).cursor])

    def on_rows_activated(self) -> None:
        self.on_input_submitted()

    @work(group="change", exclusive=True, exit_on_error=False)
    async def _change(self, line: Line) -> None:
        notice = self.query_one(Notice)
        notice.clear()
        try:
            await line.change()
        except AcdError as error:
            notice.fail(error)

    async def _write(self, key: str, value: Value | None) -> None:
        """Change a setting in the file, or take it out, and show what it is now."""
        if value is None:
            settings = await asyncio.to_thread(self._file.reset, key)
        else:
            settings = await asyncio.to_thread(self._file.change, key, value)
        self._settings = settings
        self._changed(settings)
        self._fill()
        self.query_one(Notice).say(f"✓ Written to {self._file.path}", "good")

    async def _ask_theme(self) -> None:
        chosen = await self.app.push_screen_wait(ChooseTheme())
        if chosen is not None:
            await self._write("theme", chosen)

    async def _ask_glyphs(self) -> None:
        options = [(name[0], name, f"{name}: {_GLYPHS[name]}") for name in _GLYPHS]
        chosen = await self.app.push_screen_wait(
            Choose("Signs and frames", "", options)
        )
        if chosen is not None:
            await self._write("glyphs", chosen)

    async def _toggle_linear(self) -> None:
        await self._write("linear", not self._settings.linear)

    async def _toggle_hidden(self) -> None:
        await self._write("show_hidden", not self._settings.show_hidden)

    async def _ask_columns(self) -> None:
        """Ask until nothing more is chosen: several are often wanted."""
        question = "Shows a column, or takes it away; they stand in the order chosen"
        chosen: str | None = None
        while True:
            shown: list[str] = list(self._settings.columns)
            options = [
                (
                    _COLUMN_KEYS[name],
                    name,
                    f"{'●' if name in shown else ' '} {COLUMNS[name].title}",
                )
                for name in COLUMNS
            ]
            chosen = await self.app.push_screen_wait(
                Choose("Columns", question, options, at=chosen, end="Escape when done")
            )
            if chosen is None:
                return
            if chosen in shown:
                shown.remove(chosen)
            else:
                shown.append(chosen)
            await self._write("columns", shown)

    async def _ask_sort(self) -> None:
        options = [(name[0], name, name) for name in get_args(Sort)]
        chosen = await self.app.push_screen_wait(Choose(_SORT, "", options))
        if chosen is not None:
            await self._write("sort", chosen)

    async def _ask_slots(self) -> None:
        def wrong(text: str) -> str | None:
            good = text.isdecimal() and 1 <= int(text) <= _MOST_SLOTS
            return None if good else f"A number from 1 to {_MOST_SLOTS}"

        slots = str(self._settings.transfers.slots)
        text = await self.app.push_screen_wait(
            Prompt("Transfers", "Files at the same time", slots, validate=wrong)
        )
        if text is not None:
            await self._write("transfers.slots", int(text))

    async def _ask_preset(self) -> None:
        options = [
            (name[0], name, f"{name}: {PRESETS[name].title}")
            for name in get_args(Preset)
        ]
        chosen = await self.app.push_screen_wait(Choose("Set of keys", "", options))
        if chosen is not None:
            await self._write("keys.preset", chosen)

    # --- keys ----------------------------------------------------------------------------

    async def _ask_key(self, action: str) -> None:
        title, keys = BY_ID[action].title, self._keymap.keys[action]
        chosen = await self.app.push_screen_wait(
            Choose(
                title,
                "Keys now: " + (", ".join(map(show_key, keys)) or "none"),
                [
                    ("a", "add", "add a key"),
                    ("r", "replace", "have one key in place of these"),
                    ("n", "none", "have no key"),
                    ("d", "default", "the keys of the set again"),
                ],
            )
        )
        match chosen:
            case "add" | "replace":
                pressed = await self.app.push_screen_wait(
                    KeyCatcher(title, BY_ID[action], self._keymap)
                )
                if pressed is not None:
                    kept = keys if chosen == "add" else ()
                    await self._bind(action, (*kept, pressed), pressed)
            case "none":
                await self._bind(action, (), "")
            case "default":
                await self._write(f"keys.bind.{action}", None)
            case _:
                pass

    async def _bind(self, action: str, keys: Sequence[str], pressed: str) -> None:
        """Give an action its keys, taking one from another action if that is meant.

        Raises:
            AcdError: they cannot be its keys.
        """
        bind = {**self._settings.keys.bind, action: ",".join(keys)}
        taken = self._keymap.owner(pressed, BY_ID[action].context)
        if taken is not None and taken != action:
            question = f"{show_key(pressed)} is the key of: {BY_ID[taken].title}"
            if not await self.app.push_screen_wait(
                Confirm("Keys", [question, "Take it from there?"], yes="Take it")
            ):
                return
            left = [key for key in self._keymap.keys[taken] if key != pressed]
            bind[taken] = ",".join(left)
        tried = keymap(self._settings.keys.preset, bind)
        for problem in tried.problems:
            if problem.action in {action, taken} and not _is_taken_over(tried, bind):
                raise AcdError(problem.text)
        for name in filter(None, (taken, action)):
            await self._write(f"keys.bind.{name}", ", ".join(tried.keys[name]))


def _is_taken_over(tried: KeyMap, bind: dict[str, str]) -> bool:
    """Whether a problem is but a warning: the map has the keys all the same."""
    return all(
        ",".join(tried.keys[name]) == keys.replace(" ,", ",").replace(", ", ",")
        for name, keys in bind.items()
        if name in tried.keys
    )


def _theme(settings: Settings) -> str:
    return WORDS.get(settings.theme, settings.theme)


def _yes(value: bool) -> str:
    return "yes" if value else "no"


_MOST_SLOTS = 32
_SIGNS = "Signs and frames"
_LINEAR = "Lines in place of panes"
_GLYPHS = {
    "auto": "Unicode, unless the locale is without it",
    "unicode": "always in Unicode",
    "ascii": "in plain characters",
}
_HIDDEN = "Names that begin with a dot"
_COLUMNS = "Columns behind the names"
_COLUMN_KEYS = {"size": "s", "modified": "m", "type": "t", "md5": "5"}
_SORT = "Sorted by"
_SLOTS = "Files at the same time"
_HELP = {
    "Theme": "Dark, light, high contrast, or the terminal's own colours.",
    _SIGNS: "Whether they are drawn in Unicode or in plain characters.",
    _LINEAR: "For screen readers; from the next start on.",
    _HIDDEN: "Whether a pane lists them at first.",
    _COLUMNS: "In their order, as far as a pane has room for them.",
    _SORT: "What a pane is sorted by at first; the keys behind , change it there.",
    _SLOTS: "How many transfers run at once, from the next start on.",
    "Set of keys": "What the keys are where you have not changed them.",
}
