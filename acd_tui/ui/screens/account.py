"""How an account stands: its room, and what takes it, as bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar, NamedTuple

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.events import Resize
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.clock import Clock, SystemClock
from acd_tui.errors import AcdError, SignInNeeded
from acd_tui.printable import printable
from acd_tui.ui.format import progress_bar
from acd_tui.ui.patience import Patience
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, in_own_zone
from acd_tui.units import show_duration, show_size
from acd_tui.vfs.capabilities import (
    Accounted,
    Mirrored,
    Sized,
)
from acd_tui.vfs.entry import Account, MirrorStatus, Space
from acd_tui.vfs.path import VPath
from acd_tui.vfs.usage import NONE, Usages

_BAR = 16  # cells, where there is room for as many
_BESIDE = 23  # cells of what stands before and behind a bar in each line
_PATIENCE_SECONDS = 0.5  # before what is known without the service is shown


class AccountScreen(Dialog[bool]):
    """Shows the quota and the usage by class; the result is whether to sign in again.

    While the service does not answer, or where it cannot be asked, it shows what is
    known without it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "cancel", "Close", show=False),
        Binding("ctrl+r", "reload", "Ask again", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        name: str,
        filesystem: Accounted,
        *,
        space: Space | None = None,
        can_sign_in: bool = False,
        clock: Clock | None = None,
    ) -> None:
        """Look at an account.

        Args:
            runner: runs what is asked of the filesystem.
            name: of the remote.
            filesystem: the remote's.
            space: how much room it had when that was last asked for, if it was.
            can_sign_in: whether signing in again can be offered.
            clock: tells how old what is known is.
        """
        super().__init__(f"Account of {name}", False)
        self._runner = runner
        self._filesystem = filesystem
        self._space = space
        self._can_sign_in = can_sign_in
        self._clock = clock or SystemClock()
        self._lines: Sequence[_Line] = ()

    def compose_box(self) -> Iterable[Widget]:
        shown = Static(id="account")
        shown.display = False  # until there is something
        yield shown
        yield Notice()
        yield buttons(
            ("reload", "Ask again"), ("sign-in", "Sign in again"), ("close", "Close")
        )

    def on_mount(self) -> None:
        self.query_one("#close", Button).focus()
        self.action_reload()

    def on_resize(self, _: Resize) -> None:
        self.call_after_refresh(self._lay_out)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "reload":
                self.action_reload()
            case "sign-in":
                self.end(True)
            case _:
                self.action_cancel()

    def action_reload(self) -> None:
        """Ask the service."""
        self.query_one("#sign-in").display = False
        self.query_one(Notice).say("Asking the service…")
        self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        notice = self.query_one(Notice)
        lines: list[_Line] = []
        patience = Patience(self, _PATIENCE_SECONDS, lambda: self._show(lines))
        try:
            status, held = await self._runner.run(from_mirror(self._filesystem))
            lines += _lines_without(self._space, status, held, self._clock.now())
            account = await self._runner.run(self._filesystem.account())
        except AcdError as error:
            self._show(lines)
            notice.fail(error, retry=True)
            self.query_one("#sign-in").display = self._can_sign_in and isinstance(
                error, SignInNeeded
            )
            return
        finally:
            patience.end()
        notice.clear()
        self._space = account.space
        self._show(list(_lines(account, status)))

    def _show(self, lines: Sequence[_Line]) -> None:
        self._lines = lines
        self._lay_out()

    def _lay_out(self) -> None:
        """Show the lines with bars that leave room for what stands beside them."""
        shown = self.query_one("#account", Static)
        room = self.query_one(".box").content_size.width - _BESIDE
        texts = [len(line.text) for line in self._lines if isinstance(line, _Bar)]
        cells = max(0, min(_BAR, room - max(texts, default=0)))
        shown.update(
            Content("\n").join(
                line.drawn(cells) if isinstance(line, _Bar) else line
                for line in self._lines
            )
        )
        shown.display = bool(self._lines)


class _Bar(NamedTuple):
    """A line about a part of a whole: its name, a bar, its size, and a few words."""

    name: str
    part: int
    whole: int
    text: str

    def drawn(self, cells: int) -> Content:
        """Return it with a bar of that many cells."""
        share = self.part / self.whole if self.whole > 0 else 0.0
        full, empty = progress_bar(share, cells)
        return Content.assemble(
            (f"{self.name:<10}", "bold"),
            (full, "$primary"),
            (empty, "$text-disabled"),
            f" {show_size(self.part):>10}  ",
            (self.text, "$text-muted"),
        )


_Line = Content | _Bar


async def from_mirror(filesystem: object) -> tuple[MirrorStatus | None, Usages | None]:
    """What is known without the service: how current that is, and what the drive holds.

    Raises:
        AcdError: the mirror cannot be read.
    """
    if not isinstance(filesystem, Mirrored):
        return None, None
    status = await filesystem.mirror_status()
    if not status.nodes or not isinstance(filesystem, Sized):
        return status, None
    return status, await filesystem.usage(VPath(), NONE)


def _lines_without(
    space: Space | None, status: MirrorStatus | None, held: Usages | None, now: float
) -> Iterator[_Line]:
    """What can be said without the service; nothing where nothing is known."""
    if space is not None:
        yield from _room(space)
    if held is not None:
        what = f"{show_size(held.size)} in {counted(held.files, 'file')}"
        if held.folders:
            what += f" and {counted(held.folders, 'folder')}"
        yield Content.assemble((f"{'Files':<10}", "bold"), what)
    if status is None or (space is None and held is None):
        return
    yield Content("")
    if status.checked is not None:
        age = show_duration(max(0.0, now - status.checked))
        yield Content.styled(f"As it was known {age} ago", "$text-muted")
    yield Content.styled(_mirror(status), "$text-muted")
    yield Content("")  # what keeps the service from answering follows


def _lines(account: Account, status: MirrorStatus | None) -> Iterator[_Line]:
    yield from _room(account.space)
    yield Content("")
    whole = sum(taken.size for taken in account.taken)
    for taken in account.taken:
        text = counted(taken.files, "file")
        if taken.billable != taken.size:
            text += f", {show_size(taken.billable)} counts"
        yield _Bar(taken.name, taken.size, whole, text)
    if account.calculated:
        yield Content("")
        when = printable(in_own_zone(account.calculated))
        yield Content.styled(f"As the service counted at {when}", "$text-muted")
    if status is not None:
        yield Content.styled(_mirror(status), "$text-muted")


def _room(space: Space) -> Iterator[_Line]:
    if space.total is not None and space.used is not None:
        share = f"{100 * space.used / max(1, space.total):.1f}%"
        yield _Bar(
            "In use", space.used, space.total, f"{share} of {show_size(space.total)}"
        )
    if space.free is not None:
        yield Content.assemble((f"{'Free':<10}", "bold"), show_size(space.free))


def _mirror(status: MirrorStatus) -> str:
    what = counted(status.nodes, "file or folder", "files and folders")
    text = f"Local mirror: {what}"
    if status.size is not None:
        text += f", {show_size(status.size)}"
    return text if status.complete else f"{text}, still being read"
