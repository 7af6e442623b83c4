"""All that is known of one file or folder, and what the user writes about it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import Place
from acd_tui.ui.format import exact_size, show_place
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, PlainInput, buttons
from acd_tui.ui.screens.services import Runner
from acd_tui.ui.screens.wording import counted, in_own_zone, moment
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import (
    Annotated,
    Described,
    Sized,
)
from acd_tui.vfs.entry import Details, Entry
from acd_tui.vfs.filesystem import FileSystem
from acd_tui.vfs.usage import NONE

_LABEL_WIDTH = 12


class Properties(Dialog[None]):
    """Shows all of an entry; what only the service knows comes when it answers."""

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "properties.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,i,enter", "cancel", "Close", show=False),
        Binding("ctrl+s", "save", "Save", show=False),
        Binding("ctrl+r", "reload", "Ask again", show=False),
    ]

    def __init__(
        self, runner: Runner, filesystem: FileSystem, entry: Entry, place: Place
    ) -> None:
        """Show what is known of something.

        Args:
            runner: runs what is asked of the filesystem.
            filesystem: it lies in.
            entry: it, as it was listed.
            place: where it is.
        """
        super().__init__(entry.name or place.filesystem, None)
        self._runner = runner
        self._filesystem: object = filesystem
        self._entry = entry
        self._place = place
        self._details: Details | None = None
        self._holds: str | None = None

    def compose_box(self) -> Iterable[Widget]:
        with VerticalScroll(classes="facts"):
            yield Static(id="facts")
        if isinstance(self._filesystem, Annotated):
            yield Static("Description", classes="field")
            yield PlainInput(id="description", disabled=True)
            yield Static("Labels, separated by commas", classes="field")
            yield PlainInput(id="labels", disabled=True)
        yield Notice()
        if isinstance(self._filesystem, Annotated):
            yield buttons(("close", "Close"), ("save", "Save (Ctrl-S)"))
        else:
            yield buttons(("close", "Close"))

    def on_mount(self) -> None:
        self.query_one(".facts").focus()  # arrows scroll, and Tab goes on to the fields
        self._show()
        self.action_reload()

    # --- what is known ----------------------------------------------------------------

    def _facts(self) -> Iterator[tuple[str, str | None]]:
        entry = self._entry
        kind = entry.kind.value
        yield "Kind", kind if self._holds is None else f"{kind}, {self._holds}"
        place = Place(self._place.filesystem, self._place.path.parent)
        yield "In", show_place(place)
        if entry.size is not None:
            yield "Size", exact_size(entry.size)
        yield "Modified", moment(entry.modified_ns) if entry.modified_ns else None
        said = () if self._details is None else self._details.facts
        known = {name for name, _ in said}
        for name, value in (("MD5", entry.md5), ("Node id", entry.id)):
            if name not in known:
                yield name, value
        yield from said

    def _show(self) -> None:
        lines = [
            Content.assemble(
                (f"{printable(label):<{_LABEL_WIDTH}} ", "$text-muted"),
                printable(in_own_zone(value)),
            )
            for label, value in self._facts()
            if value
        ]
        self.query_one("#facts", Static).update(Content("\n").join(lines))

    def action_reload(self) -> None:
        """Ask for what the listing did not tell."""
        if isinstance(self._filesystem, Described | Sized):
            self.query_one(Notice).say("Asking for the rest…")
            self._load()

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self) -> None:
        filesystem, path = self._filesystem, self._place.path
        notice = self.query_one(Notice)
        try:
            if self._entry.is_folder and isinstance(filesystem, Sized):
                held = await self._runner.run(filesystem.usage(path, NONE))
                files = counted(held.files, "file")
                self._holds = f"{files}, {show_size(held.size)}"
                self._show()
            if isinstance(filesystem, Described):
                self._take(await self._runner.run(filesystem.details(path)))
        except AcdError as error:
            notice.fail(error, retry=True)
        else:
            notice.clear()

    def _take(self, details: Details) -> None:
        self._details = details
        self._show()
        if details.description is not None:
            for key, value in self._written(details).items():
                field = self.query_one(f"#{key}", Input)
                field.value = value
                field.disabled = False

    @staticmethod
    def _written(details: Details) -> dict[str, str]:
        """What the fields show at first."""
        return {
            "description": printable(details.description or ""),
            "labels": printable(", ".join(details.labels)),
        }

    # --- what the user writes -----------------------------------------------------------

    def on_input_submitted(self) -> None:
        self.action_save()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "save":
            self.action_save()
        else:
            self.action_cancel()

    def action_save(self) -> None:
        """Have the description and the labels kept."""
        details = self._details
        if not isinstance(self._filesystem, Annotated) or details is None:
            return
        shown = self._written(details)
        now = {key: self.query_one(f"#{key}", Input).value for key in shown}
        if now == shown:
            self.query_one(Notice).say("Nothing was changed")
            return
        # What cannot be shown as it is stays as it is, unless it was changed.
        description, labels = details.description or "", list(details.labels)
        if now["description"] != shown["description"]:
            description = now["description"].strip()
        if now["labels"] != shown["labels"]:
            words = (word.strip() for word in now["labels"].split(","))
            labels = list(dict.fromkeys(word for word in words if word))
        self.query_one(Notice).say("Saving…")
        self._save(self._filesystem, description, labels)

    @work(exclusive=True, group="save", exit_on_error=False)
    async def _save(
        self, filesystem: Annotated, description: str, labels: list[str]
    ) -> None:
        notice = self.query_one(Notice)
        try:
            saved = await self._runner.run(
                filesystem.annotate(
                    self._place.path, description=description, labels=labels
                )
            )
        except AcdError as error:
            notice.fail(error)
            return
        self._take(saved)
        notice.say("✓ saved", "good")
