"""Asks where to copy or move, and what to do about conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.ui.screens.as_command import KEY, AsCommand, as_command
from acd_tui.ui.screens.beside import Beside
from acd_tui.ui.screens.command_line import copy_commands
from acd_tui.ui.screens.dialog import (
    STYLES,
    Notice,
    PlainInput,
    Question,
    buttons,
    plain,
)

POLICIES = {
    ConflictPolicy.ASK: "ask me later, go on with the rest",
    ConflictPolicy.SKIP: "keep what is there",
    ConflictPolicy.OVERWRITE: "overwrite what is there",
    ConflictPolicy.RENAME: "keep both, the new one gets a number",
    ConflictPolicy.NEWER: "overwrite what is older",
}
"""What one can choose, in words that complete "If something else is there:"."""


class ConfirmCopy(Question[tuple[str, ConflictPolicy] | None]):
    """Asks before something is queued; the result is the target and the policy."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "copy.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(KEY, "copy_command", "Copy as command", show=False)
    ]

    def __init__(
        self,
        summary: str,
        target_text: str,
        policy: ConflictPolicy = ConflictPolicy.ASK,
        *,
        sources: Sequence[tuple[str, bool]] = (),
        verb: str = "copy",
        beside: Beside | None = None,
    ) -> None:
        """Ask before a copy or a move.

        Args:
            summary: what is copied: `3 files and 1 folder, 1.2 GiB, from photos:/2019`.
            target_text: the address of the folder copied to, for the user to change.
            policy: what is chosen first.
            sources: address of each thing copied and whether it is a folder, for the
                equivalent command; with none no command is offered.
            verb: `copy` or `move`.
            beside: where the things lie, if a second one of each can be put there.
        """
        super().__init__(verb.capitalize(), None, classes="-long")
        self._summary = summary
        self._target = target_text
        self._policy = policy
        self._sources = sources
        self._verb = verb
        self._beside = beside
        self._is_beside = False

    def compose_box(self) -> Iterable[Widget]:
        yield Static(plain(self._summary), classes="note question")
        yield Static("To folder; it is made if it is not there", classes="field")
        yield PlainInput(self._target, select_on_focus=False)
        yield Static("If something else is there", classes="field")
        yield Select(
            [(words, policy) for policy, words in POLICIES.items()],
            value=self._policy,
            allow_blank=False,
            compact=True,
        )
        if self._sources:
            yield from as_command()
        yield Notice()
        verb = self._verb.capitalize()
        yield buttons(("no", "Cancel"), ("yes", verb))

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._look_where()
        self._show_command()

    def _look_where(self) -> None:
        """Offer a second one of each where the target is where they lie."""
        was, text = self._is_beside, self._target_text
        self._is_beside = self._beside is not None and self._beside.is_at(text)
        if self._is_beside != was:
            keep_both = ConflictPolicy.RENAME
            self.query_one(Select).value = (
                keep_both if self._is_beside else self._policy
            )
        if self._is_beside:
            self.query_one(Notice).say(
                "Already there: a second one is put beside, with a number"
            )

    @property
    def _chosen(self) -> ConflictPolicy:
        value = self.query_one(Select).value
        assert isinstance(value, ConflictPolicy)
        return value

    @property
    def _target_text(self) -> str:
        """The target as it is now; what cannot be shown is kept unless changed."""
        shown = self.query_one(Input).value
        return self._target if printable(self._target) == shown else shown.strip()

    def _show_command(self) -> None:
        if self._sources:
            self.query_one(AsCommand).show(self._commands())

    def _commands(self) -> list[str]:
        target = self._target_text
        if self._beside is not None and self._is_beside:
            return self._beside.commands(self._sources, target)
        return copy_commands(self._sources, target, self._chosen, verb=self._verb)

    def on_input_changed(self) -> None:
        self.query_one(Notice).clear()
        self._look_where()
        self._show_command()

    def on_select_changed(self) -> None:
        if not self._is_beside:
            self._policy = self._chosen
        self._show_command()

    def on_input_submitted(self) -> None:
        self.accept()

    def action_copy_command(self) -> None:
        if self._sources:
            self.query_one(AsCommand).copy(self.query_one(Notice))

    def accept(self) -> None:
        target = self._target_text
        if not target:
            self.query_one(Notice).fail("Say which folder to copy to")
            self.query_one(Input).focus()
        elif self._is_beside and self._chosen is not ConflictPolicy.RENAME:
            self.query_one(Notice).fail(
                "Already there: choose “keep both” for a second one, or another folder"
            )
            self.query_one(Select).focus()
        else:
            self.end((target, self._chosen))
