"""What the screens share that look at what lies in a drive, and stay current."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.timer import Timer
from textual.types import CSSPathType

from acd_tui.clock import Clock, SystemClock
from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import sentence
from acd_tui.ui.messages import FoldersSeen
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.widgets.status_bar import mirror_pieces
from acd_tui.vfs.capabilities import Mirrored, Restoring
from acd_tui.vfs.entry import MirrorStatus
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.path import VPath

if TYPE_CHECKING:
    from acd_tui.operations.commands import Command
    from acd_tui.operations.service import Placed
    from acd_tui.operations.turned import Turned

_STATUS_SECONDS = 2.0
_GATHER_SECONDS = 0.5  # changes that come together are taken in together

_LOOKS = {"warning": "$text-warning", "accent": "$text-accent", "dim": "$text-muted"}


class Changing(Protocol):
    """The part of the operations that these screens change something with."""

    async def trash(self, places: Sequence[Placed]) -> Command: ...

    async def restore(
        self, filesystem: str, item_id: str, to: VPath | None = None
    ) -> object: ...

    async def undo(self) -> Turned: ...


class Insight(Dialog[Place | None]):
    """A large screen on filesystems; the result is what to show in a pane.

    Subclasses implement `reload` and `show_bar`.

    Attributes:
        FOLLOWS_FILLING: whether to look again and again while a drive is read whole.
    """

    FOLLOWS_FILLING: ClassVar[bool] = True

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "insight.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+r", "reload", "Look again", show=False),
        Binding("u", "undo", "Undo", show=False),
        Binding("q", "cancel", "Close", show=False),
    ]

    def __init__(
        self,
        title: str,
        runner: Runner,
        filesystems: Collection[FileSystem],
        operations: Changing,
        *,
        clock: Clock | None,
    ) -> None:
        super().__init__(title, None, classes="-large")
        self._runner = runner
        self._operations = operations
        self._clock = clock or SystemClock()
        self._filesystems = filesystems
        self._statuses: Mapping[str, MirrorStatus] = {}
        self._gathering: Timer | None = None

    def on_mount(self) -> None:
        self.set_interval(_STATUS_SECONDS, self.look_at_mirrors)
        self.look_at_mirrors()

    # --- for subclasses -------------------------------------------------------

    def reload(self) -> None:
        """Find out again what is shown."""
        raise NotImplementedError

    def show_bar(self) -> None:
        """Write the line below the list anew."""
        raise NotImplementedError

    @property
    def notice(self) -> Notice:
        return self.query_one(Notice)

    def with_ages(self, text: str) -> Content:
        """A text, and how current the drives are, unless they simply are."""
        parts: list[Content | str | tuple[str, str]] = []
        for name, status in self._statuses.items():
            pieces = mirror_pieces(status, self._clock.now())
            if pieces and len(self._statuses) > 1:
                pieces = [(f"{printable(name)} ", "dim"), *pieces]
            parts += [" · "] if pieces and (text or parts) else []
            parts += [(text, _LOOKS.get(look, "")) for text, look in pieces]
        return Content.assemble(text, *parts)

    @property
    def is_whole(self) -> bool:
        """Whether all that the drives hold is known."""
        return all(status.complete for status in self._statuses.values())

    # --- staying current --------------------------------------------------------

    @work(exclusive=True, group="status", exit_on_error=False)
    async def look_at_mirrors(self) -> None:
        """Find out how current the drives are."""
        found = {}
        was_whole, was = self.is_whole, self._statuses
        for filesystem in self._filesystems:
            if isinstance(filesystem, Mirrored):
                try:
                    status = await self._runner.run(filesystem.mirror_status())
                except AcdError:
                    continue  # what is looked for itself will say so
                found[filesystem.name] = status
        self._statuses = found
        self.show_bar()
        filled = bool(was) and not was_whole and self.is_whole
        if filled or (self.FOLLOWS_FILLING and not self.is_whole):
            self.gather()

    def on_folders_seen(self, message: FoldersSeen) -> None:
        if any(message.filesystem == each.name for each in self._filesystems):
            self.gather()

    def gather(self) -> None:
        """Reload soon."""
        if self._gathering is None:
            self._gathering = self.set_timer(_GATHER_SECONDS, self._gathered)

    def _gathered(self) -> None:
        self._gathering = None
        self.reload()

    # --- what all of them can ------------------------------------------------------

    def action_reload(self) -> None:
        self._refresh()

    @work(exclusive=True, group="refresh", exit_on_error=False)
    async def _refresh(self) -> None:
        """Have the drives brought up to date, then look again."""
        self.notice.say("Asking for news…")
        try:
            for filesystem in self._filesystems:
                if isinstance(filesystem, Mirrored):
                    await self._runner.run(filesystem.refresh())
        except AcdError as error:
            self.notice.fail(error, retry=True)
        else:
            self.notice.clear()
        self.reload()

    def action_undo(self) -> None:
        if not self.is_busy("change"):
            self._undo()

    @work(group="change", exit_on_error=False)
    async def _undo(self) -> None:
        try:
            said = await self._runner.run(self._operations.undo())
        except AcdError as error:
            self.notice.fail(error)
        else:
            self.notice.say(f"✓ {sentence(printable(said.sentence))}", "good")
        self.reload()


def way_back(filesystems: Collection[FileSystem]) -> str:
    """Say how what was trashed in them comes back."""
    if all(isinstance(each, Restoring) for each in filesystems):
        return "u takes it back"
    if any(isinstance(each, Restoring) for each in filesystems):
        return "u takes back what was in a drive, the rest is in the desktop's trash"
    return "it is in the desktop's trash"


def links(label: str, *pairs: tuple[str, str, str], chosen: str = "") -> Content:
    """Return a line of what can be clicked or pressed.

    Args:
        label: before it.
        pairs: of each its key, its words and its action on the screen.
        chosen: the key of the one that is in force.
    """
    parts: list[Content] = [Content(f"{label} ")] if label else []
    for key, words, action in pairs:
        shown = f" [b $accent]{key}[/] [$foreground]$words[/] "
        if key == chosen:  # one bar, not patches
            shown = f"[reverse $foreground] [b]{key}[/] $words [/]"
        markup = f"[@click=screen.{action}]{shown}[/]"
        parts.append(Content.from_markup(markup, words=words))
    return Content("").join(parts)
