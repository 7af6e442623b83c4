"""What all dialogs share: a box in the middle, Escape, messages, safe text."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar, TypeVar

from rich.style import Style
from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.geometry import Offset, Size
from textual.screen import ModalScreen
from textual.strip import Strip
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, Input, Static
from textual.worker import Worker, WorkerState

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.format import sentence
from acd_tui.ui.screens.deeds import deeds, has_deeds
from acd_tui.ui.screens.menu import Menu
from acd_tui.ui.screens.styled_once import StyledOnce

ResultT = TypeVar("ResultT")


NARROW = 96
"""Below so many columns, large dialogs take the whole terminal."""

TINY = 56
"""Below so many columns, buttons stand two in a row."""

SHORT = 30
"""Below so many lines, dialogs leave out blank ones."""

STYLES = Path(__file__).parent
"""Where the styles of all screens lie."""

RIGHT_BUTTON = 3

_CLOSE = Content.from_markup("[@click=screen.cancel] Esc Close [/]")
_RETRY = Content.from_markup("[@click=screen.reload]Ctrl-R tries again[/]")
_SUBTITLE = Content.from_markup("[@click=screen.menu] F2 Menu [/]─") + _CLOSE


def plain(text: str | Content) -> Content:
    """Return text that may come from anywhere as something a widget can show.

    It becomes one line, so that a name cannot pretend to be more than one; text of
    several lines is made as `Content`.
    """
    if isinstance(text, Content):
        return text
    return Content(printable(text))


class Notice(Static):
    """A line that says what is going on or what went wrong; nothing while empty."""

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, markup=False)
        self.display = False

    def clear(self) -> None:
        self.display = False

    def say(self, text: str | Content, kind: str = "busy") -> None:
        """Show `text`; kinds are `busy`, `good`, `warning` and `error`."""
        self.set_classes(f"-{kind}")
        self.update(plain(text))
        self.display = True

    def fail(self, error: AcdError | str, *, retry: bool = False) -> None:
        """Show an error, its hint below, and with `retry` how to look once more."""
        if isinstance(error, str):
            self.say(f"✗ {error}", "error")
            return
        text = Content.assemble("✗ ", plain(sentence(error.message)))
        if error.hint:
            hint = plain(sentence(error.hint)).plain
            text = Content.assemble(text, "\n", (hint, "$foreground"))
        if retry:
            text = Content.assemble(text, "\n", _RETRY)
        self.say(text, "error")


class Links(Static):
    """Shows text with parts that can be clicked, each in its own colour."""

    auto_links = False


class PlainInput(Input):
    """An input whose text cannot control the terminal, wherever it came from.

    A pasted text of several lines becomes one, so that an address the terminal had
    wrapped arrives whole.
    """

    def validate_value(self, value: str) -> str:
        return printable(value)

    def render_line(self, y: int) -> Strip:
        """Draw it; where text is underlined, the room for more text is as well."""
        strip = super().render_line(y)
        if self.styles.text_style.underline:
            whole = strip.extend_cell_length(self.size.width, self.rich_style)
            return whole.apply_style(Style(underline=True))
        return strip

    def _on_paste(self, event: events.Paste) -> None:
        text = "".join(line.strip() for line in event.text.splitlines())
        if text:
            self.replace(text, *self.selection)
        event.prevent_default()
        event.stop()


class Dialog(StyledOnce, ModalScreen[ResultT]):
    """A modal box. Subclasses fill it in `compose_box` and end with `end`."""

    CSS_PATH: ClassVar[CSSPathType | None] = STYLES / "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", "Close", show=False),
        Binding("f2,shift+f10", "menu", show=False),
        # What has lines of its own, like a list, takes these keys itself.
        Binding("down", "app.focus_next", show=False),
        Binding("up", "app.focus_previous", show=False),
    ]

    def __init__(self, title: str, cancelled: ResultT, *, classes: str = "") -> None:
        """Make an empty box.

        Args:
            title: of the box; may hold names.
            cancelled: the result when the user does not want it.
            classes: `-large` for lists, `-long` for names and commands, `-danger` for
                what cannot be taken back.
        """
        super().__init__(classes=classes)
        self._title = plain(title)
        self._cancelled = cancelled

    def compose(self) -> ComposeResult:
        self._fit(self.app.size)  # before there are widgets to be styled anew
        with Vertical(classes="box") as box:
            box.border_title = self._title
            offers = self.has_class("-large") and has_deeds(self)
            box.border_subtitle = _SUBTITLE if offers else _CLOSE
            yield from self.compose_box()

    def compose_box(self) -> Iterable[Widget]:
        """Yield what stands in the box."""
        raise NotImplementedError

    @property
    def box(self) -> Vertical:
        return self.query_one(".box", Vertical)

    @property
    def focus_chain(self) -> list[Widget]:
        """What Tab goes through: from the last field to the button that does it."""
        chain = super().focus_chain
        row = [each for each in chain if isinstance(each.parent, Buttons)]
        return [each for each in chain if each not in row] + row[::-1]

    def on_resize(self, event: events.Resize) -> None:
        self._fit(event.size)

    def _fit(self, size: Size) -> None:
        """Wear the classes of a terminal of that size."""
        self.set_class(size.width < NARROW, "-narrow")
        self.set_class(size.width < TINY, "-tiny")
        self.set_class(size.height < SHORT, "-short")

    def reword(self, question: str) -> None:
        """Ask the same in other words: more is known of it now."""
        self.query_one(".question", Static).update(plain(question))

    def end(self, result: ResultT) -> None:
        """Take the dialog away and hand over its result."""
        _ = self.dismiss(result)

    def action_cancel(self) -> None:
        self.end(self._cancelled)

    def on_click(self, event: events.Click) -> None:
        if event.button == RIGHT_BUTTON:
            event.stop()
            self._open_menu(event.screen_offset)

    def action_menu(self) -> None:
        """Offer what can be done here."""
        usual = (self.focused or self.box).region.offset + Offset(6, 2)
        self._open_menu(getattr(self.focused, "beside_cursor", usual))

    def _open_menu(self, at: Offset) -> None:
        found = deeds(self)

        async def chosen(action: str | None) -> None:
            if action is not None:
                _ = await self.app.run_action(action, found[action].node)

        offered = [deed.shown for deed in found.values()]
        menu = Menu(offered, lambda action: found[action].keys, at)
        _ = self.app.push_screen(menu, chosen)

    def is_busy(self, group: str) -> bool:
        """Whether a worker of that group is still at it."""
        return any(w.group == group and not w.is_finished for w in self.workers)

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """Show what nobody expected of a worker, instead of ending the program."""
        if event.state is WorkerState.ERROR:
            kind = type(event.worker.error).__name__
            message = self.query(Notice)
            if message:
                message.first().fail(f"Something unexpected went wrong ({kind})")


class Question(Dialog[ResultT]):
    """A dialog with a button `yes` that does it; all others leave it."""

    def accept(self) -> None:
        """Do it, or say what is missing."""
        raise NotImplementedError

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "yes":
            self.accept()
        else:
            self.action_cancel()


class Buttons(Horizontal):
    """The row of buttons below; the last one does what the dialog is for."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "go(-1)", show=False),
        Binding("right", "go(1)", show=False),
    ]

    def action_go(self, step: int) -> None:
        """Go to the next button, or the one before."""
        row = [each for each in self.query(Button) if each.focusable]
        at = next(number for number, each in enumerate(row) if each.has_focus)
        self.screen.set_focus(row[(at + step) % len(row)])


def buttons(*pairs: tuple[str, str]) -> Buttons:
    """Return a row of buttons from pairs of id and label; labels may hold names."""
    made = [Button(plain(label), id=key, classes=f"-{key}") for key, label in pairs]
    return Buttons(*made, classes="buttons")


def relabel(button: Button, label: str) -> None:
    """Give a button another label, and the room for it."""
    button.label = plain(label)
    button.refresh(layout=True)
