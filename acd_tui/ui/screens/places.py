"""A list of folders to go to: bookmarks, or where one was before."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, NamedTuple

from textual.binding import Binding, BindingType
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Input, Static

from acd_tui.printable import printable
from acd_tui.ui.screens.dialog import STYLES, Dialog, PlainInput
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.wording import counted

COLUMNS = (Column("", 3), Column("Folder", cut="start"))


class Folder(NamedTuple):
    """One folder.

    Attributes:
        mark: what stands before it: a letter, or nothing.
        address: as one writes it; not yet safe to show.
    """

    mark: str
    address: str


class PlacesScreen(Dialog[str | None]):
    """Lists folders and narrows the list while one types; the result is an address."""

    CSS_PATH: ClassVar[CSSPathType | None] = STYLES / "dialog.tcss"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "list(1)", show=False),
        Binding("up", "list(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("ctrl+d", "forget", "Forget", show=False, priority=True),
    ]

    def __init__(
        self,
        title: str,
        folders: Sequence[Folder],
        forget: Callable[[Folder], None],
        empty: str,
    ) -> None:
        """Offer folders.

        Args:
            title: of the box.
            folders: in the order to show.
            forget: is called with one that is to be forgotten.
            empty: said where there are none.
        """
        super().__init__(title, None, classes="-large")
        self._folders = list(folders)
        self._forget = forget
        self._empty = empty
        self._shown: list[Folder] = []

    def compose_box(self) -> Iterable[Widget]:
        yield PlainInput(placeholder="type a part of the path")
        yield Rows(COLUMNS, self._cells)
        yield Static(classes="bar", markup=False)

    def on_mount(self) -> None:
        self.query_one(Input).focus()
        self._narrow()

    def _cells(self, index: int) -> Sequence[Cell]:
        folder = self._shown[index]
        return (folder.mark, "warning"), printable(folder.address)

    def on_input_changed(self) -> None:
        self._narrow()

    def _narrow(self) -> None:
        words = self.query_one(Input).value.casefold().split()
        self._shown = [f for f in self._folders if _fits(f.address, words)]
        rows = self.query_one(Rows)
        rows.set_count(len(self._shown))
        rows.cursor = 0
        rows.refresh()
        found = counted(len(self._shown), "folder")
        bar = f"{found} · Enter goes there · Ctrl-D forgets it · Escape closes"
        rows.say("No folder of that kind." if self._folders else self._empty)
        self.query_one(".bar", Static).update(bar)

    def on_input_submitted(self) -> None:
        if self._shown:
            self.end(self._shown[self.query_one(Rows).cursor].address)

    def on_rows_activated(self) -> None:
        self.on_input_submitted()

    def action_list(self, by: int) -> None:
        self.query_one(Rows).action_move(by)

    def action_page(self, pages: int) -> None:
        self.query_one(Rows).action_page(pages)

    def action_forget(self) -> None:
        if self._shown:
            folder = self._shown[self.query_one(Rows).cursor]
            self._folders.remove(folder)
            self._forget(folder)
            self._narrow()


def _fits(address: str, words: Sequence[str]) -> bool:
    """Whether the words stand in the address in that order, the last one in its end."""
    folded, at = address.casefold(), 0
    for word in words:
        found = folded.find(word, at)
        if found < 0:
            return False
        at = found + len(word)
    return True
