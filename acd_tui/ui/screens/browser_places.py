"""What bookmarks do, and going back to where one was before."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from acd_tui.config.places import Places, PlacesFile
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.address import parse_address
from acd_tui.ui.format import address
from acd_tui.ui.screens.places import Folder, PlacesScreen

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane

_GATHER_SECONDS = 1.0  # visits that are written together


class PlaceActions:
    """The `do_…` methods about places that are remembered."""

    def __init__(
        self, app: AcdApp, browser: BrowserScreen, file: PlacesFile | None
    ) -> None:
        """Remember places.

        Args:
            app: the app.
            browser: has the panes.
            file: where they are kept; None keeps them for this run only.
        """
        self._app = app
        self._browser = browser
        self._file = file
        self._places = Places()
        self._pending: list[str] = []
        self._last: dict[Pane, Place] = {}

    def begin(self) -> None:
        """Read what was remembered before: a small file, and the next key may ask for it."""
        if self._file is not None:
            try:
                self._places = self._file.load()
            except AcdError as error:
                self._app.call_later(self._app.show_error, error)  # with all in place

    # --- visits ---------------------------------------------------------------------------

    def shown(self, pane: Pane) -> None:
        """A pane shows a listing, maybe of another folder than before."""
        if pane.problem is not None or pane.has_found:
            return
        if self._last.get(pane) != pane.place:
            self._last[pane] = pane.place
            if not self._pending:
                self._browser.set_timer(_GATHER_SECONDS, self.keep_visits)
            self._pending.append(address(pane.place.filesystem, pane.place.path))

    def keep_visits(self) -> None:
        """Have the visits written that are not yet."""
        addresses, self._pending = self._pending, []
        if addresses and self._file is not None:
            file, now = self._file, self._app.clock.now()
            self._places = self._places.after_visits(addresses, now)
            self._change(lambda: file.visited(addresses, now))

    def _change(self, change: Callable[[], Places]) -> None:
        async def work() -> None:
            self._places = await asyncio.to_thread(change)

        self._app.work(work(), group="places")

    # --- bookmarks ------------------------------------------------------------------------

    def hints(self, action: str) -> Sequence[tuple[str, str]]:
        """The letters an action could be told, each with what it stands for."""
        if action not in {"jump_mark", "set_mark"}:
            return ()
        marks = sorted(self._places.bookmarks.items())
        return [(letter, printable(at)) for letter, at in marks]

    def do_set_mark(self, letter: str) -> None:
        place = self._browser.active.place
        at = address(place.filesystem, place.path)
        self._bookmark(letter, at)
        self._app.tell(
            f"Bookmark {letter}: {at}\n"
            f"{self._app.key_of('jump_mark').rpartition(' ')[0]} {letter} goes there"
        )

    def _bookmark(self, letter: str, at: str | None) -> None:
        if self._file is None:
            raise AcdError("bookmarks cannot be kept here")
        file = self._file
        self._change(lambda: file.bookmark(letter, at))

    def do_jump_mark(self, letter: str) -> None:
        at = self._places.bookmarks.get(letter)
        if at is None:
            key = self._app.key_of("set_mark").rpartition(" ")[0]
            raise AcdError(
                f"no bookmark has the letter {letter}",
                hint=f"the folder shown gets it with {key} {letter}",
            )
        self._go(at)

    def do_bookmarks(self) -> None:
        key = self._app.key_of("set_mark").rpartition(" ")[0]
        self._choose(
            "Bookmarks",
            [Folder(key, at) for key, at in sorted(self._places.bookmarks.items())],
            lambda folder: self._bookmark(folder.mark, None),
            f"There are no bookmarks · {key} and a letter sets one",
        )

    # --- where one was --------------------------------------------------------------------

    def do_jump(self) -> None:
        now = self._app.clock.now()
        self._choose_visited("Go to", self._with_pending(now).frequent(now))

    def do_recent(self) -> None:
        now = self._app.clock.now()
        self._choose_visited("Recent folders", self._with_pending(now).recent())

    def _with_pending(self, now: float) -> Places:
        """What is remembered, with the visits that are not written yet."""
        return self._places.after_visits(self._pending, now)

    def _choose_visited(self, title: str, addresses: Sequence[str]) -> None:
        here = self._browser.active.place
        now = address(here.filesystem, here.path)
        folders = [Folder("", at) for at in addresses if at != now]
        self._choose(title, folders, self._forget, "Nothing was visited yet")

    def _forget(self, folder: Folder) -> None:
        if self._file is not None:
            file = self._file
            self._change(lambda: file.forget(folder.address))

    def _choose(
        self,
        title: str,
        folders: Sequence[Folder],
        forget: Callable[[Folder], None],
        empty: str,
    ) -> None:
        def chosen(at: str | None) -> None:
            if at is not None:
                try:
                    self._go(at)
                except AcdError as error:
                    self._app.show_error(error)

        self._app.open(PlacesScreen(title, folders, forget, empty), chosen)

    def _go(self, at: str) -> None:
        pane = self._browser.active
        pane.go(parse_address(at, pane.place, self._app.session.remote_names()))
