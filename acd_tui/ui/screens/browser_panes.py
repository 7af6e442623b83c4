"""What concerns both panes at once: browsing together, changing places, their shape."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from acd_tui.errors import AcdError, FolderNotFound
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import LOCAL, show_place
from acd_tui.ui.widgets.found import Searched
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane

_LEAST, _STEP = 10, 5  # percent of the room


class Pair(msgspec.Struct, frozen=True):
    """Two folders that go with each other, and so does what is below them."""

    left: Place
    right: Place

    def flipped(self) -> Pair:
        return Pair(self.right, self.left)

    def followed(self, place: Place) -> tuple[Pair, Place] | None:
        """Where the right pane goes when the left one goes to `place`.

        Above the two folders both go up by as much, and go with each other from there.
        Returns the pair as it is then, or None where there is nothing to follow.
        """
        here, there = self.left, self.right
        if place.filesystem != here.filesystem:
            return None
        if place.path.is_within(here.path):
            below = place.path.parts[len(here.path.parts) :]
            return self, Place(there.filesystem, VPath((*there.path.parts, *below)))
        up = len(here.path.parts) - len(place.path.parts)
        if not here.path.is_within(place.path) or up > len(there.path.parts):
            return None
        above = VPath(there.path.parts[: len(there.path.parts) - up])
        pair = Pair(place, Place(there.filesystem, above))
        return pair, pair.right


class Arrangement:
    """The `do_…` methods for both panes.

    Attributes:
        pair: what goes with what while both panes are browsed together; None otherwise.
    """

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser
        self.pair: Pair | None = None
        self._percent = 50

    # --- browsing together ------------------------------------------------------------

    def do_sync_browsing(self) -> None:
        left, right = self._browser.left, self._browser.right
        if self.pair is None and (left.has_found or right.has_found):
            raise AcdError("a pane shows what was found, not a folder")
        self.pair = Pair(left.place, right.place) if self.pair is None else None
        if self.pair is not None:
            self._app.tell("Both panes go together from here on")
        self._browser.show_header()

    def went(self, pane: Pane) -> None:
        """A pane goes somewhere: have the other one follow."""
        if self.pair is None or isinstance(pane.target, Searched):
            return  # what was found is no folder; it goes on from where that leads
        other = self._browser.beside(pane)
        is_left = pane is self._browser.left
        pair = self.pair if is_left else self.pair.flipped()
        followed = pair.followed(pane.target)
        if followed is None:
            self.pair = None
            self._browser.show_header()
            self._app.tell("The panes do not go together any more")
            return
        pair, place = followed
        self.pair = pair if is_left else pair.flipped()
        if place != other.target:
            work = self._follow(other, place)
            self._app.work(work, group="follow", exclusive=True)

    async def _follow(self, pane: Pane, place: Place) -> None:
        """Go there if there is such a folder; if not, stay, and go on from here later."""
        engine = self._app.engine
        filesystem = await engine.run(self._app.session.filesystem(place.filesystem))
        try:
            await engine.run(filesystem.list(place.path))
        except FolderNotFound:
            self._app.tell(f"There is no {show_place(place)}", severity="warning")
        else:
            pane.go(place)

    # --- what they show ---------------------------------------------------------------

    def do_filesystem(self) -> None:
        self._choose_filesystem(self._browser.active)

    def do_filesystem_left(self) -> None:
        self._choose_filesystem(self._browser.left)

    def do_filesystem_right(self) -> None:
        self._choose_filesystem(self._browser.right)

    def _choose_filesystem(self, pane: Pane) -> None:
        self._app.work(self._ask_filesystem(pane), group="filesystem")

    async def _ask_filesystem(self, pane: Pane) -> None:
        from acd_tui.ui.screens.confirm import Choose

        options = [("l", LOCAL, "this computer")]
        for number, name in enumerate(self._app.session.remote_names(), start=1):
            key = str(number) if number < 10 else ""
            options.append((key, name, f"{printable(name)}:"))
        side = "Left" if pane is self._browser.left else "Right"
        chosen = await self._app.push_screen_wait(
            Choose(f"{side} pane", "What is it to show?", options)
        )
        if chosen is not None:
            self._browser.go_to(pane)
            pane.go(Place(chosen, self._last_path(chosen)))

    def _last_path(self, filesystem: str) -> VPath:
        """Where a filesystem was last looked at in either pane."""
        for pane in (self._browser.left, self._browser.right):
            for place in (pane.place, *reversed(pane.back)):
                if place.filesystem == filesystem:
                    return place.path
        return self._app.home if filesystem == LOCAL else VPath()

    # --- their shape ------------------------------------------------------------------

    def do_swap(self) -> None:
        left, right = self._browser.left, self._browser.right
        kept = left.tabs.put_aside()
        left.tabs.restore(*right.tabs.put_aside())
        right.tabs.restore(*kept)
        if self.pair is not None:
            self.pair = self.pair.flipped()
        self._browser.do_other_pane()

    def split(self, percent: int, *, keep: bool = False) -> None:
        """Give the left pane so much of the room; with `keep`, from now on."""
        self._percent = percent = max(_LEAST, min(percent, 100 - _LEAST))
        for pane, share in (
            (self._browser.left, percent),
            (self._browser.right, 100 - percent),
        ):
            stacked = self._browser.has_class("-stacked")
            pane.styles.width = "100%" if stacked else f"{share}fr"
            pane.styles.height = f"{share}fr" if stacked else "100%"
        self._browser.previewing.fit()
        if keep:
            kept = self._app.preferences.keep("split", percent)
            self._app.work(kept, group="split", exclusive=True)

    def do_split_less(self) -> None:
        self.split(self._percent - _STEP, keep=True)

    def do_split_more(self) -> None:
        self.split(self._percent + _STEP, keep=True)

    def do_split_half(self) -> None:
        self.split(50, keep=True)

    def do_maximise(self) -> None:
        self._browser.show_one_pane(not self._browser.one_pane)

    def do_orientation(self) -> None:
        self._browser.toggle_class("-stacked")
        self.split(self._percent)
