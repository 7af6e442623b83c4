"""What is known of the filesystem that a pane shows, beside what it lists."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, cast

from acd_tui.errors import AcdError
from acd_tui.ui.held import MOST, held
from acd_tui.ui.messages import ListingShown
from acd_tui.vfs.capabilities import Mirrored, Quota
from acd_tui.vfs.entry import MADE_ANEW, MirrorStatus, Space
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.ui.app import AcdApp
    from acd_tui.ui.widgets.pane import Pane
    from acd_tui.ui.widgets.tree import Tree

_SPACE_SECONDS = 15.0  # between two questions for it, while much is copied
_MOST_FOLDERS = 10_000  # that are added up


class PaneFacts:
    """Asks for what stands in the status line; a failure leaves it as it was.

    Attributes:
        space: how much room there is, where known.
        mirror: how current the filesystem's mirror is, if it has one.
        whole: a folder and how many bytes lie in it at any depth, where known.
        marked: folders that are marked and how many bytes lie in them, where known.
    """

    def __init__(self, pane: Pane) -> None:
        self._pane = pane
        self._asked = 0  # times that it was asked for
        self._weighed: tuple[VPath, ...] | None = None
        self._space_rests = 0.0  # monotonic; it is not asked for before
        self._damages: dict[str, int] = {}  # that were told of, by filesystem
        self.forget()

    @property
    def _app(self) -> AcdApp:
        return cast("AcdApp", self._pane.app)

    def forget(self) -> None:
        """The pane shows another filesystem."""
        self.space: Space | None = None
        self.mirror: MirrorStatus | None = None
        self.whole: tuple[VPath, int] | None = None
        self.marked: tuple[tuple[VPath, ...], int] | None = None

    def leave(self) -> None:
        """The pane shows another place: what is being asked for is no matter any more."""
        self._asked += 1

    def learn(self) -> None:
        """Ask for all of it: something else is listed."""
        self._asked += 1
        self._weighed = None
        work = self._learn(self._asked)
        self._app.work(work, group=f"{self._pane.id}-more")

    async def _learn(self, turn: int) -> None:
        """Ask until it is asked again."""
        pane, engine = self._pane, self._app.engine
        filesystem: object = pane.filesystem
        try:
            if isinstance(filesystem, Mirrored):
                mirror = await engine.run(filesystem.mirror_status())
                if turn != self._asked:
                    return
                self._take(mirror)
                pane.show_status()
            whole = await engine.run(_whole_of(filesystem, pane.files))
            if turn != self._asked:
                return
            self.whole = whole
            if isinstance(filesystem, Quota):
                pane.news.is_fuller = False
                space = await engine.run(filesystem.space(pane.place.path))
                if turn != self._asked:
                    return
                self.space = space
        except AcdError:
            return
        pane.show_status()
        pane.post_message(ListingShown(pane))

    async def look_at_space(self) -> None:
        """Ask for the room there is, if it may have changed without a word of the list."""
        pane, place, now = self._pane, self._pane.place, time.monotonic()
        filesystem: object = pane.filesystem
        if not (pane.news.is_fuller and isinstance(filesystem, Quota)):
            return
        if now < self._space_rests:
            return
        pane.news.is_fuller, self._space_rests = False, now + _SPACE_SECONDS
        try:
            space = await self._app.engine.run(filesystem.space(place.path))
        except AcdError:
            pane.news.is_fuller = True
            return
        if pane.place == place:  # another folder may be on another disk
            self.space = space
            pane.show_status()
            self._app.browser.show_header()

    def weigh(self) -> None:
        """Find out how much lies in the folders that are marked, if it may be new."""
        folders = self._pane.marks.folders(MOST)
        if folders != self._weighed:
            self._weighed = folders
            if folders:
                work, group = self._weigh(folders), f"{self._pane.id}-weigh"
                self._app.work(work, group=group, exclusive=True)

    async def _weigh(self, folders: tuple[VPath, ...]) -> None:
        try:
            size = await self._app.engine.run(held(self._pane.filesystem, folders))
        except AcdError:
            return
        if size is not None:
            self.marked = (folders, size)
            self._pane.show_status()

    async def look_at_mirror(self) -> None:
        """See how current the mirror is; when it has become whole, list again."""
        pane, engine = self._pane, self._app.engine
        filesystem: object = pane.filesystem
        if not isinstance(filesystem, Mirrored):
            return
        before = self.mirror
        try:
            now = await engine.run(filesystem.mirror_status())
            self._take(now)
            if pane.news.is_outdated:
                pane.news.is_outdated = False
                self.whole = await engine.run(_whole_of(filesystem, pane.files))
        except AcdError:
            return
        pane.show_status()
        if before is not None and now.complete and not before.complete:
            pane.news.changed(None)

    def _take(self, mirror: MirrorStatus) -> None:
        before, self.mirror = self.mirror, mirror
        name = self._pane.place.filesystem
        if mirror.signed_out and not (before is not None and before.signed_out):
            self._app.browser.parts.remotes.signed_out(name)
        if mirror.damages > self._damages.get(name, 0):
            # A small drive may be whole again by now.
            self._damages[name] = mirror.damages
            self._app.tell(f"{name}: {MADE_ANEW}", severity="warning")


async def _whole_of(filesystem: object, files: Tree) -> tuple[VPath, int] | None:
    """Find out how much lies in the folder shown, where that is known anyway.

    Raises:
        AcdError: it is gone.
    """
    listing = files.listings.get(files.root)
    if listing is None or not 0 < listing.folders <= _MOST_FOLDERS:
        return None
    whole = await held(filesystem, [files.root])
    return None if whole is None else (files.root, whole)
