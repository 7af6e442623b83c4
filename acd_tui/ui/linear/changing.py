"""What changes files from the linear interface: copying, naming, editing, trashing."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING

from acd_tui.errors import UsageError
from acd_tui.operations.turned import Turned, still_held
from acd_tui.printable import printable
from acd_tui.transfers.model import ConflictPolicy, CopyOptions, CopyRequest, Place
from acd_tui.ui.address import parse_address, parse_folder
from acd_tui.ui.format import address, sentence, show_place
from acd_tui.ui.linear.walk import Walk
from acd_tui.vfs.capabilities import Trash

if TYPE_CHECKING:
    from acd_tui.ui.linear.editing import EditTalk

_POLICIES = {
    "ask me later, and go on with the rest": ConflictPolicy.ASK,
    "keep what is there": ConflictPolicy.SKIP,
    "overwrite what is there": ConflictPolicy.OVERWRITE,
    "keep both, the new one gets a number": ConflictPolicy.RENAME,
    "overwrite what is older": ConflictPolicy.NEWER,
}


class Changing(Walk):
    """Two folders, whose files are changed."""

    async def do_copy(self, _: str) -> None:
        await self._send(move=False)

    async def do_move(self, _: str) -> None:
        await self._send(move=True)

    async def _send(self, *, move: bool) -> None:
        here, target = self._here, self._there.place
        chosen = here.chosen
        if not chosen:
            raise UsageError("this folder is empty")
        verb = "Move" if move else "Copy"
        what = f"{verb} {here.describe(chosen)}"
        to, policy = f"to {show_place(target)}", ConflictPolicy.ASK
        if not move and target == here.place:
            to, policy = "beside itself, with a number in its name", policy.RENAME
        question = f"{what} {to}? Type yes, no, or o for options: "
        answer = (await self.ask(question) or "").strip().casefold()
        agreed = answer in {"y", "yes"}
        if answer in {"o", "options"}:
            target, policy = await self._options(target)
            agreed = await self.agreed(f"{what} to {show_place(target)}?")
        elif not agreed:
            self.say("Nothing is done.")
        if not agreed:
            return
        request = CopyRequest(
            source=here.place.filesystem,
            paths=tuple(here.path(entry) for entry in chosen),
            target=target.filesystem,
            folder=target.path,
            options=CopyOptions(move=move),
            policy=policy,
        )
        await self._session.transfers.enqueue(request)
        here.marked.clear()
        self.say("Queued. What comes of it is said here.")

    async def _options(self, target: Place) -> tuple[Place, ConflictPolicy]:
        """Ask where to copy to, and what to do where something else is."""
        usual = address(target.filesystem, target.path)
        text = await self.wanted("To which folder", usual)
        if text != usual:
            names = self._session.remote_names()
            target = parse_address(text, self._here.place, names)
        texts = list(_POLICIES)
        chosen = await self.choose("If something else is there:", texts)
        return target, _POLICIES[chosen]

    async def do_rename(self, name: str) -> None:
        side, entry = self._here, self._here.current
        if entry is None:
            raise UsageError("this folder is empty")
        name = name or await self.need(f"New name of {printable(entry.name)}")
        place, new = (
            Place(side.place.filesystem, side.place.path / each)
            for each in (entry.name, name)
        )
        await self._session.operations.move(place, new)
        await side.go(side.place, on=name)
        self.say(f"Renamed to {name}.")

    async def do_mkdir(self, name: str) -> None:
        name = name or await self.need("Name of the new folder, a/b makes both")
        side, here = self._here, self._here.place.path
        new = parse_folder(name, side.place)
        await self._session.operations.make_folder(new)
        is_below = new.path.is_within(here) and new.path != here
        topmost = new.path.parts[len(here.parts)] if is_below else None
        await side.go(side.place, on=topmost)
        self.say(f"Made {name}.")
        self.say(side.here)

    async def do_trash(self, _: str) -> None:
        side, chosen = self._here, self._here.chosen
        filesystem = await self._session.filesystem(side.place.filesystem)
        if not chosen or not isinstance(filesystem, Trash):
            raise UsageError("there is nothing here that can be trashed")
        if await self.agreed(f"Move {side.describe(chosen)} to the trash?"):
            places = [Place(side.place.filesystem, side.path(e)) for e in chosen]
            done = await self._session.operations.trash(places)
            await side.go(side.place)
            self.say(f"Trashed {side.describe(chosen)}. undo takes it back.")
            if held := still_held(done):
                self.say(f"{sentence(held)}.")

    async def do_undo(self, _: str) -> None:
        await self._take_back(self._session.operations.undo())

    async def do_redo(self, _: str) -> None:
        await self._take_back(self._session.operations.redo())

    async def _take_back(self, work: Awaitable[Turned]) -> None:
        said = await work
        await self._here.go(self._here.place)
        self.say(f"{sentence(said.sentence)}.")

    # --- in the editor ----------------------------------------------------------------

    async def do_edit(self, _: str) -> None:
        entry = self._file()
        talk, side = await self._editing(), self._here
        try:
            await talk.file(side.path(entry))
        finally:
            await side.go(side.place, on=entry.name)

    async def do_rename_all(self, _: str) -> None:
        side = self._here
        named = [entry for entry in side.rows if entry.name in side.marked] or side.rows
        if not named:
            raise UsageError("this folder is empty")
        talk = await self._editing()
        if await talk.names([side.path(entry) for entry in named]):
            side.marked.clear()
            await side.go(side.place)
            self.say(side.here)

    async def _editing(self) -> EditTalk:
        from acd_tui.ui.linear.editing import EditTalk

        filesystem = await self._session.filesystem(self._here.place.filesystem)
        return EditTalk(self, self._session, filesystem)
