"""How the plan of two folders is written: its rows, its sum, its command."""

from __future__ import annotations

from collections.abc import Sequence

from acd_tui.printable import printable
from acd_tui.transfers.compared import Verdict, Why
from acd_tui.transfers.model import ConflictPolicy
from acd_tui.transfers.two_sides import (
    Deed,
    Mode,
    PlanRow,
    Totals,
    TwoSides,
    newer_side,
)
from acd_tui.ui.format import address, show_place
from acd_tui.ui.screens.command_line import quoted
from acd_tui.ui.screens.rows import Cell, Column
from acd_tui.ui.screens.wording import counted, moment, shown_path
from acd_tui.units import show_size
from acd_tui.vfs.hashing import Located
from acd_tui.vfs.path import VPath

TIMES = 130
"""From so many cells on, each row has its times."""

COLUMNS = (
    Column("", 2),
    Column("Name", cut="middle"),
    Column("Folder", hide_below=60, cut="start"),
    Column("Here", 10, right=True, hide_below=50),
    Column("There", 10, right=True, hide_below=50),
    # Names come before times, which are said of the row under the cursor.
    Column("Here from", 17, hide_below=TIMES),
    Column("There from", 17, hide_below=TIMES),
    Column("What", 14),
)

MODES = {
    Mode.UPDATE: "update: what is new or newer here goes there",
    Mode.MIRROR: "mirror: there becomes like here, the rest goes to its trash",
    Mode.BOTH: "both ways: what is new or newer goes to the other side",
}
"""What one can compare for, in words."""

_SIGNS: dict[Deed, Cell] = {
    Deed.NOTHING: ("·", "dim"),
    Deed.COPY: ("→", "good"),
    Deed.BACK: ("←", "good"),
    Deed.TRASH: ("✕", "bad"),
}
_WORDS = {Deed.COPY: "to copy", Deed.BACK: "to copy back", Deed.TRASH: "to trash"}
_VERDICTS: dict[Verdict, Cell] = {
    Verdict.SOURCE_ONLY: ("only here", "dim"),
    Verdict.TARGET_ONLY: ("only there", "dim"),
    Verdict.UNKNOWN: ("problem", "bad"),
    # As long as others are still being read; then the row goes.
    Verdict.SAME: ("same", "good"),
}

_BEHIND = "The one there is newer and stays: → overwrites it, ← copies it back"
_CONFLICT = "A conflict: → copies there, ← copies back, else both stay as they are"


def cells(row: PlanRow) -> Sequence[Cell]:
    """Return what stands in the columns of a row."""
    compared = row.compared
    name = printable(compared.names[-1] if compared.names else "/")
    if compared.is_folder:
        name += "/"
    return (
        _SIGNS[row.deed],
        (name, "dim") if row.deed is Deed.NOTHING else name,
        (shown_path(VPath(compared.names[:-1]))[1:], "dim"),
        (_size(compared.source), "dim"),
        (_size(compared.target), "dim"),
        (_time(compared.source), "dim"),
        (_time(compared.target), "dim"),
        _what(row),
    )


def summary(sides: TwoSides) -> str:
    """Say what a plan comes to: `3 to copy, 1.2 MiB (1 overwritten) · 2 to trash…`."""
    totals = sides.totals()
    parts = [
        f"{number:,} {words}, {show_size(totals.sizes[deed])}"
        for deed, words in _WORDS.items()
        if (number := totals.files[deed] + totals.folders[deed])
    ]
    unread = f"unread, {show_size(totals.unread_size)} (v)"
    for number, words in (
        (totals.overwritten, "overwritten"),
        (totals.conflicts, "conflict" if totals.conflicts == 1 else "conflicts"),
        (totals.behind, "newer there"),
        (totals.problems, "problem" if totals.problems == 1 else "problems"),
        (totals.unread, unread),
        (len(sides.left_out), "never copied"),
    ):
        if number:
            parts.append(f"{number:,} {words}")
    parts.append(f"{sides.same:,} same")
    return " · ".join(parts)


def commands(sides: TwoSides) -> list[str]:
    """Return the commands that do what the mode does about all rows."""
    here, there = (
        quoted(address(place.filesystem, place.path))
        for place in (sides.source, sides.target)
    )
    if sides.mode is Mode.MIRROR:
        return [f"acd-tui sync {here} {there}"]
    newer = ConflictPolicy.NEWER.value
    ways = (
        [(here, there)] if sides.mode is Mode.UPDATE else [(here, there), (there, here)]
    )
    return [f"acd-tui copy {one} {other} --conflict {newer}" for one, other in ways]


def _size(side: Located | None) -> str:
    if side is None:
        return "–"
    entry = side.entry
    return "folder" if entry.is_folder else show_size(entry.size)


def _time(side: Located | None) -> str:
    return "" if side is None else moment(side.entry.modified_ns)


def times(row: PlanRow) -> str:
    """Say when what is on both sides was last changed: `here from 2021-05-01 09:30, there …`."""
    sides = (("here", row.compared.source), ("there", row.compared.target))
    return ", ".join(f"{where} from {_time(side)}" for where, side in sides if side)


def _what(row: PlanRow) -> Cell:
    compared = row.compared
    if row.is_unread:
        return "same size", "dim"
    if compared.verdict is not Verdict.DIFFERS:
        return _VERDICTS[compared.verdict]
    if compared.why is Why.CLASH:
        return "unlike", "warning"
    return ("differs", "newer here", "newer there")[newer_side(compared)], "warning"


def reason(row: PlanRow) -> str:
    """Say what is done about a row, and why."""
    if row.is_unread:
        return "The size is the same; v reads both, or else they are read when copied"
    if row.compared.verdict is Verdict.UNKNOWN or row.compared.why is Why.CLASH:
        return printable(row.compared.reason or "")
    if row.compared.verdict is Verdict.SAME:
        return "Both were read: they are the same"
    if row.is_behind or row.is_conflict:
        return _BEHIND if row.is_behind else _CONFLICT
    older_wins = {Deed.COPY: -1, Deed.BACK: 1}.get(row.deed)
    if older_wins and newer_side(row.compared) == older_wins:
        return "The older one takes the place of the newer one"
    return {
        Deed.NOTHING: "Stays as it is on both sides",
        Deed.COPY: "Is copied there",
        Deed.BACK: "Is copied back",
        Deed.TRASH: "Goes to the trash once everything is copied",
    }[row.deed] + ("" if row.deed is row.usual else ", as you chose")


def in_words(row: PlanRow) -> str:
    """Say a row whole: `a/b.txt, here 3 B, there nothing, only here. Is copied there.`."""
    compared = row.compared
    sides = (("here", compared.source), ("there", compared.target))
    held = (
        f"{where} nothing"
        if side is None
        else ", ".join(filter(None, (f"{where} {_size(side)}", _time(side))))
        for where, side in sides
    )
    what = _what(row)
    words = what if isinstance(what, str) else what[0]
    name = printable("/".join(compared.names))
    return f"{', '.join((name, *held, words))}. {reason(row)}."


def refusal(row: PlanRow, deed: Deed) -> str:
    """Say why something cannot be done about a row."""
    if deed is Deed.TRASH:
        return "Only what is not here at all can go to the trash there"
    verdict = row.compared.verdict
    if deed is Deed.COPY and verdict is Verdict.TARGET_ONLY:
        return "There is nothing here to be copied"
    if deed is Deed.BACK and verdict is Verdict.SOURCE_ONLY:
        return "There is nothing there to be copied back"
    return "This has to be solved first, outside"


def about_trash(sides: TwoSides, totals: Totals) -> list[str]:
    """Say what goes to the trash, and when."""
    files, folders = totals.files[Deed.TRASH], totals.folders[Deed.TRASH]
    trashed = []
    if files:
        size = show_size(totals.sizes[Deed.TRASH])
        trashed.append(f"{counted(files, 'file')} ({size})")
    if folders:
        trashed.append(counted(folders, "empty folder"))
    go = "goes" if files + folders == 1 else "go"
    lines = [
        f"{' and '.join(trashed)} of {show_place(sides.target)} {go} to the trash.",
        "",
        "That happens once everything is copied, while acd-tui is open, and only to "
        "what is still as it is shown here. u takes it back.",
    ]
    if totals.problems:
        lines[2] = (
            f"But as long as {counted(totals.problems, 'row')} cannot be compared, "
            "nothing is trashed."
        )
    return lines
