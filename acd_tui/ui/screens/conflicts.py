"""All conflicts of the queue in one table, decided by rules or one by one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import ClassVar

import msgspec
from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.types import CSSPathType
from textual.widget import Widget
from textual.widgets import Button, Static

from acd_tui.errors import AcdError
from acd_tui.printable import printable
from acd_tui.transfers.model import (
    Conflict,
    ConflictPolicy,
    Place,
    Side,
    State,
    Transfer,
)
from acd_tui.ui.format import show_place
from acd_tui.ui.keys import show_key
from acd_tui.ui.screens.as_command import KEY
from acd_tui.ui.screens.dialog import STYLES, Dialog, Notice, buttons
from acd_tui.ui.screens.rows import Cell, Column, Rows
from acd_tui.ui.screens.services import ConflictQueue, Runner
from acd_tui.ui.screens.wording import counted, moment
from acd_tui.units import show_size
from acd_tui.vfs.capabilities import Hashing
from acd_tui.vfs.filesystem import FileSystem

PAGE = 500
"""Conflicts fetched at a time; more are fetched when the cursor comes near the end."""

_READ_AT_ONCE = 256 * 2**20
"""Bytes of a file up to which its MD5 is found out for the one who looks at it."""

_NOTHING = "Nothing decided yet: o, s, r or n decides"

_UNKNOWN = Conflict(
    source=Side(size=None, modified_ns=None, md5=None),
    target=Side(size=None, modified_ns=None, md5=None),
)

COLUMNS = (
    Column("Decision", 9),
    Column("Name", cut="middle"),
    Column("New", 10, right=True),
    Column("There", 10, right=True),
    Column("New from", 17, hide_below=84),
    Column("There from", 17, hide_below=84),
    Column("MD5 new", 8, hide_below=112),
    Column("MD5 there", 9, hide_below=112),
    Column("Content", 9),
)

RULES = {
    "o": ConflictPolicy.OVERWRITE,
    "s": ConflictPolicy.SKIP,
    "r": ConflictPolicy.RENAME,
    "n": ConflictPolicy.NEWER,
}
WORDS = {
    ConflictPolicy.OVERWRITE: "overwrite",
    ConflictPolicy.SKIP: "skip",
    ConflictPolicy.RENAME: "keep both",
    ConflictPolicy.NEWER: "if newer",
}


class Conflicts(Dialog[int]):
    """Shows conflicts and what is decided of each; the result is how many were.

    A letter decides the marked rows or the one under the cursor, its capital all of
    them; nothing is carried out before Enter.
    """

    CSS_PATH: ClassVar[CSSPathType | None] = [
        STYLES / "dialog.tcss",
        STYLES / "conflicts.tcss",
    ]
    BINDINGS: ClassVar[list[BindingType]] = [
        *(
            Binding(key, f"decide('{policy}')", WORDS[policy], show=False)
            for key, policy in RULES.items()
        ),
        *(
            Binding(
                key.upper(),
                f"decide_all('{policy}')",
                f"{WORDS[policy]}: all",
                show=False,
            )
            for key, policy in RULES.items()
        ),
        Binding("u,backspace", "undecide", "Undecided", show=False),
        Binding("ctrl+r", "reload", "Reload", show=False),
        Binding(KEY, "copy_command", "Copy as command", show=False),
        Binding("q", "cancel", "Close", show=False),
    ]

    def __init__(
        self,
        runner: Runner,
        queue: ConflictQueue,
        filesystem: Callable[[str], Awaitable[FileSystem]],
    ) -> None:
        super().__init__("Conflicts", 0, classes="-large")
        self._runner = runner
        self._queue = queue
        self._filesystem = filesystem
        self._transfers: list[Transfer] = []
        self._more = False
        self._for_all: ConflictPolicy | None = None
        self._single: dict[int, ConflictPolicy | None] = {}
        self._decided = 0

    def compose_box(self) -> Iterable[Widget]:
        yield Static(classes="rules", markup=False)
        yield Rows(COLUMNS, self._cells, markable=True, enter="Apply")
        yield Static(classes="details", markup=False)
        yield Notice()
        yield Static(classes="bar", markup=False)
        yield buttons(
            ("all-overwrite", "Overwrite all"),
            ("all-skip", "Skip all"),
            ("close", "Close"),
            ("apply", "Apply (Enter)"),
        )

    def on_mount(self) -> None:
        self.query_one(".rules", Static).update(
            Content.assemble(
                ("o", "bold $accent"), " overwrite  ", ("s", "bold $accent"), " skip  ",
                ("r", "bold $accent"), " keep both  ", ("n", "bold $accent"), " newer  ",
                ("u", "bold $accent"), " undecided  ", ("O S R N", "bold $accent"), " all",
            )
        )  # fmt: skip
        self.query_one(Rows).focus()
        self.action_reload()

    def _decision(self, transfer: Transfer) -> ConflictPolicy | None:
        return self._single.get(transfer.id, self._for_all)

    def _cells(self, index: int) -> Sequence[Cell]:
        transfer = self._transfers[index]
        decision = self._decision(transfer)
        new, old = _sides(transfer)
        return (
            ("–" if decision is None else WORDS[decision], _look(decision)),
            printable(transfer.target.path.name),
            _size(new),
            _size(old),
            _newest(new, old),
            _newest(old, new),
            (_md5(new), "dim"),
            (_md5(old), "dim"),
            _verdict(new, old),
        )

    def action_cancel(self) -> None:
        self.end(self._decided)

    def on_button_pressed(self, event: Button.Pressed) -> None:
        match event.button.id:
            case "apply":
                self._apply()
            case "all-overwrite":
                self.action_decide_all(ConflictPolicy.OVERWRITE)
            case "all-skip":
                self.action_decide_all(ConflictPolicy.SKIP)
            case _:
                self.action_cancel()

    def on_rows_activated(self) -> None:
        self._apply()

    def on_rows_marks_changed(self) -> None:
        self._show_summary()

    def on_rows_moved(self, event: Rows.Moved) -> None:
        self._show_details()
        if self._more and event.index > len(self._transfers) - PAGE // 10:
            self._load(len(self._transfers))

    def action_reload(self) -> None:
        self.query_one(Notice).say("Looking for conflicts…")
        self._load(0)

    @work(exclusive=True, group="load", exit_on_error=False)
    async def _load(self, offset: int) -> None:
        """Fetch the page at `offset`; at 0 the table starts anew."""
        notice = self.query_one(Notice)
        try:
            page = await self._runner.run(self._page(offset))
        except AcdError as error:
            notice.fail(error, retry=True)
            self._show_summary("")
            return
        self._transfers[offset:] = page
        self._more = len(page) == PAGE
        self.query_one(Rows).set_count(len(self._transfers), keep_marks=offset > 0)
        if offset == 0:
            notice.clear()
        if not self._transfers:
            notice.say("No conflicts. Where a copy meets another file, it waits here.")
        self._show_summary()
        self._show_details()

    async def _page(self, offset: int) -> Sequence[Transfer]:
        return await self._queue.transfers(
            states={State.CONFLICT}, offset=offset, limit=PAGE
        )

    def action_decide(self, policy: str) -> None:
        self._decide_rows(ConflictPolicy(policy))

    def action_undecide(self) -> None:
        self._decide_rows(None)

    def _decide_rows(self, policy: ConflictPolicy | None) -> None:
        rows = self.query_one(Rows)
        for index in rows.targets:
            self._single[self._transfers[index].id] = policy
        if not rows.marks:
            rows.cursor += 1
        self._repaint()

    def action_decide_all(self, policy: str) -> None:
        self._for_all = ConflictPolicy(policy)
        self._single.clear()
        self._repaint()

    def action_copy_command(self) -> None:
        """Copy what decides the same from a shell."""
        notice = self.query_one(Notice)
        if (for_all := self._for_all) is not None and self._more and self._single:
            # Those not fetched yet would have to be named, too.
            notice.say(
                "Go to the end of the list first: with exceptions, each is named",
                "warning",
            )
            return
        groups = _groups(self._single)
        if for_all is not None:
            rest = [t.id for t in self._transfers if t.id not in self._single]
            groups.setdefault(for_all, []).extend(rest)
        lines = [
            f"acd-tui queue decide {policy} {' '.join(map(str, ids))}"
            for policy, ids in groups.items()
            if ids
        ]
        if for_all is not None and not self._single:
            lines = [f"acd-tui queue decide {for_all} --all"]
        if not lines:
            notice.say(_NOTHING)
            return
        self.app.copy_to_clipboard("\n".join(lines) + "\n")
        notice.say(f"✓ copied: {lines[0]}{' …' if lines[1:] else ''}", "good")

    def _repaint(self) -> None:
        self.query_one(Rows).refresh()
        self._show_summary()

    def _apply(self) -> None:
        if self._for_all is None and not any(self._single.values()):
            self.query_one(Notice).say(_NOTHING)
            return
        if self.is_busy("apply"):
            return
        self.query_one(Notice).say("Carrying it out…")
        self._carry_out(self._for_all, dict(self._single))

    @work(group="apply", exit_on_error=False)
    async def _carry_out(
        self,
        for_all: ConflictPolicy | None,
        single: dict[int, ConflictPolicy | None],
    ) -> None:
        notice = self.query_one(Notice)
        try:
            decided = await self._runner.run(self._decide(for_all, single))
        except AcdError as error:
            notice.fail(error)
            return
        self._decided += decided
        self._for_all = None
        self._single.clear()
        await self._load(0).wait()
        if decided and not self._transfers:
            self.end(self._decided)  # who opened this says how many
        else:
            notice.say(f"✓ {counted(decided, 'conflict')} decided", "good")

    async def _decide(
        self,
        for_all: ConflictPolicy | None,
        single: dict[int, ConflictPolicy | None],
    ) -> int:
        """Hand the decisions to the queue; runs where the queue lives."""
        groups = _groups(single)
        if for_all is not None:
            # All there are now, not only those that were shown.
            rest = [t.id for t in await self._every() if t.id not in single]
            groups.setdefault(for_all, []).extend(rest)
        for policy, ids in groups.items():
            if ids:
                await self._queue.decide(ids, policy)
        return sum(len(ids) for ids in groups.values())

    async def _every(self) -> list[Transfer]:
        everything: list[Transfer] = []
        while True:
            page = await self._page(len(everything))
            everything += page
            if len(page) < PAGE:
                return everything

    def _show_summary(self, text: str | None = None) -> None:
        if text is None:
            plus = "+" if self._more else ""
            text = f"{len(self._transfers):,}{plus} conflicts"
            if len(self._transfers) == 1:
                text = "1 conflict"
            if self._for_all is not None:
                text += f" · all: {WORDS[self._for_all]}"
            if single := sum(p is not None for p in self._single.values()):
                text += f" · one by one: {single:,}"
            marks = len(self.query_one(Rows).marks)
            decided = self._for_all is not None or single
            hint = f"{show_key(KEY)} copies the command" if decided else "Space marks"
            text += f" · {marks:,} marked" if marks else f" · {hint}"
        self.query_one(".bar", Static).update(text)

    def _show_details(self) -> None:
        rows = self.query_one(Rows)
        if not self._transfers:
            self.query_one(".details", Static).update("")
            return
        transfer = self._transfers[rows.cursor]
        new, old = _sides(transfer)
        lines = [
            f"from {show_place(transfer.source)}",
            f"     {_facts(new, old)}",
            f"to   {show_place(transfer.target)}",
            f"     {_facts(old, new)}",
        ]
        lines += [
            f"why  {reason}" for reason in (transfer.reason, transfer.hint) if reason
        ]
        self.query_one(".details", Static).update("\n".join(lines))
        self._find_md5s(transfer)

    @work(exclusive=True, group="md5", exit_on_error=False)
    async def _find_md5s(self, transfer: Transfer) -> None:
        """Find out what is not known of the row the cursor is on, if that is quick."""
        places = {"source": transfer.source, "target": transfer.target}
        found = {}
        for side, (name, place) in zip(_sides(transfer), places.items(), strict=True):
            size = _READ_AT_ONCE + 1 if side.size is None else side.size
            if side.md5 is None and not side.is_folder and size <= _READ_AT_ONCE:
                md5 = await self._runner.run(self._md5(place))
                found[name] = msgspec.structs.replace(side, md5=md5)
        rows = self.query_one(Rows)
        index = rows.cursor
        if any(side.md5 for side in found.values()) and (
            index < len(self._transfers) and self._transfers[index] is transfer
        ):
            known = msgspec.structs.replace(transfer.conflict or _UNKNOWN, **found)
            self._transfers[index] = msgspec.structs.replace(transfer, conflict=known)
            rows.refresh()
            self._show_details()

    async def _md5(self, place: Place) -> str | None:
        """Runs where the queue lives; None where it cannot be found out."""
        try:
            filesystem = await self._filesystem(place.filesystem)
            if isinstance(filesystem, Hashing):
                return await filesystem.md5(place.path)
        except AcdError:
            pass  # that it is not known is shown
        return None


def _groups(
    single: Mapping[int, ConflictPolicy | None],
) -> dict[ConflictPolicy, list[int]]:
    """Put together what is decided alike."""
    groups: dict[ConflictPolicy, list[int]] = {}
    for identifier, policy in single.items():
        if policy is not None:
            groups.setdefault(policy, []).append(identifier)
    return groups


def _sides(transfer: Transfer) -> tuple[Side, Side]:
    conflict = transfer.conflict or _UNKNOWN
    return conflict.source, conflict.target


def _facts(side: Side, other: Side) -> str:
    """All of a side in a line; what the table has no room for is here."""
    if side.is_folder:
        return "a folder"
    size = _size(side)
    if side.size != other.size and size == _size(other):
        size = f"{side.size:,} B"
    return f"{size} · {moment(side.modified_ns)} · MD5 {side.md5 or '?'}"


def _look(decision: ConflictPolicy | None) -> str:
    if decision is None:
        return "dim"
    return "bad" if decision is ConflictPolicy.OVERWRITE else "good"


def _size(side: Side) -> str:
    return "folder" if side.is_folder else show_size(side.size)


def _md5(side: Side) -> str:
    return side.md5[:8] if side.md5 else "?"


def _newest(side: Side, other: Side) -> Cell:
    """Show when a side was changed; the later one stands out."""
    times = side.modified_ns, other.modified_ns
    later = times[0] is not None and (times[1] is None or times[0] > times[1])
    return moment(times[0]), "" if later else "dim"


def _verdict(new: Side, old: Side) -> Cell:
    if new.is_folder != old.is_folder:
        return "unlike", "warning"
    if new.md5 and old.md5:
        return ("same", "good") if new.md5 == old.md5 else ("differs", "warning")
    if None not in {new.size, old.size} and new.size != old.size:
        return "differs", "warning"
    return "unknown", "dim"
