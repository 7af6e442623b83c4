"""What yank, cut and paste do, and what goes to the clipboard of the desktop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy, Place
from acd_tui.ui.format import address, count
from acd_tui.ui.screens.beside import beside
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.screens.command_line import copy_commands, sources_of
from acd_tui.ui.screens.rows_in_words import describe
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.listing import Row

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane


@dataclass(frozen=True, slots=True)
class Held:
    """What was yanked or cut.

    Attributes:
        filesystem: what it lies in.
        rows: it.
        cut: whether pasting moves it.
    """

    filesystem: str
    rows: Chosen
    cut: bool

    def lies_in(self, folder: Place) -> bool:
        """Whether some of it lies in a folder."""
        return folder.filesystem == self.filesystem and folder.path in self.rows.places


class Clipboard:
    """The `do_…` methods that take something along.

    Attributes:
        held: what a paste would bring; None if there is nothing.
    """

    def __init__(self, app: AcdApp, browser: BrowserScreen, files: FileActions) -> None:
        self._app = app
        self._browser = browser
        self._files = files
        self.held: Held | None = None

    @property
    def _pane(self) -> Pane:
        return self._browser.active

    # --- taking along -----------------------------------------------------------------

    def do_yank(self) -> None:
        self._hold(cut=False)

    def do_cut(self) -> None:
        self._hold(cut=True)

    def _hold(self, *, cut: bool) -> None:
        pane, rows = self._pane, self._pane.choice()
        self.held = Held(pane.place.filesystem, rows, cut)
        paste = self._app.key_of("paste")
        verb = "moves" if cut else "copies"
        self._app.tell(f"{describe(rows, None)}: {paste} {verb} it to where you are")
        self._files.forget(pane.place.filesystem, rows)

    def do_paste(self) -> None:
        held = self.held
        if held is None:
            return
        target = Place(self._pane.place.filesystem, self._pane.folder)
        if held.cut and held.lies_in(target):
            raise AcdError("it lies here already; go where it is to be")
        if held.cut:
            self.held = None
        self._app.work(self._paste(held, target), group="files")

    async def _paste(self, held: Held, target: Place) -> None:
        if held.cut and held.filesystem == target.filesystem:
            await self._files.move_all(held.filesystem, held.rows, target.path)
            return
        # Who pastes something where it lies wants a second one of it.
        lies_there = held.lies_in(target)
        policy = ConflictPolicy.RENAME if lies_there else ConflictPolicy.ASK
        await self._files.queue(
            held.filesystem, held.rows, target, policy, move=held.cut
        )

    # --- the desktop's clipboard ----------------------------------------------------------

    def do_copy_path(self) -> None:
        name = self._pane.place.filesystem
        self._put("path", lambda row: address(name, row.path))

    def do_copy_folder(self) -> None:
        place = self._pane.place
        self._put_text("folder", [address(place.filesystem, self._pane.folder)])

    def do_copy_name(self) -> None:
        self._put("name", lambda row: row.entry.name)

    def do_copy_id(self) -> None:
        self._put("identifier", lambda row: row.entry.id)

    def do_copy_md5(self) -> None:
        self._put("MD5", lambda row: row.entry.md5)

    def do_copy_command(self) -> None:
        self._app.work(self._copy_command(), group="files")

    async def _copy_command(self) -> None:
        pane, there = self._pane, self._browser.other.place
        rows, source = pane.choice(), pane.place
        sources = sources_of(source.filesystem, rows)
        if not sources:
            raise AcdError("that is more than one would put into commands")
        target = address(there.filesystem, there.path)
        where = await beside(self._app, source, rows, there)
        self._put_text(
            "command",
            where.commands(sources, target)
            if where.is_at(target)
            else copy_commands(sources, target, ConflictPolicy.ASK),
        )

    def _put(self, what: str, of: Callable[[Row], str | None]) -> None:
        texts = [of(row) for row in self._pane.choice()]
        known = [text for text in texts if text]
        if not known:
            raise AcdError(f"no {what} is known of that")
        self._put_text(what, known)

    def _put_text(self, what: str, texts: Sequence[str]) -> None:
        text = "\n".join(texts)
        try:
            text.encode()
        except UnicodeEncodeError as error:
            raise AcdError(
                f"the {what} is not valid Unicode, so the clipboard cannot take it",
                hint=f"as bytes it can: {self._app.key_of('copy_command')}",
            ) from error
        self._app.copy_to_clipboard(text)
        shown = printable(texts[0]) if len(texts) == 1 else count(len(texts), what)
        self._app.tell(f"Copied to the clipboard: {shown}")
