"""The line a pane opens at its foot for a filter, a search or a pattern."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static


class _Field(Input):
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Leave", show=False),
        Binding("down,up,tab", "accept", "Accept", show=False),
    ]

    class Left(Message):
        """Escape was pressed."""

    def action_leave(self) -> None:
        self.post_message(self.Left())

    async def action_accept(self) -> None:
        await self.action_submit()


class QuickInput(Horizontal):
    """A label and an input; says what is typed, and how it ends."""

    class Typed(Message):
        """The text is another one now."""

        def __init__(self, purpose: str, text: str) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text

    class Ended(Message):
        """Enter or Escape was pressed."""

        def __init__(self, purpose: str, text: str, *, accepted: bool) -> None:
            super().__init__()
            self.purpose = purpose
            self.text = text
            self.accepted = accepted

    def __init__(self, back_to: Widget) -> None:
        """Make the line; `back_to` gets the focus when the typing ends."""
        super().__init__()
        self._back_to = back_to
        self.purpose = ""

    def on_mount(self) -> None:
        self.display = False

    def open(
        self, purpose: str, label: str, text: str = "", *, whole: bool = False
    ) -> None:
        """Ask for a text.

        Args:
            purpose: comes back with the messages.
            label: what stands in front.
            text: what stands there first.
            whole: select that, so that typing replaces it.
        """
        if not self.children:  # every start is sooner by what nobody has asked for
            _ = self.mount(
                Static("", markup=False),
                _Field(select_on_focus=False, compact=True),
                Static("", markup=False, classes="about"),
            )
        self.purpose = ""
        self.query(Static).first().update(f" {label} ")
        self.say("")
        field = self.query_one(_Field)
        field.value = text
        field.cursor_position = len(text)
        if whole:
            field.select_all()
        self.purpose = purpose
        self.display = True
        # At once: what is typed next belongs here already.
        self.screen.set_focus(field)

    def say(self, text: str) -> None:
        """Show something about the text, at the end of the line."""
        if not self.children:
            return  # nobody has ever opened it
        note = self.query_one(".about", Static)
        note.update(f"{text} " if text else "")
        note.display = bool(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()
        if self.display and self.purpose:
            self.post_message(self.Typed(self.purpose, event.value))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end(accepted=True)

    def on__field_left(self, event: _Field.Left) -> None:
        event.stop()
        self._end(accepted=False)

    def _end(self, *, accepted: bool) -> None:
        purpose, self.purpose = self.purpose, ""
        text = self.query_one(_Field).value
        self.screen.set_focus(self._back_to)
        self.display = False
        if purpose:
            self.post_message(self.Ended(purpose, text, accepted=accepted))
