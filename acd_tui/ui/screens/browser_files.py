"""What copy, move, rename, new folder, trash and undo do: ask, then have it done."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

from acd_tui.errors import AcdError, PartlyFailed
from acd_tui.operations.turned import still_held
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, CopyRequest, Place
from acd_tui.ui.address import parse_address
from acd_tui.ui.format import address, sentence
from acd_tui.ui.held import held
from acd_tui.ui.screens.command_line import (
    command,
    copy_commands,
    rename_command,
    sources_of,
)
from acd_tui.ui.screens.new_names import wrong_name
from acd_tui.ui.screens.rows_in_words import describe, listed
from acd_tui.ui.widgets.chosen import Chosen
from acd_tui.ui.widgets.found import Searched
from acd_tui.ui.widgets.listing import Row
from acd_tui.ui.widgets.marks import Deed
from acd_tui.vfs.capabilities import Restoring, Searchable
from acd_tui.vfs.entry import Found, Kind
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath
from acd_tui.vfs.paths import packed

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.screens.browser import BrowserScreen
    from acd_tui.ui.screens.dialog import Dialog
    from acd_tui.ui.widgets.pane import Pane

_LISTED_NAMES = 12  # of what a question is about


class FileActions:
    """The `do_…` methods that change something, or take both panes."""

    def __init__(self, app: AcdApp, browser: BrowserScreen) -> None:
        self._app = app
        self._browser = browser
        self._editing = False
        self._policy = ConflictPolicy.ASK  # as chosen last

    def _work(self, coroutine: Coroutine[Any, Any, None]) -> None:
        self._app.work(coroutine, group="files")

    @property
    def _pane(self) -> Pane:
        return self._browser.active

    # --- opening ------------------------------------------------------------------

    def do_enter(self) -> None:
        row = self._pane.current
        if row is None:
            return
        if row.entry.is_folder:
            self._pane.go(Place(self._pane.place.filesystem, row.path))
        elif row.entry.kind is Kind.LINK and self._pane.filesystem is not None:
            self._work(self._follow(self._pane, row, self._pane.filesystem))
        else:
            self.do_view()

    async def _follow(self, pane: Pane, row: Row, filesystem: FileSystem) -> None:
        """Enter the folder a symbolic link leads to, or view the file."""
        try:
            await self._app.engine.run(filesystem.list(row.path))
        except AcdError:
            self.do_view()
        else:
            pane.go(Place(pane.place.filesystem, row.path))

    def do_view(self) -> None:
        from acd_tui.ui.screens.view import View

        pane, row = self._pane, self._pane.current
        if row is not None and row.entry.is_folder:
            self.do_enter()  # as in Midnight Commander
        elif row is not None and pane.filesystem is not None:
            self._app.open(View(self._app.engine, pane.filesystem, row.path))

    def do_search(self) -> None:
        from acd_tui.ui.screens.search import SearchScreen

        pane, name = self._pane, self._pane.place.filesystem
        filesystem: object = pane.filesystem
        if not isinstance(filesystem, Searchable):
            return

        def chosen(found: Found | str | None) -> None:
            if found is None:
                return
            if isinstance(found, str):
                pane.go(Searched(name, VPath(), found))
                return
            if found.entry.name.startswith("."):
                pane.files.hidden = True
            pane.go(Place(name, found.folder), cursor=found.entry.name)

        self._app.open(SearchScreen(self._app.engine, name, filesystem), chosen)

    def do_edit(self) -> None:
        pane, row = self._pane, self._pane.current
        if row is None or pane.filesystem is None:
            return
        place = Place(pane.place.filesystem, row.path)
        self._work(self.edit(pane.filesystem, place))

    async def edit(
        self, filesystem: FileSystem, place: Place, *, is_new: bool = False
    ) -> None:
        """Let the user edit a file, or one that is to be there afterwards."""
        from acd_tui.ui.editing import NotSaved, edit
        from acd_tui.ui.screens.kept_edit import ask_about

        if self._editing:
            raise AcdError("a file is being edited already")
        self._editing = True
        not_saved = None
        try:
            await edit(self._app, filesystem, place, is_new=is_new)
        except NotSaved as error:
            not_saved = error
        finally:
            self._editing = False
            on = place.path if is_new else None
            self._browser.changed(place.filesystem, [place.path.parent], cursor=on)
        if not_saved is not None:
            await ask_about(self._app, filesystem, place, not_saved)
            self._browser.changed(place.filesystem, [place.path.parent])

    def do_properties(self) -> None:
        from acd_tui.ui.screens.properties import Properties

        pane, row = self._pane, self._pane.current
        if row is not None and pane.filesystem is not None:
            place = Place(pane.place.filesystem, row.path)
            self._app.open(
                Properties(self._app.engine, pane.filesystem, row.entry, place)
            )

    def do_expand(self) -> None:
        pane, row = self._pane, self._pane.current
        if row is None or not row.entry.is_folder:
            self._browser.focus_side("right")
        elif not pane.files.is_open(row):
            pane.opening.open(row.path)
        else:
            pane.table.move_to(pane.table.cursor + 1)

    def do_collapse(self) -> None:
        pane, row = self._pane, self._pane.current
        if row is not None and (pane.files.is_open(row) or row.path in pane.opening):
            pane.close_in_place(row.path)
        elif row is not None and row.folder != pane.files.root:
            index = pane.files.index_of(row.folder)
            if index is not None:
                pane.table.move_to(index)
        else:
            self._browser.focus_side("left")

    def do_other_same(self) -> None:
        self._browser.other.go(self._pane.place)

    def do_other_open(self) -> None:
        pane, row = self._pane, self._pane.current
        if row is not None:
            path = row.path if row.entry.is_folder else row.folder
            self._browser.other.go(Place(pane.place.filesystem, path))

    # --- copy and move --------------------------------------------------------------

    def do_copy(self) -> None:
        self._work(self._copy())

    async def _copy(self) -> None:
        pane, rows = self._pane, self._pane.choice()
        await self.copy_to(pane.place, rows, self._browser.other.place)

    async def copy_to(self, source: Place, rows: Chosen, target: Place) -> None:
        """Ask, then queue copies of what lies in `source` or somewhere around it."""
        if (answer := await self._asked("copy", source, rows, target)) is not None:
            await self.queue(source.filesystem, rows, *answer)

    async def _asked(
        self, verb: str, source: Place, rows: Chosen, target: Place
    ) -> tuple[Place, ConflictPolicy] | None:
        """Where to, and what to do where something else is; None if not at all."""
        from acd_tui.ui.screens.beside import beside
        from acd_tui.ui.screens.copy import ConfirmCopy

        where = await beside(self._app, source, rows, target)
        dialog = ConfirmCopy(
            describe(rows, source),
            address(target.filesystem, target.path),
            self._policy,
            sources=sources_of(source.filesystem, rows),
            verb=verb,
            beside=where if verb == "copy" else None,
        )
        self._weigh(source.filesystem, rows, dialog, partial(describe, rows, source))
        answer = await self._app.push_screen_wait(dialog)
        if answer is None:
            return None
        text, policy = answer
        if not where.is_at(text):  # there, one had no choice
            self._policy = policy
        place = parse_address(text, target, self._app.session.remote_names())
        return place, policy

    def _weigh(
        self, name: str, rows: Chosen, dialog: Dialog[Any], ask: Callable[[int], str]
    ) -> None:
        """Have a dialog say how much all of it is, once that is known.

        Args:
            name: of the filesystem.
            rows: what is asked about.
            dialog: about to be shown.
            ask: returns its question with that.
        """
        if rows.folders:
            work = self._find_weight(name, rows, dialog, ask)
            self._app.work(work, group="weigh", exclusive=True)

    async def _find_weight(
        self, name: str, rows: Chosen, dialog: Dialog[Any], ask: Callable[[int], str]
    ) -> None:
        async def weigh() -> int | None:
            filesystem = await self._app.session.filesystem(name)
            return await held(filesystem, rows.folders)

        with contextlib.suppress(AcdError):
            size = await self._app.engine.run(weigh())
            if size is not None:
                dialog.call_later(dialog.reword, ask(size + rows.size))

    async def queue(
        self,
        source: str,
        rows: Chosen,
        place: Place,
        policy: ConflictPolicy,
        *,
        move: bool = False,
    ) -> None:
        """Queue files of a filesystem to be copied or moved to a folder."""
        request = CopyRequest(
            source=source,
            paths=await asyncio.to_thread(lambda: packed(row.path for row in rows)),
            target=place.filesystem,
            folder=place.path,
            policy=policy,
            options=CopyOptions(move=move),
        )
        await self._app.engine.run(self._app.session.transfers.enqueue(request))
        self.forget(source, rows)
        self._browser.offer_queue()
        await self._app.look_at_queue()

    def do_move(self) -> None:
        self._work(self._move())

    async def _move(self) -> None:
        """Rename within a drive; to another one copy, verify and trash the source."""
        pane, rows = self._pane, self._pane.choice()
        within = self._browser.other.place.filesystem == pane.place.filesystem
        policy: ConflictPolicy | None = None
        if within:
            place = await self._asked_folder(pane, rows)
        else:
            target = self._browser.other.place
            asked = await self._asked("move", pane.place, rows, target)
            place, policy = asked or (None, None)
        if place is None:
            return
        if place.filesystem == pane.place.filesystem:
            await self.move_all(place.filesystem, rows, place.path)
            return
        policy = policy or ConflictPolicy.ASK
        await self.queue(pane.place.filesystem, rows, place, policy, move=True)

    async def _asked_folder(self, pane: Pane, rows: Chosen) -> Place | None:
        from acd_tui.ui.screens.prompt import Prompt

        target = self._browser.other.place

        def ask(whole: int | None = None) -> str:
            what = describe(rows, pane.place, whole)
            return f"Move {what} to the folder; it is made if it is not there"

        dialog = Prompt(
            "Move",
            ask(),
            address(target.filesystem, target.path),
            select_stem=False,
            commands=lambda to: copy_commands(
                sources_of(pane.place.filesystem, rows),
                to,
                ConflictPolicy.FAIL,
                verb="move",
            ),
        )
        self._weigh(pane.place.filesystem, rows, dialog, ask)
        text = await self._app.push_screen_wait(dialog)
        if text is None:
            return None
        return parse_address(text, target, self._app.session.remote_names())

    async def move_all(self, name: str, rows: Chosen, folder: VPath) -> None:
        """Move to a folder of the filesystem: all or nothing, and one step to undo."""
        chains = await asyncio.to_thread(
            lambda: [[(row.path, folder / row.entry.name)] for row in rows]
        )
        place = Place(name, folder)
        deed = self._app.session.operations.move_into(place, chains, len(rows))
        try:
            await self._app.engine.run(deed)
        except PartlyFailed:
            raise
        except AcdError as error:
            if len(rows) == 1:
                raise
            message = f"nothing was moved: {error.message}"
            raise AcdError(message, hint=error.hint) from error
        finally:
            self._browser.changed(name, [folder, *rows.places])
        self.forget(name, rows)
        self._app.tell(
            f"Moved {describe(rows, None)} · {self._app.key_of('undo')} takes it back"
        )

    # --- one name ---------------------------------------------------------------------

    def do_rename(self) -> None:
        self._work(self._rename())

    async def _rename(self) -> None:
        from acd_tui.ui.screens.prompt import Prompt

        pane, row = self._pane, self._pane.current
        if row is None:
            return
        name = await self._app.push_screen_wait(
            Prompt(
                "Rename",
                "New name",
                row.entry.name,
                validate=lambda text: wrong_name(pane, row.folder, text, row),
                commands=lambda text: [
                    rename_command(address(pane.place.filesystem, row.path), text)
                ],
            )
        )
        if name is None or name == row.entry.name:
            return
        filesystem = pane.place.filesystem
        await self._app.engine.run(
            self._app.session.operations.move(
                Place(filesystem, row.path), Place(filesystem, row.folder / name)
            )
        )
        pane.marks.discard(row)
        self._browser.changed(filesystem, [row.folder], cursor=row.folder / name)

    # --- trash and undo -----------------------------------------------------------------

    def do_trash(self) -> None:
        self._work(self._trash())

    async def _trash(self) -> None:
        from acd_tui.ui.screens.confirm import Confirm

        pane, rows = self._pane, self._pane.choice()
        name = pane.place.filesystem

        def ask(whole: int | None = None) -> str:
            return f"Move {describe(rows, pane.place, whole)} to the trash?"

        lines = [ask()]
        if len(rows) > 1:
            lines += ["", *(listed(row, pane) for row in rows[:_LISTED_NAMES])]
        if len(rows) > _LISTED_NAMES:
            lines.append(f"… and {len(rows) - _LISTED_NAMES:,} more")
        addresses = [address for address, _ in sources_of(name, rows)]
        commands = [command("trash", addresses)] if addresses else []
        dialog = Confirm("Trash", lines, yes="Trash", commands=commands)
        self._weigh(name, rows, dialog, ask)
        if not await self._app.push_screen_wait(dialog):
            return
        places = await asyncio.to_thread(
            lambda: [Place(name, row.path) for row in rows]
        )
        try:
            done = await self._app.engine.run(
                self._app.session.operations.trash(places)
            )
        finally:
            self._browser.changed(name, rows.places)
        self.forget(name, rows)
        back = f"{self._app.key_of('undo')} takes it back"
        if not isinstance(pane.filesystem, Restoring):
            back = "it is in the desktop's trash"
        said = (f"Trashed {describe(rows, None)}", still_held(done), back)
        self._app.tell(" · ".join(filter(None, said)))

    def do_undo(self) -> None:
        self._work(self._replay(undo=True))

    def do_redo(self) -> None:
        self._work(self._replay(undo=False))

    async def _replay(self, *, undo: bool) -> None:
        operations = self._app.session.operations
        said = cursor = None
        try:
            deed = operations.undo() if undo else operations.redo()
            said = await self._app.engine.run(deed)
            if said.filesystem == self._pane.place.filesystem:
                cursor = said.path
        finally:
            self._browser.changed(None, None, cursor=cursor)
        self._app.tell(sentence(said.sentence))

    def forget(self, filesystem: str, rows: Chosen) -> None:
        """Unmark what was just dealt with."""
        for pane in (self._browser.left, self._browser.right):
            if pane.place.filesystem == filesystem:
                pane.marks.change(rows.parts, Deed.DISCARD)
                pane.table.redraw()
                pane.show_status()
