"""Moving about in the two sides of the linear interface, and looking at what is there."""

from __future__ import annotations

import fnmatch

from acd_tui.config.places import PlacesFile
from acd_tui.errors import UsageError
from acd_tui.transfers.model import Place
from acd_tui.ui.address import parse_address
from acd_tui.ui.engine import Session
from acd_tui.ui.format import LOCAL, count, show_place
from acd_tui.ui.linear.lines import AT_ONCE, Ask, Lines, Say
from acd_tui.ui.linear.places import PlacesTalk
from acd_tui.ui.linear.properties import properties
from acd_tui.ui.linear.side import Side
from acd_tui.vfs.capabilities import Mirrored, Searchable
from acd_tui.vfs.entry import Entry
from acd_tui.vfs.path import VPath

_MOST_FOUND = 200
_MOST_VIEWED = 32 * 1024  # bytes


class Walk(Lines):
    """Two folders, one of which one is in."""

    def __init__(
        self,
        session: Session,
        say: Say,
        ask: Ask,
        *,
        here: Side,
        there: Side,
        places: PlacesFile | None,
    ) -> None:
        super().__init__(say, ask)
        self._session = session
        self._here, self._there = here, there
        self._places = PlacesTalk(self, places)

    # --- moving about -----------------------------------------------------------------

    def _say_place(self) -> None:
        self._places.visited(self._here.place)
        self.say(self._here.title)
        self.say(self._here.here)

    def _go_to(self, index: int) -> None:
        side = self._here
        if not 0 <= index < len(side.rows):
            edge = "first" if index < 0 else "last"
            self.say(f"This is the {edge} row." if side.rows else side.here)
            return
        side.at = index
        self.say(side.here)

    async def do_up(self, _: str) -> None:
        self._go_to(self._here.at - 1)

    async def do_down(self, _: str) -> None:
        self._go_to(self._here.at + 1)

    async def do_top(self, _: str) -> None:
        self._go_to(0)

    async def do_bottom(self, _: str) -> None:
        self._go_to(len(self._here.rows) - 1)

    async def do_page_down(self, _: str) -> None:
        """Read out the row one is at and those below, and be at the last of them."""
        side = self._here
        stop = min(side.at + AT_ONCE, len(side.rows))
        for index in range(side.at, stop):
            self.say(side.row(index))
        side.at = max(0, stop - 1)

    async def do_page_up(self, _: str) -> None:
        self._go_to(max(0, self._here.at - AT_ONCE))

    async def do_find(self, text: str) -> None:
        text = text or await self.need("Part of a name")
        side = self._here
        for step in range(1, len(side.rows) + 1):
            index = (side.at + step) % len(side.rows)
            if text.casefold() in side.rows[index].name.casefold():
                self._go_to(index)
                return
        self.say("No name here holds that.")

    async def do_enter(self, name: str) -> None:
        side = self._here
        if name:
            names = [entry.name for entry in side.rows]
            if name not in names:
                raise UsageError(f"there is no {name} here")
            side.at = names.index(name)
        entry = side.current
        if entry is None:
            self.say(side.here)
        elif entry.is_folder:
            await side.go(Place(side.place.filesystem, side.path(entry)))
            self._say_place()
        else:
            await self.do_view("")

    async def do_parent(self, _: str) -> None:
        side, path = self._here, self._here.place.path
        if not path.parts:
            self.say("There is nothing above this folder.")
            return
        await side.go(Place(side.place.filesystem, path.parent), on=path.name)
        self._say_place()

    async def do_path(self, text: str) -> None:
        await self._go_there(
            text or await self.need("Folder, such as /home or photos:2019")
        )

    async def _go_there(self, text: str | None) -> None:
        """Go to a folder by its address, if there is one."""
        if text is not None:
            remotes = self._session.remote_names()
            await self._here.go(parse_address(text, self._here.place, remotes))
            self._say_place()

    async def do_home(self, _: str) -> None:
        name = self._here.place.filesystem
        await self._go_there("~" if name == LOCAL else f"{name}:")

    async def do_root(self, _: str) -> None:
        name = self._here.place.filesystem
        await self._go_there("/" if name == LOCAL else f"{name}:")

    async def do_filesystem(self, name: str) -> None:
        names = [LOCAL, *self._session.remote_names()]
        name = name or await self.choose("What is this side to show?", names)
        if name not in names:
            raise UsageError(f"there is no {name}", hint=f"there are: {names}")
        root = parse_address(
            "~" if name == LOCAL else f"{name}:", self._here.place, names
        )
        await self._here.go(root)
        self._say_place()

    async def do_other_pane(self, _: str) -> None:
        self._here, self._there = self._there, self._here
        self._say_place()

    async def do_refresh(self, _: str) -> None:
        side = self._here
        filesystem = await self._session.filesystem(side.place.filesystem)
        if isinstance(filesystem, Mirrored):
            await filesystem.refresh()
        await side.go(side.place)
        self._say_place()

    # --- places -----------------------------------------------------------------------

    async def do_bookmarks(self, _: str) -> None:
        await self._go_there(await self._places.bookmarks())

    async def do_set_mark(self, letter: str) -> None:
        await self._places.bookmark(letter, self._here.place)

    async def do_jump_mark(self, letter: str) -> None:
        await self._go_there(await self._places.marked(letter))

    async def do_jump(self, part: str) -> None:
        await self._go_there(await self._places.frequent(part, self._here.place))

    async def do_recent(self, _: str) -> None:
        await self._go_there(await self._places.recent(self._here.place))

    # --- marks ------------------------------------------------------------------------

    async def do_mark(self, pattern: str) -> None:
        side = self._here
        if pattern:
            names = {e.name for e in side.rows if fnmatch.fnmatch(e.name, pattern)}
            side.marked |= names
            self.say(f"{count(len(side.marked), 'item')} marked.")
        elif side.current is not None:
            side.marked ^= {side.current.name}
            self.say(side.here)
            side.at = min(side.at + 1, len(side.rows) - 1)

    async def do_mark_all(self, _: str) -> None:
        await self.do_mark("*")

    async def do_clear(self, _: str) -> None:
        self._here.marked.clear()
        self.say("Nothing is marked.")

    # --- looking ----------------------------------------------------------------------

    async def do_view(self, _: str) -> None:
        """Print the start of a file."""
        entry = self._file()
        side = self._here
        filesystem = await self._session.filesystem(side.place.filesystem)
        content = await filesystem.read(side.path(entry))
        data = b""
        async with content.open() as pieces:
            async for piece in pieces:
                data += piece
                if len(data) >= _MOST_VIEWED:
                    break
        shown = data[:_MOST_VIEWED]
        if b"\0" in shown:
            self.say(f"{entry.name} is no text.")
            return
        self.say(shown.decode("utf-8", "replace").rstrip("\n").replace("\r\n", "\n"))
        more = (entry.size or 0) > len(shown)
        self.say("There is more of it." if more else f"End of {entry.name}.")

    def _file(self) -> Entry:
        entry = self._here.current
        if entry is None or entry.is_folder:
            raise UsageError("this row is no file")
        return entry

    async def do_properties(self, _: str) -> None:
        entry = self._here.current
        if entry is None:
            raise UsageError("this folder is empty")
        filesystem = await self._session.filesystem(self._here.place.filesystem)
        await properties(self, filesystem, self._here.path(entry), entry)

    async def do_search(self, text: str) -> None:
        text = text or await self.need("Parts of a name, or words such as ext:jpg")
        name = self._here.place.filesystem
        filesystem = await self._session.filesystem(name)
        if not isinstance(filesystem, Searchable):
            raise UsageError("only a remote can be searched as a whole")
        found = await filesystem.search(text, _MOST_FOUND)
        places = [Place(name, each.folder / each.entry.name) for each in found]
        if not places:
            self.say("Nothing was found.")
            return
        at = await self.pick(list(map(show_place, places)), "to go to")
        await self._show(None if at is None else places[at].path)

    async def _show(self, path: VPath | None) -> None:
        """Go to what was found."""
        if path is not None:
            place = Place(self._here.place.filesystem, path.parent)
            await self._here.go(place, on=path.name)
            self._say_place()
