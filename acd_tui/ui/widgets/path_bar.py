"""The line above a pane: where it is, and a place to type where to go."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.events import Click
from textual.message import Message
from textual.suggester import Suggester
from textual.widget import Widget
from textual.widgets import Input

from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL, fit, fit_start, show_place
from acd_tui.ui.widgets.bar import Bar, Piece
from acd_tui.ui.widgets.found import Searched
from acd_tui.vfs.path import VPath

_PATIENCE_SECONDS = 0.5  # for which Tab waits for an offer; other keys wait with it

Complete = Callable[[str], Awaitable[Sequence[str]]]


class _Completer(Suggester):
    """Offers the rest of a path as it is typed."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._complete = complete

    async def get_suggestion(self, value: str) -> str | None:
        if value.endswith(("/", ":")):  # anything might follow; Tab goes through it
            return None
        return next(iter(await self._complete(value)), None)


class PathInput(Input):
    """Where a path is typed; Tab takes what is offered, and then the next that fits."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("tab", "take(1)", "Complete", show=False),
        Binding("shift+tab", "take(-1)", "Complete", show=False),
        Binding("escape", "leave", "Leave", show=False),
    ]

    class Left(Message):
        """The user does not want to go anywhere."""

    def __init__(self, complete: Complete) -> None:
        super().__init__(
            suggester=_Completer(complete), select_on_focus=False, compact=True
        )
        self._complete = complete
        self._offers: Sequence[str] = ()  # of which one was taken, to be gone through

    async def action_take(self, step: int) -> None:
        """Take what is offered; hands are quicker than offers, so ask again.

        Args:
            step: 1 for the next of several, -1 for the one before.
        """
        text = self.value
        if text in self._offers and len(self._offers) > 1:
            at = (self._offers.index(text) + step) % len(self._offers)
            self.value = self._offers[at]
        else:
            self._offers = ()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_PATIENCE_SECONDS):
                    self._offers = await self._complete(text)
            if self._offers and self.value == text:
                self.value = self._offers[0 if step > 0 else -1]
        self.action_end()

    def action_leave(self) -> None:
        self.post_message(self.Left())

    def on_blur(self) -> None:
        self.post_message(self.Left())


class PathBar(Horizontal):
    """Shows a place; on `edit` becomes an input."""

    class Chosen(Message):
        """The user typed a place."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class Clicked(Message):
        """The bar was clicked where it says nothing, or the folder itself."""

    class FolderClicked(Message):
        """A folder around the one that is shown was clicked.

        Attributes:
            path: its.
        """

        def __init__(self, path: VPath) -> None:
            super().__init__()
            self.path = path

    def __init__(self, complete: Complete, back_to: Widget) -> None:
        """Make a bar.

        Args:
            complete: all that a typed place may be the beginning of.
            back_to: what gets the focus when the typing ends.
        """
        super().__init__()
        self._back_to = back_to
        self._bar = Bar()
        self._input = PathInput(complete)
        self._input.display = False
        self._place: Place | None = None
        self._cells = 0, 0  # of the remote, and of that with the path
        self._note: Piece | None = None

    def compose(self) -> ComposeResult:
        yield self._bar  # the input comes when it is wanted: every start is sooner by it

    def show(self, place: Place, note: Piece | None = None) -> None:
        """Show a place and, at the right, a short note."""
        self._place, self._note = place, note
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if self._place is None:
            return
        note = (self._note,) if self._note else ()
        room = self.size.width - 3 - sum(len(text) + 1 for text, _ in note)
        place = self._place
        text = show_place(place)
        remote = "" if place.filesystem == LOCAL else text[: text.index(":") + 1]
        path = fit_start(text.removeprefix(remote), room - len(remote))
        if isinstance(place, Searched):
            path = fit(
                f"search “{printable(place.query)}”", room - len(remote)
            ).rstrip()
        self._cells = cell_len(remote), cell_len(remote + path.rstrip())
        pieces = [(" ", ""), (remote, "accent"), (path, "strong")]
        self._bar.show(pieces, (*note, (" ", "")))

    def edit(self, text: str) -> None:
        """Let the user type a place, instead of `text` or from there on.

        All of it is selected, as in browsers: what is typed or pasted takes its place,
        and a name alone is one in the folder that is shown.
        """
        field = self._input
        if not field.is_attached:
            _ = self.mount(field)
        field.value = text
        self._bar.display = False
        field.display = True
        # At once: what is typed next belongs here already.
        self.screen.set_focus(field)
        field.action_select_all()

    def _end(self) -> None:
        if self._input.has_focus:
            self.screen.set_focus(self._back_to)
        self._input.display = False
        self._bar.display = True

    def on_path_input_left(self, event: PathInput.Left) -> None:
        event.stop()
        self._end()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self._end()
        self.post_message(self.Chosen(event.value))

    def on_input_changed(self, event: Input.Changed) -> None:
        event.stop()

    def on_click(self, event: Click) -> None:
        if self._input.display:
            return
        around = self._folder_at(event.screen_x - self.region.x - 1)
        self.post_message(self.Clicked() if around is None else around)

    def _folder_at(self, cell: int) -> FolderClicked | None:
        """Which folder around the shown one stands in a cell of what is shown."""
        place = self._place
        if place is None or isinstance(place, Searched):
            return None
        remote, whole = self._cells
        cut_off = cell_len(show_place(place)) - whole  # after the remote
        for path in reversed([*place.path.parents]):
            around = cell_len(show_place(Place(place.filesystem, path)))
            if 0 <= cell < (remote if around == remote else around - cut_off):
                return self.FolderClicked(path)
        return None
