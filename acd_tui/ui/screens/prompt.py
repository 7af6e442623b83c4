"""Asks for one line of text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Input, Static

from acd_tui.printable import printable
from acd_tui.ui.screens.as_command import KEY, AsCommand, as_command
from acd_tui.ui.screens.dialog import Notice, PlainInput, Question, buttons, plain


class Prompt(Question[str | None]):
    """Asks for a line; the result is the text, or None if the user does not want to.

    A value that cannot be shown as it is, is shown with pictures in place of its
    control characters; left unchanged, the result is the value itself.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(KEY, "copy_command", "Copy as command", show=False)
    ]

    def __init__(
        self,
        title: str,
        label: str,
        value: str = "",
        *,
        validate: Callable[[str], str | None] | None = None,
        select_stem: bool = True,
        commands: Callable[[str], Sequence[str]] | None = None,
        secret: bool = False,
    ) -> None:
        """Ask for a line.

        Args:
            title: of the box.
            label: what is asked for.
            value: what stands there first.
            validate: says in a sentence what is wrong with a text, or None.
            select_stem: select the value up to its extension, so that typing replaces it.
            commands: returns what does the same with a text.
            secret: show dots in place of what is typed.
        """
        super().__init__(title, None, classes="-long")
        self._label = label
        self._value = value
        self._validate = validate
        self._select_stem = select_stem
        self._commands = commands
        self._secret = secret

    def compose_box(self) -> Iterable[Widget]:
        yield Static(plain(self._label), classes="field question")
        yield PlainInput(self._value, select_on_focus=False, password=self._secret)
        if printable(self._value) != self._value:
            yield Static(
                "It holds characters that cannot be shown; unchanged, they stay",
                classes="note",
            )
        if self._commands is not None:
            yield from as_command()
        yield Notice()
        yield buttons(("no", "Cancel"), ("yes", "OK"))

    def on_mount(self) -> None:
        field = self.query_one(Input)
        field.focus()
        if self._select_stem:
            end = stem_length(field.value)
            field.selection = type(field.selection)(0, end)

        self._show_commands()

    def on_input_changed(self) -> None:
        self.query_one(Notice).clear()
        self._show_commands()

    def _show_commands(self) -> None:
        if self._commands is not None:
            text = self._text
            commands = self._commands(text or "…")
            self.query_one(AsCommand).show(commands, example=not text)

    def action_copy_command(self) -> None:
        if self._commands is not None:
            self.query_one(AsCommand).copy(self.query_one(Notice))

    def on_input_submitted(self) -> None:
        self.accept()

    @property
    def _text(self) -> str:
        """What stands there; what cannot be shown is kept unless changed."""
        text = self.query_one(Input).value
        return self._value if text == printable(self._value) else text

    def accept(self) -> None:
        text = self._text
        problem = self._validate(text) if self._validate else None
        if problem is not None:
            self.query_one(Notice).fail(problem)
            self.query_one(Input).focus()
        else:
            self.end(text)


def stem_length(name: str) -> int:
    """Return how many characters stand before a name's extension.

    A leading dot starts no extension: all of `.profile` is its stem.
    """
    dot = name.rfind(".")
    return dot if dot > 0 else len(name)
