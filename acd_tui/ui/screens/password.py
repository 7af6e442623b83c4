"""Asks for a new password, twice."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input

from acd_tui.ui.screens.dialog import STYLES, Notice, Question, buttons
from acd_tui.ui.screens.setup_pages import PasswordPage


class NewPassword(Question[str | None]):
    """Asks for the password of the configuration file; the result is that."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "password.tcss",
    ]

    def __init__(self) -> None:
        super().__init__("Password of the configuration", None)

    def compose_box(self) -> Iterable[Widget]:
        yield PasswordPage()
        yield Notice()
        yield buttons(("no", "Cancel"), ("yes", "Encrypt"))

    def on_mount(self) -> None:
        self.query(Input).first().focus()

    def on_input_changed(self) -> None:
        self.query_one(Notice).clear()

    def on_input_submitted(self) -> None:
        if self.query(Input).first().has_focus:
            self.query(Input).last().focus()
        else:
            self.accept()

    def accept(self) -> None:
        found, problem = self.query_one(PasswordPage).read()
        if problem:
            self.query_one(Notice).fail(problem)
            self.query_one(f"#{found}", Input).focus()
        else:
            self.end(found)
