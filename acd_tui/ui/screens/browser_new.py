"""What makes a new folder or a new file: ask for its name, then have it made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.address import parse_folder
from acd_tui.ui.format import address, show_place
from acd_tui.ui.screens.browser_files import FileActions
from acd_tui.ui.screens.command_line import command
from acd_tui.ui.screens.new_names import wrong_name

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.widgets.pane import Pane


class NewActions:
    """The `do_…` methods that make something that is not there yet."""

    def __init__(self, app: AcdApp, browser: BrowserScreen, files: FileActions) -> None:
        self._app = app
        self._browser = browser
        self._files = files

    def do_mkdir(self) -> None:
        self._app.work(self._mkdir(), group="files")

    async def _mkdir(self) -> None:
        from acd_tui.ui.screens.prompt import Prompt

        pane, folder = self._browser.active, self._browser.active.folder
        at = Place(pane.place.filesystem, folder)
        text = await self._app.push_screen_wait(
            Prompt(
                "New folder",
                f"In {show_place(at)}; a/b makes both",
                validate=lambda text: _wrong_names(pane, at, text),
                commands=lambda text: [command("mkdir", [_address(at, text)])],
            )
        )
        if text is None:
            return
        made = parse_folder(text, at)
        operations = self._app.session.operations
        await self._app.engine.run(operations.make_folder(made))
        if not made.path.is_within(folder):
            self._browser.changed(at.filesystem, None)
            self._app.tell(f"Made {show_place(made)}")
            return
        topmost = folder / made.path.parts[len(folder.parts)]
        self._browser.changed(at.filesystem, [folder], cursor=topmost)

    def do_new_file(self) -> None:
        self._app.work(self._new_file(), group="files")

    async def _new_file(self) -> None:
        from acd_tui.ui.editing import editor
        from acd_tui.ui.screens.prompt import Prompt

        pane, folder = self._browser.active, self._browser.active.folder
        if pane.filesystem is None:
            return
        _ = editor()  # before a name is asked for that nothing could be written to
        at = Place(pane.place.filesystem, folder)
        name = await self._app.push_screen_wait(
            Prompt(
                "New file",
                f"In {show_place(at)}; your editor opens it",
                validate=lambda text: wrong_name(pane, folder, text, None),
            )
        )
        if name is not None:
            place = Place(at.filesystem, folder / name)
            await self._files.edit(pane.filesystem, place, is_new=True)


def _address(at: Place, text: str) -> str:
    """What is typed, as commands take it; of what cannot be a folder just the text."""
    try:
        meant = parse_folder(text, at)
    except AcdError:
        return f"{address(at.filesystem, at.path)}/{text}"
    return address(meant.filesystem, meant.path)


def _wrong_names(pane: Pane, at: Place, text: str) -> str | None:
    """Say what is wrong with one new folder, or with several in each other."""
    if "/" not in text.rstrip("/"):
        return wrong_name(pane, at.path, text.rstrip("/"), None)
    try:
        _ = parse_folder(text, at)
    except AcdError as error:
        return printable(error.message)
    return None
