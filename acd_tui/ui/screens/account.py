"""How an account stands: its room, and what takes it, as bars."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.ui.format import progress_bar
from acd_tui.ui.screens.dialog import Dialog, Notice, buttons
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, in_own_zone
from acd_tui.units import show_size
from acd_tui.vfs.entry import Account, MirrorStatus
from acd_tui.vfs.filesystem import Accounted, Mirrored

_BAR = 16  # cells


class AccountScreen(Dialog[None]):
    """Shows the quota and the usage by class."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "cancel", "Close", show=False),
        Binding("ctrl+r", "reload", "Ask again", show=False),
    ]

    def __init__(self, runner: Runner, name: str, filesystem: Accounted) -> None:
        super().__init__(f"Account of {name}", None)
        self._runner = runner
        self._filesystem = filesystem

    def compose_box(self) -> Iterable[Widget]:
        shown = Static(id="account")
        shown.display = False  # until there is something
        yield shown
        yield Notice()
        yield buttons(("reload", "Ask again"), ("close", "Close"))

    def on_mount(self) -> None:
        self.query_one("#close", Button).focus()
        self.action_reload()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "reload":
            self.action_reload()
        else:
            self.action_cancel()

    def action_reload(self) -> None:
        """Ask the service."""
        self.query_one(Notice).say("Asking the service…")
        self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        notice = self.query_one(Notice)
        status: MirrorStatus | None = None
        filesystem: object = self._filesystem
        try:
            if isinstance(filesystem, Mirrored):
                status = await self._runner.run(filesystem.mirror_status())
            account = await self._runner.run(self._filesystem.account())
        except AcdError as error:
            notice.fail(error, retry=True)
            return
        notice.clear()
        lines = Content("\n").join(_lines(account, status))
        shown = self.query_one("#account", Static)
        shown.update(lines)
        shown.display = True


def _lines(account: Account, status: MirrorStatus | None) -> Iterator[Content]:
    space = account.space
    if space.total is not None and space.used is not None:
        share = f"{100 * space.used / max(1, space.total):.1f}%"
        yield _line(
            "In use", space.used, space.total, f"{share} of {show_size(space.total)}"
        )
    if space.free is not None:
        yield Content.assemble((f"{'Free':<10}", "bold"), show_size(space.free))
    yield Content("")
    whole = sum(taken.size for taken in account.taken)
    for taken in account.taken:
        text = counted(taken.files, "file")
        if taken.billable != taken.size:
            text += f", {show_size(taken.billable)} counts"
        yield _line(taken.name, taken.size, whole, text)
    if account.calculated:
        yield Content("")
        when = printable(in_own_zone(account.calculated))
        yield Content.styled(f"As the service counted at {when}", "$text-muted")
    if status is not None:
        yield Content.styled(_mirror(status), "$text-muted")


def _line(name: str, part: int, whole: int, text: str) -> Content:
    full, empty = progress_bar(part / whole if whole > 0 else 0.0, _BAR)
    return Content.assemble(
        (f"{name:<10}", "bold"),
        (full, "$primary"),
        (empty, "$text-disabled"),
        f" {show_size(part):>10}  ",
        (text, "$text-muted"),
    )


def _mirror(status: MirrorStatus) -> str:
    what = counted(status.nodes, "file or folder", "files and folders")
    text = f"Local mirror: {what}"
    if status.size is not None:
        text += f", {show_size(status.size)}"
    return text if status.complete else f"{text}, still being read"
