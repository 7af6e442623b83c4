"""Asks yes or no, or one of a few."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, OptionList, Static
from textual.widgets.option_list import Option

from acd_tui.ui.screens.as_command import KEY, AsCommand, as_command
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, buttons, plain

MAX_LINES = 200


class Confirm(Dialog[bool]):
    """Asks yes or no; Enter takes what is safe, Escape is no."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "confirm.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", "Yes", show=False),
        Binding("n", "answer(False)", "No", show=False),
        Binding(KEY, "copy_command", "Copy as command", show=False),
    ]

    def __init__(
        self,
        title: str,
        lines: Sequence[str | Content],
        *,
        yes: str = "Trash",
        no: str = "Cancel",
        danger: bool = False,
        commands: Sequence[str] = (),
    ) -> None:
        """Ask a question.

        Args:
            title: of the box.
            lines: the question and what it is about, one paragraph each.
            yes: label of the button that does it.
            no: label of the button that does not; it has the focus.
            danger: it cannot be taken back.
            commands: what does the same.
        """
        looks = {"-danger": danger, "-long": bool(commands)}
        classes = " ".join(look for look, wanted in looks.items() if wanted)
        super().__init__(title, False, classes=classes)
        self._lines = lines
        self._yes = yes
        self._no = no
        self._commands = commands

    def compose_box(self) -> Iterable[Widget]:
        shown = [plain(line) for line in self._lines[:MAX_LINES]]
        if left := len(self._lines) - len(shown):
            shown.append(Content(f"… and {left} more"))
        with VerticalScroll(can_focus=False, classes="lines"):
            for number, line in enumerate(shown):
                yield Static(line, classes="" if number else "question")
        if self._commands:
            yield from as_command(self._commands)
            yield Notice()
        yield buttons(("no", f"{self._no} (n)"), ("yes", f"{self._yes} (y)"))

    def on_mount(self) -> None:
        self.query_one("#no", Button).focus()

    def action_copy_command(self) -> None:
        if self._commands:
            self.query_one(AsCommand).copy(self.query_one(Notice))

    def action_answer(self, answer: bool) -> None:
        self.end(answer)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        self.end(event.button.id == "yes")


class Choose(Dialog[str | None]):
    """Asks for one of a few; the result is its id, or None."""

    def __init__(
        self,
        title: str,
        question: str,
        options: Sequence[tuple[str, str, str]],
        *,
        advice: str = "",
        at: str | None = None,
        end: str = "Escape cancels",
    ) -> None:
        """Ask for one of `options`.

        Args:
            title: of the box.
            question: above the options; may be empty.
            options: key, id and label of each, the safest first; an empty key is none.
            advice: below the question; may be empty.
            at: the id of the one that the cursor is on at first; None for the first.
            end: what Escape does, in words.
        """
        super().__init__(title, None)
        self._said = [text for text in (question, advice) if text]
        self._options = options
        self._at = at
        self._end = end

    def compose_box(self) -> Iterable[Widget]:
        for text in self._said:
            yield Static(plain(text), classes="note")
        yield OptionList(
            *(
                Option(
                    Content.assemble(
                        (f" {key or ' '} ", "bold $accent"), " ", plain(label)
                    )
                )
                for key, _, label in self._options
            )
        )
        yield Static(f"Enter chooses · {self._end}", classes="hint")

    def on_mount(self) -> None:
        options = self.query_one(OptionList)
        options.focus()
        for index, (_, each, _) in enumerate(self._options):
            if each == self._at:
                options.highlighted = index

    def on_key(self, event: events.Key) -> None:
        for key, chosen, _ in self._options:
            if key and key in {event.key, event.character}:
                event.stop()
                self.end(chosen)
                return

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        self.end(self._options[event.option_index][1])
